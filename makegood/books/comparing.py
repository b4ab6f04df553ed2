# SPDX-License-Identifier: Apache-2.0
"""Books beside the chain: what the pool itself says at their last block, and what it really holds."""

from __future__ import annotations

from typing import Any, cast

from eth_utils.address import to_checksum_address
from eth_utils.crypto import keccak
from web3 import Web3

from makegood.books.report import Books
from makegood.desk import ETH
from makegood.desk.contract import connect
from makegood.desk.pool import Pool
from makegood.desk.refusal import chain_errors
from makegood.errors import VerificationFailed

_BALANCE_OF = keccak(text="balanceOf(address)")[:4]
_NAMES = ("funds", "reserved", "credited", "bonded", "debt", "free")


def compare(books: Books, w3: Web3, chain: int) -> int:
    """Raises VerificationFailed for the first thing that the chain says otherwise.

    Returns what the pool holds beyond its books, in smallest units: anybody can send it something directly,
    which is nobody's until `sync` adopts it, and keeps nobody from the books.
    """
    connect(w3, chain)
    block = books.closing.block
    with chain_errors("eth_getBlockByNumber"):
        found = Web3.to_hex(w3.eth.get_block(block)["hash"])
    if found != books.closing.hash:
        raise VerificationFailed(
            f"The node's block {block:,} is not the index's.",
            hint="Let the index follow this node's chain, then try again.",
        )
    pool = Pool(w3, to_checksum_address(books.desk["pool"]))
    after = books.after
    ours = (after.funds, after.reserved, after.credited, after.bonds, after.debt, after.free)
    for name, mine, theirs in zip(_NAMES, ours, pool.read("books", block=block), strict=True):
        if mine != theirs:
            raise VerificationFailed(
                f"The pool says {theirs} of {name} at block {block:,}, the books {mine} (smallest units).",
                hint="Compare the index with a node: `makegood index audit`.",
            )
    return _beyond(pool, after.funds, block)


def _beyond(pool: Pool, funds: int, block: int) -> int:
    held = _balance(pool, block)
    if held < funds:
        raise VerificationFailed(
            f"The pool holds {funds - held} less at block {block:,} than its books say (smallest units).",
            hint="The asset lost it; `ape run sync` writes that into the books.",
        )
    return held - funds


def _balance(pool: Pool, block: int) -> int:
    address = to_checksum_address(pool.address)
    if pool.asset == ETH:
        with chain_errors("eth_getBalance"):
            return int(pool.w3.eth.get_balance(address, block))
    data = _BALANCE_OF + bytes(12) + bytes.fromhex(address[2:])
    asked: Any = {"to": to_checksum_address(pool.asset), "data": Web3.to_hex(data)}
    with chain_errors("balanceOf of the asset"):
        return int.from_bytes(bytes(pool.w3.eth.call(cast(Any, asked), block)), "big")
