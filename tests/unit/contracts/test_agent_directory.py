# SPDX-License-Identifier: Apache-2.0
"""AgentDirectory: who appoints, who stands, and until when."""

import hashlib
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import boa
import pytest
from contract_signer import ACCEPTS, signer_deployer
from eth_account.signers.local import LocalAccount
from eth_utils import keccak
from house import (
    BOT,
    CREDENTIAL,
    DAY,
    DID,
    ETH,
    FAR,
    HUMAN,
    MONDAY,
    ZERO_DIGEST,
    agent_binding,
    chain_id,
    deployer,
    key_pair,
    now,
    register,
    travel,
    travel_to,
    typed_data_for,
)
from messages import NAME_KEEPER, Message, digest, in_domain, sign, with_high_s
from treasury import events

OTHER_DID = hashlib.sha256(b"did:key:zQ3shother").digest()
OTHER_CREDENTIAL = hashlib.sha256(b"another VC-JWT").digest()
UNKNOWN = (0, ZERO_DIGEST, ZERO_DIGEST, 0, 0, False)
NOT_GOOD = "directory: signature is not good"
LAST_SECOND = 2**40 - 1


@pytest.fixture
def operator() -> str:
    return str(boa.env.generate_address("operator"))


@pytest.fixture
def agent() -> LocalAccount:
    return key_pair("agent")


@pytest.fixture
def stranger() -> str:
    return str(boa.env.generate_address("stranger"))


@pytest.fixture
def directory(operator: str) -> Any:
    travel_to(max(now(), MONDAY))
    return deployer("AgentDirectory").deploy(operator)


# ---------------------------------------------------------------- constructor


def test_constructor_makes_the_operator_the_owner(directory: Any, operator: str) -> None:
    assert directory.owner() == operator
    assert directory.pending_owner() == ETH


def test_constructor_refuses_the_zero_address() -> None:
    with boa.reverts("directory: operator is zero"):
        deployer("AgentDirectory").deploy(ETH)


def test_deployer_has_no_power(directory: Any, agent: LocalAccount) -> None:
    with boa.reverts("ownable: caller is not the owner"):
        register(directory, agent, HUMAN, until=now(), sender=boa.env.eoa)
    assert directory.standing(agent.address) == 0


# ---------------------------------------------------------------- register_agent


@pytest.mark.parametrize("kind", [HUMAN, BOT])
def test_register_makes_an_agent_stand_at_once(
    directory: Any, operator: str, agent: LocalAccount, kind: int
) -> None:
    register(directory, agent, kind, until=now() + DAY, sender=operator)
    assert directory.standing(agent.address) == kind
    assert tuple(directory.agent(agent.address)) == (kind, DID, CREDENTIAL, now(), now() + DAY, False)


def test_register_logs_the_agent(directory: Any, operator: str, agent: LocalAccount) -> None:
    register(directory, agent, BOT, until=now() + DAY, sender=operator)
    fields = {
        "agent": agent.address,
        "did_digest": DID,
        "credential_digest": CREDENTIAL,
        "kind": BOT,
        "since": now(),
        "until": now() + DAY,
    }
    assert events(directory) == [("AgentRegistered", fields)]


def test_agent_stands_to_its_last_second(directory: Any, operator: str, agent: LocalAccount) -> None:
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    travel(DAY)
    assert directory.standing(agent.address) == HUMAN
    travel(1)
    assert directory.standing(agent.address) == 0


def test_agent_can_stand_for_this_second_only(directory: Any, operator: str, agent: LocalAccount) -> None:
    register(directory, agent, HUMAN, until=now(), sender=operator)
    assert directory.standing(agent.address) == HUMAN
    travel(1)
    assert directory.standing(agent.address) == 0


def test_register_again_moves_end_did_and_credential_and_keeps_the_beginning(
    directory: Any, operator: str, agent: LocalAccount
) -> None:
    since = now()
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    travel(100)
    register(directory, agent, HUMAN, OTHER_DID, OTHER_CREDENTIAL, until=LAST_SECOND, sender=operator)
    assert tuple(directory.agent(agent.address)) == (
        HUMAN,
        OTHER_DID,
        OTHER_CREDENTIAL,
        since,
        LAST_SECOND,
        False,
    )


def test_register_again_can_bring_the_end_forward(directory: Any, operator: str, agent: LocalAccount) -> None:
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    register(directory, agent, HUMAN, until=now(), sender=operator)
    travel(1)
    assert directory.standing(agent.address) == 0


def test_register_refuses_the_zero_address(directory: Any, operator: str) -> None:
    with boa.reverts("directory: agent is zero"):
        directory.register_agent(ETH, HUMAN, DID, CREDENTIAL, now(), FAR, b"\0" * 65, sender=operator)
    assert tuple(directory.agent(ETH)) == UNKNOWN


@pytest.mark.parametrize("kind", [0, 3, 4, 2**255])
def test_register_refuses_an_unknown_kind(
    directory: Any, operator: str, agent: LocalAccount, kind: int
) -> None:
    with boa.reverts("directory: kind unknown"):
        register(directory, agent, kind, until=now(), sender=operator)
    assert tuple(directory.agent(agent.address)) == UNKNOWN


