# SPDX-License-Identifier: Apache-2.0
"""The client of the contracts over JSON-RPC: refusals and histories as a node gives them."""

import hashlib

import pytest
from eth_account import Account
from web3 import HTTPProvider, Web3

from makegood.clock import Priority, Status
from makegood.desk import ETH, Deployment, Desk, KeySigner, deploy_factory
from makegood.errors import ChainRevert, MakegoodError

# The first account of anvil's public test mnemonic.
OPERATOR_KEY = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
COMMITMENT = hashlib.sha256(b"opening document").digest()


@pytest.fixture
def operator() -> KeySigner:
    return KeySigner.from_key(OPERATOR_KEY)


@pytest.fixture
def desk(anvil_url: str, operator: KeySigner) -> Desk:
    anvil = Web3(HTTPProvider(anvil_url, exception_retry_configuration=None))
    factory = deploy_factory(anvil, operator)
    outcome = factory.deploy_desk(operator.address, ETH, 86_400, "Acme").send(operator)
    deployment = factory.deployed(outcome)
    assert factory.deployments() == (deployment,)
    assert isinstance(deployment, Deployment)
    return Desk(anvil, deployment.desk)


def test_simulate_gas_and_a_failed_transaction_give_the_same_reason(desk: Desk, operator: KeySigner) -> None:
    call = desk.close(COMMITMENT)
    reasons = []
    for attempt in (
        lambda: call.simulate(operator.address),
        lambda: call.gas(operator.address),
        lambda: call.send(operator),
        lambda: call.send(operator, gas=200_000),
    ):
        with pytest.raises(ChainRevert) as refusal:
            attempt()
        reasons.append(refusal.value.reason)
    assert reasons == ["desk: ticket unknown"] * 4


def test_an_account_without_money_is_told_so(desk: Desk) -> None:
    poor = KeySigner(Account.create())
    with pytest.raises(MakegoodError, match="too little of the network's own coin") as refusal:
        desk.pool.sync().send(poor)
    assert refusal.value.exit_code == 1


def test_a_funded_pool_shows_in_its_books(desk: Desk, operator: KeySigner) -> None:
    outcome = desk.pool.fund(10**18).send(operator)
    assert outcome.event("Funded").arguments == {"funder": operator.address, "amount": 10**18}
    assert desk.pool.books().free == 10**18


def test_a_reply_of_a_stranger_is_refused_with_the_reason(desk: Desk) -> None:
    with pytest.raises(ChainRevert) as refusal:
        desk.reply(COMMITMENT, Status.HOLD, COMMITMENT).simulate(Account.create().address)
    assert refusal.value.reason == "desk: caller is no human agent"


def test_opening_without_coverage_is_refused_with_a_reason(desk: Desk, operator: KeySigner) -> None:
    with pytest.raises(ChainRevert) as refusal:
        desk.open_ticket(1, Priority.URGENT, COMMITMENT).send(operator)
    assert refusal.value.reason
