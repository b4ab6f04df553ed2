# SPDX-License-Identifier: Apache-2.0
"""What Alembic runs: a package's migrations, within the transaction that it is given."""

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table=context.config.attributes["version_table"],
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
