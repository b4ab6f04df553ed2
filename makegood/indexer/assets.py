# SPDX-License-Identifier: Apache-2.0
"""What a desk's asset says of itself."""

from __future__ import annotations

from typing import Any

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from makegood.desk.contract import ETH
from makegood.errors import NodeRefuses
from makegood.indexer.node import Node

# symbol() and decimals() of ERC-20.
_SYMBOL, _DECIMALS = "0x95d89b41", "0x313ce567"


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
    except (NodeRefuses, ValueError):
        pass
    return found


def _text(answer: bytes) -> str | None:
    """A string, or 32 bytes as some old tokens answer."""
    try:
        raw = decode(["bytes"], answer)[0] if len(answer) > 32 else answer.rstrip(b"\0")
    except DecodingError:
        return None
    return str(raw[:32].decode("utf-8", "replace").replace("\0", "�")) or None
