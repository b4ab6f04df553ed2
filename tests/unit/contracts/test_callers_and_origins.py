# SPDX-License-Identifier: Apache-2.0
"""Who calls counts, never who sent the transaction: an account can be a contract, and a contract that
somebody with a role was led to call has none of that power.
"""

from collections.abc import Callable
from typing import Any

import boa
import pytest
from batches import REPLIED, Batches
from eth_abi import decode
from house import (
    BOT,
    CREDENTIAL,
    DID,
    ETH,
    FAR,
    FIRST_REPLY,
    HIGH,
    HOLD,
    HUMAN,
    URGENT,
    House,
    deploy_house,
    deployer,
    five_arbiters,
)
from logs import events_named
from smart_account import SmartAccount, deploy_account

BOND = 50
ROOT = b"\x11" * 32
WORST_CASE = 5_500


@pytest.fixture
def bundler() -> str:
    """Sends the transactions of contract accounts, and has no role."""
    return str(boa.env.generate_address("bundler"))


@pytest.fixture
def account() -> SmartAccount:
    return deploy_account()


def appointed(house: House, account: SmartAccount, kind: int = HUMAN) -> SmartAccount:
    """An account that the operator made an agent, with an allowance."""
    house.directory.register_agent(
        account.address, kind, DID, CREDENTIAL, FAR, FAR, b"", sender=house.operator
    )
    house.desk.set_allowance(account.address, 10**6, sender=house.operator)
    return account


def covered(house: House, account: SmartAccount) -> SmartAccount:
    """An account that can open tickets."""
    house.desk.grant_coverage(account.address, 1, URGENT, 5, FAR, sender=house.operator)
    return account


def in_charge(house: House, account: SmartAccount, bundler: str) -> SmartAccount:
    """An account that is the operator."""
    house.directory.transfer_ownership(account.address, sender=house.operator)
    account.call(house.directory.accept_ownership, origin=bundler)
    return account


def opened_by(house: House, account: SmartAccount, bundler: str) -> bytes:
    return account.call(house.desk.open_ticket, 1, URGENT, house.digest(), origin=bundler)


# ---------------------------------------------------------------- an account that is a contract


def test_a_contract_opens_tickets_of_its_own(house: House, account: SmartAccount, bundler: str) -> None:
    ticket_id = opened_by(house, covered(house, account), bundler)
    assert house.desk.ticket(ticket_id).requester == account.address
    assert house.desk.coverage(account.address, 1).used == 1


def test_a_contract_follows_up_and_closes_its_ticket(
    house: House, account: SmartAccount, bundler: str
) -> None:
    ticket_id = opened_by(house, covered(house, account), bundler)
    account.call(house.desk.follow_up, ticket_id, house.digest(), origin=bundler)
    account.call(house.desk.close, ticket_id, origin=bundler)
    assert house.desk.coverage(account.address, 1).used == 0


@pytest.mark.parametrize("asset", ["ether", "token"])
def test_a_contract_contests_with_its_own_bond(asset: str, account: SmartAccount, bundler: str) -> None:
    token = deployer("mocks/PlainToken").deploy(18) if asset == "token" else None
    house = deploy_house(token or ETH)
    ticket_id = opened_by(house, covered(house, account), bundler)
    house.reply(ticket_id)
    if token:
        token.mint(account.address, BOND)
        account.call(token.approve, house.pool.address, BOND, origin=bundler)
    account.call(
        house.panel.contest,
        ticket_id,
        FIRST_REPLY,
        1_000,
        house.digest(),
        origin=bundler,
        value=0 if token else BOND,
    )
    (contested,) = events_named(account.contract, "Contested")
    assert contested["requester"] == account.address
    assert events_named(account.contract, "Bonded") == [{"payer": account.address, "amount": BOND}]
    assert house.pool.books().bonded == BOND


def test_a_contract_opens_tickets_for_others_out_of_its_allowance(
    house: House, account: SmartAccount, bundler: str
) -> None:
    agent = appointed(house, account)
    agent.call(house.desk.open_ticket_for, house.requester, 1, URGENT, house.digest(), origin=bundler)
    (logged,) = events_named(agent.contract, "TicketOpened")
    assert logged["agent"] == agent.address
    assert house.desk.allowance(agent.address) == 10**6 - WORST_CASE


