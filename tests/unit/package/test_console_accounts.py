# SPDX-License-Identifier: Apache-2.0
"""Who acts: roles on a local chain, named accounts on a public one."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from makegood import typed_data
from makegood.console.accounts import ROLES, address_of, signer_of
from makegood.console.network import IN_PROCESS, Chain, connected
from makegood.errors import MakegoodError, NotFound, UsageError

# Accounts of the public test mnemonic, in the order of the roles.
ADDRESSES = (
    "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266",
    "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC",
    "0x90F79bf6EB2c4f870365E785982E1f101E93b906",
    "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65",
    "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955",
    "0x23618e81E3f5cdF7f54C3d65f7FBc0aBf5B21E8f",
    "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720",
)


@pytest.fixture(scope="module")
def local() -> Iterator[Chain]:
    with connected(IN_PROCESS) as chain:
        yield chain


@pytest.fixture
def public(local: Chain) -> Chain:
    return replace(local, local=False)


@pytest.mark.parametrize(("role", "address"), zip(ROLES, ADDRESSES, strict=True))
def test_a_role_is_always_the_same_test_account(local: Chain, role: str, address: str) -> None:
    assert signer_of(local, None, role).address == address
    assert address_of(local, role) == address


def test_a_named_account_goes_before_the_role(local: Chain) -> None:
    assert signer_of(local, "TEST::4", "operator").address == ADDRESSES[4]


def test_a_public_network_wants_a_name(public: Chain) -> None:
    with pytest.raises(UsageError, match="must be named"):
        signer_of(public, None, "operator")


@pytest.mark.parametrize("name", ["operator", "nobody"])
def test_a_role_is_no_account_of_a_public_network(public: Chain, name: str) -> None:
    with pytest.raises(NotFound, match="There is no account"):
        signer_of(public, name, "operator")


@pytest.mark.parametrize("name", ["TEST::0", ADDRESSES[0]])
def test_a_test_account_does_not_act_on_a_public_network(public: Chain, name: str) -> None:
    with pytest.raises(UsageError, match="a key that everybody knows"):
        signer_of(public, name, "operator")


def test_a_test_account_acts_locally_by_its_address_too(local: Chain) -> None:
    assert signer_of(local, ADDRESSES[0], "operator").address == ADDRESSES[0]


@pytest.mark.parametrize("name", ["TEST::10", "TEST::x", "TEST::"])
def test_an_unknown_test_account_is_refused(local: Chain, name: str) -> None:
    with pytest.raises(NotFound, match="Give TEST::0 to TEST::9"):
        signer_of(local, name, "operator")


def test_an_address_is_checked(local: Chain) -> None:
    assert address_of(local, ADDRESSES[0].lower()) == ADDRESSES[0]
    with pytest.raises(UsageError, match="fails its checksum"):
        address_of(local, ADDRESSES[0][:-1] + "7")
    with pytest.raises(UsageError, match="is not an address"):
        address_of(local, "0x12")


def test_the_clock_of_a_public_chain_cannot_be_moved(public: Chain) -> None:
    with pytest.raises(UsageError, match="Only a local chain"):
        public.travel_to(2**33)


def test_a_typed_message_is_signed_with_65_bytes_by_the_account(local: Chain) -> None:
    # Many, since r or s begins with a zero byte in one of 128.
    for number in range(300):
        message = typed_data.follow_up(
            1, ADDRESSES[0], ticket_id=bytes(32), digest=bytes(32), nonce=number, deadline=0
        )
        signature = signer_of(local, None, "requester").sign_typed(message)
        assert len(signature) == 65
        signable = encode_typed_data(full_message=message)
        assert Account.recover_message(signable, signature=signature) == ADDRESSES[2]


def test_an_account_without_coin_is_told_so(local: Chain) -> None:
    signer = signer_of(local, None, "operator")
    balance = local.w3.eth.get_balance(local.w3.to_checksum_address(signer.address))
    transaction = {
        "from": signer.address,
        "to": ADDRESSES[1],
        "data": "0x",
        "value": balance + 1,
        "gas": 21_000,
        "chainId": local.chain_id,
    }
    with pytest.raises(MakegoodError, match="too little of the network's own coin"):
        signer.send(local.w3, transaction)  # type: ignore[arg-type]
