# SPDX-License-Identifier: Apache-2.0
"""Whether a receipt's ticket is recorded on this chain, in its transaction, at its block; and how surely."""

from dataclasses import dataclass

from web3 import Web3

from makegood.console import words
from makegood.desk import Desk, Event, connect
from makegood.errors import NotFound, UsageError
from makegood.receipts import node
from makegood.receipts.opening import Mined, lane_of, mined, state_of
from makegood.receipts.receipt import Receipt
from makegood.receipts.step import Step, failed, passed

NAME = "recorded"

_LAG = 3_600  # seconds; no public chain rests for an hour
_ALTERED = "The receipt was altered, or made wrongly: ask the desk for it anew."
_LANES = ("by the requester", "by an agent")


@dataclass(frozen=True)
class Place:
    """The chain that a receipt was looked up on: the desk, and time and number of the newest block."""

    desk: Desk
    latest: int
    at: int


def check(receipt: Receipt, w3: Web3, now: int) -> tuple[Step, Place | None]:
    """The step, and where it passed the place of the steps that follow.

    Raises UsageError for a node of another chain, NodeUnreachable for one that does not answer or contradicts
    itself.
    """
    with node.asking("eth_chainId"):
        chain_id = connect(w3)
    if chain_id != receipt.chain_id:
        # It tells nothing of the receipt.
        raise UsageError(
            f"The receipt is of chain {receipt.chain_id}, but the node is on chain {chain_id}.",
            hint=f"Give a node of chain {receipt.chain_id}.",
        )
    latest, at = node.latest(w3)
    try:
        with node.asking("eth_getCode"):
            desk = Desk(w3, receipt.desk)
    except NotFound:
        return _not_here(f"There is no desk at {receipt.desk} on this chain.", _ALTERED), None
    try:
        found = mined(desk, receipt.transaction)
    except NotFound as error:
        return _not_here(
            error.message,
            "A reorganisation dropped it, the node has not seen it yet, or it never was: ask another node, "
            "then the desk.",
        ), None
    step = _placed(receipt, found) or _said(receipt, found)
    if step is not None:
        return step, None
    if found.block_number > latest:
        raise node.contradicts("its newest block")
    return _final(receipt, w3, latest, at, now), Place(desk, latest, at)


def _not_here(why: str, hint: str) -> Step:
    return failed(NAME, why, hint)


def _placed(receipt: Receipt, found: Mined) -> Step | None:
    """Why the transaction is not the one, or not where the receipt has it."""
    opening = found.opening(receipt.ticket_id)
    if opening is None:
        return failed(
            NAME,
            f"The transaction 0x{receipt.transaction.hex()} did not open this ticket at this desk.",
            "The ticket may be real all the same: ask the desk for the receipt anew.",
        )
    moved = (
        "A reorganisation of the chain moved it, or the receipt was altered: ask the desk for the receipt "
        "anew, once the block is final."
    )
    if found.block_number != receipt.block_number:
        return failed(
            NAME,
            f"The transaction is in block {found.block_number}, not in block {receipt.block_number}.",
            moved,
        )
    if found.block_hash != receipt.block_hash:
        return failed(
            NAME,
            f"Block {found.block_number} is another one here: its hash is 0x{found.block_hash.hex()}, not "
            f"0x{receipt.block_hash.hex()}.",
            moved,
        )
    return None


def _said(receipt: Receipt, found: Mined) -> Step | None:
    """What the receipt says otherwise than the chain."""
    opening = found.opening(receipt.ticket_id)
    if opening is None:
        raise node.contradicts("the transaction")
    for what, here, there in _compared(receipt, found, opening):
        if here != there:
            return failed(NAME, f"The receipt says that {what} {here}; the chain says {there}.", _ALTERED)
    return None


def _compared(receipt: Receipt, found: Mined, opening: Event) -> list[tuple[str, object, object]]:
    state = state_of(opening)

    def moment(at: int) -> str:
        return f"{words.iso(at)}"

    return [
        ("the requester is", receipt.requester, opening["requester"]),
        ("the commitment is", f"0x{receipt.commitment.hex()}", f"0x{opening['commitment'].hex()}"),
        ("the ticket was opened", _LANES[receipt.lane], _LANES[lane_of(opening)]),
        ("the policy is", receipt.policy_id, state.policy_id),
        ("the priority is", receipt.priority.label, state.priority.label),
        ("the ticket was opened at", moment(receipt.opened_at), moment(found.at)),
        ("the first reply was due by", moment(receipt.reply_due), moment(state.clock)),
        ("the resolution was due by", moment(receipt.resolution_due), moment(state.resolution)),
    ]


def _final(receipt: Receipt, w3: Web3, latest: int, at: int, now: int) -> Step:
    confirmations = latest - receipt.block_number + 1
    last = node.last_final(w3)
    block = f"block {receipt.block_number}, {words.iso(receipt.opened_at)}"
    where = f"Recorded on chain {receipt.chain_id} in {block}"
    counted = words.count(confirmations, "confirmation")
    if last is None:
        how = f"{counted}; this node does not say what is final, so wait for as many as the chain advises"
    elif receipt.block_number <= last <= latest:
        how = "final: no reorganisation can undo it"
    else:
        how = f"not final yet, {counted}: a reorganisation could still move it, so verify again later"
    lag = f" The node's newest block is {words.span(now - at)} old: it may lag." if now - at > _LAG else ""
    return passed(
        NAME,
        f"{where}; {how}.{lag}",
        final=None if last is None else receipt.block_number <= last <= latest,
        confirmations=confirmations,
        latest_block=latest,
        latest_at=words.iso(at),
    )
