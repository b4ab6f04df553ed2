# SPDX-License-Identifier: Apache-2.0
"""Kinds of columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Column, Integer, MetaData, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

metadata = MetaData()

# Sorted by its bytes on every database, so that a dump has one order.
Word = Text().with_variant(Text(collation="C"), "postgresql")
Serial = BigInteger().with_variant(Integer(), "sqlite")


class Amount(TypeDecorator[int]):
    """A number of up to 256 bits, which no database's own integers hold: kept in decimal."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> str | None:  # noqa: ARG002
        """As it is kept."""
        return None if value is None else str(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """As it is read."""
        return None if value is None else int(value)


def key(name: str, kind: Any = Word) -> Column[Any]:
    """A column of the table's key."""
    return Column(name, kind, primary_key=True, autoincrement=False)


def need(name: str, kind: Any = Word) -> Column[Any]:
    """A column that every row has."""
    return Column(name, kind, nullable=False)


def may(name: str, kind: Any = Word) -> Column[Any]:
    """A column that may be empty."""
    return Column(name, kind, nullable=True)


def of_desk() -> Sequence[Column[Any]]:
    """The first columns of the key of what a desk has."""
    return key("chain", BigInteger), key("desk")
