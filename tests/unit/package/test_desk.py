# SPDX-License-Identifier: Apache-2.0
"""The client of the contracts, on the in-process chain: what it sends, what it reads, how it says no."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from eth_account import Account
from requests.exceptions import ConnectionError as RequestsConnectionError
from web3 import EthereumTesterProvider, HTTPProvider, Web3
from web3.exceptions import TimeExhausted, Web3RPCError

from makegood import artifacts, typed_data
from makegood import policy as policies
from makegood.clock import Kind, Priority, Status
from makegood.desk import (
    BOT,
    ETH,
    HUMAN,
    REQUESTER_LANE,
    Agent,
    Books,
    Channel,
    Coverage,
    Deployment,
    Desk,
    Event,
    Factory,
    KeySigner,
    Pool,
    Token,
    Withdrawal,
    chain_errors,
    connect,
    deploy_factory,
)
from makegood.errors import ChainRevert, MakegoodError, NodeUnreachable, NotFound, UsageError
from makegood.policy import ChainPolicy

HOUR, DAY = 3_600, 86_400
NOTICE = 30 * DAY
FAR = 2**32 - 1
COIN = 10**18
DID_DIGEST = hashlib.sha256(b"did:example:agent").digest()
CREDENTIAL_DIGEST = hashlib.sha256(b"a VC-JWT").digest()
CHANNEL = hashlib.sha256(b"telegram:acme_support").digest()
COMMITMENT = hashlib.sha256(b"opening document").digest()
DIGEST = hashlib.sha256(b"message").digest()

# Calendar hours; urgent pays 3 + 2 + 5 thousandths, each further priority half of it.
POLICY = """
name: Test
hours: "24/7"
targets:
  urgent: {first_reply: 1h, next_reply: 2h, resolution: 8h, compensation: {first_reply: "0.003", next_reply: "0.002", resolution: "0.005"}}
  high: {first_reply: 2h, next_reply: 4h, resolution: 16h, compensation: {first_reply: "0.002", next_reply: "0.001", resolution: "0.003"}}
  normal: {first_reply: 4h, next_reply: 8h, resolution: 32h, compensation: {first_reply: "0.001", next_reply: "0.001", resolution: "0.001"}}
  low: {first_reply: 8h, next_reply: 16h, resolution: 64h, compensation: {first_reply: 0, next_reply: 0, resolution: 0}}
