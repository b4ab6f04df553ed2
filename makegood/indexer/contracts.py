# SPDX-License-Identifier: Apache-2.0
"""Which factories and desks an index follows, and how one is added to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from eth_utils.address import is_address

from makegood.desk.abi import abi_of
from makegood.errors import NodeRefuses, NotFound, UsageError
from makegood.indexer.assets import asset_facts
from makegood.indexer.fold_desk import new_desk
from makegood.indexer.joining import join
from makegood.indexer.node import Node
from makegood.indexer.rows import upsert
from makegood.indexer.schema import desks
from makegood.indexer.store import DESK, FACTORY, Store, contracts_of, cursor_of


def follow(
    store: Store,
    node: Node,
    factories: Sequence[str],
    named: Sequence[str],
    *,
    first_block: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Remember these factories and desks of the node's chain, each address in any case.

    What an index was begun without is read from `first_block` on, up to where the index is. Raises UsageError
    for what is no address, and where nothing is followed; NotFound where no contract of the kind is at an
    address; and what `join` raises.
    """
    wanted = {FACTORY: [_address(each) for each in factories], DESK: [_address(each) for each in named]}
    with store.reading() as connection:
        begun = cursor_of(connection, node.chain_id) is not None
        known = {kind: set(Store.followed(connection, node.chain_id, kind)) for kind in wanted}
        covered = set(contracts_of(connection, node.chain_id))
    fresh = {kind: sorted(set(wanted[kind]) - known[kind] - covered) for kind in wanted}
    if not any(known.values()) and not any(fresh.values()):
        raise UsageError(
            "Nothing was named that an index could follow.", hint="Give --factory ADDRESS or --desk ADDRESS."
        )
    for address in fresh[FACTORY]:
        _ask(node, "DeskFactory", address, "desk_count")
    rows = [_desk(node, address) for address in fresh[DESK]]
    if begun and any(fresh.values()):
        say(f"Reading what {', '.join(fresh[FACTORY] + fresh[DESK])} did so far.")
        join(store, node, fresh[FACTORY], rows, first_block)
        return
    store.follow(node.chain_id, FACTORY, fresh[FACTORY])
    store.follow(node.chain_id, DESK, fresh[DESK])
    if rows:
        with store.writing() as connection:
            upsert(connection, desks, rows)


def _desk(node: Node, address: str) -> dict[str, object]:
    wiring = {
        name: str(_ask(node, "SupportDesk", address, name)).lower()
        for name in ("pool", "panel", "lane", "directory")
    }
    asset = str(_ask(node, "CompensationPool", wiring["pool"], "asset")).lower()
    notice = int(_ask(node, "CompensationPool", wiring["pool"], "notice"))
    facts = asset_facts(node, asset)
    return new_desk(node.chain_id, address, asset=asset, notice=notice, **wiring, **facts)


def _ask(node: Node, contract: str, address: str, function: str) -> Any:
    abi = abi_of(contract)
    try:
        answer = node.call(address, f"0x{abi.encode(function, ()).hex()}")
        if len(answer) <= 2:
            raise NotFound("Nothing is there.")
        return abi.decode(function, 0, bytes.fromhex(answer[2:]))
    except (NodeRefuses, NotFound):
        raise NotFound(
            f"There is no {contract} at {address} on chain {node.chain_id}.",
            hint="Check the address and the network.",
        ) from None


def _address(text: str) -> str:
    if not is_address(text):
        raise UsageError(f'"{text}" is not an address.', hint="Give 0x and 40 hexadecimal digits.")
    return text.lower()
