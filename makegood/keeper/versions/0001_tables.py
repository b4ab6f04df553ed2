# SPDX-License-Identifier: Apache-2.0
"""The first table."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LONG = sa.BigInteger()


def upgrade() -> None:
    """The first table."""
    op.create_table(
        "keeper_warnings",
        sa.Column("chain", LONG, primary_key=True, autoincrement=False),
        sa.Column("desk", sa.Text(), primary_key=True),
        sa.Column("ticket", sa.Text(), primary_key=True),
        sa.Column("promise", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("before", LONG, primary_key=True, autoincrement=False),
        sa.Column("due", LONG, nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("again_at", LONG, nullable=False),
        sa.Column("told_at", LONG),
    )
