# SPDX-License-Identifier: Apache-2.0
"""The keeper's own table: who was told of what that falls due."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Integer, MetaData, Table, Text

metadata = MetaData()

warnings = Table(
    "keeper_warnings",
    metadata,
    Column("chain", BigInteger, primary_key=True, autoincrement=False),
    Column("desk", Text, primary_key=True),
    Column("ticket", Text, primary_key=True),
    Column("promise", Integer, primary_key=True, autoincrement=False),
    Column("before", BigInteger, primary_key=True, autoincrement=False),  # seconds of open time
    Column("due", BigInteger, nullable=False),
    Column("told", Text, nullable=False),  # the names of the channels that took it, in JSON
    Column("tries", Integer, nullable=False),
    Column("again_at", BigInteger, nullable=False),
    Column("told_at", BigInteger),
)
