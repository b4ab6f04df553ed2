# SPDX-License-Identifier: Apache-2.0
"""Signers that are contracts (ERC-1271), and accounts that have both a key and code (EIP-7702)."""

import hashlib
from collections.abc import Callable
from typing import Any

import boa
import messages
import pytest
from contract_signer import ACCEPTS, MAGIC, signer_deployer
from eth_utils.crypto import keccak
from house import FAR, HIGH, OPEN, URGENT, House, key_pair, now
from messages import sign

NOT_THE_SIGNERS = "desk: signature is not the signer's"

REVERTS, BURNS_GAS = 1, 2


def _signer(house: House, answer: bytes = ACCEPTS, breaks: int = 0) -> Any:
    signer = signer_deployer().deploy(answer, breaks)
    house.desk.grant_coverage(signer.address, 1, URGENT, 5, FAR, sender=house.operator)
    return signer


def _opening(house: House, requester: str) -> tuple[dict[str, Any], Callable[..., bytes]]:
    fields = {
        "requester": requester,
        "policy_id": 1,
        "priority": HIGH,
        "commitment": house.digest(),
        "deadline": now() + 600,
    }

    def send(signature: bytes, **options: Any) -> bytes:
        return house.desk.open_ticket_signed(*fields.values(), signature, sender=house.stranger, **options)

    return messages.open_ticket(house, **fields), send


@pytest.mark.parametrize("length", [0, 1, 64, 65, 66, 130, 1_023, 1_024])
def test_a_contract_accepts_a_signature_of_any_length(house: House, length: int) -> None:
    signer = _signer(house)
    message, send = _opening(house, signer.address)
    signature = hashlib.shake_256(b"signature").digest(length)
    signer.expect(messages.digest(message), keccak(signature))
    assert house.desk.ticket(send(signature)).requester == signer.address


def test_a_contract_that_refuses_is_believed(house: House) -> None:
    signer = _signer(house)
    message, send = _opening(house, signer.address)
    signer.expect(messages.digest(message), keccak(b"the one it accepts"))
    _refused(house, signer.address, send, b"another one")


def test_a_contract_is_asked_about_this_message_only(house: House) -> None:
    signer = _signer(house)
    message, send = _opening(house, signer.address)
    other = messages.in_domain(message, chainId=10)
    signer.expect(messages.digest(other), keccak(b"signature"))
    _refused(house, signer.address, send, b"signature")


def test_a_contract_that_reverts_is_no_yes(house: House) -> None:
    signer = _signer(house, breaks=REVERTS)
    _, send = _opening(house, signer.address)
    _refused(house, signer.address, send, b"signature")


def test_a_contract_that_burns_all_its_gas_is_no_yes(house: House) -> None:
    signer = _signer(house, breaks=BURNS_GAS)
    _, send = _opening(house, signer.address)
    _refused(house, signer.address, send, b"signature", gas=1_000_000)


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(MAGIC, id="four bytes"),
        pytest.param(ACCEPTS[:31], id="31 bytes"),
        pytest.param(b"\xff" * 32, id="garbage"),
        pytest.param(b"\0" * 31 + b"\1", id="true"),
        pytest.param(b"\0" * 28 + MAGIC, id="padded on the left"),
        pytest.param(MAGIC + b"\0" * 27 + b"\1", id="padded with something"),
    ],
)
def test_a_contract_that_answers_something_else_is_no_yes(house: House, answer: bytes) -> None:
    signer = _signer(house, answer)
    message, send = _opening(house, signer.address)
    signer.expect(messages.digest(message), keccak(b"signature"))
    _refused(house, signer.address, send, b"signature")


def test_a_contract_may_say_more_after_its_yes(house: House) -> None:
    signer = _signer(house, ACCEPTS + b"\xff" * 32)
    message, send = _opening(house, signer.address)
    signer.expect(messages.digest(message), keccak(b"signature"))
    assert house.desk.ticket(send(b"signature")).requester == signer.address


def test_a_contract_without_the_function_is_no_yes(house: House) -> None:
    requester = house.pool.address
    house.desk.grant_coverage(requester, 1, URGENT, 5, FAR, sender=house.operator)
    _, send = _opening(house, requester)
    _refused(house, requester, send, b"signature")


