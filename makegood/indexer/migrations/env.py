# SPDX-License-Identifier: Apache-2.0
"""What Alembic runs: the migrations, within the transaction that it is given."""

from alembic import context

from makegood.indexer.schema import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