def test_register_refuses_a_zero_did_digest(directory: Any, operator: str, agent: LocalAccount) -> None:
    with boa.reverts("directory: DID digest is zero"):
        register(directory, agent, HUMAN, ZERO_DIGEST, sender=operator)
    assert tuple(directory.agent(agent.address)) == UNKNOWN


def test_register_refuses_a_zero_credential_digest(
    directory: Any, operator: str, agent: LocalAccount
) -> None:
    with boa.reverts("directory: credential digest is zero"):
        register(directory, agent, HUMAN, DID, ZERO_DIGEST, sender=operator)
    assert tuple(directory.agent(agent.address)) == UNKNOWN


@pytest.mark.parametrize("until", [0, MONDAY - 1, LAST_SECOND + 1, 2**256 - 1])
def test_register_refuses_an_end_in_the_past_or_beyond_its_field(
    directory: Any, operator: str, agent: LocalAccount, until: int
) -> None:
    with boa.reverts("directory: end out of range"):
        register(directory, agent, HUMAN, until=until, sender=operator)
    assert tuple(directory.agent(agent.address)) == UNKNOWN


def test_register_refuses_an_end_one_second_ago(directory: Any, operator: str, agent: LocalAccount) -> None:
    with boa.reverts("directory: end out of range"):
        register(directory, agent, HUMAN, until=now() - 1, sender=operator)
    assert tuple(directory.agent(agent.address)) == UNKNOWN


@pytest.mark.parametrize(("first", "then"), [(HUMAN, BOT), (BOT, HUMAN)])
def test_register_refuses_to_change_the_kind(
    directory: Any, operator: str, agent: LocalAccount, first: int, then: int
) -> None:
    register(directory, agent, first, until=now() + DAY, sender=operator)
    with boa.reverts("directory: kind is fixed"):
        register(directory, agent, then, until=now() + DAY, sender=operator)
    assert directory.standing(agent.address) == first


def test_kind_stays_fixed_after_an_agents_end(directory: Any, operator: str, agent: LocalAccount) -> None:
    register(directory, agent, BOT, until=now(), sender=operator)
    travel(DAY)
    with boa.reverts("directory: kind is fixed"):
        register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    assert directory.standing(agent.address) == 0


def test_register_refuses_everybody_but_the_operator(
    directory: Any, agent: LocalAccount, stranger: str
) -> None:
    for caller in (agent.address, stranger):
        with boa.reverts("ownable: caller is not the owner"):
            register(directory, agent, HUMAN, until=now() + DAY, sender=caller)
    assert tuple(directory.agent(agent.address)) == UNKNOWN


# ---------------------------------------------------------------- the agent's signature


@dataclass
class Carried:
    """An agent's signed binding that the operator sends."""

    directory: Any
    operator: str
    agent: Any  # an address
    fields: dict[str, Any]

    @property
    def message(self) -> Message:
        return agent_binding(self.directory, **self.fields)

    def send(self, signature: bytes, until: int = FAR, **changes: Any) -> None:
        *terms, deadline = {**self.fields, **changes}.values()
        self.directory.register_agent(*terms, until, deadline, signature, sender=self.operator)

    def refused(self, reason: str, signature: bytes, **changes: Any) -> None:
        with boa.reverts(reason):
            self.send(signature, **changes)
        for one in {self.agent, changes.get("agent", self.agent)}:
            assert tuple(self.directory.agent(one)) == UNKNOWN


def carried_for(directory: Any, operator: str, address: Any) -> Carried:
    """The binding of a human agent of this address, which counts for ten minutes."""
    fields = {
        "agent": address,
        "kind": HUMAN,
        "did_digest": DID,
        "credential_digest": CREDENTIAL,
        "deadline": now() + 600,
    }
    return Carried(directory, operator, address, fields)


@pytest.fixture
def carried(directory: Any, operator: str, agent: LocalAccount) -> Carried:
    return carried_for(directory, operator, agent.address)


def test_the_domain_is_the_directorys_own(directory: Any) -> None:
    """EIP-5267: name, version, chain and contract (fields 0x0f), neither salt nor extensions."""
    assert tuple(directory.eip712Domain()) == (
        b"\x0f",
        "Makegood",
        "1",
        chain_id(),
        directory.address,
        b"\0" * 32,
        [],
    )


def test_an_agents_signature_counts_at_its_last_second(carried: Carried, agent: LocalAccount) -> None:
    signature = sign(agent, carried.message)
    travel_to(carried.fields["deadline"])
    carried.send(signature)
    assert carried.directory.standing(agent.address) == HUMAN


def test_an_agents_signature_expired_by_one_second_is_refused(carried: Carried, agent: LocalAccount) -> None:
    signature = sign(agent, carried.message)
    travel_to(carried.fields["deadline"] + 1)
    carried.refused("directory: signature expired", signature)


