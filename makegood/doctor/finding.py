# SPDX-License-Identifier: Apache-2.0
"""What a check found, and what is known from the checks before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from makegood.settings import Settings

if TYPE_CHECKING:
    from web3 import Web3

    from makegood.bridge.settings import Settings as BridgeSettings
    from makegood.desk import Desk
    from makegood.explorer.section import Section
    from makegood.indexer.settings import Settings as IndexSettings
    from makegood.keeper.settings import Settings as KeeperSettings


class State(StrEnum):
    """How it is: `WARN` is worth a look, `WRONG` keeps something from working."""

    OK = "ok"
    WARN = "warn"
    WRONG = "wrong"


@dataclass(frozen=True)
class Finding:
    """One line: of which check, how it is, what to do."""

    check: str
    state: State
    says: str
    do: str = ""


@dataclass
class Known:
    """The settings, section by section, and what answered. None is what cannot be used, or did not.

    With a node of another chain there is no `w3`, and nothing more is said of what follows from that.
    """

    given: Settings
    now: float
    index: IndexSettings | None = None
    explorer: Section | None = None
    bridge: BridgeSettings | None = None
    keeper: KeeperSettings | None = None
    account: str = ""
    w3: Web3 | None = None
    other_chain: bool = False
    head: int = 0
    local: bool = False
    desk: Desk | None = None


Check = Callable[[Known], Iterator[Finding]]


def ok(check: str, says: str) -> Finding:
    """It is as it should be."""
    return Finding(check, State.OK, says)


def warn(check: str, says: str, do: str) -> Finding:
    """It is worth a look."""
    return Finding(check, State.WARN, says, do)


def wrong(check: str, says: str, do: str) -> Finding:
    """It keeps something from working."""
    return Finding(check, State.WRONG, says, do)
