# SPDX-License-Identifier: Apache-2.0
"""What an index does where its chain goes back; `python -m checks.reorganisations` does it for longer."""

import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select
from web3 import Web3

from benchmarks.node import anvil
from checks import reorganisations
from checks.random_desk import RandomDesk
from makegood.errors import ChainParted
from makegood.indexer import contracts, dump, queries, schema
from makegood.indexer.follow import Follower
from makegood.indexer.node import Node
from makegood.indexer.running import backfill
from makegood.indexer.store import Store, default_url


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(default_url(tmp_path / "index"))
    yield made
    made.close()


def url_of(w3: Web3) -> str:
    return str(w3.provider.endpoint_uri)  # type: ignore[attr-defined]


def follower_of(w3: Web3, desk: RandomDesk, store: Store) -> Follower:
    node = Node(url_of(w3))
    contracts.follow(store, node, [desk.factory.address], [])
    return Follower(store, node)


def a_desk(w3: Web3, tmp_path: Path) -> RandomDesk:
    return RandomDesk(w3, random.Random(5), tmp_path / "leaves", "http://127.0.0.1:9")


def fresh_lines(w3: Web3, desk: RandomDesk, folder: Path) -> list[str]:
    store = Store(default_url(folder))
    backfill(follower_of(w3, desk, store), None, lambda _: None)
    lines = lines_of(store)
    store.close()
    return lines


def lines_of(store: Store) -> list[str]:
    with store.reading() as connection:
        return list(dump.lines(connection, 31_337))


def test_after_random_reorganisations_and_kills_an_index_equals_a_fresh_one() -> None:
    found = reorganisations.check(5, seed=20, depth=12)
    assert found.differences == []
    assert found.times == 5
    assert found.compared >= 1
    assert found.noticed >= 2
    assert found.orphaned > 0
    assert found.kills > 0


def test_it_follows_below_the_safe_block() -> None:
    found = reorganisations.check(3, seed=21, safe=True)
    assert found.differences == []
    assert found.below_safe == 3


def test_orphaned_rows_are_marked_and_stay(tmp_path: Path, store: Store) -> None:
    with anvil() as w3:
        desk = a_desk(w3, tmp_path)
        follower = follower_of(w3, desk, store)
        back = desk.ask("evm_snapshot")
        desk.act(10)
        backfill(follower, None, lambda _: None)
        with store.reading() as connection:
            before = {row["block_hash"] for row in queries.rows(connection, select(schema.events))}
        desk.ask("evm_revert", back)
        desk.act(16)
        backfill(follower, None, lambda _: None)
        with store.reading() as connection:
            rows = queries.rows(connection, select(schema.events))
            orphaned = {row["block_hash"] for row in rows if row["orphaned"]}
            canonical = {row["block_hash"] for row in rows if not row["orphaned"]}
            noted = queries.rows(connection, select(schema.reorganisations))
        assert orphaned
        assert orphaned <= before
        assert not orphaned & canonical
        assert [row["chain"] for row in noted] == [31_337]
        assert lines_of(store) == fresh_lines(w3, desk, tmp_path / "fresh")


def test_blocks_that_come_back_count_again(tmp_path: Path, store: Store) -> None:
    """The index believed another newest block; then the node has the first one again."""
    with anvil() as w3:
        desk = a_desk(w3, tmp_path)
        desk.act(10)
        follower = follower_of(w3, desk, store)
        backfill(follower, None, lambda _: None)
        before = lines_of(store)
        with store.writing() as connection:
            connection.execute(schema.chains.update().values(head_hash="0x" + "77" * 32))
        backfill(follower, None, lambda _: None)
        assert lines_of(store) == before
        with store.reading() as connection:
            assert len(queries.rows(connection, select(schema.reorganisations))) == 1


def test_a_node_that_is_behind_is_waited_for(tmp_path: Path, store: Store) -> None:
    with anvil() as w3:
        desk = a_desk(w3, tmp_path)
        follower = follower_of(w3, desk, store)
        back = desk.ask("evm_snapshot")
        desk.act(6)
        backfill(follower, None, lambda _: None)
        before = lines_of(store)
        desk.ask("evm_revert", back)
        step = follower.step()
        assert (step.done, step.events, step.taken_back) == (True, 0, 0)
        assert lines_of(store) == before


def test_it_never_follows_below_its_final_block(tmp_path: Path, store: Store) -> None:
    with anvil("--slots-in-an-epoch", "1") as w3:
        desk = a_desk(w3, tmp_path)
        desk.act(10)
        follower = follower_of(w3, desk, store)
        backfill(follower, None, lambda _: None)
        before = lines_of(store)
        with store.reading() as connection:
            final = queries.cursors(connection)[0].final_number
        assert final > 0
        depth = w3.eth.block_number - final + 1
        desk.ask("anvil_reorg", depth, [])
        desk.ask("anvil_mine", hex(depth + 3))
        with pytest.raises(ChainParted, match=f"block {final}, which was final, differs"):
            follower.step()
        assert lines_of(store) == before
        run = [
            sys.executable,
            "-m",
            "makegood",
            "index",
            "run",
            "--rpc",
            url_of(w3),
            "--database",
            str(store.url),
        ]
        ended = subprocess.run(run, capture_output=True, text=True, timeout=60, check=False)
        assert ended.returncode == 6
        assert "which was final, differs" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_two_indexers_of_one_database_do_no_harm(tmp_path: Path, store: Store) -> None:
    with anvil() as w3:
        desk = a_desk(w3, tmp_path)
        one, other = follower_of(w3, desk, store), follower_of(w3, desk, store)
        for _ in range(6):
            desk.act(2)
            one.step()
            other.step()
            desk.ask("anvil_reorg", 1, [])
            desk.act(2)
            other.step()
            one.step()
        backfill(one, None, lambda _: None)
        assert lines_of(store) == fresh_lines(w3, desk, tmp_path / "fresh")


def test_what_is_final_needs_no_way_back(tmp_path: Path, store: Store) -> None:
    with anvil() as w3:
        desk = a_desk(w3, tmp_path)
        desk.act(10)
        follower = follower_of(w3, desk, store)
        backfill(follower, None, lambda _: None)

        def count(table: object) -> int:
            with store.reading() as connection:
                return int(connection.execute(select(func.count()).select_from(table)).scalar_one())  # type: ignore[arg-type]

        assert count(schema.undo) > 0
        desk.ask("anvil_mine", hex(100))
        backfill(follower, None, lambda _: None)
        assert count(schema.undo) == 0
        with store.reading() as connection:
            cursor = queries.cursors(connection)[0]
            empty = queries.rows(
                connection,
                select(schema.blocks).where(schema.blocks.c.events == 0).order_by(schema.blocks.c.number),
            )
        assert all(row["number"] >= cursor.final_number for row in empty)