def test_the_end_is_the_operators_to_choose(carried: Carried, agent: LocalAccount) -> None:
    """An agent does not sign until when it stands, so the operator can move the end with one signature."""
    signature = sign(agent, carried.message)
    for until in (now() + DAY, now() + 2 * DAY):
        carried.send(signature, until)
        assert carried.directory.agent(agent.address).until == until


def test_moving_the_end_takes_a_signature_too(carried: Carried, agent: LocalAccount) -> None:
    carried.send(sign(agent, carried.message), now() + DAY)
    before = tuple(carried.directory.agent(agent.address))
    with boa.reverts(NOT_GOOD):
        carried.send(b"", now() + 2 * DAY)
    assert tuple(carried.directory.agent(agent.address)) == before


@pytest.mark.parametrize("role", ["operator", "stranger"])
def test_a_signature_of_somebody_elses_is_refused(carried: Carried, role: str) -> None:
    carried.refused(NOT_GOOD, sign(key_pair(role), carried.message))


def test_an_operator_with_a_key_cannot_sign_for_the_agent(agent: LocalAccount) -> None:
    travel_to(max(now(), MONDAY))
    operator = key_pair("operator")
    directory = deployer("AgentDirectory").deploy(operator.address)
    carried = carried_for(directory, operator.address, agent.address)
    carried.refused(NOT_GOOD, sign(operator, carried.message))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("agent", key_pair("stranger").address),
        ("kind", BOT),
        ("did_digest", OTHER_DID),
        ("credential_digest", OTHER_CREDENTIAL),
        ("deadline", FAR),
    ],
)
def test_a_signature_does_not_count_for_other_arguments(
    carried: Carried, agent: LocalAccount, name: str, value: Any
) -> None:
    assert carried.fields[name] != value
    carried.refused(NOT_GOOD, sign(agent, carried.message), **{name: value})


def test_digests_are_signed_in_their_order(carried: Carried, agent: LocalAccount) -> None:
    swapped = {"did_digest": CREDENTIAL, "credential_digest": DID}
    carried.refused(NOT_GOOD, sign(agent, carried.message), **swapped)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"chainId": 10}, id="chain"),
        pytest.param({"version": "2"}, id="version"),
        pytest.param({"name": "Makebad"}, id="name"),
    ],
)
def test_a_signature_for_another_domain_is_refused(
    carried: Carried, agent: LocalAccount, change: dict[str, Any]
) -> None:
    carried.refused(NOT_GOOD, sign(agent, in_domain(carried.message, **change)))


def test_a_signature_for_another_directory_is_refused(carried: Carried, agent: LocalAccount) -> None:
    other = deployer("AgentDirectory").deploy(carried.operator)
    signature = sign(agent, agent_binding(other, **carried.fields))
    carried.refused(NOT_GOOD, signature)
    Carried(other, carried.operator, carried.agent, carried.fields).send(signature)
    assert other.standing(agent.address) == HUMAN


def test_a_signature_does_not_count_on_a_fork_of_the_chain(carried: Carried, agent: LocalAccount) -> None:
    signature = sign(agent, carried.message)
    boa.env.evm.patch.chain_id = 61
    carried.refused(NOT_GOOD, signature)
    carried.send(sign(agent, carried.message))
    assert carried.directory.standing(agent.address) == HUMAN


def test_a_signature_over_another_type_is_refused(carried: Carried, agent: LocalAccount) -> None:
    message = carried.message
    message["types"]["Other"] = message["types"].pop("AgentBinding")
    carried.refused(NOT_GOOD, sign(agent, {**message, "primaryType": "Other"}))


def test_a_high_s_is_refused(carried: Carried, agent: LocalAccount) -> None:
    carried.refused(NOT_GOOD, with_high_s(sign(agent, carried.message)))


@pytest.mark.parametrize("signature", [b"", b"\0" * 65, b"\xff" * 64 + b"\x1c", b"\1" * 64, b"\1" * 1_024])
def test_a_signature_that_recovers_nobody_is_refused(carried: Carried, signature: bytes) -> None:
    carried.refused(NOT_GOOD, signature)


def test_over_1024_bytes_are_refused(carried: Carried) -> None:
    with boa.reverts():
        carried.send(b"\1" * 1_025)
    assert tuple(carried.directory.agent(carried.agent)) == UNKNOWN


@pytest.mark.parametrize("length", [65, 130, 1_024])
def test_an_agent_that_is_a_contract_is_asked(directory: Any, operator: str, length: int) -> None:
    agent = signer_deployer().deploy(ACCEPTS, 0)
    carried = carried_for(directory, operator, agent.address)
    signature = hashlib.shake_256(b"owners").digest(length)
    carried.refused(NOT_GOOD, signature)
    agent.expect(digest(carried.message), keccak(signature))
    carried.send(signature)
    assert directory.standing(agent.address) == HUMAN


def test_a_contract_is_asked_about_this_binding_only(directory: Any, operator: str) -> None:
    agent = signer_deployer().deploy(ACCEPTS, 0)
    carried = carried_for(directory, operator, agent.address)
    agent.expect(digest(in_domain(carried.message, chainId=10)), keccak(b"signature"))
    carried.refused(NOT_GOOD, b"signature")


