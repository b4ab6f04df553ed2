# SPDX-License-Identifier: Apache-2.0
"""AgentDirectory: who appoints, who stands, and until when."""

import hashlib
from dataclasses import dataclass
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
)
from messages import Message, digest, in_domain, sign, with_high_s
from treasury import events

OTHER_DID = hashlib.sha256(b"did:key:zQ3shother").digest()
OTHER_CREDENTIAL = hashlib.sha256(b"another VC-JWT").digest()
UNKNOWN = (0, ZERO_DIGEST, ZERO_DIGEST, 0, 0, False)
NOT_THE_AGENTS = "directory: signature is not the agent's"
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
    with boa.reverts(NOT_THE_AGENTS):
        carried.send(b"", now() + 2 * DAY)
    assert tuple(carried.directory.agent(agent.address)) == before


@pytest.mark.parametrize("role", ["operator", "stranger"])
def test_a_signature_of_somebody_elses_is_refused(carried: Carried, role: str) -> None:
    carried.refused(NOT_THE_AGENTS, sign(key_pair(role), carried.message))


def test_an_operator_with_a_key_cannot_sign_for_the_agent(agent: LocalAccount) -> None:
    travel_to(max(now(), MONDAY))
    operator = key_pair("operator")
    directory = deployer("AgentDirectory").deploy(operator.address)
    carried = carried_for(directory, operator.address, agent.address)
    carried.refused(NOT_THE_AGENTS, sign(operator, carried.message))


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
    carried.refused(NOT_THE_AGENTS, sign(agent, carried.message), **{name: value})


def test_digests_are_signed_in_their_order(carried: Carried, agent: LocalAccount) -> None:
    swapped = {"did_digest": CREDENTIAL, "credential_digest": DID}
    carried.refused(NOT_THE_AGENTS, sign(agent, carried.message), **swapped)


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
    carried.refused(NOT_THE_AGENTS, sign(agent, in_domain(carried.message, **change)))


def test_a_signature_for_another_directory_is_refused(carried: Carried, agent: LocalAccount) -> None:
    other = deployer("AgentDirectory").deploy(carried.operator)
    signature = sign(agent, agent_binding(other, **carried.fields))
    carried.refused(NOT_THE_AGENTS, signature)
    Carried(other, carried.operator, carried.agent, carried.fields).send(signature)
    assert other.standing(agent.address) == HUMAN


def test_a_signature_does_not_count_on_a_fork_of_the_chain(carried: Carried, agent: LocalAccount) -> None:
    signature = sign(agent, carried.message)
    boa.env.evm.patch.chain_id = 61
    carried.refused(NOT_THE_AGENTS, signature)
    carried.send(sign(agent, carried.message))
    assert carried.directory.standing(agent.address) == HUMAN


def test_a_signature_over_another_type_is_refused(carried: Carried, agent: LocalAccount) -> None:
    message = carried.message
    message["types"]["Other"] = message["types"].pop("AgentBinding")
    carried.refused(NOT_THE_AGENTS, sign(agent, {**message, "primaryType": "Other"}))


def test_a_high_s_is_refused(carried: Carried, agent: LocalAccount) -> None:
    carried.refused(NOT_THE_AGENTS, with_high_s(sign(agent, carried.message)))


@pytest.mark.parametrize("signature", [b"", b"\0" * 65, b"\xff" * 64 + b"\x1c", b"\1" * 64, b"\1" * 1_024])
def test_a_signature_that_recovers_nobody_is_refused(carried: Carried, signature: bytes) -> None:
    carried.refused(NOT_THE_AGENTS, signature)


def test_over_1024_bytes_are_refused(carried: Carried) -> None:
    with boa.reverts():
        carried.send(b"\1" * 1_025)
    assert tuple(carried.directory.agent(carried.agent)) == UNKNOWN


@pytest.mark.parametrize("length", [65, 130, 1_024])
def test_an_agent_that_is_a_contract_is_asked(directory: Any, operator: str, length: int) -> None:
    agent = signer_deployer().deploy(ACCEPTS, 0)
    carried = carried_for(directory, operator, agent.address)
    signature = hashlib.shake_256(b"owners").digest(length)
    carried.refused(NOT_THE_AGENTS, signature)
    agent.expect(digest(carried.message), keccak(signature))
    carried.send(signature)
    assert directory.standing(agent.address) == HUMAN


def test_a_contract_is_asked_about_this_binding_only(directory: Any, operator: str) -> None:
    agent = signer_deployer().deploy(ACCEPTS, 0)
    carried = carried_for(directory, operator, agent.address)
    agent.expect(digest(in_domain(carried.message, chainId=10)), keccak(b"signature"))
    carried.refused(NOT_THE_AGENTS, b"signature")


def test_a_contract_without_the_function_is_no_agent(directory: Any, operator: str) -> None:
    carried_for(directory, operator, directory.address).refused(NOT_THE_AGENTS, b"signature")


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
    carried.refused(NOT_THE_AGENTS, sign(key_pair("stranger"), carried.message))


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
