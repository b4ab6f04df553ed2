# SPDX-License-Identifier: Apache-2.0
"""AgentDirectory: who appoints, who stands, and until when."""

import hashlib
from typing import Any

import boa
import pytest
from eth_utils import keccak
from house import BOT, DAY, ETH, HUMAN, MONDAY, ZERO_DIGEST, deployer, now, travel, travel_to
from treasury import events

DID = hashlib.sha256(b"did:key:zQ3shexample").digest()
OTHER_DID = hashlib.sha256(b"did:key:zQ3shother").digest()
UNKNOWN = (0, ZERO_DIGEST, 0, 0, False)
LAST_SECOND = 2**40 - 1


@pytest.fixture
def operator() -> str:
    return str(boa.env.generate_address("operator"))


@pytest.fixture
def agent() -> str:
    return str(boa.env.generate_address("agent"))


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


def test_deployer_has_no_power(directory: Any, agent: str) -> None:
    with boa.reverts("ownable: caller is not the owner"):
        directory.register_agent(agent, HUMAN, DID, now(), sender=boa.env.eoa)
    assert directory.standing(agent) == 0


# ---------------------------------------------------------------- register_agent


@pytest.mark.parametrize("kind", [HUMAN, BOT])
def test_register_makes_an_agent_stand_at_once(directory: Any, operator: str, agent: str, kind: int) -> None:
    directory.register_agent(agent, kind, DID, now() + DAY, sender=operator)
    assert directory.standing(agent) == kind
    assert tuple(directory.agent(agent)) == (kind, DID, now(), now() + DAY, False)


def test_register_logs_the_agent(directory: Any, operator: str, agent: str) -> None:
    directory.register_agent(agent, BOT, DID, now() + DAY, sender=operator)
    fields = {"agent": agent, "did_digest": DID, "kind": BOT, "since": now(), "until": now() + DAY}
    assert events(directory) == [("AgentRegistered", fields)]


def test_agent_stands_to_its_last_second(directory: Any, operator: str, agent: str) -> None:
    directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=operator)
    travel(DAY)
    assert directory.standing(agent) == HUMAN
    travel(1)
    assert directory.standing(agent) == 0


def test_agent_can_stand_for_this_second_only(directory: Any, operator: str, agent: str) -> None:
    directory.register_agent(agent, HUMAN, DID, now(), sender=operator)
    assert directory.standing(agent) == HUMAN
    travel(1)
    assert directory.standing(agent) == 0


def test_register_again_moves_end_and_did_and_keeps_the_beginning(
    directory: Any, operator: str, agent: str
) -> None:
    since = now()
    directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=operator)
    travel(100)
    directory.register_agent(agent, HUMAN, OTHER_DID, LAST_SECOND, sender=operator)
    assert tuple(directory.agent(agent)) == (HUMAN, OTHER_DID, since, LAST_SECOND, False)


def test_register_again_can_bring_the_end_forward(directory: Any, operator: str, agent: str) -> None:
    directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=operator)
    directory.register_agent(agent, HUMAN, DID, now(), sender=operator)
    travel(1)
    assert directory.standing(agent) == 0


def test_register_refuses_the_zero_address(directory: Any, operator: str) -> None:
    with boa.reverts("directory: agent is zero"):
        directory.register_agent(ETH, HUMAN, DID, now(), sender=operator)
    assert tuple(directory.agent(ETH)) == UNKNOWN


@pytest.mark.parametrize("kind", [0, 3, 4, 2**255])
def test_register_refuses_an_unknown_kind(directory: Any, operator: str, agent: str, kind: int) -> None:
    with boa.reverts("directory: kind unknown"):
        directory.register_agent(agent, kind, DID, now(), sender=operator)
    assert tuple(directory.agent(agent)) == UNKNOWN


def test_register_refuses_a_zero_did_digest(directory: Any, operator: str, agent: str) -> None:
    with boa.reverts("directory: DID digest is zero"):
        directory.register_agent(agent, HUMAN, ZERO_DIGEST, now(), sender=operator)
    assert tuple(directory.agent(agent)) == UNKNOWN


@pytest.mark.parametrize("until", [0, MONDAY - 1, LAST_SECOND + 1, 2**256 - 1])
def test_register_refuses_an_end_in_the_past_or_beyond_its_field(
    directory: Any, operator: str, agent: str, until: int
) -> None:
    with boa.reverts("directory: end out of range"):
        directory.register_agent(agent, HUMAN, DID, until, sender=operator)
    assert tuple(directory.agent(agent)) == UNKNOWN


def test_register_refuses_an_end_one_second_ago(directory: Any, operator: str, agent: str) -> None:
    with boa.reverts("directory: end out of range"):
        directory.register_agent(agent, HUMAN, DID, now() - 1, sender=operator)
    assert tuple(directory.agent(agent)) == UNKNOWN


