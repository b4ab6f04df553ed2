# SPDX-License-Identifier: Apache-2.0
"""The migrations make the tables that the models say."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, create_engine, inspect

from makegood.indexer import migrations
from makegood.indexer.schema import metadata
from makegood.indexer.store import Store, default_url


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return Store(default_url(tmp_path)).engine


def test_models_and_migrations_agree(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
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


def test_an_index_is_brought_up_to_date_once(engine: Engine) -> None:
    before = inspect(engine).get_table_names()
    migrations.upgrade(engine)
    assert inspect(engine).get_table_names() == before
