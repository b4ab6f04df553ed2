# SPDX-License-Identifier: Apache-2.0
"""The duties, one a file. Each looks at what there is and puts what is to be done into the outbox."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from makegood.keeper.duties.anchor import Anchor
from makegood.keeper.duties.answer import Answer
from makegood.keeper.duties.claim import Claim
from makegood.keeper.duties.close import Close
from makegood.keeper.duties.collect import Collect
from makegood.keeper.duties.prove import Prove
from makegood.keeper.duties.release import Release
from makegood.keeper.duties.warn import Warn
from makegood.keeper.world import World

__all__ = ["Duty", "duties_of"]


class Duty(Protocol):
    """Something to be looked after. `slow` ones need not be looked at in every round."""

    name: str
    slow: bool

    def do(self) -> int:
        """One look; returns how much it found to do."""
        ...


_MADE: dict[str, Callable[[World], Duty]] = {
    "anchor": Anchor,
    "answer": Answer,
    "prove": Prove,
    "claim": Claim,
    "collect": Collect,
    "close": Close,
    "release": Release,
    "warn": Warn,
}


def duties_of(world: World) -> list[Duty]:
    """Those that the settings name."""
    return [_MADE[name](world) for name in world.settings.duties]
