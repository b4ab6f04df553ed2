# SPDX-License-Identifier: Apache-2.0
"""Following a chain until ended: also where the end comes in the midst of something that then fails."""

from __future__ import annotations

import threading
from typing import Any, cast

import pytest

from makegood.errors import MakegoodError, NotFound
from makegood.indexer.follow import Follower, Step
from makegood.indexer.node import Node
from makegood.indexer.running import run


class Scene:
    """A follower whose steps are the test's, and a node whose chain is the right one."""

    def __init__(self, *steps: Any) -> None:
        self.ended, self.said, self._steps = threading.Event(), [], iter(steps)

    said: list[str]

    def step(self) -> Step:
        found = next(self._steps)
        if callable(found):
            found = found(self)
        if isinstance(found, Exception):
            raise found
        return cast(Step, found)

    def check_chain(self) -> None:
        return

    def run(self) -> list[int]:
        heads: list[int] = []
        follower, node = cast(Follower, self), cast(Node, self)
        told = lambda step: heads.append(step.head)  # noqa: E731
        run(follower, node, None, told, self.said.append, interval=0.01, ended=self.ended)
        return heads


def ended(scene: Scene) -> Step:
    scene.ended.set()
    return Step(2, 1, done=True)


def interrupted(scene: Scene) -> MakegoodError:
    scene.ended.set()
    return MakegoodError("The database refuses: it was interrupted.")


def test_it_goes_on_until_ended() -> None:
    assert Scene(Step(1, 1, done=False), ended).run() == [1, 2]


def test_what_failed_because_it_was_ended_is_not_tried_again() -> None:
    scene = Scene(Step(1, 1, done=True), interrupted)
    assert (scene.run(), scene.said) == ([1], [])


def test_what_fails_otherwise_is_said_and_tried_again() -> None:
    scene = Scene(MakegoodError("The node does not answer."), ended)
    assert (scene.run(), scene.said) == ([2], ["The node does not answer."])


def test_what_does_not_pass_by_waiting_ends_it() -> None:
    with pytest.raises(NotFound):
        Scene(NotFound("There is no desk.")).run()