def test_a_contract_without_the_function_is_no_agent(directory: Any, operator: str) -> None:
    carried_for(directory, operator, directory.address).refused(NOT_GOOD, b"signature")


@pytest.fixture
def delegated(agent: LocalAccount) -> LocalAccount:
    """The agent's account with code (EIP-7702), which expects no signature yet."""
    boa.env.set_code(agent.address, boa.env.get_code(signer_deployer().deploy(ACCEPTS, 0).address))
    return agent


def test_an_account_with_code_signs_with_its_key(carried: Carried, delegated: LocalAccount) -> None:
    carried.send(sign(delegated, carried.message))
    assert carried.directory.standing(delegated.address) == HUMAN


def test_an_account_with_code_is_asked_where_recovery_fails(
    carried: Carried, delegated: LocalAccount
) -> None:
    signer_deployer().at(delegated.address).expect(digest(carried.message), keccak(b"passkey"))
    carried.send(b"passkey")
    assert carried.directory.standing(delegated.address) == HUMAN


def test_an_account_with_code_refuses_what_neither_accepts(carried: Carried, delegated: LocalAccount) -> None:
    assert boa.env.get_code(delegated.address)
    carried.refused(NOT_GOOD, sign(key_pair("stranger"), carried.message))


# ---------------------------------------------------------------- revoke_agent


def test_revoke_ends_standing_at_once(directory: Any, operator: str, agent: LocalAccount) -> None:
    since = now()
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    travel(100)
    directory.revoke_agent(agent.address, sender=operator)
    assert directory.standing(agent.address) == 0
    assert tuple(directory.agent(agent.address)) == (HUMAN, DID, CREDENTIAL, since, now() - 1, True)


def test_revoke_logs_the_last_second_of_standing(directory: Any, operator: str, agent: LocalAccount) -> None:
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    travel(100)
    directory.revoke_agent(agent.address, sender=operator)
    assert events(directory) == [("AgentRevoked", {"agent": agent.address, "until": now() - 1})]


def test_revoke_keeps_an_end_that_came_before(directory: Any, operator: str, agent: LocalAccount) -> None:
    until = now() + 10
    register(directory, agent, HUMAN, until=until, sender=operator)
    travel(DAY)
    directory.revoke_agent(agent.address, sender=operator)
    assert tuple(directory.agent(agent.address))[4:] == (until, True)


def test_revoke_in_the_second_of_registration_leaves_no_standing(
    directory: Any, operator: str, agent: LocalAccount
) -> None:
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    directory.revoke_agent(agent.address, sender=operator)
    assert directory.standing(agent.address) == 0


@pytest.mark.parametrize("kind", [HUMAN, BOT])
def test_a_revoked_agent_never_comes_back(
    directory: Any, operator: str, agent: LocalAccount, kind: int
) -> None:
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    directory.revoke_agent(agent.address, sender=operator)
    with boa.reverts("directory: agent revoked"):
        register(directory, agent, kind, until=now() + DAY, sender=operator)
    assert directory.standing(agent.address) == 0
    assert directory.agent(agent.address).revoked is True


def test_revoke_refuses_an_unknown_agent(directory: Any, operator: str, agent: LocalAccount) -> None:
    with boa.reverts("directory: agent unknown"):
        directory.revoke_agent(agent.address, sender=operator)
    assert tuple(directory.agent(agent.address)) == UNKNOWN


def test_revoke_refuses_a_second_time(directory: Any, operator: str, agent: LocalAccount) -> None:
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    directory.revoke_agent(agent.address, sender=operator)
    before = tuple(directory.agent(agent.address))
    travel(10)
    with boa.reverts("directory: agent revoked"):
        directory.revoke_agent(agent.address, sender=operator)
    assert tuple(directory.agent(agent.address)) == before


def test_revoke_refuses_everybody_but_the_operator(
    directory: Any, operator: str, agent: LocalAccount, stranger: str
) -> None:
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    for caller in (agent.address, stranger):
        with boa.reverts("ownable: caller is not the owner"):
            directory.revoke_agent(agent.address, sender=caller)
    assert directory.standing(agent.address) == HUMAN


# ---------------------------------------------------------------- standing_at


def standings(directory: Any, agent: LocalAccount, *times: int) -> list[int]:
    return [directory.standing_at(agent.address, at) for at in times]


@pytest.mark.parametrize("kind", [HUMAN, BOT])
def test_standing_at_is_the_kind_from_first_to_last_second(
    directory: Any, operator: str, agent: LocalAccount, kind: int
) -> None:
    since, until = now(), now() + DAY
    register(directory, agent, kind, until=until, sender=operator)
    travel(3 * DAY)
    times = (0, since - 1, since, since + 1, until, until + 1, now(), 2**256 - 1)
    assert standings(directory, agent, *times) == [0, 0, kind, kind, kind, 0, 0, 0]