windows: {contest: 7d, challenge: 1d, ruling: 7d, claim: 30d, anchor_lag: 15m}
"""  # noqa: E501
WORST_URGENT = 10 * COIN // 1_000


@dataclass(frozen=True)
class House:
    """A desk with a policy, funds, a human agent, and a requester with two places."""

    w3: Web3
    factory: Factory
    desk: Desk
    operator: KeySigner
    agent: KeySigner
    requester: KeySigner
    stranger: KeySigner
    policy: ChainPolicy

    @property
    def now(self) -> int:
        return int(self.w3.eth.get_block("latest")["timestamp"])

    def wait(self, seconds: int) -> None:
        provider: Any = self.w3.provider
        provider.ethereum_tester.time_travel(self.now + seconds)

    def open(self, commitment: bytes = COMMITMENT) -> bytes:
        call = self.desk.open_ticket(1, Priority.URGENT, commitment)
        return bytes(call.send(self.requester).event("TicketOpened")["ticket_id"])


@pytest.fixture(scope="module")
def new_house() -> House:
    provider = EthereumTesterProvider()
    tester: Any = provider.ethereum_tester
    w3 = Web3(provider)
    keys = [KeySigner(Account.from_key(key.to_bytes())) for key in tester.backend.account_keys[:4]]
    operator, agent, requester, stranger = keys
    factory = deploy_factory(w3, operator)
    deployment = factory.deployed(factory.deploy_desk(operator.address, ETH, NOTICE, "Acme").send(operator))
    desk = Desk(w3, deployment.desk)
    policy = policies.parse(POLICY).to_chain()
    desk.publish_policy(policy, "Test", "https://example.org/terms", DIGEST).send(operator)
    desk.pool.fund(COIN).send(operator)
    desk.directory.sign_register_agent(agent, HUMAN, DID_DIGEST, CREDENTIAL_DIGEST, FAR, FAR).send(operator)
    desk.grant_coverage(requester.address, 1, Priority.URGENT, 2, FAR).send(operator)
    return House(w3, factory, desk, operator, agent, requester, stranger, policy)


@pytest.fixture
def house(new_house: House) -> Iterator[House]:
    provider: Any = new_house.w3.provider
    snapshot = provider.ethereum_tester.take_snapshot()
    yield new_house
    provider.ethereum_tester.revert_to_snapshot(snapshot)


# ---------------------------------------------------------------- deploying


def test_a_factory_lists_what_it_deployed(house: House) -> None:
    desk = house.desk
    expected = Deployment(
        desk=desk.address,
        pool=desk.pool.address,
        panel=desk.panel.address,
        lane=desk.lane.address,
        directory=desk.directory.address,
    )
    assert house.factory.deployments() == (expected,) == (house.factory.deployment(0),)
    assert house.factory.is_desk(house.desk.address)
    assert not house.factory.is_desk(house.desk.pool.address)


def test_simulated_deployment_names_the_addresses_that_sending_gives(house: House) -> None:
    call = house.factory.deploy_desk(house.stranger.address, ETH, NOTICE, "Other")
    expected = call.simulate(house.stranger.address)
    assert house.factory.desk_count() == 1
    assert Factory.deployed(call.send(house.stranger)) == expected == house.factory.deployment(1)


def test_a_deployment_beyond_the_last_is_not_found(house: House) -> None:
    with pytest.raises(NotFound, match="deployed 1 desks"):
        house.factory.deployment(1)


def code_at(house: House, address: str) -> bytes:
    return bytes(house.w3.eth.get_code(Web3.to_checksum_address(address)))


def test_blueprints_have_the_code_of_eip5202(house: House) -> None:
    parts = house.factory.parts()
    for address in (parts.desk, parts.pool, parts.lane, parts.directory):
        assert code_at(house, address)[:3] == bytes.fromhex("fe7100")


def test_panel_and_rules_are_deployed_as_they_are(house: House) -> None:
    parts = house.factory.parts()
    for address, name in ((parts.panel, "ArbiterPanel"), (parts.rules, "PolicyRules")):
        code, artifact = code_at(house, address), artifacts.load(name)
        # Immutables stand behind the code.
        assert len(code) == artifact.runtime_size
        assert code[:3_000] in artifact.bytecode


def test_a_desks_panel_is_a_proxy_of_the_factorys(house: House) -> None:
    """ERC-1167: the implementation's address between two fixed pieces."""
    implementation = bytes.fromhex(house.factory.parts().panel[2:])
    code = code_at(house, house.desk.panel.address)
    assert (code[:10].hex(), code[30:].hex()) == (
        "363d3d373d3d3d363d73",
        "5af43d82803e903d91602b57fd5bf3",
    )
    assert code[10:30] == implementation


# ---------------------------------------------------------------- calls


def test_sending_tells_block_time_gas_fee_and_events(house: House) -> None:
    before = house.w3.eth.get_balance(Web3.to_checksum_address(house.requester.address))
    outcome = house.desk.open_ticket(1, Priority.URGENT, COMMITMENT).send(house.requester)
    block = house.w3.eth.get_block(outcome.block_number)
    receipt = house.w3.eth.get_transaction_receipt(outcome.transaction)  # type: ignore[arg-type]
    assert outcome.at == block["timestamp"]
    assert outcome.gas_used == receipt["gasUsed"]
    assert outcome.fee == before - house.w3.eth.get_balance(Web3.to_checksum_address(house.requester.address))
    assert [event.name for event in outcome.events] == ["Reserved", "TicketOpened"]
    assert outcome.event("Reserved")["amount"] == WORST_URGENT


def test_an_event_that_did_not_happen_is_a_lookup_error(house: House) -> None:
    outcome = house.desk.open_ticket(1, Priority.URGENT, COMMITMENT).send(house.requester)
    with pytest.raises(LookupError, match="no TicketClosed"):
        outcome.event("TicketClosed")


