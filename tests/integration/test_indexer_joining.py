# SPDX-License-Identifier: Apache-2.0
"""A desk that an index was begun without is read from its first block: as if it had always been there."""

import random
from collections.abc import Iterator
from pathlib import Path

import postgres
import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select
from web3 import Web3

from benchmarks.node import anvil
from checks.index_rows import differences
from checks.random_desk import RandomDesk
from makegood.cli import main
from makegood.indexer import queries, schema
from makegood.indexer.store import Store, default_url


@pytest.fixture(scope="module")
def server() -> Iterator[postgres.Server]:
    if postgres.binaries() is None:
        pytest.fail(postgres.INSTALL)
    with postgres.server() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, server: postgres.Server, tmp_path: Path) -> str:
    return default_url(tmp_path / "index") if request.param == "sqlite" else server.fresh()


def index(w3: Web3, database: str, *arguments: str) -> Result:
    url = str(w3.provider.endpoint_uri)  # type: ignore[attr-defined]
    given = ["index", "backfill", "--rpc", url, "--database", database, "--no-leaves", *arguments]
    return CliRunner(mix_stderr=False).invoke(main, given)


def dump(database: str) -> list[str]:
    return (
        CliRunner(mix_stderr=False)
        .invoke(main, ["index", "dump", "--database", database])
        .stdout.splitlines()
    )


def test_a_desk_that_joins_equals_one_that_was_there(database: str, tmp_path: Path) -> None:
    with anvil() as w3:
        one, other = (
            RandomDesk(w3, random.Random(seed), tmp_path / "leaves", "http://127.0.0.1:9") for seed in (3, 4)
        )

        def both(times: int) -> None:
            for _ in range(times):
                one.act(2)
                other.act(2)

        both(20)
        # So that one part of both histories is final, and some of it is not.
        one.ask("anvil_mine", hex(60))
        both(10)
        followed = ("--factory", one.factory.address)
        assert index(w3, database, *followed, "--from-block", "2").exit_code == 0
        both(3)
        found = index(w3, database, "--desk", other.desk.address)
        assert found.exit_code == 0, found.output
        assert "did so far" in found.stderr
        followed = (*followed, "--desk", other.desk.address)

        def equals_a_fresh_one(name: str) -> None:
            fresh = default_url(tmp_path / name)
            assert index(w3, fresh, *followed).exit_code == 0
            assert dump(database) == dump(fresh)
            store = Store(database)
            with store.reading() as connection:
                for desk in (one.desk, other.desk):
                    assert differences(connection, desk) == []
            store.close()

        equals_a_fresh_one("fresh")
        both(3)
        assert index(w3, database).exit_code == 0
        equals_a_fresh_one("later")
        one.ask("anvil_reorg", 20, [])
        both(6)
        assert index(w3, database).exit_code == 0
        equals_a_fresh_one("replaced")


def test_an_index_begins_where_its_first_desk_does(tmp_path: Path) -> None:
    with anvil() as w3:
        early, late = (
            RandomDesk(w3, random.Random(seed), tmp_path / "leaves", "http://127.0.0.1:9") for seed in (5, 6)
        )
        database = default_url(tmp_path / "index")
        late_block = first_event(w3, late, default_url(tmp_path / "look"))
        early_block = first_event(w3, early, default_url(tmp_path / "look early"))
        assert early_block < late_block
        assert (
            index(w3, database, "--desk", late.desk.address, "--from-block", str(late_block)).exit_code == 0
        )
        assert index(w3, database, "--desk", early.desk.address).exit_code == 0
        store = Store(database, read_only=True)
        with store.reading() as connection:
            assert queries.cursors(connection)[0].first_block == early_block
        store.close()


def first_event(w3: Web3, house: RandomDesk, database: str) -> int:
    assert index(w3, database, "--desk", house.desk.address).exit_code == 0
    store = Store(database, read_only=True)
    with store.reading() as connection:
        return int(connection.execute(select(schema.events.c.block_number).limit(1)).scalar_one())
