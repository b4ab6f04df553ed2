# SPDX-License-Identifier: Apache-2.0
"""The tables: what is to be done, and the signed transactions that do it."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()
_SERIAL = BigInteger().with_variant(Integer, "sqlite")

intents = Table(
    "sending_intents",
    metadata,
    Column("id", _SERIAL, primary_key=True),
    Column("chain", BigInteger, nullable=False),
    Column("account", Text, nullable=False),
    Column("key", Text, nullable=False),
    Column("what", Text, nullable=False),
    Column("target", Text, nullable=False),
    Column("data", LargeBinary, nullable=False),
    Column("value", Text, nullable=False),  # wei, in decimal: no database has integers of 256 bits
    Column("state", Text, nullable=False),
    Column("nonce", BigInteger),
    Column("gas", BigInteger),
    Column("failures", Integer, nullable=False),
    Column("reason", Text),
    Column("again_at", BigInteger),
    Column("done_by", Text),  # the transaction that was mined
    Column("block_number", BigInteger),
    Column("block_hash", Text),
    Column("put_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
    UniqueConstraint("chain", "account", "key"),
)
Index("sending_intents_by_state", intents.c.chain, intents.c.account, intents.c.state)
Index(
    "sending_intents_by_nonce",
    intents.c.chain,
    intents.c.account,
    intents.c.nonce,
    unique=True,
    sqlite_where=intents.c.nonce.is_not(None),
    postgresql_where=intents.c.nonce.is_not(None),
)

transactions = Table(
    "sending_transactions",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("intent", BigInteger, nullable=False),
    Column("nonce", BigInteger, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("most", BigInteger, nullable=False),  # wei for a unit of gas
    Column("tip", BigInteger, nullable=False),
    Column("signed_at", BigInteger, nullable=False),
    Column("sent_at", BigInteger),
    Index("sending_transactions_by_intent", "intent"),
)