def test_standing_at_a_time_to_come_is_what_is_on_record(
    directory: Any, operator: str, agent: LocalAccount
) -> None:
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    assert standings(directory, agent, now() + DAY, now() + DAY + 1) == [HUMAN, 0]


def test_standing_at_a_time_before_a_revocation_stays(
    directory: Any, operator: str, agent: LocalAccount
) -> None:
    """What an agent did while it stood goes on to count."""
    since = now()
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    travel(100)
    directory.revoke_agent(agent.address, sender=operator)
    assert standings(directory, agent, since, since + 99, since + 100, since + DAY) == [HUMAN, HUMAN, 0, 0]


def test_standing_at_of_one_revoked_in_its_first_second_is_none(
    directory: Any, operator: str, agent: LocalAccount
) -> None:
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    directory.revoke_agent(agent.address, sender=operator)
    assert standings(directory, agent, now() - 1, now(), now() + 1) == [0, 0, 0]


def test_standing_at_of_the_unknown_is_none(directory: Any, agent: LocalAccount) -> None:
    assert standings(directory, agent, 0, now(), FAR) == [0, 0, 0]


# ---------------------------------------------------------------- name_successor


def people(count: int) -> list[str]:
    return [str(boa.env.generate_address(f"agent {n}")) for n in range(count)]


def succession(directory: Any, operator: str, length: int) -> list[str]:
    """Agents of whom each is the successor of the one before."""
    agents = people(length + 1)
    for agent, successor in pairwise(agents):
        directory.name_successor(agent, successor, sender=operator)
    return agents


def test_name_successor_is_on_record_and_logged(directory: Any, operator: str) -> None:
    agent, successor = people(2)
    directory.name_successor(agent, successor, sender=operator)
    assert events(directory) == [("SuccessorNamed", {"agent": agent, "successor": successor})]
    assert (directory.predecessor(successor), directory.predecessor(agent)) == (agent, ETH)
    assert directory.succeeds(successor, agent) is True


def test_a_successor_succeeds_nobody_else(directory: Any, operator: str) -> None:
    agent, successor, other = people(3)
    directory.name_successor(agent, successor, sender=operator)
    for one, earlier in (
        (agent, successor),
        (successor, other),
        (other, agent),
        (agent, agent),
        (successor, successor),
        (successor, ETH),
        (ETH, agent),
        (ETH, ETH),
    ):
        assert directory.succeeds(one, earlier) is False


def test_an_agent_can_have_several_successors(directory: Any, operator: str) -> None:
    agent, *successors = people(4)
    for successor in successors:
        directory.name_successor(agent, successor, sender=operator)
    assert all(directory.succeeds(successor, agent) for successor in successors)
    assert not directory.succeeds(successors[1], successors[0])


@pytest.mark.parametrize("length", range(1, 9))
def test_succession_goes_on_up_to_eight_times(directory: Any, operator: str, length: int) -> None:
    first, *later = succession(directory, operator, length)
    assert [directory.succeeds(each, first) for each in later] == [True] * length
    assert not directory.succeeds(first, later[-1])


def test_a_ninth_succession_does_not_count(directory: Any, operator: str) -> None:
    first, second, *_, eighth, ninth = succession(directory, operator, 9)
    assert directory.succeeds(eighth, first) is True
    assert directory.succeeds(ninth, first) is False
    assert directory.succeeds(ninth, second) is True


@pytest.mark.parametrize("length", [2, 8, 9])
def test_a_circle_of_successors_ends(directory: Any, operator: str, length: int) -> None:
    """Named so by the operator, each succeeds all others that are near enough, and nobody outside."""
    agents = succession(directory, operator, length - 1)
    directory.name_successor(agents[-1], agents[0], sender=operator)
    assert directory.succeeds(agents[0], agents[1]) is (length - 1 <= 8)
    assert directory.succeeds(agents[0], agents[0]) is (length <= 8)
    assert directory.succeeds(agents[0], people(1)[0]) is False


def test_a_successor_need_not_be_an_agent_yet(directory: Any, operator: str, agent: LocalAccount) -> None:
    directory.name_successor(people(1)[0], agent.address, sender=operator)
    assert directory.standing(agent.address) == 0


def test_name_successor_refuses_zero(directory: Any, operator: str) -> None:
    (agent,) = people(1)
    with boa.reverts("directory: no successor"):
        directory.name_successor(agent, ETH, sender=operator)
    assert directory.predecessor(ETH) == ETH


def test_nobody_succeeds_the_address_zero(directory: Any, operator: str) -> None:
    """It would be on record as succeeding nobody, and could be named again."""
    (successor,) = people(1)
    with boa.reverts("directory: no successor"):
        directory.name_successor(ETH, successor, sender=operator)
    assert events(directory) == []


def test_name_successor_refuses_the_agent_itself(directory: Any, operator: str) -> None:
    (agent,) = people(1)
    with boa.reverts("directory: no successor"):
        directory.name_successor(agent, agent, sender=operator)
    assert directory.predecessor(agent) == ETH


