# SPDX-License-Identifier: Apache-2.0
"""Which factories and desks an index follows, and how one is added to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError
from eth_utils.address import is_address

from makegood.desk.abi import abi_of
from makegood.desk.contract import ETH
from makegood.errors import NotFound, UsageError
from makegood.indexer.fold_desk import new_desk
from makegood.indexer.node import Node, Refused
from makegood.indexer.rows import upsert
from makegood.indexer.schema import desks
from makegood.indexer.store import DESK, FACTORY, Store, contracts_of, cursor_of

# symbol() and decimals() of ERC-20.
_SYMBOL, _DECIMALS = "0x95d89b41", "0x313ce567"


def follow(store: Store, node: Node, factories: Sequence[str], named: Sequence[str]) -> None:
    """Remember these factories and desks of the node's chain, each address in any case.

    Raises UsageError for what is no address, for one that comes after the chain's first blocks were indexed,
    and where nothing is followed; NotFound where no contract of the kind is at an address.
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
    if begun and any(fresh.values()):
        raise UsageError(
            f"The index of chain {node.chain_id} was begun without {_first(fresh)}.",
            hint="Begin another with it: give --database another file, and all that it is to follow.",
        )
    for address in fresh[FACTORY]:
        _ask(node, "DeskFactory", address, "desk_count")
    rows = [_desk(node, address) for address in fresh[DESK]]
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


def asset_facts(node: Node, asset: str) -> dict[str, Any]:
    """What a token says of itself, `asset_symbol` and `asset_decimals`: nothing of it is checked."""
    if asset == ETH:
        return {"asset_symbol": "ETH", "asset_decimals": 18}
    found: dict[str, Any] = {"asset_symbol": None, "asset_decimals": None}
    try:
        symbol = bytes.fromhex(node.call(asset, _SYMBOL)[2:])
        found["asset_symbol"] = _text(symbol)
        decimals = int(node.call(asset, _DECIMALS), 16)
        found["asset_decimals"] = decimals if decimals <= 255 else None
    except (Refused, ValueError):
        pass
    return found


def _text(answer: bytes) -> str | None:
    """A string, or 32 bytes as some old tokens answer."""
    try:
        raw = decode(["bytes"], answer)[0] if len(answer) > 32 else answer.rstrip(b"\0")
    except DecodingError:
        return None
    return str(raw[:32].decode("utf-8", "replace").replace("\0", "�")) or None


def _ask(node: Node, contract: str, address: str, function: str) -> Any:
    abi = abi_of(contract)
    try:
        answer = node.call(address, f"0x{abi.encode(function, ()).hex()}")
        if len(answer) <= 2:
            raise NotFound("Nothing is there.")
        return abi.decode(function, 0, bytes.fromhex(answer[2:]))
    except (Refused, NotFound):
        raise NotFound(
            f"There is no {contract} at {address} on chain {node.chain_id}.",
            hint="Check the address and the network.",
        ) from None


def _address(text: str) -> str:
    if not is_address(text):
        raise UsageError(f'"{text}" is not an address.', hint="Give 0x and 40 hexadecimal digits.")
    return text.lower()


def _first(fresh: dict[str, list[str]]) -> str:
    return next(address for addresses in fresh.values() for address in addresses)
