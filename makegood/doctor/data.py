# SPDX-License-Identifier: Apache-2.0
"""Checks of the databases, of the index beside the chain, and of the disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, column, inspect, select, table

from makegood.database import Database, is_missing_file, url_of
from makegood.doctor.finding import Finding, Known, ok, warn, wrong
from makegood.indexer.store import DESK, Cursor, Store, contracts_of, cursor_of

LAGS = 20
"""Blocks that an index may be behind its node."""

_PACKAGES = Path(__file__).parents[1]
_FOLDERS = {"bridge": "bridge", "keeper": "keeper", "sending": "sending", "index": "indexer"}
_MIB = 1 << 20
_TIGHT, _LOW = 200 * _MIB, 2_048 * _MIB
_SILENT = 120  # seconds without a write by the index, while it is behind


def databases(known: Known) -> Iterator[Finding]:
    """Whether the services' database can be had, and how old its tables are."""
    yield from _database(known.given.database, "database", ("sending", "keeper", "bridge"))


def _database(url: str, check: str, packages: tuple[str, ...]) -> Iterator[Finding]:
    if is_missing_file(url):
        yield ok(check, f"{url_of(url).database} is not there yet: the services make it")
        return
    opened = Database(url, read_only=True, pragmas=("query_only = ON",))
    with closing(opened) as database, database.reading() as connection:
        there = {each: _version(connection, f"{each}_version") for each in packages}
    if not any(there.values()):
        yield ok(check, f"{opened.shown} answers, and has no tables yet: the services make them")
        return
    behind = False
    for package, found in there.items():
        known = _known_versions(_PACKAGES / _FOLDERS[package] / "versions")
        if found is None or found == known[-1]:
            continue
        behind = True
        what = f"the tables of {package} are of version {found}, this makegood's of {known[-1]}"
        if found in known:
            yield warn(check, what, "start the services anew: they bring them up to date")
        else:
            yield wrong(check, what, "run the makegood that made them, or a newer one")
    if not behind:
        yield ok(check, f"{opened.shown} answers, its tables are up to date")


def _version(connection: Connection, name: str) -> str | None:
    """How far the tables of a package are; None where there are none."""
    if not inspect(connection).has_table(name):
        return None
    return connection.execute(select(column("version_num")).select_from(table(name))).scalar()


def _known_versions(folder: Path) -> list[str]:
    """The versions that this makegood knows, oldest first: their files begin with them."""
    return sorted(each.name.partition("_")[0] for each in folder.glob("[0-9]*_*.py"))


def index(known: Known) -> Iterator[Finding]:
    """Whether the index can be had, follows the desk, and is where its node is."""
    yield from _database(known.given.index, "index", ("index",))
    if is_missing_file(known.given.index):
        return
    chain = known.given.chain
    with closing(Store(known.given.index, read_only=True)) as store, store.reading() as connection:
        if _version(connection, "index_version") is None:
            return
        cursor = cursor_of(connection, chain.chain_id)
        followed = contracts_of(connection, chain.chain_id)
    if followed.get(chain.desk.lower()) != (DESK, chain.desk.lower()):
        if not known.other_chain:
            yield wrong("index", f"it does not follow {chain.desk}", "start the index: `makegood serve`")
    elif cursor is None:
        yield warn("index", "nothing is in it yet", "wait, or start it: `makegood serve`")
    else:
        yield from _beside_chain(known, cursor)


def _beside_chain(known: Known, cursor: Cursor) -> Iterator[Finding]:
    from makegood.desk import chain_errors

    if known.w3 is None:
        yield ok("index", f"it is at block {cursor.head_number:,}")
        return
    lag = known.head - cursor.head_number
    says = f"it is at block {cursor.head_number:,}, the node at {known.head:,}"
    if 0 <= cursor.final_number <= known.head:
        with chain_errors("eth_getBlockByNumber"):
            there = known.w3.to_hex(known.w3.eth.get_block(cursor.final_number)["hash"])
        if there != cursor.final_hash:
            what = f"its block {cursor.final_number:,} is another than the node's"
            yield wrong("index", what, "one is of another chain: begin a new index, or name another node")
            return
    if abs(lag) <= LAGS:
        yield ok("index", says)
        return
    silent = known.now - cursor.written_at > _SILENT
    do = "start the index: `makegood serve`" if silent else "wait: it catches up"
    yield (wrong if silent else warn)("index", says, do)


def disk(known: Known) -> Iterator[Finding]:
    """Whether there is room where something is written."""
    folders = {known.given.path.parent}
    for url in (known.given.database, known.given.index):
        found = url_of(url)
        if found.get_backend_name() == "sqlite" and found.database:
            folders.add(Path(found.database).parent)
    if known.keeper:
        anchor = known.keeper.anchor
        folders |= {anchor.folder, anchor.receipts, *([anchor.publish] if anchor.publish else [])}
    disks = {each.stat().st_dev: each for each in sorted(map(_existing, folders), reverse=True)}
    for folder in disks.values():
        free = shutil.disk_usage(folder).free
        says = f"{free / 1024 / _MIB:,.1f} GiB are free at {folder}"
        if free >= _LOW:
            yield ok("disk", says)
        else:
            yield (warn if free >= _TIGHT else wrong)("disk", says, "make room")


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    return next(each for each in (folder, *folder.parents) if each.exists())
