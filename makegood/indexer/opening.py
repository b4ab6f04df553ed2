# SPDX-License-Identifier: Apache-2.0
"""An index with what it follows: its database, its node, its desks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from makegood.desk.abi import abi_of
from makegood.errors import NodeRefuses, NodeUnreachable, NotFound, UsageError
from makegood.indexer import contracts
from makegood.indexer.follow import Follower
from makegood.indexer.leaf_files import LeafFiles
from makegood.indexer.node import Node
from makegood.indexer.settings import Settings
from makegood.indexer.store import Store, contracts_of


@contextmanager
def following(
    url: str,
    rpc: str,
    chosen: Settings,
    say: Callable[[str], None],
    *,
    chain_id: int | None = None,
    patience: float | None = None,
) -> Iterator[tuple[Follower, Node, LeafFiles | None]]:
    """An index, ready to follow the node at `rpc`, which is asked again for `patience` seconds, or ever.

    Raises MakegoodError for what is missing, in one sentence.
    """
    store = Store(url)
    try:
        node = Node(rpc, chain_id, patience=patience, say=say)
        chosen = replace(chosen, desks=_beside_factories(node, chosen))
        _refuse_late(store, node, chosen)
        first = chosen.from_block
        contracts.follow(store, node, chosen.factories, chosen.desks, first_block=first, say=say)
        leaves = None
        if chosen.leaves:
            private, gateway = chosen.private_leaves, chosen.gateway
            leaves = LeafFiles(store, node.chain_id, private=private, gateway=gateway, say=say)
        yield Follower(store, node, first_block=first, say=say), node, leaves
    finally:
        store.close()


def _beside_factories(node: Node, chosen: Settings) -> tuple[str, ...]:
    """The desks that none of the factories made: those are followed with their factory."""
    return tuple(
        desk for desk in chosen.desks if not any(_made(node, each, desk) for each in chosen.factories)
    )


def _made(node: Node, factory: str, desk: str) -> bool:
    abi = abi_of("DeskFactory")
    try:
        answer = node.call(factory, f"0x{abi.encode('is_desk', (desk,)).hex()}")
        return bool(abi.decode("is_desk", 1, bytes.fromhex(answer[2:])))
    except (NodeRefuses, NotFound, UsageError):
        return False  # what is no factory, or no address, is told when it is to be followed


def _refuse_late(store: Store, node: Node, chosen: Settings) -> None:
    """Refuse a first block after a deployment. Only some nodes know what was there then."""
    if chosen.from_block == 0:
        return
    with store.reading() as connection:
        known = contracts_of(connection, node.chain_id)
    for address in (*chosen.factories, *chosen.desks):
        if address.lower() not in known and _was_there(node, address, chosen.from_block - 1):
            raise UsageError(
                f"{address} was deployed before block {chosen.from_block:,}, the first to be read.",
                hint="Begin at or before the block of its deployment.",
            )


def _was_there(node: Node, address: str, block: int) -> bool:
    try:
        return len(str(node.ask("eth_getCode", address, hex(block), patience=0.0))) > len("0x")
    except (NodeRefuses, NodeUnreachable):
        return False
