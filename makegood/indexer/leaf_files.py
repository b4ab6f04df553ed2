# SPDX-License-Identifier: Apache-2.0
"""Published leaves of batches: fetched, checked against the root, kept, and counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from makegood.batches.batch import Batch
from makegood.batches.entry import ENTRY_BYTES
from makegood.batches.leaves import file_name, read_leaves
from makegood.errors import LeavesMissing, UsageError, VerificationFailed
from makegood.indexer import queries, schema
from makegood.indexer.batch_tickets import BatchTickets
from makegood.indexer.download import download, through
from makegood.indexer.fold_lane import MISSING, PUBLISHED, WRONG
from makegood.indexer.rows import Rows, upsert
from makegood.indexer.store import Cursor, Store, cursor_of, write_cursor

MOST_LEAVES = 2**20
"""Of a file that is fetched, unless another bound is given."""

_FIRST_PAUSE, _LONGEST_PAUSE = 5, 3_600  # seconds until a file that was not there is looked for again
_AT_ONCE = 10_000
_COUNTS = ("urgent", "high", "normal", "low", "later")


class LeafFiles:
    """The files of one chain's batches."""

    def __init__(
        self,
        store: Store,
        chain: int,
        *,
        most: int = MOST_LEAVES,
        private: bool = False,
        gateway: str | None = None,
        say: Callable[[str], None] = lambda _: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`private` allows addresses in this machine's own networks, which anybody's batch could name.

        `gateway` is where ipfs:// addresses are asked for; it may be in these networks in any case.
        """
        self._store = store
        self._chain = chain
        self._most = most
        self._private = private
        self._gateway = gateway
        self._say = say
        self._clock = clock

    def look(self, limit: int = 8) -> int:
        """Fetch what is due, at most `limit` files; returns how many batches stand otherwise now."""
        changed = 0
        for batch in self._due(limit):
            state, reason = self._fetch(batch)
            changed += self._note(batch, state, reason)
        return changed

    def adopt(self, batch: Mapping[str, Any], found: Batch | None) -> bool:
        """Count leaves that are here already, where they are those of the batch's root."""
        if found is None or f"0x{found.root.hex()}" != batch["root"]:
            return False
        with self._store.reading() as connection:
            key = {name: batch[name] for name in ("chain", "desk", "batch", "root")}
            known = queries.one(connection, schema.batches, **key)
        if known is None:
            return False
        self._keep(batch["root"], found)
        return self._note({**known, "tries": 0}, PUBLISHED, "")

    def _due(self, limit: int) -> list[dict[str, Any]]:
        batches, files = schema.batches, schema.leaf_files
        same = [files.c[name] == batches.c[name] for name in ("chain", "desk", "batch", "root")]
        on = same[0] & same[1] & same[2] & same[3]
        due = files.c.next_at.is_(None) | (files.c.next_at <= int(self._clock()))
        # What another batch's file, or this one's before a reorganisation, brought needs no fetching.
        here = select(schema.leaves.c.root).where(schema.leaves.c.root == batches.c.root).exists()
        query = (
            select(batches, files.c.tries)
            .join(files, on, isouter=True)
            .where(batches.c.chain == self._chain, batches.c.leaves != PUBLISHED, due | here)
            .order_by(batches.c.anchored_block, batches.c.desk, batches.c.batch)
            .limit(limit)
        )
        with self._store.reading() as connection:
            return queries.rows(connection, query)

    # ------------------------------------------------------------ fetching

    def _fetch(self, batch: Mapping[str, Any]) -> tuple[str, str]:
        counts = [batch[name] for name in _COUNTS]
        size = sum(counts)
        with self._store.reading() as connection:
            query = select(func.count()).where(schema.leaves.c.root == batch["root"])
            here = connection.execute(query).scalar_one()
        if here:
            same = here == size
            return (PUBLISHED, "") if same else (WRONG, f"The root has {here} leaves, not {size}.")
        if size > self._most:
            return MISSING, f"Its {size:,} leaves are more than the {self._most:,} that are fetched."
        try:
            root = bytes.fromhex(batch["root"][2:])
            with TemporaryDirectory(prefix="makegood-") as folder:
                file = Path(folder) / file_name(root)
                address, private = self._place(batch["uri"])
                download(address, file.name, size * ENTRY_BYTES, file, private=private)
                found = read_leaves(file, root, counts)
        except (LeavesMissing, UsageError) as error:
            return MISSING, error.message
        except VerificationFailed as error:
            return WRONG, error.message
        self._keep(batch["root"], found)
        return PUBLISHED, ""

    def _place(self, uri: str) -> tuple[str, bool]:
        """The address to ask, and whether it may be in this machine's networks."""
        found = through(self._gateway, uri) if self._gateway else None
        return (uri, self._private) if found is None else (found, True)

    def _keep(self, root: str, batch: Batch) -> None:
        with self._store.writing() as connection:
            rows = _rows(root, batch)
            while some := list(islice(rows, _AT_ONCE)):
                upsert(connection, schema.leaves, some)

    # ------------------------------------------------------------ what follows

    def _note(self, batch: Mapping[str, Any], state: str, reason: str) -> bool:
        tries = (batch["tries"] or 0) + 1
        now = int(self._clock())
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** min(tries - 1, 12))
        file = {name: batch[name] for name in ("chain", "desk", "batch", "root")}
        file |= {"state": state, "reason": reason, "tries": tries, "tried_at": now, "next_at": now + pause}
        with self._store.writing() as connection:
            upsert(connection, schema.leaf_files, [file])
            if batch["leaves"] == state:
                return False
            cursor = cursor_of(connection, self._chain, lock=True)
            if cursor is None or not _stands(connection, batch):
                return False
            self._apply(connection, cursor, batch, state)
        self._say(f"Batch {batch['batch']} of desk {batch['desk']}: leaves {state}. {reason}".rstrip())
        return True

    def _apply(self, connection: Connection, cursor: Cursor, batch: Mapping[str, Any], state: str) -> None:
        rows = Rows(connection, self._chain)
        # What follows from a file belongs to the newest block: a reorganisation takes it back, and it is
        # found again at once, since the leaves stay.
        rows.journals = cursor.head_number > cursor.final_number
        if state == PUBLISHED:
            BatchTickets(rows).published(batch["desk"], batch["batch"], cursor.head_number)
        else:
            rows.edit(schema.batches, self._chain, batch["desk"], batch["batch"])["leaves"] = state
            rows.flush(cursor.head_number)
        write_cursor(connection, cursor)


def _stands(connection: Connection, batch: Mapping[str, Any]) -> bool:
    """Whether the batch is still the one that was looked for: a reorganisation may have replaced it."""
    table = schema.batches
    fits = [table.c[name] == batch[name] for name in ("chain", "desk", "batch", "root", "leaves")]
    return connection.execute(select(table.c.batch).where(*fits)).first() is not None


def _rows(root: str, batch: Batch) -> Iterator[dict[str, object]]:
    for position, leaf in enumerate(batch.each_leaf()):
        assert len(leaf) == ENTRY_BYTES  # noqa: S101
        yield {
            "root": root,
            "position": position,
            "ticket_id": f"0x{leaf[:32].hex()}",
            "actor": f"0x{leaf[140:160].hex()}",
            "leaf": bytes(leaf),
        }
