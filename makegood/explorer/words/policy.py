# SPDX-License-Identifier: Apache-2.0
"""A policy's promises in words."""

from __future__ import annotations

from dataclasses import dataclass

from makegood.clock import CALENDAR_HOURS, Priority
from makegood.explorer.phrases import Listed, Money, OpenTime, Part, Sentence, Span, Token, sentence
from makegood.explorer.words import names
from makegood.policy import ChainPolicy

_DAYS = (
    sentence("Monday"),
    sentence("Tuesday"),
    sentence("Wednesday"),
    sentence("Thursday"),
    sentence("Friday"),
    sentence("Saturday"),
    sentence("Sunday"),
)


@dataclass(frozen=True, slots=True)
class Promise:
    """One cell of a policy's table."""

    within: OpenTime
    pays: Money


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """What one priority is promised: first reply, next reply, resolution."""

    priority: Sentence
    promises: tuple[Promise, ...]


def promises(policy: ChainPolicy, token: Token) -> list[PromiseRow]:
    """Urgent first."""
    return [
        PromiseRow(
            names.PRIORITIES[priority],
            tuple(
                Promise(
                    OpenTime(policy.targets[priority][kind]),
                    Money(policy.compensation[priority][kind], token),
                )
                for kind in range(3)
            ),
        )
        for priority in map(int, Priority)
    ]


def hours(bits: int) -> list[Sentence]:
    """When the clocks run: one line for days of the same hours."""
    if bits == CALENDAR_HOURS:
        return [sentence("The clocks always run: every day, all day.")]
    lines: list[tuple[int, int, tuple[str, ...]]] = []
    for day in range(7):
        spans = _spans(bits >> 24 * day & 0xFFFFFF)
        if lines and lines[-1][2] == spans and lines[-1][1] == day - 1:
            lines[-1] = (lines[-1][0], day, spans)
        else:
            lines.append((day, day, spans))
    return [_line(first, last, spans) for first, last, spans in lines if spans]


def _line(first: int, last: int, spans: tuple[str, ...]) -> Sentence:
    when: Part = Listed(spans)
    if first == last:
        return sentence("%(day)s %(hours)s UTC", day=_DAYS[first], hours=when)
    return sentence("%(first)s to %(last)s %(hours)s UTC", first=_DAYS[first], last=_DAYS[last], hours=when)


def _spans(day: int) -> tuple[str, ...]:
    spans, hour = [], 0
    while day >> hour:
        start = hour
        while day >> hour & 1:
            hour += 1
        if hour > start:
            spans.append(f"{start:02}:00-{hour:02}:00")
        hour += 1
    return tuple(spans)


def terms(policy: ChainPolicy, token: Token) -> list[Sentence]:
    """All that is not in the table."""
    lines = [
        sentence(
            "After the desk says “solved”, you have %(window)s to object.", window=Span(policy.contest_window)
        ),
        sentence(
            "A dispute costs a bond of %(bond)s; of it the arbiters keep %(fee)s. If you win, you get it all "
            "back.",
            bond=Money(policy.contest_bond, token),
            fee=Money(policy.fee, token),
        ),
        sentence(
            "The arbiters have %(window)s to rule; if they stay silent, you win.",
            window=Span(policy.ruling_window),
        ),
        sentence(
            "A ticket from a batch can be proven until %(window)s after its longest target; the proof takes "
            "a "
            "bond of %(bond)s, and the desk has %(challenge)s to answer it.",
            window=Span(policy.claim_window),
            bond=Money(policy.prove_bond, token),
            challenge=Span(policy.challenge_window),
        ),
    ]
    if policy.incident_cap:
        lines.append(
            sentence(
                "An error that cost you money (an incident) can pay up to %(cap)s, if the arbiters agree.",
                cap=Money(policy.incident_cap, token),
            )
        )
    return lines
