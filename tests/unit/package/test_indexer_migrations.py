# SPDX-License-Identifier: Apache-2.0
"""The migrations make the tables that the models say."""

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect

from makegood.errors import MakegoodError
from makegood.indexer.schema import metadata
from makegood.indexer.store import Store, default_url


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Store(default_url(tmp_path)).engine


def test_models_and_migrations_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        options = {"compare_type": True, "version_table": "index_version"}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def test_columns_indexes_and_their_conditions_are_those_of_the_models(engine: Engine, tmp_path: Path) -> None:
    """As SQLite itself tells it: what Alembic does not compare as well."""
    modelled = create_engine(f"sqlite:///{tmp_path / 'models.sqlite'}")
    metadata.create_all(modelled)
    assert _indexes(engine) == _indexes(modelled)
    for name in metadata.tables:
        assert _columns(engine, name) == _columns(modelled, name)


def _columns(engine: Engine, table: str) -> list[tuple[object, ...]]:
    with engine.connect() as connection:
        found = connection.exec_driver_sql(f"PRAGMA table_info({table})")
        return [tuple(row) for row in found]


def _indexes(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        found = connection.exec_driver_sql(
            "SELECT sql FROM sqlite_master WHERE type = 'index' AND sql NOT NULL"
        )
        return sorted(row[0].replace('"', "").replace("events.", "") for row in found)


def test_an_index_is_brought_up_to_date_once(engine: Engine, tmp_path: Path) -> None:
    before = inspect(engine).get_table_names()
    assert inspect(Store(default_url(tmp_path)).engine).get_table_names() == before


def test_whoever_reads_makes_no_file_and_changes_none(tmp_path: Path) -> None:
    reader = Store(default_url(tmp_path / "none"), read_only=True)
    with pytest.raises(MakegoodError, match="unable to open"), reader.reading():
        pass
    assert not (tmp_path / "none").exists()
    reader.close()
    plain = sqlite3.connect(tmp_path / "index.sqlite")
    plain.execute("CREATE TABLE chains (chain)")
    plain.commit()
    plain.close()
    reader = Store(default_url(tmp_path), read_only=True)
    before = (tmp_path / "index.sqlite").read_bytes()
    with reader.reading() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "delete"
    with pytest.raises(MakegoodError, match="readonly"), reader.writing() as connection:
        connection.exec_driver_sql("INSERT INTO chains VALUES (1)")
    reader.close()
    assert (tmp_path / "index.sqlite").read_bytes() == before


def test_a_reader_sees_what_a_writer_wrote_before_and_since(tmp_path: Path) -> None:
    """Also where the writer is gone, and nothing of its log is left beside the file."""
    writer = Store(default_url(tmp_path))
    writer.follow(1, "desk", ["0x1"])
    reader = Store(default_url(tmp_path), read_only=True)
    for known in (["0x1"], ["0x1", "0x2"]):
        writer.follow(1, "desk", known)
        with reader.reading() as connection:
            assert Store.followed(connection, 1, "desk") == known
    reader.close()
    writer.close()
    assert [each.name for each in tmp_path.iterdir()] == ["index.sqlite"]
    reader = Store(default_url(tmp_path), read_only=True)
    with reader.reading() as connection:
        assert Store.followed(connection, 1, "desk") == ["0x1", "0x2"]
    reader.close()
