# SPDX-License-Identifier: Apache-2.0
"""A message's document has the same salt again, until its day's key is forgotten."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import bridge_house
from bridge_house import Bridge, build
from sqlalchemy import select

from makegood.bridge import salts
from makegood.bridge.kept import Kept
from makegood.bridge.schema import meta
from makegood.database import Database

DAY = 86_400
NOW = bridge_house.NOW


def salt(bridge: Bridge, source: str = "generic", key: str = "m1", at: int = NOW) -> str:
    with bridge.kept.database.reading() as connection:
        return salts.salt_of(connection, source, key, at)


def copied(bridge: Bridge, folder: Path) -> Bridge:
    """As it was, in another file."""
    folder.mkdir()
    with (
        closing(sqlite3.connect(str(bridge.kept.database.url.database))) as one,
        closing(sqlite3.connect(folder / "bridge.sqlite")) as other,
    ):
        one.backup(other)
    database = Database(f"sqlite:///{folder / 'bridge.sqlite'}")
    return Bridge(Kept(database, chain_id=bridge_house.CHAIN, desk=bridge_house.DESK), bridge.settings)


def test_the_same_message_has_the_same_salt_and_no_other_has(tmp_path: Path) -> None:
    bridge = build(tmp_path)
    found = [salt(bridge), salt(bridge, "zammad"), salt(bridge, key="m2"), salt(bridge, at=NOW + DAY)]
    assert len(set(found)) == 4
    assert all(len(bytes.fromhex(each)) == 32 for each in found)
    assert salt(bridge) == found[0]


def test_two_databases_have_nothing_in_common(tmp_path: Path) -> None:
    one, other = build(tmp_path), build(tmp_path, f"sqlite:///{tmp_path / 'other.sqlite'}")
    assert salt(one) != salt(other)


def test_forgetting_leaves_later_days_as_they_are(tmp_path: Path) -> None:
    bridge = build(tmp_path)
    before = {at: salt(bridge, at=at) for at in (NOW, NOW + DAY, NOW + 40 * DAY)}
    bridge.kept.forget(NOW - 30 * DAY)
    bridge.kept.forget(NOW - 10 * DAY)
    assert {at: salt(bridge, at=at) for at in before} == before


def test_a_day_that_is_forgotten_has_fresh_salts_only(tmp_path: Path) -> None:
    bridge = build(tmp_path)
    before = salt(bridge)
    bridge.kept.forget(NOW + DAY)
    assert salt(bridge) not in (before, salt(bridge))
    with bridge.kept.database.reading() as connection:
        kept = connection.execute(select(meta.c.value).where(meta.c.name == salts.NAME)).scalar_one()
    assert kept.split()[0] == str((NOW + DAY) // DAY)


def test_forgetting_earlier_days_again_changes_nothing(tmp_path: Path) -> None:
    bridge = build(tmp_path)
    bridge.kept.forget(NOW)
    before = salt(bridge)
    bridge.kept.forget(NOW - 5 * DAY)
    assert salt(bridge) == before


def test_a_time_that_cannot_be_has_a_fresh_salt(tmp_path: Path) -> None:
    bridge = build(tmp_path)
    for at in (0, 2**32 - 1):
        assert salt(bridge, at=at) != salt(bridge, at=at)


def test_a_copy_makes_the_same_documents_from_then_on(tmp_path: Path) -> None:
    bridge = build(tmp_path)
    again = copied(bridge, tmp_path / "copy")
    bridge.kept.forget(NOW - 30 * DAY)
    body = bridge_house.generic("m1")
    bridge.tell("generic", body)
    again.tell("generic", body)
    assert [each.digest for each in bridge.taken] == [each.digest for each in again.taken]
    assert len(bridge.taken) == 1
