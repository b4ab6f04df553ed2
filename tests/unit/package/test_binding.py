# SPDX-License-Identifier: Apache-2.0
"""Binding an agent: its DID's credential for the address, and the address's signature for the DID."""

import hashlib
from typing import TYPE_CHECKING

import pytest
from eth_account import Account

from makegood import identity
from makegood.binding import Binding, bind
from makegood.desk import BOT, HUMAN, KeySigner
from makegood.errors import UsageError
from makegood.identity import AgentCredential, Key

if TYPE_CHECKING:
    from case_house import CaseHouse

KEY = Key.from_account(Account.from_key(hashlib.sha256(b"the agent's DID").digest()))
DAY = 86_400


@pytest.fixture
def newcomer() -> KeySigner:
    return KeySigner.from_key(hashlib.sha256(b"newcomer").digest())


@pytest.fixture
def binding(house: "CaseHouse", newcomer: KeySigner) -> Binding:
    return bind(house.desk, newcomer.address, KEY, house.now)


def test_the_did_is_the_keys(binding: Binding) -> None:
    assert binding.did == KEY.did
    assert binding.did_digest == hashlib.sha256(KEY.did.encode()).digest()


def test_the_credential_names_address_and_desk(
    house: "CaseHouse", newcomer: KeySigner, binding: Binding
) -> None:
    credential = identity.verify(binding.credential, now=house.now, issuers={KEY.did})
    expected = AgentCredential(house.w3.eth.chain_id, newcomer.address, house.desk.address)
    assert AgentCredential.of(credential) == expected
    assert (credential.issued_at, credential.expires_at) == (house.now, None)


def test_an_address_that_is_not_checksummed_is_refused(house: "CaseHouse", newcomer: KeySigner) -> None:
    with pytest.raises(UsageError, match="no checksummed address"):
        bind(house.desk, newcomer.address.lower(), KEY, house.now)


@pytest.mark.parametrize("kind", [HUMAN, BOT])
def test_the_directory_takes_a_binding(
    house: "CaseHouse", newcomer: KeySigner, binding: Binding, kind: int
) -> None:
    until = house.now + 9 * DAY
    binding.register(house.desk, newcomer, kind, until, house.now + DAY).send(house.operator)
    agent = house.desk.directory.agent(newcomer.address)
    assert (agent.kind, agent.until) == (kind, until)
    assert agent.did_digest == hashlib.sha256(KEY.did.encode()).digest()
    assert agent.credential_digest == hashlib.sha256(binding.credential.encode()).digest()