def test_a_successor_has_one_predecessor_for_good(directory: Any, operator: str) -> None:
    agent, successor, other = people(3)
    directory.name_successor(agent, successor, sender=operator)
    for again in (agent, other):
        with boa.reverts("directory: succeeds already"):
            directory.name_successor(again, successor, sender=operator)
    assert directory.predecessor(successor) == agent


def test_name_successor_refuses_everybody_but_the_operator(
    directory: Any, operator: str, agent: LocalAccount, stranger: str
) -> None:
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    for caller in (agent.address, stranger):
        with boa.reverts("ownable: caller is not the owner"):
            directory.name_successor(agent.address, stranger, sender=caller)
    assert directory.predecessor(stranger) == ETH


# ---------------------------------------------------------------- name_keeper


def test_name_keeper_is_on_record_and_logged(directory: Any, stranger: str) -> None:
    requester, keeper = people(2)
    directory.name_keeper(keeper, sender=requester)
    assert events(directory) == [
        ("KeeperNonceUsed", {"requester": requester, "nonce": 0}),
        ("KeeperNamed", {"requester": requester, "keeper": keeper}),
    ]
    assert [directory.keeper(one) for one in (requester, keeper, stranger)] == [keeper, ETH, ETH]
    assert directory.keeper_nonce(requester) == 1


@pytest.mark.parametrize("then", ["other", ETH])
def test_name_keeper_replaces_the_keeper(directory: Any, then: str) -> None:
    requester, keeper, other = people(3)
    directory.name_keeper(keeper, sender=requester)
    named = other if then == "other" else then
    directory.name_keeper(named, sender=requester)
    assert events(directory)[-1] == ("KeeperNamed", {"requester": requester, "keeper": named})
    assert directory.keeper(requester) == named


def test_one_keeper_can_serve_many(directory: Any) -> None:
    keeper, *requesters = people(4)
    for requester in requesters:
        directory.name_keeper(keeper, sender=requester)
    assert {directory.keeper(requester) for requester in requesters} == {keeper}


# ---------------------------------------------------------------- name_keeper_signed


@dataclass
class Naming:
    """A requester's signed naming of a keeper, which a stranger carries."""

    directory: Any
    requester: Any  # an address
    stranger: str
    fields: dict[str, Any]

    def message(self, **changes: Any) -> Message:
        return typed_data_for(self.directory, "NameKeeper", NAME_KEEPER, {**self.fields, **changes})

    def send(self, signature: bytes, **changes: Any) -> None:
        given = {**self.fields, **changes}
        self.directory.name_keeper_signed(
            given["requester"], given["keeper"], given["deadline"], signature, sender=self.stranger
        )

    def refused(self, reason: str, signature: bytes, **changes: Any) -> None:
        """It changes nothing."""
        before = self.state(**changes)
        with boa.reverts(reason):
            self.send(signature, **changes)
        assert self.state(**changes) == before

    def state(self, **changes: Any) -> list[Any]:
        both = (self.requester, changes.get("requester", self.requester))
        return [(self.directory.keeper(one), self.directory.keeper_nonce(one)) for one in both]


def naming_by(directory: Any, requester: Any, stranger: str) -> Naming:
    """Of a keeper, with the first nonce, for ten minutes."""
    keeper = str(boa.env.generate_address("keeper"))
    fields = {"requester": requester, "keeper": keeper, "nonce": 0, "deadline": now() + 600}
    return Naming(directory, requester, stranger, fields)


@pytest.fixture
def requester() -> LocalAccount:
    return key_pair("requester")


@pytest.fixture
def naming(directory: Any, requester: LocalAccount, stranger: str) -> Naming:
    return naming_by(directory, requester.address, stranger)


def test_a_signed_naming_counts_whoever_carries_it(naming: Naming, requester: LocalAccount) -> None:
    naming.send(sign(requester, naming.message()))
    assert events(naming.directory) == [
        ("KeeperNonceUsed", {"requester": requester.address, "nonce": 0}),
        ("KeeperNamed", {"requester": requester.address, "keeper": naming.fields["keeper"]}),
    ]
    assert naming.directory.keeper(requester.address) == naming.fields["keeper"]
    assert naming.directory.keeper_nonce(requester.address) == 1
    assert naming.directory.keeper(naming.stranger) == ETH


def test_a_signed_naming_counts_once(naming: Naming, requester: LocalAccount) -> None:
    """Else whoever kept it could bring a dismissed keeper back."""
    signature = sign(requester, naming.message())
    naming.send(signature)
    naming.directory.name_keeper(ETH, sender=requester.address)
    naming.refused(NOT_GOOD, signature)
    assert naming.directory.keeper(requester.address) == ETH


def test_a_naming_by_the_requester_itself_uses_a_nonce_too(naming: Naming, requester: LocalAccount) -> None:
    naming.directory.name_keeper(naming.stranger, sender=requester.address)
    naming.refused(NOT_GOOD, sign(requester, naming.message()))
    naming.send(sign(requester, naming.message(nonce=1)))
    assert naming.directory.keeper(requester.address) == naming.fields["keeper"]


