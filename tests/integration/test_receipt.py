# SPDX-License-Identifier: Apache-2.0
"""`ape run receipt` and `makegood receipt` on a real node, and what they write through `makegood verify`."""

import json
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from eth_account import Account
from json_rpc import JsonRpcNode, served
from web3 import HTTPProvider, Web3
from web3.types import RPCEndpoint

from benchmarks.node import anvil
from makegood.batches import Act, Batch, Entry, ticket_id, write_leaves
from makegood.cli import RPC_VARIABLE, main
from makegood.clock import Priority
from makegood.desk import Desk, KeySigner
from makegood.receipts import Receipt, read

PROJECT = Path(__file__).resolve().parents[2]
MNEMONIC = "test test test test test test test test test test test junk"
SECRET = "d0n0tprint"  # noqa: S105
UNKNOWN = "0x" + "11" * 32
BLOCKS, LIMIT = 300, 25


@dataclass(frozen=True)
class Done:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Place:
    """A node with a desk and its answered ticket, opened by the commands that keep documents in `folder`."""

    w3: Web3
    url: str
    folder: Path
    desk: str
    ticket: str
    transaction: str

    @property
    def usual(self) -> Path:
        return self.folder / "receipts" / f"{self.ticket}.json"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    folder = tmp_path_factory.mktemp("data")
    with anvil() as w3, pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAKEGOOD_DATA_FOLDER", str(folder))
        url = str(w3.provider.endpoint_uri)  # type: ignore[attr-defined]
        desk = str(worked(url, "deploy", "--json").data["desk"])
        for arguments in (
            ("fund", "0.5"),
            ("publish_policy", str(PROJECT / "examples" / "policy.yaml")),
            ("register_agent", "agent"),
            ("register_agent", "bot", "--kind", "bot"),
            ("grant_coverage", "requester"),
        ):
            worked(url, *arguments)
        opened = worked(url, "open", "--priority", "urgent", "--text", "Help", "--json").data
        ticket = str(opened["ticket_id"])
        worked(url, "reply", ticket, "--bot", "--text", "We got your message")
        worked(url, "reply", ticket, "--as", "pending", "--text", "Which transfer?")
        yield Place(w3, url, folder, desk, ticket, str(opened["transactions"][-1]["hash"]))


@pytest.fixture
def place(built: Place) -> Iterator[Place]:
    """The node and the data folder as they were."""
    snapshot = built.w3.provider.make_request(RPCEndpoint("evm_snapshot"), [])["result"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MAKEGOOD_DATA_FOLDER", str(built.folder))
        yield built
    built.w3.provider.make_request(RPCEndpoint("evm_revert"), [snapshot])
    for path in built.folder.glob("receipts/*"):
        path.unlink()


def ape(url: str, name: str, *arguments: str) -> Done:
    cli = runpy.run_path(str(PROJECT / "scripts" / f"{name}.py"))["cli"]
    done = CliRunner(mix_stderr=False).invoke(cli, [*arguments, "--network", url])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def worked(url: str, name: str, *arguments: str) -> Done:
    done = ape(url, name, *arguments)
    assert done.code == 0, (name, done.err)
    return done


def makegood(*arguments: str, **variables: str) -> Done:
    """As a user runs it who has no Ape."""
    program = "import sys; sys.modules['ape'] = None; from makegood.cli import main; main()"
    command = [sys.executable, "-c", program, *arguments]
    environment = {**os.environ, "PYTHONPATH": str(PROJECT), **variables}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, timeout=120, env=environment, cwd=PROJECT
    )
    assert "Traceback" not in done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def here(*arguments: str) -> Done:
    """The same in this process, where it is not the point that Ape is missing."""
    done = CliRunner(mix_stderr=False).invoke(main, arguments)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def verified(path: Path, url: str) -> Receipt:
    """The receipt in a file, which every step of `makegood verify` passes."""
    done = here("verify", str(path), "--rpc", url)
    assert done.code == 0, done.err
    assert "7 passed, 1 skipped" in done.out
    return read(path)


