# SPDX-License-Identifier: Apache-2.0
"""The database of the services, SQLite by default and Postgres by URL: connections, locks, migrations."""

from makegood.database.engine import Database, database_errors, is_missing_file, url_of
from makegood.database.migrating import upgrade

__all__ = ["Database", "database_errors", "is_missing_file", "upgrade", "url_of"]
