# SPDX-License-Identifier: Apache-2.0
"""Somebody who is called in the middle of a movement of money, and calls back whatever there is.

The actor is the worst there can be: operator, funder, requester and beneficiary at once. Its token calls it
before it sends and after it receives, as ERC-777 does; ETH calls it when it receives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boa
import disputes
import pytest
from disputes import BOND, REJECTED, UNDER_DISPUTE, UPHELD, Dispute
from house import (
    DAY,
    ETH,
    FAR,
    FIRST_REPLY,
    INCIDENT,
    NEXT_REPLY,
    RESOLUTION,
    URGENT,
    House,
    deploy_house,
    deployer,
    five_arbiters,
    now,
    travel,
)

COMPENSATION = 1_000
WORST_CASE = 5_500


@dataclass
class Scene:
    """A desk whose actor has a credit, a breached ticket and a dispute, and its victim the first two."""

    house: House
    actor: Any
    victim: str
    actor_ticket: bytes = b""  # breached, not claimed
    calm_ticket: bytes = b""  # the actor's, in time
    victim_ticket: bytes = b""  # breached, not claimed
    dispute: Dispute | None = None  # the actor's, open
    rejection: Dispute | None = None  # the actor's, ruled, its fee not collected

    def act(self, contract: Any, function: str, *arguments: Any, value: int = 0) -> None:
        """The actor calls somebody."""
        data = getattr(contract, function).prepare_calldata(*arguments)
        boa.env.set_balance(self.house.stranger, value)
        self.actor.call(contract.address, data, value=value, sender=self.house.stranger)

    def plan(self, *calls: tuple[Any, str, tuple[Any, ...], int]) -> None:
        """What the actor does when it is called."""
        self.actor.plan(
            [
                (contract.address, value, getattr(contract, function).prepare_calldata(*arguments))
                for contract, function, arguments, value in calls
            ]
        )

    def held(self) -> int:
        pool = self.house.pool.address
        return int(boa.env.get_balance(pool) if self.house.asset == ETH else self.house.asset.balanceOf(pool))

    def held_by_victim(self) -> int:
        if self.house.asset == ETH:
            return int(boa.env.get_balance(self.victim))
        return int(self.house.asset.balanceOf(self.victim))

    def assert_victim_is_paid_in_full(self) -> None:
        """What it was credited before, and what its second ticket is worth."""
        if self.house.desk.claimable(self.victim_ticket)[0]:
            self.house.desk.claim(self.victim_ticket)
        if self.house.pool.collectable(self.victim):
            self.house.pool.collect(self.victim)
        assert self.held_by_victim() == 2 * COMPENSATION

    def assert_books_are_right(self) -> None:
        funds, reserved, credited, bonded, debt, free = self.house.pool.books()
        assert self.held() == funds == reserved + credited + bonded + free
        assert debt == 0
        tickets = [self.actor_ticket, self.calm_ticket, self.victim_ticket]
        assert reserved >= sum(self.open_reserve(ticket) for ticket in tickets)

    def contest(self, ticket_id: bytes, kind: int) -> Dispute:
        """The actor contests; its bond is there, and approved where it is a token."""
        panel, evidence = self.house.panel, self.house.digest()
        amount = disputes.COMPENSATION[kind]
        value = BOND if self.house.asset == ETH else 0
        self.act(panel, "contest", ticket_id, kind, amount, evidence, value=value)
        return Dispute(panel.dispute_count(), ticket_id, kind, amount, evidence, 1, BOND)

    def signed(self, verdict: disputes.Verdict) -> disputes.Signed:
        """By the one arbiter."""
        return disputes.signed(self.house, verdict, 1)

    def open_reserve(self, ticket_id: bytes) -> int:
        ticket = self.house.desk.ticket(ticket_id)
        paid = sum(
            self.house.policy.compensation[URGENT][kind] * (ticket.compensated >> kind & 1)
            for kind in range(3)
        )
        return 0 if ticket.status == 5 else WORST_CASE - paid


def make_scene(kind: str) -> Scene:
    token = ETH if kind == "ETH" else deployer("mocks/ReentrantToken").deploy()
    # One arbiter, so that a verdict fits into what the actor can plan.
    house = deploy_house(asset=token, funds=100_000, arbiters=five_arbiters()[:1], threshold=1)
    actor, victim = deployer("mocks/ReentersOnReceive").deploy(), boa.env.generate_address("victim")
    scene = Scene(house, actor, victim)
    house.desk.grant_coverage(actor.address, 1, URGENT, 10, FAR, sender=house.operator)
    house.directory.transfer_ownership(actor.address, sender=house.operator)
    scene.act(house.directory, "accept_ownership")
    scene.act(house.pool, "announce_withdrawal", 50_000)
    travel(30 * DAY)
    tickets = [house.open_for(who) for who in (actor.address, actor.address, victim, victim)]
    travel(house.policy.targets[URGENT][0] + 1)
    house.desk.claim_many([tickets[0], tickets[2]])
    scene.actor_ticket, scene.victim_ticket = tickets[1], tickets[3]
    scene.calm_ticket = house.open_for(actor.address)
    if token != ETH:
        token.mint(actor.address, 10_000)
        scene.act(token, "approve", house.pool.address, 2**256 - 1)
    contested = disputes.replied(house, requester=actor.address)
    scene.rejection = scene.contest(contested, NEXT_REPLY)
    disputes.submit(house, disputes.rejected(scene.rejection), 1)
    scene.dispute = scene.contest(contested, FIRST_REPLY)
    if token == ETH:
        boa.env.set_balance(actor.address, 100)
    else:
        token.set_called(actor.address)
    return scene


def inner_calls(scene: Scene) -> dict[str, tuple[Any, str, tuple[Any, ...], int]]:
    """Everything the actor may try; each would do something at another time."""
    house, value = scene.house, 1 if scene.house.asset == ETH else 0
    pool, desk, panel = house.pool, house.desk, house.panel
    assert scene.dispute is not None
    assert scene.rejection is not None
    verdict = disputes.upheld(scene.dispute)
    incident = (scene.dispute.ticket_id, INCIDENT, 100, b"\x09" * 32)
    return {
        "fund": (pool, "fund", (1,), value),
        "sync": (pool, "sync", (), 0),
        "collect": (pool, "collect", (scene.victim,), 0),
        "withdraw": (pool, "withdraw", (5, scene.actor.address), 0),
        "pay": (pool, "pay", (scene.actor.address, 100, True, True), 0),
        "reserve": (pool, "reserve", (1,), 0),
        "release": (pool, "release", (1,), 0),
        "claim and collect": (desk, "claim", (scene.victim_ticket, True), 0),
        "claim": (desk, "claim", (scene.victim_ticket,), 0),
        "claim many": (desk, "claim_many", ([scene.actor_ticket, scene.victim_ticket],), 0),
        "close breached": (desk, "close", (scene.actor_ticket,), 0),
        "close": (desk, "close", (scene.calm_ticket,), 0),
        "open": (desk, "open_ticket", (1, URGENT, b"\x07" * 32), 0),
        "announce": (pool, "announce_withdrawal", (7,), 0),
        "books": (pool, "books", (), 0),
        "contest": (panel, "contest", incident, (BOND + 5) * value),
        "verdict": (panel, "submit_verdict", (verdict.on_chain(), scene.signed(verdict)), 0),
        "fees": (panel, "collect_fees", (house.arbiters[0].address, [scene.rejection.name]), 0),
    }


def by_collect(scene: Scene) -> None:
    scene.house.pool.collect(scene.actor.address, sender=scene.house.stranger)


def by_claim(scene: Scene) -> None:
    scene.house.desk.claim(scene.actor_ticket, True, sender=scene.house.stranger)


def by_withdrawal(scene: Scene) -> None:
    scene.act(scene.house.pool, "withdraw", 5_000, scene.actor.address)


def by_verdict(scene: Scene) -> None:
    assert scene.dispute is not None
    disputes.submit(scene.house, disputes.upheld(scene.dispute), 1, collect=True)


def by_contest(scene: Scene) -> None:
    assert scene.dispute is not None
    scene.contest(scene.dispute.ticket_id, RESOLUTION)


def by_funding(scene: Scene) -> None:
    scene.act(scene.house.pool, "fund", 5_000)


MOVES: dict[str, tuple[str, Callable[[Scene], None]]] = {
    "ETH collect": ("ETH", by_collect),
    "ETH claim": ("ETH", by_claim),
    "ETH withdraw": ("ETH", by_withdrawal),
    "ETH verdict": ("ETH", by_verdict),
    "token collect": ("token", by_collect),
    "token claim": ("token", by_claim),
    "token withdraw": ("token", by_withdrawal),
    "token fund": ("token", by_funding),
    "token verdict": ("token", by_verdict),
    "token contest": ("token", by_contest),
}

LOCKED = (
    *("fund", "sync", "collect", "withdraw", "pay", "reserve", "release"),
    *("claim and collect", "claim", "claim many", "contest", "verdict", "fees"),
)


@pytest.mark.parametrize("inner", LOCKED)
@pytest.mark.parametrize(("kind", "move"), MOVES.values(), ids=MOVES.keys())
def test_no_money_moves_while_money_moves(kind: str, move: Callable[[Scene], None], inner: str) -> None:
    scene = make_scene(kind)
    scene.plan(inner_calls(scene)[inner])
    move(scene)
    assert scene.actor.runs() == 1
    assert scene.actor.succeeded() == 0
    scene.assert_books_are_right()
    scene.assert_victim_is_paid_in_full()


@pytest.mark.parametrize(
    "inner",
    [
        *("fund", "sync", "collect", "withdraw", "claim and collect", "claim", "claim many"),
        *("close breached", "contest", "verdict", "fees"),
    ],
)
@pytest.mark.parametrize("kind", ["ETH", "token"])
def test_the_same_call_goes_through_at_another_time(kind: str, inner: str) -> None:
    scene = make_scene(kind)
    scene.plan(inner_calls(scene)[inner])
    boa.env.execute_code(scene.actor.address, sender=scene.house.stranger)
    assert scene.actor.succeeded() == 1
    scene.assert_books_are_right()


@pytest.mark.parametrize(("kind", "move"), MOVES.values(), ids=MOVES.keys())
def test_tickets_can_be_opened_and_closed_while_money_moves(kind: str, move: Callable[[Scene], None]) -> None:
    scene = make_scene(kind)
    calls = inner_calls(scene)
    scene.plan(calls["open"], calls["books"])
    move(scene)
    assert scene.actor.succeeded() == 0b11
    scene.assert_books_are_right()
    scene.assert_victim_is_paid_in_full()


@pytest.mark.parametrize(("kind", "move"), MOVES.values(), ids=MOVES.keys())
def test_everything_at_once_leaves_the_books_right(kind: str, move: Callable[[Scene], None]) -> None:
    scene = make_scene(kind)
    scene.plan(*inner_calls(scene).values())
    move(scene)
    scene.assert_books_are_right()
    scene.assert_victim_is_paid_in_full()


def test_closing_without_a_breach_goes_through_while_money_moves() -> None:
    scene = make_scene("ETH")
    scene.plan(inner_calls(scene)["close"])
    by_collect(scene)
    assert scene.actor.succeeded() == 1
    assert scene.house.desk.ticket(scene.calm_ticket).status == 5
    scene.assert_books_are_right()


def test_closing_a_breached_ticket_waits_for_the_money() -> None:
    scene = make_scene("ETH")
    scene.plan(inner_calls(scene)["close breached"])
    by_collect(scene)
    assert scene.actor.succeeded() == 0
    assert scene.house.desk.claimable(scene.actor_ticket) == (1, COMPENSATION)


def test_a_claim_is_paid_once_to_a_requester_that_claims_again_on_receipt() -> None:
    scene = make_scene("ETH")
    calls = inner_calls(scene)
    again = (scene.house.desk, "claim", (scene.actor_ticket, True), 0)
    scene.plan(again, calls["close breached"], again)
    by_claim(scene)
    # Closing finds nothing left to pay and goes through; it gives nothing more.
    assert scene.actor.succeeded() == 0b010
    assert boa.env.get_balance(scene.actor.address) == 100 + 2 * COMPENSATION
    scene.assert_books_are_right()


def test_a_withdrawal_is_used_up_before_the_money_goes_out() -> None:
    scene = make_scene("ETH")
    scene.plan((scene.house.pool, "announce_withdrawal", (7,), 0))
    by_withdrawal(scene)
    assert scene.actor.succeeded() == 1
    assert scene.house.pool.withdrawal()[:2] == (7, now() + 30 * DAY)


def test_what_was_just_withdrawn_cannot_back_a_ticket() -> None:
    scene = make_scene("ETH")
    house = scene.house
    while house.pool.free() >= 50_000 + WORST_CASE:
        house.open_for(house.stranger)
    assert house.pool.free() >= 50_000
    scene.plan(inner_calls(scene)["open"])
    scene.act(house.pool, "withdraw", 50_000, scene.actor.address)
    assert scene.actor.succeeded() == 1
    ticket = house.desk.ticket(house.ticket_id(0, scene.actor.address, b"\x07" * 32))
    assert ticket.status == 1
    assert ticket.backed is False
    scene.assert_books_are_right()


def test_tokens_given_back_during_a_collect_stay_the_givers() -> None:
    scene = make_scene("token")
    scene.plan((scene.house.asset, "transfer", (scene.house.pool.address, 400), 0))
    assert scene.house.pool.collect(scene.actor.address) == 600
    assert scene.house.pool.collectable(scene.actor.address) == 400
    scene.assert_books_are_right()
    scene.assert_victim_is_paid_in_full()


def test_tokens_given_besides_during_a_funding_are_funds() -> None:
    scene = make_scene("token")
    before = scene.house.pool.books().funds
    scene.plan((scene.house.asset, "transfer", (scene.house.pool.address, 400), 0))
    by_funding(scene)
    assert scene.house.pool.books().funds == before + 5_400
    scene.assert_books_are_right()


def test_a_collect_works_after_a_reentrant_one() -> None:
    scene = make_scene("ETH")
    scene.plan(*(inner_calls(scene)[name] for name in LOCKED))
    by_collect(scene)
    assert scene.house.pool.collect(scene.victim) == COMPENSATION


# ---------------------------------------------------------------- disputes


def test_a_contest_stands_before_the_bond_is_taken() -> None:
    """Called for its bond, the requester can neither close its ticket nor contest once more."""
    scene = make_scene("token")
    panel, ticket_id = scene.house.panel, scene.calm_ticket
    scene.house.reply(ticket_id)
    again = (panel, "contest", (ticket_id, RESOLUTION, 4_000, b"\x08" * 32), 0)
    scene.plan((scene.house.desk, "close", (ticket_id,), 0), again)
    dispute = scene.contest(ticket_id, RESOLUTION)
    assert (scene.actor.runs(), scene.actor.succeeded()) == (1, 0)
    shown = panel.dispute(*dispute.name)
    assert (shown.number, shown.state, shown.bond) == (3, UNDER_DISPUTE, BOND)
    assert panel.dispute_count() == 3
    scene.assert_books_are_right()


def test_a_bond_that_is_not_paid_leaves_no_dispute() -> None:
    scene = make_scene("token")
    scene.house.reply(scene.calm_ticket)
    everything = scene.house.asset.balanceOf(scene.actor.address)
    scene.plan((scene.house.asset, "transfer", (scene.house.stranger, everything), 0))
    word = scene.house.desk.ticket_word(scene.calm_ticket)
    with boa.reverts():
        scene.contest(scene.calm_ticket, RESOLUTION)
    assert scene.house.panel.dispute(scene.calm_ticket, RESOLUTION).number == 0
    assert scene.house.desk.ticket_word(scene.calm_ticket) == word
    scene.assert_books_are_right()


@pytest.mark.parametrize("kind", ["ETH", "token"])
def test_a_verdict_pays_once_a_requester_that_closes_and_claims_on_receipt(kind: str) -> None:
    scene = make_scene(kind)
    assert scene.dispute is not None
    desk, ticket_id = scene.house.desk, scene.dispute.ticket_id
    had = disputes.balance(scene.house, scene.actor.address)
    credit = scene.house.pool.collectable(scene.actor.address)
    scene.plan(
        (desk, "close", (ticket_id,), 0),
        (desk, "claim", (ticket_id, True), 0),
        inner_calls(scene)["verdict"],
    )
    by_verdict(scene)
    # Closing is allowed, since the dispute was ruled; it pays nothing that was paid.
    assert scene.actor.succeeded() == 0b001
    won = disputes.balance(scene.house, scene.actor.address) - had
    assert won == credit + COMPENSATION + BOND
    assert scene.house.panel.dispute(*scene.dispute.name).state == UPHELD
    scene.assert_books_are_right()


def test_fees_that_are_collected_pay_no_second_time_on_receipt() -> None:
    """An arbiter that is the actor: made one by its own desk, it signs as a contract would."""
    scene = make_scene("ETH")
    assert scene.rejection is not None
    arbiter = scene.house.arbiters[0].address
    boa.env.set_code(arbiter, boa.env.get_code(scene.actor.address))
    actor = deployer("mocks/ReentersOnReceive").at(arbiter)
    again = scene.house.panel.collect_fees.prepare_calldata(arbiter, [scene.rejection.name])
    pool = scene.house.pool
    actor.plan([(scene.house.panel.address, 0, again), (pool.address, 0, pool.sync.prepare_calldata())])
    assert scene.house.panel.collect_fees(arbiter, [scene.rejection.name]) == disputes.FEE
    assert (actor.runs(), actor.succeeded()) == (1, 0)
    assert boa.env.get_balance(arbiter) == disputes.FEE
    shown = scene.house.panel.dispute(*scene.rejection.name)
    assert (shown.state, shown.fee_open) == (REJECTED, [])
    scene.assert_books_are_right()