def test_ape_makes_a_receipt_of_what_was_kept(place: Place) -> None:
    done = worked(place.url, "receipt", place.ticket)
    assert "It holds the document; 2 signed statements, on 2 of its 2 replies." in done.out
    receipt = verified(place.usual, place.url)
    assert (receipt.document or {})["text"] == "Help"


def test_makegood_makes_the_same_without_ape(place: Place, tmp_path: Path) -> None:
    worked(place.url, "receipt", place.ticket)
    out = tmp_path / "receipt.json"
    node = {RPC_VARIABLE: place.url}
    done = makegood("receipt", place.ticket, "--desk", place.desk, "--out", str(out), **node)
    assert done.code == 0, done.err
    assert out.read_bytes() == place.usual.read_bytes()


def test_makegood_makes_it_where_nothing_is_kept(place: Place, tmp_path: Path) -> None:
    worked(place.url, "receipt", place.ticket)
    kept = sorted((place.folder / "documents").glob("*.jwt"))
    document = place.folder / "documents" / f"{read(place.usual).commitment.hex()}.json"
    given = [word for path in kept for word in ("--statement", str(path))]
    elsewhere = {"MAKEGOOD_DATA_FOLDER": str(tmp_path), RPC_VARIABLE: place.url}
    arguments = ("receipt", "--transaction", place.transaction, "--desk", place.desk)
    done = makegood(*arguments, "--document", str(document), *given, "--json", **elsewhere)
    assert done.code == 0, done.err
    path = Path(done.data["path"])
    assert path.parent == tmp_path / "receipts"
    assert path.read_bytes() == place.usual.read_bytes()
    assert done.data["receipt"] == json.loads(path.read_text())


def test_by_the_transaction_alone_and_by_a_shortened_id_it_is_the_same(place: Place, tmp_path: Path) -> None:
    names = ("one", "two", "three")
    outs = [tmp_path / f"{name}.json" for name in names]
    worked(place.url, "receipt", "--transaction", place.transaction, "--out", str(outs[0]))
    worked(place.url, "receipt", f"{place.ticket[:6]}…{place.ticket[-4:]}", "--out", str(outs[1]))
    worked(place.url, "receipt", place.ticket, "--from-block", "1", "--out", str(outs[2]))
    assert len({out.read_bytes() for out in outs}) == 1


def test_a_later_reply_comes_into_the_receipt(place: Place) -> None:
    worked(place.url, "receipt", place.ticket)
    worked(place.url, "follow_up", place.ticket, "--text", "The first one")
    worked(place.url, "reply", place.ticket, "--as", "solved", "--text", "It arrived")
    worked(place.url, "receipt", place.ticket)
    assert len(verified(place.usual, place.url).statements) == 3


def test_without_its_document_all_else_still_verifies(place: Place, tmp_path: Path) -> None:
    out = tmp_path / "for-others.json"
    worked(place.url, "receipt", place.ticket, "--without-document", "--out", str(out))
    assert "Help" not in out.read_text()
    done = here("verify", str(out), "--rpc", place.url)
    assert done.code == 0, done.err
    assert "6 passed, 2 skipped" in done.out


def test_a_node_that_limits_ranges_is_enough(place: Place, tmp_path: Path) -> None:
    place.w3.provider.make_request(RPCEndpoint("anvil_mine"), [hex(BLOCKS)])
    worked(place.url, "receipt", place.ticket)
    node = JsonRpcNode(Web3(HTTPProvider(place.url)))
    node.limit_ranges(LIMIT)
    out = tmp_path / "receipt.json"
    with served(node) as url:
        done = makegood("receipt", place.ticket, "--desk", place.desk, "--rpc", url, "--out", str(out))
        assert done.code == 0, done.err
        verified(out, url)
    assert node.ranges[0] == (0, place.w3.eth.block_number)
    assert out.read_bytes() == place.usual.read_bytes()


