# SPDX-License-Identifier: Apache-2.0
"""`ape run reply` on a real node: each reply is signed by its agent's DID before it is sent."""

import hashlib
import json
import os
import runpy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from ape.utils.basemodel import ManagerAccessMixin
from ape_accounts import import_account_from_private_key
from click.testing import CliRunner
from web3 import Web3

from benchmarks.node import anvil
from makegood import identity
from makegood.identity import Credential, Key, Statement, StatementKind, key_file

PROJECT = Path(__file__).resolve().parents[2]
WORDS = "a long passphrase"
FAST = 2  # scrypt rounds


@dataclass(frozen=True)
class Result:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> dict[str, Any]:
        assert self.code == 0, self.err
        value = json.loads(self.out)
        assert isinstance(value, dict)
        return value


@dataclass(frozen=True)
class Console:
    """Commands on a node, and the folder in which they keep what they make."""

    node: Web3
    folder: Path

    def run(self, name: str, *arguments: str) -> Result:
        cli = runpy.run_path(str(PROJECT / "scripts" / f"{name}.py"))["cli"]
        url = str(self.node.provider.endpoint_uri)  # type: ignore[attr-defined]
        done = CliRunner(mix_stderr=False).invoke(cli, [*arguments, "--network", url])
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Result(done.exit_code, done.stdout, done.stderr)

    def state(self) -> tuple[int, dict[str, bytes]]:
        """The height of the chain, and every file in the folder."""
        files = {str(path): path.read_bytes() for path in self.folder.rglob("*") if path.is_file()}
        return self.node.eth.block_number, files

    def replied(self, ticket: str) -> dict[str, Any]:
        """The only reply in a ticket's history."""
        history = self.run("status", ticket, "--json").data["history"]
        (event,) = [each for each in history if each["event"] in ("TicketReplied", "BotReplied")]
        assert isinstance(event, dict)
        return event


@pytest.fixture(scope="module")
def node() -> Iterator[Web3]:
    with anvil() as w3:
        yield w3


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Key files of two DIDs: `li.json` and `other.json`."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("li", "other"):
        key_file.write(folder / f"{name}.json", Key.generate(), lambda: WORDS, rounds=FAST)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    made = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAKEGOOD_DATA_FOLDER", str(made))
        yield made


@pytest.fixture(scope="module")
def prepared(node: Web3, folder: Path, keys: Path) -> tuple[Console, str]:
    """A desk with two human agents and a bot, and an open ticket. One agent's DID has a key file: TEST::6."""
    console = Console(node, folder)
    for arguments in (
        ("deploy",),
        ("publish_policy", str(PROJECT / "examples" / "policy.yaml")),
        ("register_agent", "agent"),
        ("register_agent", "TEST::6", *with_key(keys / "li.json")),
        ("register_agent", "bot", "--kind", "bot"),
        ("grant_coverage", "requester"),
    ):
        result = console.run(*arguments)
        assert result.code == 0, result.err
    return console, str(console.run("open", "--text", "Help", "--json").data["ticket_id"])


@pytest.fixture
def console(prepared: tuple[Console, str]) -> Iterator[Console]:
    node = prepared[0].node
    snapshot = ask(node, "evm_snapshot")
    yield prepared[0]
    ask(node, "evm_revert", snapshot)


@pytest.fixture
def ticket(prepared: tuple[Console, str]) -> str:
    return prepared[1]


@pytest.fixture
def unchanged(console: Console) -> Callable[[], bool]:
    """Whether neither the chain nor what is kept has changed since the test began."""
    before = console.state()
    return lambda: console.state() == before


def ask(node: Web3, method: str, *arguments: Any) -> Any:
    response = node.provider.make_request(method, list(arguments))  # type: ignore[arg-type]
    assert "error" not in response, response
    return response["result"]


def passphrase(words: str = WORDS) -> int:
    """A descriptor that gives a passphrase."""
    reader, writer = os.pipe()
    os.write(writer, f"{words}\n".encode())
    os.close(writer)
    return reader


def with_key(path: Path, words: str = WORDS) -> tuple[str, ...]:
    return "--key", str(path), "--passphrase-fd", str(passphrase(words))


def did_of(path: Path) -> str:
    return str(json.loads(path.read_text())["makegood"]["did"])


def verified(replied: dict[str, Any]) -> tuple[Credential, Statement]:
    """The statement that a reply names, verified as of its transaction."""
    at = int(datetime.fromisoformat(replied["transactions"][0]["at"]).timestamp())
    credential = identity.verify(Path(replied["statement"]).read_text().strip(), now=at)
    return credential, Statement.of(credential, StatementKind.REPLY)


def refused(result: Result, code: int, saying: str) -> bool:
    assert result.code == code, result.err
    errors = [line for line in result.err.splitlines() if line.startswith("Error:")]
    assert len(errors) == 1, result.err
    assert saying in errors[0]
    assert result.out == ""
    return True