def test_a_contract_replies(house: House, account: SmartAccount, bundler: str) -> None:
    ticket_id, digest = house.open(), house.digest()
    agent = appointed(house, account)
    agent.call(house.desk.reply, ticket_id, HOLD, digest, origin=bundler)
    (logged,) = events_named(agent.contract, "TicketReplied")
    assert (logged["agent"], logged["digest"]) == (agent.address, digest)


def test_a_contract_that_is_a_bot_replies(house: House, account: SmartAccount, bundler: str) -> None:
    ticket_id, digest = house.open(), house.digest()
    bot = appointed(house, account, BOT)
    bot.call(house.desk.bot_reply, ticket_id, digest, origin=bundler)
    assert events_named(bot.contract, "BotReplied") == [
        {"ticket_id": ticket_id, "agent": bot.address, "digest": digest}
    ]


def test_a_contract_anchors_batches(house: House, account: SmartAccount, bundler: str) -> None:
    agent = appointed(house, account)
    agent.call(house.lane.anchor_batch, 1, ROOT, [1, 0, 0, 0, 0], "", False, origin=bundler)
    (logged,) = events_named(agent.contract, "BatchAnchored")
    assert logged["agent"] == house.lane.batch(1).agent == agent.address
    assert house.desk.allowance(agent.address) == 10**6 - WORST_CASE


def test_a_contract_is_the_operator(house: House, account: SmartAccount, bundler: str) -> None:
    operator = in_charge(house, account, bundler)
    operator.call(house.desk.set_allowance, house.human, 7, origin=bundler)
    operator.call(house.pool.announce_withdrawal, 5, origin=bundler)
    arbiters = [one.address for one in five_arbiters()]
    operator.call(house.panel.propose_panel, arbiters, 4, origin=bundler)
    assert house.desk.allowance(house.human) == 7
    assert house.pool.withdrawal().amount == 5
    assert house.panel.panel(2).threshold == 4


@pytest.mark.parametrize("asset", ["ether", "token"])
def test_a_contract_funds_the_pool(asset: str, account: SmartAccount, bundler: str) -> None:
    token = deployer("mocks/PlainToken").deploy(18) if asset == "token" else None
    house = deploy_house(token or ETH, funds=0)
    if token:
        token.mint(account.address, 70)
        account.call(token.approve, house.pool.address, 70, origin=bundler)
    account.call(house.pool.fund, 70, origin=bundler, value=0 if token else 70)
    assert events_named(account.contract, "Funded") == [{"funder": account.address, "amount": 70}]
    assert house.pool.free() == 70


@pytest.mark.parametrize("asset", ["ether", "token"])
def test_a_contract_proves_its_batch_tickets(asset: str, account: SmartAccount, bundler: str) -> None:
    token = deployer("mocks/PlainToken").deploy(18) if asset == "token" else None
    house = deploy_house(token or ETH)
    batches = Batches(house)
    ticket = batches.opened(requester=account.address)
    bond = house.policy.prove_bond
    if token:
        token.mint(account.address, bond)
        account.call(token.approve, house.pool.address, bond, origin=bundler)
    proof = batches.proof_of(ticket)
    answer = account.call(house.lane.prove_ticket, *proof, origin=bundler, value=0 if token else bond)
    (logged,) = events_named(account.contract, "TicketProven")
    assert logged["prover"] == account.address
    assert decode(["bytes32"], answer) == (ticket.id,)
    # As the requester itself, not as a keeper whose bond might go elsewhere.
    batches.end(ticket, sender=house.stranger)
    (ended,) = events_named(house.lane, "ChallengeEnded")
    assert (ended["prover"], ended["returned"]) == (account.address, True)
    assert house.pool.collectable(account.address) == bond


def test_a_contract_is_a_keeper(house: House, account: SmartAccount, bundler: str) -> None:
    batches = Batches(house)
    house.directory.name_keeper(account.address, sender=house.requester)
    ticket = batches.opened()
    bond = house.policy.prove_bond
    account.call(house.lane.prove_ticket, *batches.proof_of(ticket), origin=bundler, value=bond)
    batches.end(ticket, sender=house.stranger)
    (ended,) = events_named(house.lane, "ChallengeEnded")
    assert (ended["prover"], ended["returned"]) == (account.address, True)
    assert house.pool.collectable(account.address) == bond