def test_simulating_changes_nothing_and_returns_what_sending_makes(house: House) -> None:
    call = house.desk.open_ticket(1, Priority.URGENT, COMMITMENT)
    ticket_id = call.simulate(house.requester.address)
    assert house.desk.ticket_word(ticket_id) == 0
    call.send(house.requester)
    assert house.desk.ticket(ticket_id).requester == house.requester.address


def test_a_refused_call_costs_nothing(house: House) -> None:
    address = Web3.to_checksum_address(house.stranger.address)
    before = house.w3.eth.get_balance(address)
    with pytest.raises(ChainRevert) as refusal:
        house.desk.open_ticket(1, Priority.URGENT, COMMITMENT).send(house.stranger)
    assert refusal.value.reason.startswith("coverage: ") or refusal.value.reason.startswith("desk: ")
    assert house.w3.eth.get_balance(address) == before


def test_simulate_gas_and_a_failed_transaction_give_the_same_reason(house: House) -> None:
    call = house.desk.reply(bytes(32), Status.HOLD, DIGEST)
    reasons = []
    for attempt in (
        lambda: call.simulate(house.agent.address),
        lambda: call.gas(house.agent.address),
        lambda: call.send(house.agent),
        lambda: call.send(house.agent, gas=200_000),
    ):
        with pytest.raises(ChainRevert) as refusal:
            attempt()
        reasons.append(refusal.value.reason)
    assert reasons == ["desk: ticket unknown"] * 4


def test_running_out_of_gas_is_said_so(house: House) -> None:
    call = house.desk.open_ticket(1, Priority.URGENT, COMMITMENT)
    with pytest.raises(ChainRevert, match="ran out of gas at 40000"):
        call.send(house.requester, gas=40_000)


def test_a_call_describes_itself(house: House) -> None:
    call = house.desk.grant_coverage(house.stranger.address, 1, 0, 3, FAR)
    assert call.description == (
        f"grant_coverage(holder={house.stranger.address}, policy_id=1, priority=0, places=3, until={FAR})"
    )
    assert house.desk.close(COMMITMENT).description == f"close(ticket_id=0x{COMMITMENT.hex()})"


@pytest.mark.parametrize(("amount", "shown"), [(-1, "-1"), (2**256, str(2**256)), ("1", "'1'"), (1.5, "1.5")])
def test_an_argument_of_the_wrong_kind_is_named(house: House, amount: Any, shown: str) -> None:
    with pytest.raises(UsageError) as refusal:
        house.desk.set_allowance(house.agent.address, amount)
    assert str(refusal.value) == f"The amount of set_allowance cannot be {shown}; it is a uint256."


# ---------------------------------------------------------------- a ticket's life


def test_replies_and_follow_ups_move_the_ticket(house: House) -> None:
    ticket_id = house.open()
    assert house.desk.ticket(ticket_id).status is Status.OPEN
    house.desk.reply(ticket_id, Status.PENDING, DIGEST).send(house.agent)
    assert house.desk.ticket(ticket_id).status is Status.PENDING
    house.desk.follow_up(ticket_id, DIGEST).send(house.requester)
    assert house.desk.ticket(ticket_id).status is Status.OPEN


def test_an_agent_with_an_allowance_opens_for_somebody(house: House) -> None:
    house.desk.set_allowance(house.agent.address, WORST_URGENT).send(house.operator)
    call = house.desk.open_ticket_for(house.stranger.address, 1, Priority.URGENT, COMMITMENT)
    ticket_id = call.send(house.agent).event("TicketOpened")["ticket_id"]
    assert house.desk.ticket(ticket_id).requester == house.stranger.address
    assert house.desk.allowance(house.agent.address) == 0


def test_many_replies_return_the_bits_of_those_done(house: House) -> None:
    ticket_id = house.open()
    call = house.desk.reply_many([(COMMITMENT, Status.HOLD, DIGEST), (ticket_id, Status.SOLVED, DIGEST)])
    assert call.simulate(house.agent.address) == 0b10
    assert [event["ticket_id"] for event in call.send(house.agent).all("TicketReplied")] == [ticket_id]


def test_a_bot_reply_is_logged(house: House) -> None:
    bot = house.stranger
    register = house.desk.directory.sign_register_agent(bot, BOT, DID_DIGEST, CREDENTIAL_DIGEST, FAR, FAR)
    register.send(house.operator)
    ticket_id = house.open()
    event = house.desk.bot_reply(ticket_id, DIGEST).send(bot).event("BotReplied")
    assert event.arguments == {"ticket_id": ticket_id, "agent": bot.address, "digest": DIGEST}


