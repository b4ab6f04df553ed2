# SPDX-License-Identifier: Apache-2.0
"""The tables of a package through time, by Alembic: a folder of versions and a table of its own for each."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from makegood.database.engine import Database, database_errors, lock_key

_HERE = Path(__file__).parent / "versioned"


def upgrade(database: Database, package: str, versions: Path) -> None:
    """Bring the tables of a package up to date; makes them where there are none.

    `versions` is the folder of its migrations; `{package}_version` is the table that says how far they are.
    """
    with database_errors(database.url), database.engine.begin() as connection:
        connection.info["writes"] = True
        if database.is_postgres:
            # Two processes that start at once: the second finds all done.
            connection.execute(select(func.pg_advisory_xact_lock(lock_key(f"migrate {package}"))))
        _upgrade(connection, package, versions)


def _upgrade(connection: Connection, package: str, versions: Path) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    config.set_main_option("version_locations", str(versions).replace("%", "%%"))
    config.set_main_option("path_separator", "newline")
    config.attributes["connection"] = connection
    config.attributes["version_table"] = f"{package}_version"
    command.upgrade(config, "head")