def test_a_keeper_that_its_requester_calls_is_the_one_who_proved(house: House, account: SmartAccount) -> None:
    """The bond is the keeper's, so it goes back to the keeper, though the requester sent the transaction."""
    batches = Batches(house)
    house.directory.name_keeper(account.address, sender=house.requester)
    ticket = batches.opened()
    bond = house.policy.prove_bond
    boa.env.set_balance(account.address, bond)
    account.call(house.lane.prove_ticket, *batches.proof_of(ticket), origin=house.requester, value=bond)
    assert house.lane.proof(ticket.id).prover == account.address


def test_a_contract_names_its_keeper(house: House, account: SmartAccount, bundler: str) -> None:
    account.call(house.directory.name_keeper, house.stranger, origin=bundler)
    assert house.directory.keeper(account.address) == house.stranger
    assert house.directory.keeper(bundler) == ETH


@pytest.mark.parametrize("shown_by_the_prover", [True, False])
def test_a_contract_that_proved_shows_entries_itself(
    house: House, account: SmartAccount, bundler: str, shown_by_the_prover: bool
) -> None:
    """An entry that the prover itself shows is no answer to its proof, whoever sends for it."""
    batches = Batches(house)
    ticket = batches.opened(requester=account.address)
    entry = batches.noted(ticket, REPLIED)
    boa.env.evm.patch.timestamp += 1
    bond = house.policy.prove_bond
    account.call(house.lane.prove_ticket, *batches.proof_of(ticket), origin=bundler, value=bond)
    shows = account if shown_by_the_prover else deploy_account()
    shows.call(house.lane.prove_entries, ticket.id, 1, batches.shown([entry]), origin=bundler)
    (logged,) = events_named(shows.contract, "EntryShown")
    assert logged["answers"] is not shown_by_the_prover


# ---------------------------------------------------------------- a contract that somebody was led to call

Lure = Callable[[House, Batches], tuple[Any, list[Any], str]]

LURES: dict[str, tuple[Lure, str]] = {
    "set_allowance": (
        lambda house, _: (house.desk.set_allowance, [house.stranger, 10**9], house.operator),
        "desk: caller is not the operator",
    ),
    "propose_panel": (
        lambda house, _: (
            house.panel.propose_panel,
            [[one.address for one in five_arbiters()], 1],
            house.operator,
        ),
        "panel: caller is not the operator",
    ),
    "announce_withdrawal": (
        lambda house, _: (house.pool.announce_withdrawal, [1], house.operator),
        "pool: caller is not the operator",
    ),
    "open_ticket": (
        lambda house, _: (house.desk.open_ticket, [1, URGENT, house.digest()], house.requester),
        "coverage: none",
    ),
    "open_ticket_for": (
        lambda house, _: (
            house.desk.open_ticket_for,
            [house.stranger, 1, HIGH, house.digest()],
            house.human,
        ),
        "desk: caller is no agent",
    ),
    "reply": (
        lambda house, _: (house.desk.reply, [house.open(), HOLD, house.digest()], house.human),
        "desk: caller is no human agent",
    ),
    "bot_reply": (
        lambda house, _: (house.desk.bot_reply, [house.open(), house.digest()], house.bot),
        "desk: caller is no bot",
    ),
    "follow_up": (
        lambda house, _: (house.desk.follow_up, [house.open(), house.digest()], house.requester),
        "desk: caller is not the requester",
    ),
    "close": (
        lambda house, _: (house.desk.close, [house.open()], house.requester),
        "desk: ticket cannot be closed yet",
    ),
    "anchor_batch": (
        lambda house, _: (house.lane.anchor_batch, [1, ROOT, [1, 0, 0, 0, 0], "", False], house.human),
        "desk: caller is no agent",
    ),
    "prove_ticket": (
        lambda house, batches: (
            house.lane.prove_ticket,
            batches.proof_of(batches.opened()),
            house.requester,
        ),
        "lane: not requester or its keeper",
    ),
}


@pytest.mark.parametrize("name", LURES)
def test_a_contract_has_no_power_of_who_sent_the_transaction(
    house: House, account: SmartAccount, name: str
) -> None:
    prepare, reason = LURES[name]
    function, arguments, origin = prepare(house, Batches(house))
    with boa.reverts(reason):
        account.call(function, *arguments, origin=origin)


def test_a_contract_cannot_contest_for_who_sent_the_transaction(house: House, account: SmartAccount) -> None:
    ticket_id = house.open()
    house.reply(ticket_id)
    with boa.reverts("desk: caller is not the requester"):
        account.call(
            house.panel.contest,
            ticket_id,
            FIRST_REPLY,
            1_000,
            house.digest(),
            origin=house.requester,
            value=BOND,
        )
