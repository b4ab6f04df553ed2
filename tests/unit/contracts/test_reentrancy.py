# SPDX-License-Identifier: Apache-2.0
"""Somebody who is called in the middle of a movement of money, and calls back whatever there is.

The actor is the worst there can be: operator, funder, requester and beneficiary at once. Its token calls it
before it sends and after it receives, as ERC-777 does; ETH calls it when it receives.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boa
import pytest
from house import DAY, ETH, FAR, URGENT, House, deploy_house, deployer, now, travel

COMPENSATION = 1_000
WORST_CASE = 5_500


@dataclass
class Scene:
    """A desk whose actor has a credit and a breached ticket, whose victim likewise."""

    house: House
    actor: Any
    victim: str
    actor_ticket: bytes = b""  # breached, not claimed
    calm_ticket: bytes = b""  # the actor's, in time
    victim_ticket: bytes = b""  # breached, not claimed

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
        funds, reserved, credited, debt, free = self.house.pool.books()
        assert self.held() == funds == reserved + credited + free
        assert debt == 0
        tickets = [self.actor_ticket, self.calm_ticket, self.victim_ticket]
        assert reserved >= sum(self.open_reserve(ticket) for ticket in tickets)

    def open_reserve(self, ticket_id: bytes) -> int:
        ticket = self.house.desk.ticket(ticket_id)
        paid = sum(
            self.house.policy.compensation[URGENT][kind] * (ticket.compensated >> kind & 1)
            for kind in range(3)
        )
        return 0 if ticket.status == 5 else WORST_CASE - paid


def make_scene(kind: str) -> Scene:
    token = ETH if kind == "ETH" else deployer("mocks/ReentrantToken").deploy()
    house = deploy_house(asset=token, funds=100_000)
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
    if token == ETH:
        boa.env.set_balance(actor.address, 100)
    else:
        token.mint(actor.address, 10_000)
        scene.act(token, "approve", house.pool.address, 2**256 - 1)
        token.set_called(actor.address)
    return scene


def inner_calls(scene: Scene) -> dict[str, tuple[Any, str, tuple[Any, ...], int]]:
    """Everything the actor may try; each would do something at another time."""
    house, value = scene.house, 1 if scene.house.asset == ETH else 0
    pool, desk = house.pool, house.desk
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
    }


def by_collect(scene: Scene) -> None:
    scene.house.pool.collect(scene.actor.address, sender=scene.house.stranger)


def by_claim(scene: Scene) -> None:
    scene.house.desk.claim(scene.actor_ticket, True, sender=scene.house.stranger)


def by_withdrawal(scene: Scene) -> None:
    scene.act(scene.house.pool, "withdraw", 5_000, scene.actor.address)


def by_funding(scene: Scene) -> None:
    scene.act(scene.house.pool, "fund", 5_000)


MOVES: dict[str, tuple[str, Callable[[Scene], None]]] = {
    "ETH collect": ("ETH", by_collect),
    "ETH claim": ("ETH", by_claim),
    "ETH withdraw": ("ETH", by_withdrawal),
    "token collect": ("token", by_collect),
    "token claim": ("token", by_claim),
    "token withdraw": ("token", by_withdrawal),
    "token fund": ("token", by_funding),
}

LOCKED = (
    *("fund", "sync", "collect", "withdraw", "pay", "reserve", "release"),
    *("claim and collect", "claim", "claim many"),
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
    ["fund", "sync", "collect", "withdraw", "claim and collect", "claim", "claim many", "close breached"],
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
