# SPDX-License-Identifier: Apache-2.0
"""A proof's bond in ETH and in tokens of every behaviour, and what a caller in its middle can reach."""

from typing import Any

import boa
import pytest
from batches import REPLIED, Batches
from disputes import balance, give
from house import ETH, House, Policy, deploy_house, deployer, travel, travel_to

BOND = 20


def at_desk_of(name: str, *arguments: Any, **house: Any) -> Batches:
    asset = ETH if name == "ETH" else deployer(f"mocks/{name}").deploy(*arguments)
    return Batches(deploy_house(asset=asset, **house))


@pytest.fixture
def batches(house: House) -> Batches:
    return Batches(house)


def assert_books_are_the_balance(house: House) -> None:
    books = house.pool.books()
    assert balance(house, house.pool.address) == books.funds
    assert books.funds == books.reserved + books.credited + books.bonded + books.free - books.debt


@pytest.mark.parametrize(("asset", "arguments"), [("ETH", []), ("PlainToken", [6]), ("NoReturnToken", [])])
def test_bond_is_held_and_comes_back_with_a_breach(asset: str, arguments: list[int]) -> None:
    batches = at_desk_of(asset, *arguments)
    house, ticket = batches.house, batches.opened()
    batches.prove(ticket)
    assert balance(house, ticket.requester) == 0
    assert house.pool.books() == (1_000_000 + BOND, 5_500 + BOND, 0, 0, 0, 1_000_000 - 5_500)
    batches.end(ticket, claim=True, collect=True)
    assert balance(house, ticket.requester) == BOND + 1_000 + 4_000
    assert_books_are_the_balance(house)


@pytest.mark.parametrize("value", [0, BOND - 1, BOND + 1])
def test_eth_other_than_the_bond_is_refused(batches: Batches, value: int) -> None:
    house, ticket = batches.house, batches.opened()
    boa.env.set_balance(ticket.requester, value)
    with boa.reverts("pool: value differs from amount"):
        house.lane.prove_ticket(*batches.proof_of(ticket), value=value, sender=ticket.requester)
    assert house.desk.ticket_word(ticket.id) == 0
    assert house.lane.proof(ticket.id).proven_at == 0


@pytest.mark.parametrize("prove_bond", [0, BOND])
def test_eth_at_a_desk_of_a_token_is_refused(prove_bond: int) -> None:
    batches = at_desk_of("PlainToken", 6, policy=Policy(prove_bond=prove_bond))
    house, ticket = batches.house, batches.opened()
    give(house, ticket.requester, prove_bond)
    boa.env.set_balance(ticket.requester, 1)
    with boa.reverts("pool: value differs from amount"):
        house.lane.prove_ticket(*batches.proof_of(ticket), value=1, sender=ticket.requester)


def test_token_that_was_not_approved_to_the_pool_is_refused() -> None:
    batches = at_desk_of("PlainToken", 6)
    house, ticket = batches.house, batches.opened()
    house.asset.mint(ticket.requester, BOND)
    house.asset.approve(house.lane.address, BOND, sender=ticket.requester)
    with boa.reverts("pool: asset did not come in"):
        house.lane.prove_ticket(*batches.proof_of(ticket), sender=ticket.requester)
    assert house.desk.ticket_word(ticket.id) == 0


@pytest.mark.parametrize("asset", ["ETH", "PlainToken"])
def test_policy_without_a_bond_takes_none(asset: str) -> None:
    arguments = [] if asset == "ETH" else [6]
    batches = at_desk_of(asset, *arguments, policy=Policy(prove_bond=0))
    house, ticket = batches.house, batches.opened()
    house.lane.prove_ticket(*batches.proof_of(ticket), sender=ticket.requester)
    assert house.lane.proof(ticket.id).bond == 0
    batches.end(ticket)
    assert house.pool.collectable(ticket.requester) == 0