def test_signed_namings_count_in_the_order_of_their_nonces(naming: Naming, requester: LocalAccount) -> None:
    first, second, third = (sign(requester, naming.message(nonce=nonce)) for nonce in range(3))
    naming.refused(NOT_GOOD, second)
    naming.send(first)
    naming.refused(NOT_GOOD, third)
    naming.refused(NOT_GOOD, first)
    naming.send(second)
    naming.send(third)
    assert naming.directory.keeper_nonce(requester.address) == 3


def test_requesters_have_nonces_of_their_own(
    naming: Naming, requester: LocalAccount, agent: LocalAccount
) -> None:
    naming.send(sign(requester, naming.message()))
    other = naming_by(naming.directory, agent.address, naming.stranger)
    other.send(sign(agent, other.message()))
    assert [naming.directory.keeper_nonce(one.address) for one in (requester, agent)] == [1, 1]


def test_a_signed_naming_can_end_a_keepers_power(naming: Naming, requester: LocalAccount) -> None:
    naming.send(sign(requester, naming.message()))
    naming.send(sign(requester, naming.message(nonce=1, keeper=ETH)), keeper=ETH)
    assert naming.directory.keeper(requester.address) == ETH


def test_a_naming_counts_at_its_last_second(naming: Naming, requester: LocalAccount) -> None:
    signature = sign(requester, naming.message())
    travel_to(naming.fields["deadline"])
    naming.send(signature)
    assert naming.directory.keeper(requester.address) == naming.fields["keeper"]


def test_a_naming_expired_by_one_second_is_refused(naming: Naming, requester: LocalAccount) -> None:
    signature = sign(requester, naming.message())
    travel_to(naming.fields["deadline"] + 1)
    naming.refused("directory: signature expired", signature)


@pytest.mark.parametrize("role", ["operator", "stranger", "agent"])
def test_a_naming_that_somebody_else_signed_is_refused(naming: Naming, role: str) -> None:
    naming.refused(NOT_GOOD, sign(key_pair(role), naming.message()))


def test_a_keeper_cannot_name_itself(naming: Naming) -> None:
    keeper = key_pair("keeper")
    message = naming.message(keeper=keeper.address)
    naming.refused(NOT_GOOD, sign(keeper, message), keeper=keeper.address)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("requester", key_pair("stranger").address),
        ("keeper", key_pair("stranger").address),
        ("keeper", ETH),
        ("deadline", FAR),
    ],
)
def test_a_naming_does_not_count_for_other_arguments(
    naming: Naming, requester: LocalAccount, name: str, value: Any
) -> None:
    assert naming.fields[name] != value
    naming.refused(NOT_GOOD, sign(requester, naming.message()), **{name: value})


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"chainId": 10}, id="chain"),
        pytest.param({"version": "2"}, id="version"),
        pytest.param({"name": "Makebad"}, id="name"),
    ],
)
def test_a_naming_for_another_domain_is_refused(
    naming: Naming, requester: LocalAccount, change: dict[str, Any]
) -> None:
    naming.refused(NOT_GOOD, sign(requester, in_domain(naming.message(), **change)))


def test_a_naming_for_another_directory_is_refused(
    naming: Naming, requester: LocalAccount, operator: str
) -> None:
    other = deployer("AgentDirectory").deploy(operator)
    elsewhere = Naming(other, naming.requester, naming.stranger, naming.fields)
    signature = sign(requester, elsewhere.message())
    naming.refused(NOT_GOOD, signature)
    elsewhere.send(signature)
    assert other.keeper(requester.address) == naming.fields["keeper"]


def test_a_naming_does_not_count_on_a_fork_of_the_chain(naming: Naming, requester: LocalAccount) -> None:
    signature = sign(requester, naming.message())
    boa.env.evm.patch.chain_id = 61
    naming.refused(NOT_GOOD, signature)
    naming.send(sign(requester, naming.message()))
    assert naming.directory.keeper(requester.address) == naming.fields["keeper"]


def test_a_naming_of_another_type_is_refused(naming: Naming, requester: LocalAccount) -> None:
    message = naming.message()
    message["types"]["Other"] = message["types"].pop("NameKeeper")
    naming.refused(NOT_GOOD, sign(requester, {**message, "primaryType": "Other"}))


def test_a_naming_with_a_high_s_is_refused(naming: Naming, requester: LocalAccount) -> None:
    naming.refused(NOT_GOOD, with_high_s(sign(requester, naming.message())))


@pytest.mark.parametrize("signature", [b"", b"\0" * 65, b"\xff" * 64 + b"\x1c", b"\1" * 64, b"\1" * 1_024])
def test_a_naming_that_recovers_nobody_is_refused(naming: Naming, signature: bytes) -> None:
    naming.refused(NOT_GOOD, signature)


def test_nobody_names_a_keeper_for_the_zero_address(naming: Naming) -> None:
    """What recovers nobody is not signed by nobody."""
    naming.refused(NOT_GOOD, b"\0" * 65, requester=ETH)