def test_a_reply_is_signed_over_the_digest_that_the_chain_has(console: Console, ticket: str) -> None:
    replied = console.run("reply", ticket, "--text", "Looking", "--json").data
    credential, statement = verified(replied)
    digest = bytes.fromhex(console.replied(ticket)["digest"][2:])
    assert statement == Statement(StatementKind.REPLY, bytes.fromhex(ticket[2:]), digest)
    document = json.loads(Path(replied["document"]).read_text())
    assert digest == hashlib.sha256(rfc8785.dumps(document)).digest()
    agent = console.run("register_agent", "agent", "--dry-run", "--json").data["steps"][0]["arguments"]
    assert agent["did_digest"] == "0x" + hashlib.sha256(credential.issuer.encode()).hexdigest()


def test_document_and_statement_are_kept_by_the_digest(console: Console, ticket: str) -> None:
    result = console.run("reply", ticket, "--text", "Looking", "--json")
    name = result.data["digest"].removeprefix("0x")
    assert result.data["document"] == str(console.folder / "documents" / f"{name}.json")
    assert result.data["statement"] == str(console.folder / "documents" / f"{name}.jwt")
    assert f"Statement: {result.data['statement']} (it proves that your DID said this)" in result.err


def test_the_statement_goes_beside_a_saved_document(console: Console, ticket: str, tmp_path: Path) -> None:
    saved = tmp_path / "answer.json"
    replied = console.run("reply", ticket, "--text", "Looking", "--save", str(saved), "--json").data
    assert replied["statement"] == str(tmp_path / "answer.jwt")
    assert (
        verified(replied)[1].digest == hashlib.sha256(rfc8785.dumps(json.loads(saved.read_text()))).digest()
    )


def test_a_reply_by_digest_alone_is_signed(console: Console, ticket: str) -> None:
    digest = hashlib.sha256(b"kept elsewhere").digest()
    replied = console.run("reply", ticket, "--digest", "0x" + digest.hex(), "--json").data
    assert replied["document"] is None
    assert verified(replied)[1].digest == digest


def test_a_document_that_is_given_again_keeps_its_statement(
    console: Console, ticket: str, tmp_path: Path
) -> None:
    document = tmp_path / "answer.json"
    document.write_text(json.dumps({"type": "makegood/reply/1", "salt": "5f" * 32, "text": "Looking"}))
    first = console.run("reply", ticket, "--document", str(document), "--json").data
    signed = Path(first["statement"]).read_text()
    second = console.run("reply", ticket, "--document", str(document), "--json").data
    assert first["statement"] == second["statement"]
    assert Path(second["statement"]).read_text() == signed


def test_another_agents_statement_over_the_document_is_not_overwritten(
    console: Console, ticket: str, keys: Path
) -> None:
    digest = "0x" + hashlib.sha256(b"said by two").hexdigest()
    assert console.run("reply", ticket, "--digest", digest).code == 0
    before = console.state()
    again = ("reply", ticket, "--digest", digest, "--account", "TEST::6", *with_key(keys / "li.json"))
    assert refused(console.run(*again), 2, "is there already, is another statement than this")
    assert console.state() == before


def test_a_bots_message_is_signed_by_the_bots_did(console: Console, ticket: str) -> None:
    replied = console.run("reply", ticket, "--bot", "--text", "We got it", "--json").data
    human = console.run("reply", ticket, "--text", "Looking", "--json").data
    assert "0x" + verified(replied)[1].digest.hex() == replied["digest"]
    assert verified(replied)[0].issuer != verified(human)[0].issuer


def test_the_key_file_of_an_agents_did_signs(console: Console, ticket: str, keys: Path) -> None:
    key = keys / "li.json"
    arguments = ("reply", ticket, "--text", "Looking", "--account", "TEST::6", *with_key(key), "--json")
    assert verified(console.run(*arguments).data)[0].issuer == did_of(key)