def test_eth_without_a_bond_is_refused() -> None:
    batches = at_desk_of("ETH", policy=Policy(prove_bond=0))
    ticket = batches.opened()
    boa.env.set_balance(ticket.requester, 1)
    with boa.reverts("pool: value differs from amount"):
        batches.house.lane.prove_ticket(*batches.proof_of(ticket), value=1, sender=ticket.requester)


def test_bond_that_lost_a_fee_on_the_way_is_what_came_in() -> None:
    batches = at_desk_of("FeeOnTransferToken", 1_000)
    house, ticket = batches.house, batches.opened()
    before = house.pool.books()
    batches.prove(ticket)
    assert house.lane.proof(ticket.id).bond == 18
    assert house.pool.books().reserved == before.reserved + 18
    assert house.pool.books().free == before.free
    batches.end(ticket)
    assert house.pool.collectable(ticket.requester) == 18
    assert_books_are_the_balance(house)


def test_fee_that_keeps_everything_is_refused() -> None:
    batches = at_desk_of("FeeOnTransferToken", 0)
    ticket = batches.opened()
    batches.house.asset.set_fee(10_000)
    with boa.reverts("pool: asset did not come in"):
        batches.prove(ticket)
    assert batches.house.desk.ticket_word(ticket.id) == 0


def test_what_a_token_gives_beyond_the_bond_is_no_bond() -> None:
    batches = at_desk_of("GivesMoreToken", 6)
    ticket = batches.opened()
    before = batches.house.pool.books()
    batches.prove(ticket)
    assert batches.house.lane.proof(ticket.id).bond == BOND
    assert batches.house.pool.books().reserved == before.reserved + BOND


def test_lost_bond_is_free_funds() -> None:
    batches = at_desk_of("PlainToken", 6)
    house, ticket = batches.house, batches.opened()
    reply = batches.noted(ticket, 3)
    travel(1)
    batches.prove(ticket)
    batches.show(ticket, [reply])
    before = house.pool.books()
    batches.end(ticket)
    after = house.pool.books()
    assert (after.reserved, after.free) == (before.reserved - BOND, before.free + BOND)
    assert house.pool.collectable(ticket.requester) == 0
    assert_books_are_the_balance(house)


def test_bond_pays_nobody_while_the_challenge_runs(batches: Batches) -> None:
    house = batches.house
    ticket = batches.proven()
    for who in (ticket.requester, house.human, house.lane.address):
        with boa.reverts("pool: nothing to collect"):
            house.pool.collect(who)
    house.pool.announce_withdrawal(10**6 + BOND, sender=house.operator)
    travel(30 * 86_400)
    free = house.pool.free()
    with boa.reverts("pool: free funds too low"):
        house.pool.withdraw(free + 1, house.operator, sender=house.operator)
    house.pool.withdraw(free, house.operator, sender=house.operator)
    batches.end(ticket, claim=True, collect=True)
    assert balance(house, ticket.requester) == BOND + 5_000


def test_bond_of_an_unbacked_ticket_comes_back_in_full_before_any_debt(unfunded: House) -> None:
    batches = Batches(unfunded)
    ticket = batches.proven()
    batches.end(ticket, claim=True)
    unfunded.pool.collect(ticket.requester)
    assert balance(unfunded, ticket.requester) == BOND
    assert unfunded.pool.owed(ticket.requester) == 5_000


# ---------------------------------------------------------------- called in the middle


def in_the_middle(asset: str) -> tuple[Batches, Any]:
    """A desk whose requester is a contract that its token calls before it sends, and that ETH calls."""
    token = ETH if asset == "ETH" else deployer("mocks/ReentrantToken").deploy()
    batches = Batches(deploy_house(asset=token))
    actor = deployer("mocks/ReentersOnReceive").deploy()
    if asset != "ETH":
        token.set_called(actor.address)
        # Two bonds and more: what is not taken was not refused for want of money.
        token.mint(actor.address, 10 * BOND)
        approval = token.approve.prepare_calldata(batches.house.pool.address, 10 * BOND)
        actor.call(token.address, approval, sender=batches.house.stranger)
    return batches, actor