def test_a_precompile_that_echoes_is_no_yes(house: House) -> None:
    """The identity precompile has no code, so nobody asks it."""
    requester = "0x" + "00" * 19 + "04"
    house.desk.grant_coverage(requester, 1, URGENT, 5, FAR, sender=house.operator)
    _, send = _opening(house, requester)
    _refused(house, requester, send, b"signature")


def test_a_contract_signs_a_follow_up(house: House) -> None:
    signer = _signer(house)
    ticket_id, digest, deadline = house.open(URGENT, signer.address), house.digest(), now() + 600
    house.reply(ticket_id)
    message = messages.follow_up(house, ticket_id=ticket_id, digest=digest, nonce=0, deadline=deadline)
    signer.expect(messages.digest(message), keccak(b"signature"))
    house.desk.follow_up_signed(ticket_id, digest, deadline, b"signature", sender=house.stranger)
    assert house.desk.ticket(ticket_id).status == OPEN


def test_an_operator_that_is_a_contract_signs_a_voucher(house: House) -> None:
    """An operator is often a multisig, whose signature is long."""
    operator = _signer(house)
    house.directory.transfer_ownership(operator.address, sender=house.operator)
    house.directory.accept_ownership(sender=operator.address)
    fields = {
        "holder": house.stranger,
        "policy_id": 1,
        "priority": HIGH,
        "places": 1,
        "until": FAR,
        "deadline": now() + 600,
    }
    signature = hashlib.shake_256(b"seven owners").digest(7 * 65)
    operator.expect(messages.digest(messages.grant_coverage(house, **fields)), keccak(signature))
    house.desk.redeem_coverage(*fields.values(), signature, sender=house.stranger)
    assert house.desk.coverage(house.stranger, 1).places == 1


# ---------------------------------------------------------------- a key and code (EIP-7702)


@pytest.fixture
def delegated(house: House) -> Any:
    """A covered account with a key at whose address there is code that accepts one signature of its own."""
    account = key_pair("delegated account")
    boa.env.set_code(account.address, boa.env.get_code(_signer(house).address))
    house.desk.grant_coverage(account.address, 1, URGENT, 5, FAR, sender=house.operator)
    return account


def test_an_account_with_code_is_recovered_first(house: House, delegated: Any) -> None:
    message, send = _opening(house, delegated.address)
    # Its code would say no: it expects no signature yet.
    assert house.desk.ticket(send(sign(delegated, message))).requester == delegated.address


def test_an_account_with_code_that_breaks_is_recovered_first(house: House) -> None:
    account = key_pair("delegated account")
    boa.env.set_code(account.address, b"\xef\x01\x00" + b"\x11" * 20)
    house.desk.grant_coverage(account.address, 1, URGENT, 5, FAR, sender=house.operator)
    message, send = _opening(house, account.address)
    assert house.desk.ticket(send(sign(account, message))).requester == account.address


@pytest.mark.parametrize("length", [65, 130])
def test_an_account_with_code_is_asked_where_recovery_fails(
    house: House, delegated: Any, length: int
) -> None:
    message, send = _opening(house, delegated.address)
    signature = hashlib.shake_256(b"passkey").digest(length)
    signer_deployer().at(delegated.address).expect(messages.digest(message), keccak(signature))
    assert house.desk.ticket(send(signature)).requester == delegated.address


def test_an_account_with_code_refuses_what_neither_accepts(house: House, delegated: Any) -> None:
    message, send = _opening(house, delegated.address)
    _refused(house, delegated.address, send, sign(key_pair("stranger"), message))


def test_a_high_s_of_an_account_with_code_is_for_its_code_to_judge(house: House, delegated: Any) -> None:
    message, send = _opening(house, delegated.address)
    _refused(house, delegated.address, send, messages.with_high_s(sign(delegated, message)))


def _refused(
    house: House, requester: str, send: Callable[..., bytes], signature: bytes, **options: Any
) -> None:
    with boa.reverts(NOT_THE_SIGNERS):
        send(signature, **options)
    assert house.desk.coverage(requester, 1).used == 0
    assert house.pool.books().reserved == 0
