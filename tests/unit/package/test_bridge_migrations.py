# SPDX-License-Identifier: Apache-2.0
"""The bridge's tables as its migrations make them are those that it uses, in SQLite and in Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from bridge_house import NOW, build, generic
from postgres import INSTALL, Server, binaries, server
from sqlalchemy import event

from makegood.bridge.requesters import Requesters
from makegood.bridge.returning import Returner
from makegood.bridge.schema import metadata


@pytest.fixture(scope="module")
def postgres() -> Iterator[Server]:
    if binaries() is None:
        pytest.fail(INSTALL, pytrace=False)
    with server() as found:
        yield found


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_migrations_make_the_tables_that_are_used(tmp_path: Path, kind: str, postgres: Server) -> None:
    bridge = build(tmp_path, None if kind == "sqlite" else postgres.fresh())
    options = {"include_name": lambda name, type_, _: type_ != "table" or str(name) in metadata.tables}
    with bridge.kept.database.reading() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
    bridge.kept.database.close()


def test_what_is_asked_in_each_round_reads_no_whole_table(tmp_path: Path) -> None:
    bridge = build(tmp_path)
    asked: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, statement: str, parameters: Any, *___: Any) -> None:
        asked.append((statement, parameters))

    event.listen(bridge.kept.database.engine, "before_cursor_execute", note)
    own = Requesters(bridge.kept, bridge.settings)
    own.held_by_desk("0x" + "11" * 20)
    assert list(own.held_since(NOW)) == []
    Returner(bridge.kept, bridge.settings).send(NOW)
    event.remove(bridge.kept.database.engine, "before_cursor_execute", note)
    selects = [each for each in asked if each[0].startswith("SELECT")]
    assert len(selects) == 3
    with bridge.kept.database.reading() as connection:
        for statement, parameters in selects:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
            assert not any(str(row[3]).startswith("SCAN") for row in plan), statement


def test_bridge_works_in_postgres_as_in_sqlite(tmp_path: Path, postgres: Server) -> None:
    bridge = build(tmp_path, postgres.fresh())
    text = "NUL \0, half a pair \ud83d, 救命 " + "x" * 70_000
    story = (generic("1", at=NOW - 9, text=text), generic("2", "agent", NOW - 8, text="\0"), {"no": "ticket"})
    bridge.tell("generic", *story, *story)
    assert bridge.acts == ["OPENED", "LEFT_PENDING"]
    assert [each.name for each in bridge.kept.dead_letters()] == ["delivery 3"]
    bridge.kept.database.close()