@pytest.mark.parametrize(("first", "then"), [(HUMAN, BOT), (BOT, HUMAN)])
def test_register_refuses_to_change_the_kind(
    directory: Any, operator: str, agent: str, first: int, then: int
) -> None:
    directory.register_agent(agent, first, DID, now() + DAY, sender=operator)
    with boa.reverts("directory: kind is fixed"):
        directory.register_agent(agent, then, DID, now() + DAY, sender=operator)
    assert directory.standing(agent) == first


def test_kind_stays_fixed_after_an_agents_end(directory: Any, operator: str, agent: str) -> None:
    directory.register_agent(agent, BOT, DID, now(), sender=operator)
    travel(DAY)
    with boa.reverts("directory: kind is fixed"):
        directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=operator)
    assert directory.standing(agent) == 0


def test_register_refuses_everybody_but_the_operator(directory: Any, agent: str, stranger: str) -> None:
    for caller in (agent, stranger):
        with boa.reverts("ownable: caller is not the owner"):
            directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=caller)
    assert tuple(directory.agent(agent)) == UNKNOWN


# ---------------------------------------------------------------- revoke_agent


def test_revoke_ends_standing_at_once(directory: Any, operator: str, agent: str) -> None:
    since = now()
    directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=operator)
    travel(100)
    directory.revoke_agent(agent, sender=operator)
    assert directory.standing(agent) == 0
    assert tuple(directory.agent(agent)) == (HUMAN, DID, since, now() - 1, True)


def test_revoke_logs_the_last_second_of_standing(directory: Any, operator: str, agent: str) -> None:
    directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=operator)
    travel(100)
    directory.revoke_agent(agent, sender=operator)
    assert events(directory) == [("AgentRevoked", {"agent": agent, "until": now() - 1})]


def test_revoke_keeps_an_end_that_came_before(directory: Any, operator: str, agent: str) -> None:
    until = now() + 10
    directory.register_agent(agent, HUMAN, DID, until, sender=operator)
    travel(DAY)
    directory.revoke_agent(agent, sender=operator)
    assert tuple(directory.agent(agent))[3:] == (until, True)


def test_revoke_in_the_second_of_registration_leaves_no_standing(
    directory: Any, operator: str, agent: str
) -> None:
    directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=operator)
    directory.revoke_agent(agent, sender=operator)
    assert directory.standing(agent) == 0


@pytest.mark.parametrize("kind", [HUMAN, BOT])
def test_a_revoked_agent_never_comes_back(directory: Any, operator: str, agent: str, kind: int) -> None:
    directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=operator)
    directory.revoke_agent(agent, sender=operator)
    with boa.reverts("directory: agent revoked"):
        directory.register_agent(agent, kind, DID, now() + DAY, sender=operator)
    assert directory.standing(agent) == 0
    assert directory.agent(agent).revoked is True


def test_revoke_refuses_an_unknown_agent(directory: Any, operator: str, agent: str) -> None:
    with boa.reverts("directory: agent unknown"):
        directory.revoke_agent(agent, sender=operator)
    assert tuple(directory.agent(agent)) == UNKNOWN


def test_revoke_refuses_a_second_time(directory: Any, operator: str, agent: str) -> None:
    directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=operator)
    directory.revoke_agent(agent, sender=operator)
    before = tuple(directory.agent(agent))
    travel(10)
    with boa.reverts("directory: agent revoked"):
        directory.revoke_agent(agent, sender=operator)
    assert tuple(directory.agent(agent)) == before


def test_revoke_refuses_everybody_but_the_operator(
    directory: Any, operator: str, agent: str, stranger: str
) -> None:
    directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=operator)
    for caller in (agent, stranger):
        with boa.reverts("ownable: caller is not the owner"):
            directory.revoke_agent(agent, sender=caller)
    assert directory.standing(agent) == HUMAN


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


def test_former_operator_has_no_power_left(directory: Any, operator: str, agent: str, stranger: str) -> None:
    directory.transfer_ownership(stranger, sender=operator)
    directory.accept_ownership(sender=stranger)
    with boa.reverts("ownable: caller is not the owner"):
        directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=operator)
    directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=stranger)
    assert directory.standing(agent) == HUMAN


def test_operator_keeps_its_power_until_the_transfer_is_accepted(
    directory: Any, operator: str, agent: str, stranger: str
) -> None:
    directory.transfer_ownership(stranger, sender=operator)
    with boa.reverts("ownable: caller is not the owner"):
        directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=stranger)
    directory.register_agent(agent, HUMAN, DID, now() + DAY, sender=operator)
    assert directory.standing(agent) == HUMAN


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
    directory: Any, operator: str, agent: str, stranger: str
) -> None:
    directory.transfer_ownership(stranger, sender=operator)
    for caller in (operator, agent):
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
