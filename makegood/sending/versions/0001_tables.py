# SPDX-License-Identifier: Apache-2.0
"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

LONG, INT, TEXT, BYTES = sa.BigInteger(), sa.Integer(), sa.Text(), sa.LargeBinary()
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """The first tables."""
    op.create_table(
        "sending_intents",
        sa.Column("id", SERIAL, primary_key=True),
        *(_need(LONG, "chain"), _need(TEXT, "account"), _need(TEXT, "key"), _need(TEXT, "what")),
        *(_need(TEXT, "target"), _need(BYTES, "data"), _need(TEXT, "value"), _need(TEXT, "state")),
        *(
            sa.Column("nonce", LONG),
            sa.Column("gas", LONG),
            _need(INT, "failures"),
            sa.Column("reason", TEXT),
        ),
        *(sa.Column("again_at", LONG), sa.Column("done_by", TEXT)),
        *(sa.Column("block_number", LONG), sa.Column("block_hash", TEXT)),
        *(_need(LONG, "put_at"), _need(LONG, "changed_at")),
        sa.UniqueConstraint("chain", "account", "key"),
    )
    op.create_index("sending_intents_by_state", "sending_intents", ["chain", "account", "state"])
    some = sa.text("nonce IS NOT NULL")
    op.create_index(
        "sending_intents_by_nonce",
        "sending_intents",
        ["chain", "account", "nonce"],
        unique=True,
        sqlite_where=some,
        postgresql_where=some,
    )
    op.create_table(
        "sending_transactions",
        sa.Column("hash", TEXT, primary_key=True),
        *(_need(LONG, "intent"), _need(LONG, "nonce"), _need(BYTES, "raw"), _need(LONG, "most")),
        *(_need(LONG, "tip"), _need(LONG, "signed_at"), sa.Column("sent_at", LONG)),
    )
    op.create_index("sending_transactions_by_intent", "sending_transactions", ["intent"])


def _need(kind: Any, name: str) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)