@pytest.mark.parametrize("length", [65, 130, 1_024])
def test_a_requester_that_is_a_contract_is_asked(directory: Any, stranger: str, length: int) -> None:
    requester = signer_deployer().deploy(ACCEPTS, 0)
    naming = naming_by(directory, requester.address, stranger)
    signature = hashlib.shake_256(b"owners").digest(length)
    naming.refused(NOT_GOOD, signature)
    requester.expect(digest(naming.message()), keccak(signature))
    naming.send(signature)
    assert directory.keeper(requester.address) == naming.fields["keeper"]
    naming.refused(NOT_GOOD, signature)


def test_a_requester_that_is_a_contract_is_asked_about_this_naming_only(
    directory: Any, stranger: str
) -> None:
    requester = signer_deployer().deploy(ACCEPTS, 0)
    naming = naming_by(directory, requester.address, stranger)
    for other in (naming.message(nonce=1), in_domain(naming.message(), chainId=10)):
        requester.expect(digest(other), keccak(b"signature"))
        naming.refused(NOT_GOOD, b"signature")


def test_a_requester_with_code_signs_with_its_key_or_is_asked(
    naming: Naming, requester: LocalAccount
) -> None:
    """An account with code (EIP-7702)."""
    boa.env.set_code(requester.address, boa.env.get_code(signer_deployer().deploy(ACCEPTS, 0).address))
    naming.send(sign(requester, naming.message()))
    second = naming.message(nonce=1)
    naming.refused(NOT_GOOD, b"passkey")
    signer_deployer().at(requester.address).expect(digest(second), keccak(b"passkey"))
    naming.send(b"passkey")
    assert naming.directory.keeper_nonce(requester.address) == 2


# ---------------------------------------------------------------- ownership


def test_ownership_moves_in_two_steps(directory: Any, operator: str, stranger: str) -> None:
    directory.transfer_ownership(stranger, sender=operator)
    assert (directory.owner(), directory.pending_owner()) == (operator, stranger)
    directory.accept_ownership(sender=stranger)
    assert (directory.owner(), directory.pending_owner()) == (stranger, ETH)


def test_ownership_logs_both_steps(directory: Any, operator: str, stranger: str) -> None:
    directory.transfer_ownership(stranger, sender=operator)
    parties = {"previous_owner": operator, "new_owner": stranger}
    assert events(directory) == [("OwnershipTransferStarted", parties)]
    directory.accept_ownership(sender=stranger)
    assert events(directory) == [("OwnershipTransferred", parties)]


def test_former_operator_has_no_power_left(
    directory: Any, operator: str, agent: LocalAccount, stranger: str
) -> None:
    directory.transfer_ownership(stranger, sender=operator)
    directory.accept_ownership(sender=stranger)
    with boa.reverts("ownable: caller is not the owner"):
        register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    register(directory, agent, HUMAN, until=now() + DAY, sender=stranger)
    assert directory.standing(agent.address) == HUMAN


def test_operator_keeps_its_power_until_the_transfer_is_accepted(
    directory: Any, operator: str, agent: LocalAccount, stranger: str
) -> None:
    directory.transfer_ownership(stranger, sender=operator)
    with boa.reverts("ownable: caller is not the owner"):
        register(directory, agent, HUMAN, until=now() + DAY, sender=stranger)
    register(directory, agent, HUMAN, until=now() + DAY, sender=operator)
    assert directory.standing(agent.address) == HUMAN


def test_transfer_can_be_taken_back(directory: Any, operator: str, stranger: str) -> None:
    directory.transfer_ownership(stranger, sender=operator)
    directory.transfer_ownership(ETH, sender=operator)
    with boa.reverts("ownable_2step: caller is not the new owner"):
        directory.accept_ownership(sender=stranger)
    assert directory.owner() == operator


def test_transfer_refuses_everybody_but_the_operator(directory: Any, operator: str, stranger: str) -> None:
    with boa.reverts("ownable: caller is not the owner"):
        directory.transfer_ownership(stranger, sender=stranger)
    assert (directory.owner(), directory.pending_owner()) == (operator, ETH)


def test_accept_refuses_everybody_but_the_new_owner(
    directory: Any, operator: str, agent: LocalAccount, stranger: str
) -> None:
    directory.transfer_ownership(stranger, sender=operator)
    for caller in (operator, agent.address):
        with boa.reverts("ownable_2step: caller is not the new owner"):
            directory.accept_ownership(sender=caller)
    assert (directory.owner(), directory.pending_owner()) == (operator, stranger)


def test_ownership_cannot_be_renounced(directory: Any, operator: str) -> None:
    # A desk without an operator could never free its funds.
    selector = keccak(text="renounce_ownership()")[:4]
    assert boa.env.execute_code(directory.address, sender=operator, data=selector).is_error
    assert directory.owner() == operator


def test_an_unknown_address_is_no_agent(directory: Any, stranger: str) -> None:
    assert directory.standing(stranger) == 0
    assert tuple(directory.agent(stranger)) == UNKNOWN
