# SPDX-License-Identifier: Apache-2.0
"""Whether an index is what a node's chain says: the two are compared by a fresh index of the node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Connection

from makegood.errors import NodeUnreachable, NotFound
from makegood.indexer import contracts, dump, queries, schema
from makegood.indexer.dump import Digest
from makegood.indexer.fold_lane import PUBLISHED
from makegood.indexer.follow import Follower, Step
from makegood.indexer.leaf_files import LeafFiles
from makegood.indexer.node import Node
from makegood.indexer.running import backfill
from makegood.indexer.store import DESK, FACTORY, Cursor, Store, cursor_of, default_url


@dataclass(frozen=True, slots=True)
class Audit:
    """What an index holds up to a block, and what a fresh one does."""

    cursor: Cursor
    ours: Digest
    theirs: Digest

    @property
    def agrees(self) -> bool:
        """Whether they are the same, byte for byte."""
        return self.ours == self.theirs

    @property
    def differing(self) -> tuple[str, ...]:
        """The tables that have another number of rows."""
        return tuple(name for name in dump.tables() if self.ours.counts[name] != self.theirs.counts[name])


def audit(store: Store, node: Node, told: Callable[[Step], None] = lambda _: None) -> Audit:
    """Compare the index of the node's chain with a fresh one, up to the index's own newest block.

    Leaves of batches are taken over from the index once they are found to be those of their roots. Raises
    NotFound where there is no index of the chain, NodeUnreachable where the node does not reach so far.
    """
    with store.reading() as connection:
        cursor = cursor_of(connection, node.chain_id)
        if cursor is None:
            raise NotFound(
                f"The database holds no index of chain {node.chain_id}.",
                hint="Run `makegood index run` first.",
            )
        followed = [Store.followed(connection, node.chain_id, kind) for kind in (FACTORY, DESK)]
        ours = dump.digest(connection, node.chain_id)
        published = _published(connection, node.chain_id)
    if node.tip().head.number < cursor.head_number:
        raise NodeUnreachable(
            f"The node has not reached block {cursor.head_number:,}, where the index is.",
            hint="Wait for it, or ask another.",
        )
    with TemporaryDirectory(prefix="makegood-") as folder:
        fresh = Store(default_url(Path(folder)))
        try:
            contracts.follow(fresh, node, *followed)
            follower = Follower(fresh, node, first_block=cursor.first_block, last_block=cursor.head_number)
            backfill(follower, None, told)
            files = LeafFiles(fresh, node.chain_id)
            for batch in published:
                with store.reading() as connection:
                    found = queries.batch_of(connection, batch)
                files.adopt(batch, found)
            with fresh.reading() as connection:
                theirs = dump.digest(connection, node.chain_id)
        finally:
            fresh.close()
    return Audit(cursor, ours, theirs)


def _published(connection: Connection, chain: int) -> list[dict[str, Any]]:
    batches = schema.batches
    query = select(batches).where(batches.c.chain == chain, batches.c.leaves == PUBLISHED)
    return queries.rows(connection, query.order_by(batches.c.desk, batches.c.batch))
