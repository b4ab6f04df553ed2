# SPDX-License-Identifier: Apache-2.0
"""What makes pages quick says the same as what is slow: statements, weeks, and what is kept for a moment."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import postgres
import pytest
import uvicorn
from asking import ask
from explorer_house import SETTINGS, House, build
from jinja2 import nodes
from small_index import CHAIN, DESK, SmallIndex
from sqlalchemy import select

from makegood.errors import MakegoodError
from makegood.explorer import attaining, create_app, fetching, templating
from makegood.explorer.kept import MOST, Kept
from makegood.explorer.reading import Reader
from makegood.explorer.settings import LANGUAGES
from makegood.indexer import queries, schema
from makegood.indexer.schema import metadata
from makegood.indexer.store import Store, default_url
from makegood.serving.web import config

DAY = 86_400


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build(tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    if postgres.binaries() is None:
        pytest.fail(postgres.INSTALL)
    with postgres.server() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    on_postgres = request.param == "postgres"
    found = Store(request.getfixturevalue("server").fresh() if on_postgres else default_url(tmp_path))
    yield found
    found.close()


# ---------------------------------------------------------------- rows


@pytest.mark.parametrize("name", sorted(metadata.tables))
def test_rows_are_those_of_sqlalchemy(house: House, name: str) -> None:
    table = metadata.tables[name]
    keys = [column.name for column in table.primary_key.columns]
    with house.index.store.reading() as connection:
        slow = queries.rows(connection, select(table).order_by(*(table.c[key] for key in keys)))
        quick = fetching.listed(connection, table, *keys)
    assert quick == slow
    assert [[type(value) for value in row.values()] for row in quick] == [
        [type(value) for value in row.values()] for row in slow
    ]


def test_rows_by_values_and_order(house: House) -> None:
    with house.index.store.reading() as connection:
        events = fetching.listed(
            connection, schema.events, "-block_number", most=3, contract="desk", desk=DESK
        )
        numbers = [row["block_number"] for row in events]
        assert numbers == sorted(numbers, reverse=True)
        assert len(numbers) == 3
        assert {row["contract"] for row in events} == {"desk"}
        ticket = fetching.one(connection, schema.tickets, ticket_id=house.late)
        assert ticket is not None
        assert ticket["ticket_id"] == house.late
        assert fetching.one(connection, schema.tickets, ticket_id="0x' OR 1=1 --") is None


def test_a_database_that_is_broken_is_refused_as_every_other(tmp_path: Path) -> None:
    store = Store(default_url(tmp_path))
    with store.writing() as connection:
        connection.exec_driver_sql("DROP TABLE keepers")
    with pytest.raises(MakegoodError, match="refuses"), store.reading() as connection:
        fetching.listed(connection, schema.keepers)


def test_weeks_are_the_sums_of_their_days(empty: Store) -> None:
    index = SmallIndex(empty)
    index.begin()
    for number in range(8):
        ticket = index.open(f"ticket {number}")
        if number != 5:
            index.reply(ticket, later=60 if number % 2 else 1_000)
            index.reply(ticket, "solved")
        index.at += 3 * DAY
    now = index.at
    today = now // DAY
    for first in (today - 83, today - 20, today - 6):
        with index.store.reading() as connection:
            reader = Reader(connection, now)
            weeks = attaining.by_week(reader, reader.desk(CHAIN, DESK), first, now)
            days = queries.rows(connection, select(schema.attainment))
            running = queries.rows(connection, select(schema.promises))
        sums: Counter[tuple[int, ...]] = Counter()
        for row in days:
            if first <= row["day"] <= today:
                key = (row["day"] - (row["day"] - first) % 7, row["priority"], row["kind"])
                sums[*key, 0] += row["kept"]
                sums[*key, 1] += row["breached"]
        for row in running:
            if row["state"] == "running" and first * DAY <= row["due"] < now:
                day = row["due"] // DAY
                sums[day - (day - first) % 7, row["priority"], row["kind"], 1] += 1
        found = {(one.day, one.priority, one.kind): (one.kept, one.breached) for one in weeks}
        assert found == {key[:3]: (sums[*key[:3], 0], sums[*key[:3], 1]) for key in sums}
        assert any(breached for _, breached in found.values())


def test_pages_of_either_database(empty: Store) -> None:
    index = SmallIndex(empty)
    index.begin()
    ticket = index.open()
    app = create_app(empty, SETTINGS, lambda: index.at)
    for path, has in (
        (f"/en/ticket/{CHAIN}/{ticket}", "The desk owes you a first reply"),
        (f"/zh/desk/{CHAIN}/{DESK}", ticket),
        (f"/en/search?q={ticket[:20]}", "This looks like a part"),
    ):
        answer = ask(app, path)
        assert (answer.status, has in answer.text) == (200, True), path


def test_a_ticket_is_found_by_its_id_and_by_the_address_of_its_page(house: House) -> None:
    path = f"/ticket/{CHAIN}/{house.late}"
    for asked in (house.late, house.late[2:].upper(), f"https://explorer.example/zh{path}?as=ticket"):
        answer = house.ask(f"/en/search?q={quote(asked)}")
        assert (answer.status, answer.headers["location"]) == (303, f"/en{path}?as=ticket")


# ---------------------------------------------------------------- what is kept


def test_what_is_asked_once_of_one_state(tmp_path: Path) -> None:
    index = SmallIndex(Store(default_url(tmp_path)))
    index.begin(name="Before")
    with index.store.reading() as connection:
        first = Reader(connection, index.at)
        desk = first.desk(CHAIN, DESK)
        again = Reader(connection, index.at + 5, first.memory)
        assert again.desk(CHAIN, DESK) is desk
    index.emit("pool", "Synced", funds=1)
    with index.store.reading() as connection:
        later = Reader(connection, index.at, first.memory)
        assert later.memory is not first.memory
        assert later.desk(CHAIN, DESK).row["funds"] == 1


def test_answers_of_one_moment() -> None:
    kept, answer = Kept(), (200, b"x", "")
    assert kept.get((1, 1), "/a") is None
    kept.put((1, 1), "/a", answer)
    assert kept.get((1, 1), "/a") == answer
    assert kept.get((1, 1), "/b") is None
    assert kept.get((2, 1), "/a") is None
    kept.put((2, 1), "/b", answer)
    assert kept.get((1, 1), "/a") is None
    assert kept.get((2, 1), "/a") is None
    assert kept.get((2, 1), "/b") == answer


def test_answers_are_kept_up_to_a_size() -> None:
    kept, long = Kept(), (200, b"x" * (MOST // 2), "")
    for path in ("/a", "/b", "/c"):
        kept.put(1, path, long)
    assert [kept.get(1, path) is not None for path in ("/a", "/b", "/c")] == [True, True, False]
    kept.put(2, "/c", long)
    assert kept.get(2, "/c") == long


def test_a_page_is_of_its_second_and_of_its_state(tmp_path: Path) -> None:
    house = build(tmp_path)
    path = f"/en/ticket/{CHAIN}/{house.fresh}"
    first = house.ask(path).text
    assert house.ask(path).text == first
    assert house.ask(f"/zh/ticket/{CHAIN}/{house.fresh}").text != first
    house.now += 60
    later = house.ask(path).text
    assert later != first
    house.index.reply(house.fresh)
    house.now = house.index.at
    answered = house.ask(path).text
    house.now = house.index.at
    house.index.reply(house.fresh, "solved", later=0)
    assert house.ask(path).text != answered


# ---------------------------------------------------------------- templates


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_template_has_a_thing_of_the_name_of_what_speaks(code: str) -> None:
    """`h(x)` is compiled as a filter: a variable `h` would not be seen."""
    environment = templating.environment(code)
    for name in environment.list_templates():
        source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]
        tree = environment.parse(source)
        stored = {one.name for one in tree.find_all(nodes.Name) if one.ctx != "load"}
        stored |= {one.name for one in tree.find_all(nodes.Macro)}
        assert not stored & {"_", "h", "text", "path", "asset"}, name
        for call in tree.find_all(nodes.Call):
            assert getattr(call.node, "name", "") not in ("_", "h", "text", "path", "asset"), name


# ---------------------------------------------------------------- the server


@contextmanager
def served(house: House) -> Iterator[int]:
    """The explorer as it is served, at a free port."""
    listening = socket.create_server(("127.0.0.1", 0))
    app = create_app(house.index.store, SETTINGS, lambda: house.now)
    server = uvicorn.Server(config(app, ends_within=3))

    def run() -> None:
        asyncio.run(server.serve([listening]))

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)


def told(port: int, *parts: bytes) -> bytes:
    """What comes back until the server closes, which it must do within some seconds."""
    found = b""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        try:
            for part in parts:
                connection.sendall(part)
                time.sleep(0.01)
            while data := connection.recv(65_536):
                found += data
        except ConnectionError:
            pass  # closed while it was told: what was answered may be lost then
    return found


def test_a_head_without_end_is_refused(house: House) -> None:
    start = b"GET /healthz HTTP/1.1\r\nHost: x\r\n"
    with served(house) as port:
        whole: Any = told(port, start + b"Connection: close\r\n\r\n")
        assert whole.startswith(b"HTTP/1.1 200")
        headers = [b"X-%d: %s\r\n" % (number, b"y" * 1_000) for number in range(40)]
        assert told(port, start, *headers)[:12] in (b"HTTP/1.1 400", b"")
        one = [b"X: ", *[b"y" * 4_000] * 10]
        assert told(port, start, *one)[:12] in (b"HTTP/1.1 400", b"")
        # Many requests over one connection have a head each.
        several = [start + b"X: " + b"y" * 3_000 + b"\r\n\r\n"] * 12
        answers = told(port, *several, start + b"Connection: close\r\n\r\n")
        assert answers.count(b"HTTP/1.1 200") == 13
