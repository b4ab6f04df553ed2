# SPDX-License-Identifier: Apache-2.0
"""Books of a small index: where a span begins, and what the command is told."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import small_index
from click.testing import CliRunner, Result
from small_index import AGENT, CHAIN, DESK, POLICY, REQUESTER, SmallIndex, digest
from sqlalchemy import delete

from makegood.books.ledger import Position
from makegood.books.movements import Held
from makegood.books.report import books_of
from makegood.books.span import Span
from makegood.books.tickets import account_of
from makegood.cli import main
from makegood.clock import Priority, Status, TicketState
from makegood.errors import VerificationFailed
from makegood.indexer import queries, schema
from makegood.indexer.node import Header
from makegood.indexer.store import Store, cursor_of
from makegood.indexer.writing import Writer

DAY = 86_400
WORST = sum(POLICY.compensation[0])
WORD = TicketState(REQUESTER, 1, 2, 1, Priority.URGENT, Status.OPEN, backed=True).pack()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[SmallIndex]:
    store = Store(f"sqlite:///{tmp_path / 'index.sqlite'}")
    made = SmallIndex(store)
    made.begin()
    yield made
    store.close()


def together(house: SmallIndex, *happened: tuple[str, str, dict[str, Any]]) -> None:
    """Let contracts log several events in one transaction."""
    house.number += 1
    logs = [
        replace(small_index._log(contract, event, given, house.number, house.at), log_index=place)
        for place, (contract, event, given) in enumerate(happened)
    ]
    header = Header(house.number, logs[0].block_hash, digest(f"block {house.number - 1}"), house.at)
    with house.store.writing() as connection:
        writer = Writer(connection, CHAIN, revocable=False, assets={})
        writer.blocks([header], logs)
        more = {"first_block": 0, "node_number": house.number}
        writer.finish(cursor_of(connection, CHAIN), header, safe=0, final=header, **more)


def anchored(house: SmallIndex) -> None:
    more = {"root": digest("root"), "counts": [1, 0, 0, 0, 0], "uri": "", "worst_case": WORST}
    more |= {"batch": 1, "agent": AGENT, "policy_id": 1, "backed": True, "expires_at": house.at + 90 * DAY}
    together(house, ("pool", "Reserved", {"amount": WORST}), ("lane", "BatchAnchored", more))


def proven(house: SmallIndex) -> None:
    ticket = {"ticket_id": digest("ticket")}
    given = {"requester": REQUESTER, "batch": 1, "commitment": digest("it said"), "at": house.at - DAY}
    given |= {**ticket, "prover": REQUESTER, "bond": 0}
    together(house, ("desk", "TicketMoved", {**ticket, "word": WORD}), ("lane", "TicketProven", given))


def test_a_proof_without_a_bond_is_in_what_a_span_begins_with(house: SmallIndex) -> None:
    anchored(house)
    house.at += DAY
    proven(house)
    middle = datetime.fromtimestamp(house.at, UTC).date()
    house.at += DAY
    house.emit("pool", "Funded", funder=AGENT, amount=1)
    with house.store.reading() as connection:
        (cursor,) = queries.cursors(connection)
        before = books_of(connection, cursor, DESK, Span(None, middle))
        after = books_of(connection, cursor, DESK, Span(middle + timedelta(days=1), None))
    assert after.before == before.after
    assert before.before == Position()
    held = dict(zip(Held, after.before.held, strict=True))
    assert (held[Held.TICKETS], held[Held.BATCHES]) == (WORST, 0)


@pytest.mark.parametrize("number", [0, 1])
def test_a_ticket_without_its_promises_is_told_in_the_middle_too(house: SmallIndex, number: int) -> None:
    house.open()
    promises = schema.promises
    with house.store.writing() as connection:
        found = account_of(connection, CHAIN, DESK, 0, house.at, is_head=False)
        assert found.total("opened") == 1
        connection.execute(delete(promises).where(promises.c.number == number))
        with pytest.raises(VerificationFailed, match="the tickets are not as many"):
            account_of(connection, CHAIN, DESK, 0, house.at, is_head=False)


# ---------------------------------------------------------------- the command


@pytest.fixture
def file(house: SmallIndex, tmp_path: Path) -> Path:
    house.at += 10
    house.emit("pool", "Withdrawn", to=AGENT, amount=1)
    path = tmp_path / "makegood.toml"
    path.write_text(f'[chain]\nrpc = "http://127.0.0.1:9"\nchain_id = {CHAIN}\ndesk = "{DESK}"\n', "utf-8")
    return path


def run(*words: str, **env: str) -> Result:
    return CliRunner(mix_stderr=False).invoke(main, ["books", *words], env={"MAKEGOOD_RPC_URL": "", **env})


def refused(code: int, says: str, *words: str) -> None:
    done = run(*words)
    assert (done.exit_code, done.stdout) == (code, ""), done.stderr
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_option_goes_before_the_settings(file: Path) -> None:
    settings = ("--settings", str(file))
    refused(3, f"has no desk {AGENT}", *settings, "--desk", AGENT)
    refused(2, "--desk is no address", *settings, "--desk", "0x12")
    refused(3, "no index of such a chain", *settings, "--chain", "5")
    refused(2, "none of a web server", *settings, "--rpc", "ftp://node.example")


def test_the_settings_go_before_the_environment(file: Path, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.sqlite'}"
    done = run("--settings", str(file), MAKEGOOD_DATABASE=other, MAKEGOOD_RPC_URL="ftp://node.example")
    assert "no usable answer" in done.stderr
    refused(1, "other.sqlite", "--settings", str(file), "--database", other)


@pytest.mark.usefixtures("file")
def test_without_a_node_they_are_of_the_index_alone(house: SmallIndex, tmp_path: Path) -> None:
    index = ("--database", str(house.store.url), "--desk", DESK)
    told = json.loads(run(*index, "--json").stdout)
    assert (told["movements"], told["compared_with_chain"]) == (2, False)
    day = str(datetime.fromtimestamp(house.at, UTC).date())
    files = (tmp_path / "a.csv", tmp_path / "a.html")
    done = run(*index, "--from", day, "--csv", str(files[0]), "--page", str(files[1]))
    assert done.exit_code == 0, done.stderr
    assert len(files[0].read_text("utf-8").splitlines()) == 3
    assert sorted(each.name for each in tmp_path.glob("*a.*")) == ["a.csv", "a.html"]


def test_what_is_no_file_is_refused_before_anything_is_read(house: SmallIndex, tmp_path: Path) -> None:
    index = ("--database", str(house.store.url), "--desk", DESK)
    for option in ("--csv", "--page"):
        for path in (str(tmp_path), "", os.devnull):
            refused(2, f"{option} names", *index, option, path)
    both = str(tmp_path / "books")
    refused(2, "the same file", *index, "--csv", both, "--page", both)
    refused(1, "cannot be written: No such file", *index, "--csv", str(tmp_path / "none" / "books.csv"))
    refused(1, "cannot be written: No such file", *index, "--page", str(tmp_path / "none" / "books.html"))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_said_in_one_sentence_and_leaves_nothing(house: SmallIndex, tmp_path: Path) -> None:
    index = ("--database", str(house.store.url), "--desk", DESK)
    for option in ("--csv", "--page"):
        name = "books.out"
        (tmp_path / f".{name}.part").symlink_to("/dev/full")
        refused(1, "cannot be written: No space left", *index, option, str(tmp_path / name))
        assert not list(tmp_path.glob("*books*"))
