# SPDX-License-Identifier: Apache-2.0
"""Books of a random history on a real node: as the pool says, whole, refused where something is missing."""

import csv
import json
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import postgres
import pytest
from sqlalchemy import delete, insert, select, update

from benchmarks.node import anvil, ask
from checks.random_desk import RandomDesk
from checks.served import served
from makegood.books.comparing import compare
from makegood.books.explaining import Explaining
from makegood.books.report import Books, books_of, change
from makegood.books.span import Span
from makegood.errors import VerificationFailed
from makegood.indexer import contracts, queries, schema
from makegood.indexer.follow import Follower
from makegood.indexer.leaf_files import LeafFiles
from makegood.indexer.node import Node
from makegood.indexer.running import backfill
from makegood.indexer.store import Store, default_url

ACTIONS = 300
_OF_NO_COIN = ("TicketMoved", "BreachCompensated", "WithdrawalAnnounced", "WithdrawalCancelled")


@dataclass
class House:
    desk: RandomDesk
    store: Store
    folder: Path

    @property
    def rpc(self) -> str:
        return str(self.desk.w3.provider.endpoint_uri)  # type: ignore[attr-defined]

    @property
    def address(self) -> str:
        return str(self.desk.desk.address).lower()

    def books(self, span: Span | None = None, connection: Any = None) -> Books:
        if connection is not None:
            return books_of(connection, queries.cursors(connection)[0], self.address, span or Span())
        with self.store.reading() as opened:
            return self.books(span, opened)

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        place = ("--database", default_url(self.folder), "--desk", self.address)
        command = [sys.executable, "-m", "makegood", "books", *place, *words]
        return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("books")
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    with anvil() as w3, served(folder / "leaves") as address:
        desk = RandomDesk(w3, random.Random(seed), folder / "leaves", address)
        store = Store(default_url(folder))
        node = Node(str(w3.provider.endpoint_uri))  # type: ignore[attr-defined]
        contracts.follow(store, node, [desk.factory.address], [])
        desk.act(ACTIONS)
        # Whatever came in past its functions is adopted: the balance is the books' from here on.
        desk.desk.pool.sync().send(desk.operator)
        backfill(Follower(store, node), LeafFiles(store, node.chain_id, private=True), lambda _: None)
        yield House(desk, store, folder)
        store.close()


def test_they_are_what_the_pool_says_and_holds(house: House) -> None:
    found = house.books()
    compare(found, house.desk.w3, house.desk.desk.chain_id)
    pool = house.desk.desk.pool
    assert found.after.funds == pool.books().funds == pool.balance_of(pool.address)
    collected = sum(event["amount"] for event in pool.events(("Collected",)))
    assert sum(found.flows.collected.values()) == collected
    assert sum(line.part.amount for line in found.flows.payments) == collected


def test_without_any_event_of_money_they_are_refused(house: House) -> None:
    names = {*Explaining(lambda _: None).names} - {*_OF_NO_COIN}  # type: ignore[arg-type,return-value]
    events = schema.events.c
    some = ((events.contract == "pool") | events.name.in_(names)) & events.name.not_in(_OF_NO_COIN)
    with house.store.writing() as connection:
        query = select(schema.events).where(events.desk == house.address, ~events.orphaned, some)
        rows = queries.rows(connection, query)
        for row in random.sample(rows, min(40, len(rows))):
            connection.execute(delete(schema.events).where(events.id == row["id"]))
            with pytest.raises(VerificationFailed):
                house.books(connection=connection)
            connection.execute(insert(schema.events).values(**row))
        house.books(connection=connection)


def test_without_a_ticket_they_are_refused(house: House) -> None:
    tickets = schema.tickets.c
    with house.store.writing() as connection:
        query = select(schema.tickets).where(tickets.desk == house.address)
        rows = queries.rows(connection, query)
        for row in random.sample(rows, min(20, len(rows))):
            connection.execute(delete(schema.tickets).where(tickets.ticket_id == row["ticket_id"]))
            with pytest.raises(VerificationFailed):
                house.books(connection=connection)
            connection.execute(insert(schema.tickets).values(**row))
        house.books(connection=connection)