def test_a_ticket_that_is_not_there_is_not_found(place: Place) -> None:
    assert ape(place.url, "receipt", UNKNOWN).code == 3
    done = makegood("receipt", UNKNOWN, "--desk", place.desk, "--rpc", place.url)
    assert (done.code, done.out) == (3, "")
    assert "has no ticket 0x1111" in done.err
    assert here("receipt", "--transaction", UNKNOWN, "--desk", place.desk, "--rpc", place.url).code == 3
    assert here("receipt", place.ticket, "--desk", "0x" + "22" * 20, "--rpc", place.url).code == 3
    assert not place.usual.parent.exists() or list(place.usual.parent.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "saying"),
    [
        ((), "It is not clear which ticket is meant."),
        (("0x1234567",), "is not 32 bytes in hex"),
        (("--transaction", "0x12"), "is not 32 bytes in hex"),
        ((UNKNOWN, "--document", "a", "--without-document"), "exclude each other"),
        ((UNKNOWN, "--out", "pyproject.toml"), "is there already"),
        ((UNKNOWN, "--from-block", "-1"), "from-block"),
    ],
)
def test_a_bad_argument_is_refused_before_anybody_is_asked(arguments: tuple[str, ...], saying: str) -> None:
    nowhere = ("--desk", "0x" + "22" * 20, "--rpc", "http://127.0.0.1:1")
    done = makegood("receipt", *arguments, *nowhere)
    assert done.code == 2, done.err
    assert saying in done.err
    told = here("receipt", *arguments, *nowhere, "--json").data
    assert told["error"]["exit_code"] == 2


def test_ape_makes_the_receipt_of_a_ticket_in_a_batch_from_its_leaves(place: Place, tmp_path: Path) -> None:
    worked(place.url, "set_allowance", "agent", "1")
    Account.enable_unaudited_hdwallet_features()
    agent, requester = (
        KeySigner(Account.from_mnemonic(MNEMONIC, account_path=f"m/44'/60'/0'/0/{index}")) for index in (1, 2)
    )
    desk = Desk(place.w3, place.desk)
    at = int(place.w3.eth.get_block("latest")["timestamp"])
    commitment = bytes([7] * 32)
    ticket = ticket_id(desk.chain_id, place.desk, requester.address, commitment)
    batch = Batch.of([(Entry(ticket, 0, Act.OPENED, at, requester.address, commitment), Priority.HIGH)])
    desk.lane.anchor_batch(1, batch.root, batch.counts).send(agent)
    name = "0x" + ticket.hex()
    leaves = str(write_leaves(batch, tmp_path))
    done = worked(place.url, "receipt", name, "--leaves", leaves)
    assert "It holds no document; no reply is known here." in done.out
    path = place.folder / "receipts" / f"{name}.json"
    checked = here("verify", str(path), "--rpc", place.url)
    assert checked.code == 0, checked.err
    assert (read(path).lane, read(path).priority) == (2, Priority.HIGH)
    assert ape(place.url, "receipt", name).code == 3
    assert ape(place.url, "receipt", name[:8], "--leaves", leaves).code == 2
    worked(place.url, "prove", str(path))
    status = worked(place.url, "status", name)
    assert "Challenged: until" in status.out
    assert worked(place.url, "status", name, "--json").data["challenged"] is True
    claimed = ape(place.url, "claim", name)
    assert claimed.code != 0
    assert "The challenge of ticket" in claimed.err


def test_ape_refuses_bad_arguments_alike(place: Place) -> None:
    for arguments in ((), ("--transaction", "0x12"), (place.ticket, "--document", "a", "--without-document")):
        done = ape(place.url, "receipt", *arguments)
        assert done.code == 2
        assert done.err.count("Error:") == 1


def test_a_node_that_is_down_ends_with_1_and_its_secrets_are_not_printed() -> None:
    url = f"http://somebody:{SECRET}@127.0.0.1:1/v3/{SECRET}?key={SECRET}"
    done = makegood("receipt", UNKNOWN, "--desk", "0x" + "22" * 20, "--rpc", url)
    assert done.code == 1
    assert SECRET not in done.out + done.err
