# SPDX-License-Identifier: Apache-2.0
"""The words for statuses, priorities, kinds and states."""

from __future__ import annotations

from makegood.clock import Kind
from makegood.explorer.phrases import Listed, Part, Sentence, sentence

STATUSES: dict[int, Sentence] = {
    1: sentence("open"),
    2: sentence("in work"),
    3: sentence("waits for the requester"),
    4: sentence("solved"),
    5: sentence("closed"),
}
PRIORITIES: tuple[Sentence, ...] = (
    sentence("urgent"),
    sentence("high"),
    sentence("normal"),
    sentence("low"),
)
KINDS: dict[int, Sentence] = {
    1: sentence("first reply"),
    2: sentence("next reply"),
    4: sentence("resolution"),
    8: sentence("incident"),
}
CAUSES: dict[str, Sentence] = {
    "clock": sentence("the clock ran out"),
    "ruling": sentence("the arbiters ruled so"),
    "default": sentence("the arbiters stayed silent"),
    "report": sentence("the arbiters reported it"),
    "equivocation": sentence("the desk told two stories"),
}
DISPUTES: dict[int, Sentence] = {
    1: sentence("open dispute"),
    2: sentence("upheld"),
    3: sentence("rejected"),
    4: sentence("upheld by default"),
}
FINALITIES: dict[str, Sentence] = {
    "seen": sentence("seen"),
    "safe": sentence("safe"),
    "final": sentence("final"),
}
FINALITY_MEANS: dict[str, Sentence] = {
    "seen": sentence("It is in a block that could still be replaced. Wait a little before you rely on it."),
    "safe": sentence("It is in a block that is very unlikely to be replaced."),
    "final": sentence("It is in a block that cannot be replaced any more."),
}
AGENTS: dict[int, Sentence] = {
    0: sentence("has only an allowance"),
    1: sentence("a person"),
    2: sentence("a bot"),
}
LEAVES: dict[str, Sentence] = {
    "waiting": sentence("leaves not fetched yet"),
    "published": sentence("leaves published"),
    "missing": sentence("leaves not published"),
    "wrong": sentence("wrong leaves published"),
}


def kinds(bits: int) -> Part:
    """A set of kinds in a row."""
    return Listed(tuple(KINDS[int(kind)] for kind in Kind if bits & kind))


def each_kind(bits: int) -> list[int]:
    """The kinds of a set."""
    return [int(kind) for kind in Kind if bits & kind]
