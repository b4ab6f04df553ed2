# SPDX-License-Identifier: Apache-2.0
"""Salts of documents. Those of a day's messages come from the day's key, which follows from the day before's.

So a message makes the same document whenever it is made, also after a restored backup. Once a day's key is
forgotten, as the texts are, nobody can find out what an erased document said.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from sqlalchemy import select, update
from sqlalchemy.engine import Connection

from makegood.bridge.schema import meta

NAME = "salts"
"""The row of the table `bridge_meta` with the oldest day whose key is known, since 1970, and that key."""

_DAY = 86_400
_FIRST_DAY = 20_000  # in 2024: nothing is older that counts
_MOST_DAYS = 5_000
_BYTES = 32


def begun() -> str:
    """What the row holds at first."""
    return f"{_FIRST_DAY} {secrets.token_hex(_BYTES)}"


def salt_of(connection: Connection, source: str, key: str, at: int) -> str:
    """The salt of the document of a helpdesk's message; a fresh one where its day's key is forgotten."""
    day, key_of_day = _oldest(connection)
    steps = at // _DAY - day
    if not 0 <= steps <= _MOST_DAYS:
        return secrets.token_hex(_BYTES)
    named = f"{source}\n{key}".encode("utf-8", "replace")
    return hmac.new(_later(key_of_day, steps), named, sha256).hexdigest()


def forget(connection: Connection, before: int) -> None:
    """Forget the keys of all days before a time."""
    day, key_of_day = _oldest(connection)
    steps = before // _DAY - day
    if 0 < steps <= _MOST_DAYS:
        value = f"{day + steps} {_later(key_of_day, steps).hex()}"
        connection.execute(update(meta).where(meta.c.name == NAME).values(value=value))


def _oldest(connection: Connection) -> tuple[int, bytes]:
    day, key = connection.execute(select(meta.c.value).where(meta.c.name == NAME)).scalar_one().split()
    return int(day), bytes.fromhex(key)


def _later(key: bytes, days: int) -> bytes:
    for _ in range(days):
        key = sha256(b"the day after" + key).digest()
    return key
