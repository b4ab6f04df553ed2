# SPDX-License-Identifier: Apache-2.0
"""The first line of a ticket: whose turn it is and until when."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from makegood import policy as policies
from makegood.batches.forecast import Forecast
from makegood.clock import Kind, Priority, Status, TicketState
from makegood.console import words
from makegood.console.ticket_status import backing, claimable, turn
from makegood.desk import Claimable, Token
from makegood.policy import ChainPolicy

NOW = int(datetime(2026, 11, 24, 11, 55, tzinfo=UTC).timestamp())
SOON, LATER, PAST = NOW + 7_800, NOW + 90_000, NOW - 3_600
OPEN = TicketState(
    requester="0x" + "11" * 20,
    clock=SOON,
    resolution=LATER,
    policy_id=1,
    priority=Priority.URGENT,
    status=Status.OPEN,
)


@pytest.fixture(scope="module")
def policy() -> ChainPolicy:
    return policies.read(Path(__file__).resolve().parents[3] / "examples" / "policy.yaml").to_chain()


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (OPEN, "The desk owes a first reply by Tue 24 Nov 14:05 UTC (in 2 h 10 min)."),
        (replace(OPEN, replied=True), "The desk owes a reply by Tue 24 Nov 14:05 UTC (in 2 h 10 min)."),
        (
            replace(OPEN, clock=PAST),
            "The desk owes a first reply and is late: it was due by Tue 24 Nov 10:55 UTC (1 h ago).",
        ),
        (
            replace(OPEN, status=Status.HOLD),
            "The desk works on it and owes a resolution by Wed 25 Nov 12:55 UTC (in 1 d 1 h).",
        ),
        (
            replace(OPEN, status=Status.HOLD, resolution=PAST),
            "The desk works on it and is late: a resolution was due by Tue 24 Nov 10:55 UTC (1 h ago).",
        ),
        (
            replace(OPEN, status=Status.PENDING, clock=0, resolution=7_800),
            "The desk waits for the requester; its own clock stands still with 2 h 10 min of open time left.",
        ),
        (
            replace(OPEN, status=Status.SOLVED, clock=PAST),
            "Solved; the requester can say that it is not by Sun 29 Nov 10:55 UTC (in 4 d 23 h).",
        ),
        (
            replace(OPEN, status=Status.SOLVED, clock=NOW - 6 * 86_400),
            "Solved, and nobody objected by Mon 23 Nov 11:55 UTC (1 d ago): anyone can close it.",
        ),
        (replace(OPEN, status=Status.CLOSED, clock=0), "Closed: nothing more is owed on this ticket."),
    ],
)
def test_one_sentence_says_whose_turn_it_is(state: TicketState, sentence: str, policy: ChainPolicy) -> None:
    assert turn(state, policy, NOW, None) == sentence


def test_what_can_be_claimed_follows(policy: ChainPolicy) -> None:
    assert turn(OPEN, policy, NOW, "0.02 ETH").endswith("(in 2 h 10 min). 0.02 ETH can be claimed.")


def test_the_last_second_is_in_time(policy: ChainPolicy) -> None:
    assert claimable(OPEN, policy, SOON).kinds == Kind(0)
    late = claimable(OPEN, policy, SOON + 1)
    assert (late.kinds, late.amount) == (Kind.FIRST_REPLY, 2 * 10**16)


def test_what_is_compensated_cannot_be_claimed_again(policy: ChainPolicy) -> None:
    paid = replace(OPEN, breached=Kind.FIRST_REPLY, compensated=Kind.FIRST_REPLY)
    assert claimable(paid, policy, LATER).amount == 0
    assert claimable(paid, policy, LATER + 1).amount == 5 * 10**16


def test_nothing_can_be_claimed_of_a_closed_ticket(policy: ChainPolicy) -> None:
    closed = replace(OPEN, status=Status.CLOSED, breached=Kind.FIRST_REPLY)
    assert claimable(closed, policy, LATER).amount == 0


def test_of_a_challenged_ticket_nothing_can_be_claimed_and_its_line_says_until_when(
    policy: ChainPolicy,
) -> None:
    challenged = replace(OPEN, clock=PAST, proven=True, challenged=True)
    assert claimable(challenged, policy, NOW) == Claimable(Kind(0), 0)
    assert turn(challenged, policy, NOW, None, window(SOON, half=NOW)) == (
        "Challenged: until Tue 24 Nov 14:05 UTC (in 2 h 10 min) the desk shows what is to count for it; "
        "nothing else can happen to it."
    )
    assert turn(challenged, policy, NOW, None, window(SOON, half=PAST)) == (
        "Challenged: until Tue 24 Nov 14:05 UTC (in 2 h 10 min) only follow-ups count, and what was anchored "
        "after Tue 24 Nov 10:55 UTC."
    )
    assert turn(challenged, policy, NOW, None, window(PAST, half=PAST)) == (
        "Challenged until Tue 24 Nov 10:55 UTC (1 h ago): anyone can end it now, and claim what is breached."
    )


def window(until: int, *, half: int) -> Forecast:
    return Forecast(half, until, Kind(0), Kind(0), 0, 0)


@pytest.mark.parametrize(
    ("state", "saying"),
    [
        (replace(OPEN, backed=True), "its whole worst case is reserved"),
        (
            replace(OPEN, backed=True, compensated=Kind.FIRST_REPLY),
            "0.06 ETH of its worst case is still reserved; the rest was paid",
        ),
        # Of an incident nothing was reserved when the ticket was opened.
        (
            replace(OPEN, backed=True, compensated=Kind.RESOLUTION | Kind.INCIDENT),
            "0.03 ETH of its worst case is still reserved; the rest was paid",
        ),
        (replace(OPEN, backed=True, compensated=Kind(7)), "its whole worst case was paid"),
        (
            OPEN,
            "not backed: free funds did not reach when it was opened; a breach becomes debt",
        ),
        (replace(OPEN, backed=True, status=Status.CLOSED), "closed: nothing is reserved any more"),
    ],
)
def test_what_is_reserved_is_what_was_not_paid(state: TicketState, saying: str, policy: ChainPolicy) -> None:
    assert backing(state, policy, lambda units: words.money(units, Token("ETH", 18))) == saying
