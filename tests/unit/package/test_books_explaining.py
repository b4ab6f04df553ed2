# SPDX-License-Identifier: Apache-2.0
"""Each thing that moves money, as the contracts log it: explained whole, refused with any of its events missing."""  # noqa: E501

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from small_index import AGENT, ARBITER, POLICY, REQUESTER, UNIT, digest

from makegood.books.explaining import Explaining
from makegood.books.ledger import Ledger, Line
from makegood.books.movements import Event, Held, Movement
from makegood.clock import Kind, Priority, Status, TicketState
from makegood.errors import VerificationFailed

TICKET, OTHER = digest("ticket"), digest("other")
FIRST, NEXT, RESOLUTION = POLICY.compensation[0]
WORST = FIRST + NEXT + RESOLUTION
BOND, FEE = POLICY.contest_bond, POLICY.fee

Happened = tuple[str, dict[str, Any]]


def word(*, backed: bool = True, **more: Any) -> int:
    return TicketState(REQUESTER, 1, 2, 1, Priority.URGENT, Status.OPEN, backed=backed, **more).pack()


def funded(amount: int = UNIT) -> Happened:
    return "Funded", {"funder": AGENT, "amount": amount}


OPENED: list[Happened] = [
    ("Reserved", {"amount": WORST}),
    ("TicketOpened", {"ticket_id": TICKET, "requester": REQUESTER, "word": word()}),
]
ANCHORED: list[Happened] = [
    ("Reserved", {"amount": 2 * WORST}),
    ("BatchAnchored", {"batch": 1, "backed": True, "worst_case": 2 * WORST}),
]
PROVEN: list[Happened] = [
    ("TicketMoved", {"ticket_id": OTHER, "word": word()}),
    ("BondReserved", {"payer": AGENT, "amount": POLICY.prove_bond}),
    ("TicketProven", {"ticket_id": OTHER, "batch": 1, "bond": POLICY.prove_bond}),
]
COMPENSATED: Happened = (
    "BreachCompensated",
    {"ticket_id": TICKET, "requester": REQUESTER, "kinds": 5, "amount": FIRST + RESOLUTION, "word": word()},
)
CLAIMED: list[Happened] = [
    COMPENSATED,
    ("Credited", {"beneficiary": REQUESTER, "amount": FIRST + RESOLUTION}),
]


def contested(kind: Kind, reserved: int = 0) -> list[Happened]:
    given = {"dispute": 1, "ticket_id": TICKET, "requester": REQUESTER, "kind": int(kind), "bond": BOND}
    happened: list[Happened] = [("Reserved", {"amount": reserved})] if reserved else []
    happened.append(("Bonded", {"payer": REQUESTER, "amount": BOND}))
    return [*happened, ("Contested", {**given, "reserved": reserved})]