def test_the_key_file_can_be_named_by_the_environment(
    console: Console, ticket: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MAKEGOOD_AGENT_KEY", str(keys / "li.json"))
    arguments = ("reply", ticket, "--text", "Looking", "--account", "TEST::6", "--json")
    replied = console.run(*arguments, "--passphrase-fd", str(passphrase())).data
    assert verified(replied)[0].issuer == did_of(keys / "li.json")


@pytest.mark.parametrize("said", [("--text", "Looking"), ("--digest", "0x" + "ab" * 32)])
def test_the_key_of_another_did_is_refused(
    console: Console, ticket: str, keys: Path, unchanged: Callable[[], bool], said: tuple[str, ...]
) -> None:
    other = keys / "other.json"
    for dry in ((), ("--dry-run",)):
        result = console.run("reply", ticket, *said, *with_key(other), *dry)
        assert refused(result, 4, f"{did_of(other)} is not the DID that the directory has for the agent 0x7")
    assert unchanged()


def test_a_test_accounts_own_key_is_refused_where_another_was_registered(
    console: Console, ticket: str, unchanged: Callable[[], bool]
) -> None:
    result = console.run("reply", ticket, "--text", "Looking", "--account", "TEST::6")
    assert refused(result, 4, "is not the DID that the directory has for the agent")
    assert unchanged()


def test_a_wrong_passphrase_is_refused(
    console: Console, ticket: str, keys: Path, unchanged: Callable[[], bool]
) -> None:
    key = with_key(keys / "li.json", "a wrong passphrase")
    result = console.run("reply", ticket, "--text", "Looking", "--account", "TEST::6", *key)
    assert refused(result, 4, "The passphrase does not open ")
    assert unchanged()


def test_a_key_file_that_is_not_there_is_refused(
    console: Console, ticket: str, tmp_path: Path, unchanged: Callable[[], bool]
) -> None:
    result = console.run("reply", ticket, "--text", "Looking", "--key", str(tmp_path / "none.json"))
    assert refused(result, 3, "There is no key file ")
    assert not (tmp_path / "none.json").exists()
    assert unchanged()


def test_a_passphrase_without_a_key_file_is_refused(
    console: Console, ticket: str, unchanged: Callable[[], bool]
) -> None:
    result = console.run("reply", ticket, "--text", "Looking", "--passphrase-fd", "0")
    assert refused(result, 2, "--passphrase-fd goes with a key file.")
    assert unchanged()


@pytest.fixture
def wallet() -> Iterator[str]:
    """An account of Ape's that is no test account, by its alias."""
    alias = f"replies-{os.getpid()}"
    import_account_from_private_key(alias, "Long-enough-1", "0x" + hashlib.sha256(b"wallet").hexdigest())
    yield alias
    (ManagerAccessMixin.config_manager.DATA_FOLDER / "accounts" / f"{alias}.json").unlink()


def test_an_account_without_a_key_for_its_did_is_told_how_to_give_one(
    console: Console, ticket: str, wallet: str, unchanged: Callable[[], bool]
) -> None:
    result = console.run("reply", ticket, "--text", "Looking", "--account", wallet)
    assert refused(result, 2, "Give --key FILE, or name the file in MAKEGOOD_AGENT_KEY.")
    assert unchanged()


def test_a_dry_run_writes_nothing_and_takes_no_passphrase(
    console: Console, ticket: str, keys: Path, unchanged: Callable[[], bool]
) -> None:
    descriptor = passphrase()
    arguments = ("--key", str(keys / "li.json"), "--passphrase-fd", str(descriptor), "--account", "TEST::6")
    result = console.run("reply", ticket, "--text", "Looking", *arguments, "--dry-run", "--json")
    assert (result.code, result.data["dry_run"]) == (0, True)
    assert unchanged()
    assert os.read(descriptor, 64).decode() == f"{WORDS}\n"
    os.close(descriptor)


def test_what_no_agent_says_is_not_signed(
    console: Console, ticket: str, unchanged: Callable[[], bool]
) -> None:
    result = console.run("reply", ticket, "--text", "Looking", "--account", "anyone")
    assert refused(result, 5, "desk: caller is no human agent")
    assert unchanged()


def test_a_statement_that_is_there_is_not_overwritten(
    console: Console, ticket: str, tmp_path: Path, unchanged: Callable[[], bool]
) -> None:
    (tmp_path / "answer.jwt").write_text("mine")
    result = console.run("reply", ticket, "--text", "Looking", "--save", str(tmp_path / "answer.json"))
    assert refused(result, 2, f"{tmp_path / 'answer.jwt'} is there already")
    assert [path.name for path in tmp_path.iterdir()] == ["answer.jwt"]
    assert (tmp_path / "answer.jwt").read_text() == "mine"
    assert unchanged()


def test_a_document_is_not_saved_under_the_statements_name(
    console: Console, ticket: str, tmp_path: Path, unchanged: Callable[[], bool]
) -> None:
    result = console.run("reply", ticket, "--text", "Looking", "--save", str(tmp_path / "answer.jwt"))
    assert refused(result, 2, "Give --save a name that does not end in .jwt.")
    assert list(tmp_path.iterdir()) == []
    assert unchanged()


def test_a_text_that_is_too_long_is_refused(
    console: Console, ticket: str, unchanged: Callable[[], bool]
) -> None:
    for command in ("reply", "follow_up"):
        result = console.run(command, ticket, "--text", "a" * 65_537)
        assert refused(result, 2, "$.text has 65,537 characters; it may have 65,536.")
    assert unchanged()


def test_a_document_names_the_whole_ticket_where_it_was_shortened(console: Console, ticket: str) -> None:
    for command, shortened in (("reply", f"{ticket[:6]}…{ticket[-4:]}"), ("follow_up", ticket[:8])):
        said = console.run(command, shortened, "--text", "This one", "--json").data
        assert json.loads(Path(said["document"]).read_text())["ticket"] == ticket