def act(batches: Batches, actor: Any, contract: Any, function: str, *arguments: Any, value: int = 0) -> None:
    boa.env.set_balance(batches.house.stranger, value)
    data = getattr(contract, function).prepare_calldata(*arguments)
    actor.call(contract.address, data, value=value, sender=batches.house.stranger)


def test_prover_called_while_its_bond_is_taken_reaches_nothing_of_the_lane() -> None:
    batches, actor = in_the_middle("token")
    house = batches.house
    one, other = (batches.ticket(requester=actor.address) for _ in range(2))
    batches.anchor([one, other])
    reply = batches.noted(one, REPLIED)
    lane, desk, pool = house.lane, house.desk, house.pool
    actor.plan(
        [
            (contract.address, 0, getattr(contract, function).prepare_calldata(*arguments))
            for contract, function, arguments in (
                (lane, "prove_ticket", batches.proof_of(one)),
                (lane, "prove_entries", (one.id, 1, batches.shown([reply]))),
                (lane, "end_challenge", (one.id, False, False)),
                (lane, "release_batch", (1,)),
                (desk, "follow_up", (one.id, house.digest())),
                (desk, "claim", (one.id,)),
                (desk, "close", (one.id,)),
                (pool, "sync", ()),
                (pool, "collect", (actor.address,)),
            )
        ]
    )
    act(batches, actor, lane, "prove_ticket", *batches.proof_of(one))
    assert (actor.runs(), actor.succeeded()) == (1, 0)
    assert lane.proof(one.id).bond == BOND
    assert lane.proof(one.id).sequence == 1
    assert house.pool.books().reserved == 2 * 5_500 + BOND
    assert_books_are_the_balance(house)
    # Afterwards the other is proven like any.
    act(batches, actor, lane, "prove_ticket", *batches.proof_of(other))
    assert lane.proof(other.id).bond == BOND


@pytest.mark.parametrize("asset", ["ETH", "token"])
def test_requester_called_while_it_collects_is_paid_once(asset: str) -> None:
    batches, actor = in_the_middle(asset)
    house = batches.house
    ticket = batches.opened(requester=actor.address)
    value = BOND if asset == "ETH" else 0
    act(batches, actor, house.lane, "prove_ticket", *batches.proof_of(ticket), value=value)
    held = balance(house, actor.address)
    actor.plan(
        [
            (contract.address, 0, getattr(contract, function).prepare_calldata(*arguments))
            for contract, function, arguments in (
                (house.lane, "end_challenge", (ticket.id, True, True)),
                (house.lane, "end_challenge", (ticket.id, False, False)),
                (house.desk, "claim", (ticket.id, True)),
                (house.pool, "collect", (actor.address,)),
            )
        ]
    )
    batches.end(ticket, claim=True, collect=True)
    assert actor.succeeded() == 0
    assert balance(house, actor.address) - held == BOND + 5_000
    assert house.desk.ticket(ticket.id).compensated == 5
    assert_books_are_the_balance(house)


def test_requester_that_refuses_the_asset_stops_only_its_own_collecting() -> None:
    batches = at_desk_of("ETH")
    house = batches.house
    refuser = deployer("mocks/RevertsOnReceive").deploy()
    ticket = batches.opened(requester=refuser.address)
    keeper = boa.env.generate_address("keeper")
    house.directory.name_keeper(keeper, sender=refuser.address)
    batches.prove(ticket, sender=keeper)
    travel_to(batches.last_second(ticket) + 1)
    with boa.reverts():
        house.lane.end_challenge(ticket.id, True, True, sender=house.stranger)
    assert house.desk.ticket(ticket.id).challenged
    batches.end(ticket, claim=True)
    assert house.pool.collectable(refuser.address) == 5_000
    assert house.pool.collectable(keeper) == BOND
