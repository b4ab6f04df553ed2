# SPDX-License-Identifier: Apache-2.0
"""`makegood check` against a node: official, revoked, unknown, and what cannot be asked."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result
from eth_account import Account
from web3 import HTTPProvider, Web3

from makegood.cli import RPC_VARIABLE, main
from makegood.desk import ETH, Desk, KeySigner, deploy_factory

DAY = 86_400
# The first account of the public test mnemonic.
OPERATOR = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"
CHANNEL = "https://t.me/Some_Support/"
DIGEST = hashlib.sha256(b"telegram:some_support").digest()


@dataclass
class Asked:
    """A desk on a node, and its operator."""

    desk: Desk
    operator: KeySigner
    url: str

    def check(self, *arguments: str) -> Result:
        return CliRunner(mix_stderr=False).invoke(
            main, ["check", *arguments, "--desk", str(self.desk.address)], env={RPC_VARIABLE: self.url}
        )


@pytest.fixture
def asked(anvil_url: str) -> Asked:
    w3 = Web3(HTTPProvider(anvil_url, exception_retry_configuration=None))
    operator = KeySigner(Account.from_key(OPERATOR))
    factory = deploy_factory(w3, operator)
    made = factory.deployed(factory.deploy_desk(operator.address, ETH, 30 * DAY, "Acme").send(operator))
    return Asked(Desk(w3, made.desk), operator, anvil_url)


def iso(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_published_channel_is_official_since_then(asked: Asked) -> None:
    at = asked.desk.directory.publish_channel(DIGEST).send(asked.operator).at
    result = asked.check(CHANNEL)
    assert result.exit_code == 0, result.stderr
    assert " is an official channel of this desk since " in result.stdout
    assert "seed phrase" in result.stdout
    data = json.loads(asked.check("t.me/some_support", "--json").stdout)
    assert (data["official"], data["since"], data["revoked_at"]) == (True, iso(at), None)
    assert data["digest"] == f"0x{DIGEST.hex()}"


def test_a_revoked_channel_is_no_longer_official(asked: Asked) -> None:
    asked.desk.directory.publish_channel(DIGEST).send(asked.operator)
    at = asked.desk.directory.revoke_channel(DIGEST).send(asked.operator).at
    result = asked.check(CHANNEL)
    assert result.exit_code == 6
    assert "is no longer a channel of this desk: it was revoked " in result.stderr
    data = json.loads(asked.check(CHANNEL, "--json").stdout)
    assert (data["official"], data["revoked_at"]) == (False, iso(at))


def test_a_channel_that_was_never_published_is_a_strangers(asked: Asked) -> None:
    asked.desk.directory.publish_channel(DIGEST).send(asked.operator)
    result = asked.check("t.me/Some_Supp0rt")
    assert result.exit_code == 6
    assert "is not a channel of this desk: its operator never published it." in result.stderr
    assert "do not answer, pay, sign or tell anything" in result.stderr


def test_a_look_alike_is_refused_before_anybody_is_asked(asked: Asked) -> None:
    result = asked.check("t.me/some_suppоrt")  # noqa: RUF001
    assert result.exit_code == 2
    assert "CYRILLIC" in result.stderr


def test_a_desk_that_is_not_there_is_told(asked: Asked) -> None:
    result = CliRunner(mix_stderr=False).invoke(
        main, ["check", CHANNEL, "--desk", "0x" + "11" * 20, "--rpc", asked.url]
    )
    assert result.exit_code == 3
    assert "There is no contract at " in result.stderr


def test_the_nodes_address_is_not_printed(asked: Asked) -> None:
    result = CliRunner(mix_stderr=False).invoke(
        main,
        ["check", CHANNEL, "--desk", str(asked.desk.address), "--rpc", "http://127.0.0.1:9/d0n0tprint"],
    )
    assert result.exit_code == 1
    assert "d0n0tprint" not in result.stdout + result.stderr
