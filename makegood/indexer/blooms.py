# SPDX-License-Identifier: Apache-2.0
"""Logs that a node left out, noticed by the bloom filters of its blocks.

A block's filter has 2,048 bits, of which each address that logged in it sets three. Where all three of an
address are set and there is no log of it, the filter may mean others, or the node has forgotten a log: then
the block's receipts tell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from eth_utils.crypto import keccak

from makegood.errors import NodeRefuses, NodeUnreachable
from makegood.indexer.logs import Log
from makegood.indexer.node import Header, Node


def check(node: Node, headers: Iterable[Header], logs: Iterable[Log], addresses: Sequence[str]) -> None:
    """See that no log of these addresses is missing. Raises NodeUnreachable where one is."""
    there = {(log.block_hash, log.address) for log in logs}
    masks = {address: mask(address) for address in addresses}
    for header in headers:
        bloom = int(header.bloom or "0x0", 16)
        may_have = (address for address, bits in masks.items() if bits & bloom == bits)
        silent = {address for address in may_have if (header.hash, address) not in there}
        if silent and silent & _emitters(node, header):
            raise NodeUnreachable(
                f"The node left out logs of block {header.number}.", hint="Try again, or ask another node."
            )


@lru_cache(maxsize=10_000)
def mask(address: str) -> int:
    """The bits of a filter that an address sets."""
    digest = keccak(hexstr=address)
    bits = (int.from_bytes(digest[at : at + 2], "big") % 2_048 for at in (0, 2, 4))
    found = 0
    for bit in bits:
        found |= 1 << bit
    return found


def _emitters(node: Node, header: Header) -> set[str]:
    """Who logged in a block, by its receipts; nobody where the node does not give them."""
    try:
        receipts = node.ask("eth_getBlockReceipts", header.hash)
    except NodeRefuses:
        return set()
    if receipts is None:
        raise NodeUnreachable(f"The node lacks block {header.number}, which it had.", hint="Try again.")
    try:
        return {log["address"].lower() for receipt in receipts for log in receipt["logs"]}
    except (KeyError, TypeError, AttributeError):
        raise NodeUnreachable("The node gives receipts that are none.", hint="Ask another node.") from None