def test_a_breach_is_claimed_and_collected_in_one_call(house: House) -> None:
    ticket_id = house.open()
    house.wait(HOUR + 60)
    claimable = house.desk.claimable(ticket_id)
    assert (claimable.kinds, claimable.amount) == (Kind.FIRST_REPLY, 3 * COIN // 1_000)
    before = house.desk.pool.balance_of(house.requester.address)
    outcome = house.desk.claim(ticket_id, collect=True).send(house.stranger)
    assert outcome.event("Collected")["amount"] == claimable.amount
    assert house.desk.pool.balance_of(house.requester.address) == before + claimable.amount


def test_claim_without_collect_leaves_it_collectable(house: House) -> None:
    ticket_id = house.open()
    house.wait(HOUR + 60)
    house.desk.claim_many([ticket_id]).send(house.stranger)
    assert house.desk.pool.collectable(house.requester.address) == 3 * COIN // 1_000
    house.desk.pool.collect(house.requester.address).send(house.stranger)
    assert house.desk.pool.collectable(house.requester.address) == 0


def test_closing_many_returns_the_bits_of_those_done(house: House) -> None:
    ticket_id = house.open()
    call = house.desk.close_many([ticket_id, COMMITMENT])
    assert call.simulate(house.requester.address) == 0b01
    call.send(house.requester)
    assert house.desk.ticket(ticket_id).status is Status.CLOSED


def test_the_timeline_has_every_event_of_the_ticket_with_its_time(house: House) -> None:
    other = house.open(DIGEST)
    ticket_id = house.open()
    house.wait(HOUR + 60)
    house.desk.reply(other, Status.HOLD, DIGEST).send(house.agent)
    late = house.desk.reply(ticket_id, Status.SOLVED, DIGEST).send(house.agent)
    house.desk.close(ticket_id).send(house.requester)
    # Ranges of two blocks: what spans them is still in order and complete.
    timeline = house.desk.timeline(ticket_id, span=2)
    assert [event.name for event in timeline] == [
        "TicketOpened",
        "BreachRecorded",
        "TicketReplied",
        "BreachCompensated",
        "TicketClosed",
    ]
    assert timeline[1].at == timeline[2].at == late.at


def test_an_unknown_ticket_has_an_empty_timeline(house: House) -> None:
    assert house.desk.timeline(COMMITMENT) == ()


def test_events_of_chosen_names_come_from_all_blocks(house: House) -> None:
    ticket_id = house.open()
    house.desk.reply(ticket_id, Status.HOLD, DIGEST).send(house.agent)
    found = list(house.desk.events(["TicketReplied", "PolicyPublished"], span=3))
    assert [event.name for event in found] == ["PolicyPublished", "TicketReplied"]
    assert found[0]["policy"]["contest_window"] == 7 * DAY
    assert found[0]["uri"] == "https://example.org/terms"


# ---------------------------------------------------------------- what others carry


def test_a_requester_opens_through_a_relayer(house: House) -> None:
    call = house.desk.sign_open_ticket(house.requester, 1, Priority.HIGH, COMMITMENT, house.now + DAY)
    ticket_id = call.send(house.stranger).event("TicketOpened")["ticket_id"]
    assert ticket_id == house.desk.ticket_id(REQUESTER_LANE, house.requester.address, COMMITMENT)
    assert house.desk.ticket(ticket_id).requester == house.requester.address


def test_a_requester_follows_up_twice_through_a_relayer(house: House) -> None:
    ticket_id = house.open()
    for nonce in (0, 1):
        assert house.desk.follow_up_nonce(ticket_id) == nonce
        house.desk.sign_follow_up(house.requester, ticket_id, DIGEST, house.now + DAY).send(house.stranger)


def test_a_coverage_voucher_is_redeemed_by_anyone(house: House) -> None:
    holder = house.stranger.address
    call = house.desk.sign_coverage(house.operator, holder, 1, Priority.LOW, 3, FAR, house.now + DAY)
    call.send(house.requester)
    assert house.desk.coverage(holder, 1) == Coverage(Priority.LOW, 3, 0, FAR)


def test_a_voucher_by_somebody_else_is_refused(house: House) -> None:
    call = house.desk.sign_coverage(
        house.stranger, house.stranger.address, 1, Priority.LOW, 3, FAR, house.now + DAY
    )
    with pytest.raises(ChainRevert) as refusal:
        call.simulate(house.stranger.address)
    assert refusal.value.reason == "desk: signature is not the signer's"


# ---------------------------------------------------------------- reads


def test_a_policy_reads_as_it_was_published(house: House) -> None:
    assert house.desk.policy(1) == house.policy


@pytest.mark.parametrize("policy_id", [0, 2])
def test_an_unknown_policy_is_not_found(house: House, policy_id: int) -> None:
    with pytest.raises(NotFound, match=f"no policy {policy_id}"):
        house.desk.policy(policy_id)


def test_an_unknown_ticket_is_not_found(house: House) -> None:
    with pytest.raises(NotFound, match=COMMITMENT.hex()):
        house.desk.ticket(COMMITMENT)


def test_due_and_left_are_read_from_the_desk(house: House) -> None:
    assert house.desk.due(1, 1_800_000_000, 90) == 1_800_000_090
    assert house.desk.left(1, 1_800_000_000, 1_800_000_060) == 60


def test_coverage_shows_places_in_use(house: House) -> None:
    house.open()
    assert house.desk.coverage(house.requester.address, 1) == Coverage(Priority.URGENT, 2, 1, FAR)


def test_books_show_what_a_ticket_reserves(house: House) -> None:
    house.open()
    assert house.desk.pool.books() == Books(COIN, WORST_URGENT, 0, 0, 0, COIN - WORST_URGENT)
    assert house.desk.pool.free() == COIN - WORST_URGENT


def test_a_pool_in_eth_calls_it_so(house: House) -> None:
    assert house.desk.pool.asset == ETH
    assert house.desk.pool.token == Token("ETH", 18)
    with pytest.raises(UsageError, match="sent along"):
        house.desk.pool.approve(1)


def test_a_withdrawal_is_announced_cancelled_and_made(house: House) -> None:
    pool = house.desk.pool
    assert pool.withdrawal() == Withdrawal(0, 0, 0)
    outcome = pool.announce_withdrawal(COIN).send(house.operator)
    usable = outcome.at + NOTICE
    assert pool.withdrawal() == Withdrawal(COIN, usable, usable + 7 * DAY)
    pool.cancel_withdrawal().send(house.operator)
    pool.announce_withdrawal(COIN).send(house.operator)
    house.wait(NOTICE + 60)
    receiver = Account.create().address
    pool.withdraw(COIN // 4, receiver).send(house.operator)
    assert pool.balance_of(receiver) == COIN // 4


def test_the_directory_tells_who_is_who(house: House) -> None:
    directory = house.desk.directory
    registered = next(iter(directory.events(["AgentRegistered"])))
    since = int(house.w3.eth.get_block(registered.block_number)["timestamp"])
    expected = Agent(HUMAN, DID_DIGEST, CREDENTIAL_DIGEST, since, FAR, revoked=False)
    assert directory.agent(house.agent.address) == expected
    assert directory.standing(house.agent.address) == HUMAN
    directory.revoke_agent(house.agent.address).send(house.operator)
    assert directory.standing(house.agent.address) == 0


def test_the_operator_sends_what_an_agent_signed_elsewhere(house: House) -> None:
    directory, agent = house.desk.directory, house.stranger
    terms = (BOT, DID_DIGEST, CREDENTIAL_DIGEST)
    message = typed_data.agent_binding(
        house.w3.eth.chain_id,
        directory.address,
        agent=agent.address,
        kind=BOT,
        did_digest=DID_DIGEST,
        credential_digest=CREDENTIAL_DIGEST,
        deadline=house.now + HOUR,
    )
    deadline, signature = house.now + HOUR, agent.sign_typed(message)
    directory.register_agent(agent.address, *terms, FAR, deadline, signature).send(house.operator)
    assert directory.standing(agent.address) == BOT


def test_an_agent_who_signed_something_else_is_refused(house: House) -> None:
    directory, agent = house.desk.directory, house.stranger
    signed = directory.sign_register_agent(agent, BOT, DID_DIGEST, CREDENTIAL_DIGEST, FAR, FAR)
    signature = signed.arguments["signature"]
    call = directory.register_agent(agent.address, HUMAN, DID_DIGEST, CREDENTIAL_DIGEST, FAR, FAR, signature)
    with pytest.raises(ChainRevert) as refusal:
        call.send(house.operator)
    assert refusal.value.reason == "directory: signature is not good"
    assert directory.standing(agent.address) == 0


def test_standing_at_a_time_outlasts_a_revocation(house: House) -> None:
    directory, agent = house.desk.directory, house.agent.address
    since = directory.agent(agent).since
    house.wait(HOUR)
    directory.revoke_agent(agent).send(house.operator)
    assert directory.standing(agent) == 0
    assert [directory.standing_at(agent, at) for at in (since - 1, since, house.now)] == [0, HUMAN, 0]


def test_a_successor_succeeds_and_is_logged(house: House) -> None:
    directory, agent, successor = house.desk.directory, house.agent.address, house.stranger.address
    outcome = directory.name_successor(agent, successor).send(house.operator)
    assert outcome.event("SuccessorNamed").arguments == {"agent": agent, "successor": successor}
    assert directory.succeeds(successor, agent)
    assert not directory.succeeds(agent, successor)
    with pytest.raises(ChainRevert) as refusal:
        directory.name_successor(house.requester.address, successor).send(house.operator)
    assert refusal.value.reason == "directory: succeeds already"


def test_a_keeper_is_named_and_dismissed(house: House) -> None:
    directory, requester = house.desk.directory, house.requester
    assert directory.keeper(requester.address) == ETH
    directory.name_keeper(house.stranger.address).send(requester)
    assert directory.keeper(requester.address) == house.stranger.address
    directory.name_keeper(ETH).send(requester)
    assert directory.keeper(requester.address) == ETH


def test_a_signed_keeper_is_carried_by_anybody_once(house: House) -> None:
    directory, requester = house.desk.directory, house.requester
    call = directory.sign_keeper(requester, house.agent.address, house.now + HOUR)
    call.send(house.stranger)
    assert directory.keeper(requester.address) == house.agent.address
    assert directory.keeper_nonce(requester.address) == 1
    with pytest.raises(ChainRevert) as refusal:
        call.send(house.stranger)
    assert refusal.value.reason == "directory: signature is not good"


def test_a_channel_is_published_revoked_and_published_anew(house: House) -> None:
    directory = house.desk.directory
    assert directory.channel(CHANNEL) == Channel(0, 0)
    first = directory.publish_channel(CHANNEL).send(house.operator)
    assert first.event("ChannelPublished").arguments == {"channel": CHANNEL, "since": first.at}
    assert directory.is_official(CHANNEL)
    revoked = directory.revoke_channel(CHANNEL).send(house.operator)
    assert directory.channel(CHANNEL) == Channel(first.at, revoked.at)
    assert not directory.is_official(CHANNEL)
    anew = directory.publish_channel(CHANNEL).send(house.operator)
    assert directory.channel(CHANNEL) == Channel(anew.at, 0)


def test_a_desk_passes_to_another_operator_in_two_steps(house: House) -> None:
    directory = house.desk.directory
    directory.transfer_ownership(house.stranger.address).send(house.operator)
    assert (directory.owner(), directory.pending_owner()) == (house.operator.address, house.stranger.address)
    directory.accept_ownership().send(house.stranger)
    assert directory.owner() == house.stranger.address


def test_logs_of_other_contracts_are_left_out(house: House) -> None:
    outcome = house.desk.open_ticket(1, Priority.URGENT, COMMITMENT).send(house.requester)
    forged = [{**log, "address": house.stranger.address} for log in outcome.receipt["logs"]]
    assert house.desk.decode_logs(forged) == ()  # type: ignore[arg-type]


# ---------------------------------------------------------------- what goes wrong


def test_an_address_without_code_is_not_found(house: House) -> None:
    with pytest.raises(NotFound, match=f"no contract at {house.stranger.address} on chain"):
        Desk(house.w3, house.stranger.address)


@pytest.mark.parametrize("text", ["", "0x12", "desk.example.org", "0x" + "zz" * 20])
def test_what_is_no_address_is_refused(house: House, text: str) -> None:
    with pytest.raises(UsageError, match="is not an address"):
        Desk(house.w3, text)


def test_another_chain_than_asked_for_is_not_found(house: House) -> None:
    chain_id = house.w3.eth.chain_id
    assert connect(house.w3, chain_id) == chain_id
    with pytest.raises(NotFound, match=f"on chain {chain_id}, not on chain 1"):
        connect(house.w3, 1)


def test_an_account_without_money_is_told_so(house: House) -> None:
    poor = KeySigner(Account.create())
    with pytest.raises(MakegoodError, match="too little of the network's own coin") as refusal:
        house.desk.pool.sync().send(poor)
    assert refusal.value.exit_code == 1


def test_a_node_that_is_down_is_unreachable() -> None:
    # Port 9 is discard: nothing listens there.
    w3 = Web3(HTTPProvider("http://127.0.0.1:9/v3/d0n0tprint", exception_retry_configuration=None))
    with pytest.raises(NodeUnreachable, match=r"no usable answer \(ConnectionError\)") as refusal:
        Desk(w3, "0x" + "11" * 20)
    assert "d0n0tprint" not in str(refusal.value)


def test_a_string_that_is_not_utf8_does_not_hide_its_event(house: House) -> None:
    log = next(iter(house.desk.events(["PolicyPublished"])))
    receipt = house.w3.eth.get_transaction_receipt(log.transaction)  # type: ignore[arg-type]
    raw = receipt["logs"][0]
    broken = {**raw, "data": bytes(raw["data"]).replace(b"https://", b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe")}
    events = house.desk.decode_logs([broken])  # type: ignore[list-item]
    assert events[0]["uri"] == "\ufffd" * 8 + "example.org/terms"


@pytest.mark.parametrize(
    ("error", "expected", "text"),
    [
        (RequestsConnectionError("refused"), NodeUnreachable, "no usable answer"),
        (TimeoutError("slow"), NodeUnreachable, "no usable answer"),
        (Web3RPCError("insufficient funds for gas"), MakegoodError, "too little"),
        (Web3RPCError("nonce too low"), MakegoodError, "took its place"),
        (Web3RPCError("header not found"), MakegoodError, "The node refuses close: header not found"),
    ],
)
def test_what_nodes_raise_becomes_one_sentence(
    error: Exception, expected: type[MakegoodError], text: str
) -> None:
    with pytest.raises(expected, match=text), chain_errors("close"):
        raise error


def test_a_fault_of_our_own_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), chain_errors("close"):
        raise ZeroDivisionError


def test_a_transaction_that_is_not_mined_is_named(house: House) -> None:
    provider: Any = house.w3.provider
    provider.ethereum_tester.disable_auto_mine_transactions()
    try:
        hasty = KeySigner(_account(house, 2), timeout=0.3)
        with pytest.raises(MakegoodError, match=r"0x[0-9a-f]{64} is sent but not mined") as refusal:
            house.desk.open_ticket(1, Priority.URGENT, COMMITMENT).send(hasty)
        assert isinstance(refusal.value.__cause__, TimeExhausted)
    finally:
        provider.ethereum_tester.enable_auto_mine_transactions()


def test_a_pool_is_not_taken_for_a_desk(house: House) -> None:
    with pytest.raises((NotFound, ChainRevert)):
        Desk(house.w3, house.desk.pool.address).policy_count()


def test_an_event_is_immutable(house: House) -> None:
    event = Event("Reserved", {"amount": 1}, house.desk.address, 1, 0, bytes(32))
    assert replace(event, at=5).at == 5
    with pytest.raises(AttributeError):
        event.at = 6  # type: ignore[misc]


def test_pools_are_told_apart_by_address(house: House) -> None:
    assert repr(Pool(house.w3, house.desk.pool.address)) == f"Pool({house.desk.pool.address})"


def _account(house: House, index: int) -> Any:
    provider: Any = house.w3.provider
    return Account.from_key(provider.ethereum_tester.backend.account_keys[index].to_bytes())
