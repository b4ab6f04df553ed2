# SPDX-License-Identifier: Apache-2.0
"""How an index is kept: once up to a block, or for as long as the process lives."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

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
    ended: Event,
) -> None:
    """Follow the chain until `ended` is set. Raises only what does not pass by waiting.

    A node of another chain is waited for: a provider may send requests astray for a while.
    """
    pause = interval
    while not ended.is_set():
        try:
            step = follower.step()
            if leaves is not None and step.done:
                leaves.look()
            if step.events or step.taken_back:
                told(step)
        except MakegoodError as error:
            astray = None if ended.is_set() else _astray(node)
            if astray is None and isinstance(error, _FOR_GOOD):
                raise
            if ended.is_set():
                break  # it failed because it was interrupted
            say(str(astray or error))
            ended.wait(pause)
            pause = min(_LONGEST_PAUSE, pause * 2)
            continue
        pause = interval
        if step.done:
            ended.wait(interval)


def _astray(node: Node) -> MakegoodError | None:
    """Why nothing that the node says is to be believed: another chain's may answer at its address by now."""
    try:
        node.check_chain()
    except MakegoodError as error:
        return error
    return None