def ruled(kind: Kind, state: int, amount: int, fee_share: int = FEE // 2, signers: int = 0b11) -> Happened:
    given = {"dispute": 1, "ticket_id": TICKET, "kind": int(kind), "state": state, "amount": amount}
    return "DisputeRuled", {**given, "fee_share": fee_share, "signers": signers}


INCIDENT = 300
STORIES: dict[str, list[list[Happened]]] = {
    "a ticket": [[funded()], OPENED],
    "a ticket is closed": [
        [funded()],
        OPENED,
        [
            ("TicketClosed", {"ticket_id": TICKET, "released": WORST}),
            ("Released", {"amount": WORST}),
        ],
    ],
    "two tickets are closed together": [
        [funded()],
        [*OPENED, ("Reserved", {"amount": WORST}), ("TicketOpened", {**OPENED[1][1], "ticket_id": OTHER})],
        [
            ("TicketClosed", {"ticket_id": TICKET, "released": WORST}),
            ("TicketClosed", {"ticket_id": OTHER, "released": WORST}),
            ("Released", {"amount": 2 * WORST}),
        ],
    ],
    "a batch": [[funded()], ANCHORED],
    "a batch is released": [
        [funded()],
        ANCHORED,
        [("BatchReleased", {"batch": 1, "amount": 2 * WORST}), ("Released", {"amount": 2 * WORST})],
    ],
    "a proof": [[funded()], ANCHORED, PROVEN],
    "a proof's bond returns": [
        [funded()],
        ANCHORED,
        PROVEN,
        [
            (
                "ChallengeEnded",
                {"ticket_id": OTHER, "bond": POLICY.prove_bond, "prover": AGENT, "returned": True},
            ),
            ("Credited", {"beneficiary": AGENT, "amount": POLICY.prove_bond}),
        ],
    ],
    "a proof's bond is kept": [
        [funded()],
        ANCHORED,
        PROVEN,
        [
            (
                "ChallengeEnded",
                {"ticket_id": OTHER, "bond": POLICY.prove_bond, "prover": AGENT, "returned": False},
            ),
            ("Released", {"amount": POLICY.prove_bond}),
        ],
    ],
    "a claim": [[funded()], OPENED, CLAIMED],
    "a claim that is collected": [
        [funded()],
        OPENED,
        [*CLAIMED, ("Collected", {"beneficiary": REQUESTER, "amount": FIRST + RESOLUTION})],
    ],
    "a debt that is paid": [
        [
            ("BreachCompensated", {**COMPENSATED[1], "word": word(backed=False)}),
            ("Owed", {"beneficiary": REQUESTER, "index": 0, "position": 0, "amount": FIRST + RESOLUTION}),
        ],
        [funded()],
        [
            ("DebtPaid", {"amount": FIRST + RESOLUTION}),
            ("DebtCredited", {"beneficiary": REQUESTER, "amount": FIRST + RESOLUTION}),
            ("Collected", {"beneficiary": REQUESTER, "amount": FIRST + RESOLUTION}),
        ],
    ],
    "a dispute is rejected": [
        [funded()],
        contested(Kind.FIRST_REPLY),
        [
            ruled(Kind.FIRST_REPLY, 3, 0),
            ("Unbonded", {"amount": BOND - FEE}),
            ("Released", {"amount": BOND - FEE}),
        ],
        [
            ("FeeCollected", {"dispute": 1, "arbiter": ARBITER, "amount": FEE // 2}),
            ("Unbonded", {"amount": FEE // 2}),
            ("Credited", {"beneficiary": ARBITER, "amount": FEE // 2}),
            ("Collected", {"beneficiary": ARBITER, "amount": FEE // 2}),
        ],
    ],
    "an incident is upheld for less": [
        [funded()],
        contested(Kind.INCIDENT, INCIDENT),
        [
            ("BreachCompensated", {**COMPENSATED[1], "kinds": 8, "amount": INCIDENT - 100}),
            ruled(Kind.INCIDENT, 2, INCIDENT - 100),
            ("Unbonded", {"amount": BOND - FEE}),
            ("Released", {"amount": 100}),
            ("Reserved", {"amount": FEE}),
            ("Credited", {"beneficiary": REQUESTER, "amount": BOND + INCIDENT - 100}),
        ],
    ],
    "an incident is upheld by default, half of it as debt": [
        [funded(INCIDENT // 2)],
        contested(Kind.INCIDENT, INCIDENT // 2),
        [
            ruled(Kind.INCIDENT, 4, INCIDENT, 0, 0),
            ("Unbonded", {"amount": BOND}),
            ("Owed", {"beneficiary": REQUESTER, "index": 0, "position": 0, "amount": INCIDENT // 2}),
            ("Credited", {"beneficiary": REQUESTER, "amount": BOND + INCIDENT // 2}),
        ],
    ],
    "money is taken out": [[funded()], [("Withdrawn", {"to": AGENT, "amount": UNIT})]],
    "more is found": [[funded()], [("Synced", {"funds": UNIT + 7})]],
    "some is lost": [[funded()], OPENED, [("Synced", {"funds": 3})]],
}


def told(story: Sequence[Sequence[Happened]]) -> tuple[list[Line], Ledger]:
    explaining, ledger, lines = Explaining(lambda _: POLICY), Ledger(), []
    for block, transaction in enumerate(story):
        events = [
            Event(name, given, block, block, digest(str(block)), place)
            for place, (name, given) in enumerate(transaction)
        ]
        explained = list(explaining.transaction(events))
        ledger.prove(explaining.moved_to_tickets)
        ledger.rule(explaining.ruled_fees)
        for event, parts in explained:
            lines += list(ledger.move(event, parts))
    return lines, ledger


@pytest.mark.parametrize("name", STORIES)
def test_each_coin_is_explained_and_the_parts_are_the_whole(name: str) -> None:
    lines, ledger = told(STORIES[name])
    moved = {}
    for line in lines:
        key = (line.event.block, line.event.log_index)
        moved[key] = moved.get(key, 0) + line.part.amount
    for block, transaction in enumerate(STORIES[name]):
        for place, (_, given) in enumerate(transaction):
            if (block, place) in moved and "amount" in given:
                assert moved[block, place] == given["amount"]
    after = ledger.position()
    assert after.funds + after.short == after.free + after.reserved + after.credited + after.bonds
    assert ledger.held[Held.SETTLING] == 0


def _droppable() -> list[tuple[str, int, int]]:
    # A compensation of an incident is paid by its ruling, and names no coin of its own.
    return [
        (name, block, place)
        for name, story in STORIES.items()
        for block, transaction in enumerate(story)
        for place, (event, given) in enumerate(transaction)
        if event not in ("Funded", "Synced", "Withdrawn", "Collected", "DebtPaid") and given.get("kinds") != 8
    ]


@pytest.mark.parametrize(("name", "block", "place"), _droppable())
def test_without_one_of_its_events_it_is_refused(name: str, block: int, place: int) -> None:
    story = [list(transaction) for transaction in STORIES[name]]
    del story[block][place]
    with pytest.raises(VerificationFailed, match="An event is missing in the index"):
        told(story)


def test_a_claim_is_told_kind_by_kind_and_a_payment_by_what_it_was_for() -> None:
    lines, _ = told(STORIES["a claim that is collected"])
    paid = [line for line in lines if line.part.movement is Movement.COLLECTED]
    assert [(line.part.of, line.part.kinds, line.part.amount, line.part.ticket) for line in paid] == [
        (Movement.COMPENSATION, int(Kind.FIRST_REPLY), FIRST, TICKET),
        (Movement.COMPENSATION, int(Kind.RESOLUTION), RESOLUTION, TICKET),
    ]
    assert {line.target for line in paid} == {REQUESTER}
    assert paid[-1].after.funds == UNIT - FIRST - RESOLUTION


def test_a_winner_gets_bond_fee_and_worth_apart() -> None:
    lines, ledger = told(STORIES["an incident is upheld for less"])
    credited = {line.part.movement: line.part.amount for line in lines if line.event.name == "Credited"}
    assert credited == {
        Movement.BOND_RETURNED: BOND - FEE,
        Movement.COMPENSATION: INCIDENT - 100,
        Movement.FEE_REFUNDED: FEE,
    }
    assert ledger.position().fees == FEE


@pytest.mark.parametrize(
    ("story", "says"),
    [
        ([[("Reserved", {"amount": WORST}), OPENED[1]]], "so much was not free"),
        ([[funded()], [("Withdrawn", {"to": AGENT, "amount": UNIT + 1})]], "more was taken than there was"),
        ([[("Collected", {"beneficiary": REQUESTER, "amount": 1})]], "the beneficiary had less"),
        ([[("Credited", {"beneficiary": REQUESTER, "amount": 1})]], "nothing says what this was for"),
        ([[funded()], [("Reserved", {"amount": 5}), OPENED[1]]], "is not what the event after it says"),
        (
            [[funded()], OPENED, [COMPENSATED, ("Credited", {**CLAIMED[1][1], "beneficiary": AGENT})]],
            "its amount or beneficiary",
        ),
        (
            [[("BreachCompensated", {**COMPENSATED[1], "word": word(backed=False)}),
              ("Owed", {"beneficiary": REQUESTER, "index": 0, "position": 9, "amount": FIRST + RESOLUTION})]],
            "another place in the queue",
        ),
    ],
)  # fmt: skip
def test_what_the_pool_would_not_do_is_refused(story: list[list[Happened]], says: str) -> None:
    with pytest.raises(VerificationFailed, match=says):
        told(story)
