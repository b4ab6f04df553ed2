# SPDX-License-Identifier: Apache-2.0
"""How an index is kept: once up to a block, or for as long as the process lives."""

from __future__ import annotations

import time
from collections.abc import Callable

from makegood.errors import ChainParted, MakegoodError, NotFound, UsageError
from makegood.indexer.follow import Follower, Step
from makegood.indexer.leaf_files import LeafFiles
from makegood.indexer.node import Node

_LONGEST_PAUSE = 10.0
# What does not pass by waiting.
_FOR_GOOD = (ChainParted, NotFound, UsageError)


def backfill(follower: Follower, leaves: LeafFiles | None, told: Callable[[Step], None]) -> Step:
    """Index all that there is, then stop. Raises what ends it."""
    events = 0
    while True:
        step = follower.step()
        events += step.events
        told(step)
        if step.done:
            break
    if leaves is not None:
        leaves.look()
    return Step(step.head, events, done=True)


def run(
    follower: Follower,
    node: Node,
    leaves: LeafFiles | None,
    told: Callable[[Step], None],
    say: Callable[[str], None],
    *,
    interval: float,
) -> None:
    """Follow the chain until the process is ended. Raises only what does not pass by waiting."""
    pause = interval
    while True:
        try:
            step = follower.step()
            if leaves is not None and step.done:
                leaves.look()
            if step.events or step.taken_back:
                told(step)
        except _FOR_GOOD:
            raise
        except MakegoodError as error:
            # Another node may answer at this address by now.
            say(str(error))
            time.sleep(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)
            node.check_chain()
            continue
        pause = interval
        if step.done:
            time.sleep(interval)