def test_what_days_come_to_is_the_whole(house: House) -> None:
    whole = house.books()
    days = sorted({datetime.fromtimestamp(row.event.time, UTC).date() for row in whole.flows.payments})
    middle = days[len(days) // 2]
    before = house.books(Span(None, middle))
    after = house.books(Span(middle + timedelta(days=1), None))
    assert before.after == after.before
    assert after.after == whole.after
    assert change(before.flows) + change(after.flows) == change(whole.flows)
    assert before.flows.moved + after.flows.moved == whole.flows.moved
    assert before.flows.lines + after.flows.lines == whole.flows.lines
    for name in ("opened", "closed", "over"):
        assert before.tickets.total(name) + after.tickets.total(name) == whole.tickets.total(name)
    assert before.tickets.total("remaining") == after.tickets.total("carried")
    compare(before, house.desk.w3, house.desk.desk.chain_id)


def test_postgres_says_the_same(house: House) -> None:
    with postgres.server() as server:
        store = Store(server.fresh())
        node = Node(house.rpc)
        contracts.follow(store, node, [house.desk.factory.address], [])
        backfill(Follower(store, node), LeafFiles(store, node.chain_id, private=True), lambda _: None)
        with store.reading() as connection:
            theirs = house.books(connection=connection)
        store.close()
    ours = house.books()
    for name in ("before", "after", "tickets", "breaches", "token", "closing"):
        assert getattr(theirs, name) == getattr(ours, name)
    assert theirs.flows.moved == ours.flows.moved
    assert [line.part for line in theirs.flows.payments] == [line.part for line in ours.flows.payments]


def test_the_command_writes_what_it_says(house: House, tmp_path: Path) -> None:
    files = (tmp_path / "books.csv", tmp_path / "books.html")
    done = house.command("--rpc", house.rpc, "--csv", str(files[0]), "--page", str(files[1]), "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["compared_with_chain"], told["beyond_books"]) == (True, "0")
    with files[0].open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == told["movements"]
    assert rows[-1]["balance_units"] == told["closing"]["funds"]
    # Money in and out, from the lines alone.
    funds = 0
    for row in rows:
        inside = [row[side].startswith("0x") or row[side] == "outside" for side in ("from", "to")]
        funds += int(row["amount_units"]) * (inside[0] - inside[1])
        assert funds == int(row["balance_units"])
    page = files[1].read_text("utf-8")
    assert len(re.findall(r'<th scope="row" class="hex">', page)) == told["payments"]


@contextmanager
def holding(house: House, beyond: int) -> Iterator[None]:
    """The pool holds so many units more than its books say."""
    pool, w3 = house.desk.desk.pool, house.desk.w3
    snapshot = ask(w3, "evm_snapshot")
    ask(w3, "anvil_setBalance", pool.address, hex(pool.balance_of(pool.address) + beyond))
    yield
    ask(w3, "evm_revert", snapshot)


def test_where_the_pool_holds_less_it_is_told_and_nothing_is_written(house: House, tmp_path: Path) -> None:
    with holding(house, -5):
        done = house.command("--rpc", house.rpc, "--csv", str(tmp_path / "books.csv"))
    assert done.returncode == 6
    assert "holds 5 less" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not list(tmp_path.iterdir())
    assert house.command("--rpc", house.rpc).returncode == 0


def test_nobody_keeps_an_operator_from_its_books_by_sending_the_pool_something(
    house: House, tmp_path: Path
) -> None:
    files = (tmp_path / "books.csv", tmp_path / "books.html")
    with holding(house, 5):
        done = house.command("--rpc", house.rpc, "--csv", str(files[0]), "--page", str(files[1]), "--json")
        told = house.command("--rpc", house.rpc)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["beyond_books"] == "5"
    assert "0.000000000000000005 ETH more" in told.stdout
    assert "0.000000000000000005 ETH more" in files[1].read_text("utf-8")
    assert files[0].stat().st_size


def test_a_row_of_the_books_that_was_changed_is_told(house: House) -> None:
    books = schema.books
    with house.store.writing() as connection:
        row = random.choice(queries.rows(connection, select(books).where(books.c.desk == house.address)))
        fits = (books.c.desk == row["desk"], books.c.block_number == row["block_number"])
        connection.execute(update(books).where(*fits).values(funds=row["funds"] + 1))
        with pytest.raises(VerificationFailed, match="of funds"):
            house.books(connection=connection)
        connection.execute(update(books).where(*fits).values(funds=row["funds"]))


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--desk", "0x12"), 2, "--desk is no address"),
        (("--desk", "0x" + "11" * 20), 3, "has no desk"),
        (("--chain", "5"), 3, "no index of such a chain"),
        (("--from", "soon"), 2, "--from is no day"),
        (("--from", "2999-01-01"), 3, "nothing of these days"),
        (("--until", "1999-01-01"), 3, "no event by then"),
        (("--csv", "/nowhere/books.csv"), 1, "cannot be written: No such file"),
        (("--rpc", "http://127.0.0.1:9"), 1, "node"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(
    house: House, words: tuple[str, ...], code: int, says: str
) -> None:
    done = house.command(*words)
    assert done.returncode == code, done.stderr
    assert says in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert not done.stdout
