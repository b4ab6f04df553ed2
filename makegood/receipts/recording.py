# SPDX-License-Identifier: Apache-2.0
"""Whether a receipt's ticket is recorded on this chain, in its transaction, at its block; and how surely."""

from dataclasses import dataclass

from web3 import Web3

from makegood.clock import TicketState
from makegood.console import words
from makegood.desk import Batch, Desk, Event, connect
from makegood.errors import NotFound, UsageError
from makegood.receipts import anchoring, node
from makegood.receipts.opening import Mined, lane_of, mined, state_of
from makegood.receipts.receipt import Inclusion, Receipt
from makegood.receipts.step import Step, failed, passed

NAME = "recorded"

_LAG = 3_600  # seconds; no public chain rests for an hour
_ALTERED = "The receipt was altered, or made wrongly: ask the desk for it anew."
_LANES = ("by the requester", "by an agent")

_Compared = list[tuple[str, object, object]]


@dataclass(frozen=True)
class Place:
    """The chain that a receipt was looked up on: the desk, and time and number of the newest block.

    `batch` is what is on record of the batch that opened the ticket; None where none did.
    """

    desk: Desk
    latest: int
    at: int
    batch: Batch | None = None


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
        if receipt.inclusion is None:
            found = mined(desk, receipt.transaction)
        else:
            with node.asking("lane"):
                lane = desk.lane
            found = mined(lane, receipt.transaction)
    except NotFound as error:
        return _not_here(
            error.message,
            "A reorganisation dropped it, the node has not seen it yet, or it never was: ask another node, "
            "then the desk.",
        ), None
    event = _event(receipt, found)
    if event is None:
        return _not_there(receipt), None
    step = _placed(receipt, found)
    if step is not None:
        return step, None
    batch = None if receipt.inclusion is None else anchoring.batch_of(desk, event)
    if receipt.inclusion is None or batch is None:
        compared = _compared(receipt, found, event)
    else:
        compared = _compared_in_batch(receipt, receipt.inclusion, desk, batch)
    step = _said(compared)
    if step is not None:
        return step, None
    if found.block_number > latest:
        raise node.contradicts("its newest block")
    return _final(receipt, w3, found, latest, at, now), Place(desk, latest, at, batch)


def _not_here(why: str, hint: str) -> Step:
    return failed(NAME, why, hint)


def _event(receipt: Receipt, found: Mined) -> Event | None:
    """What recorded the ticket, or its batch."""
    if receipt.inclusion is None:
        return found.event("ticket_id", receipt.ticket_id)
    return found.event("batch", receipt.inclusion.batch)


def _not_there(receipt: Receipt) -> Step:
    did = "open this ticket" if receipt.inclusion is None else f"anchor a batch {receipt.inclusion.batch}"
    return failed(
        NAME,
        f"The transaction 0x{receipt.transaction.hex()} did not {did} at this desk.",
        "The ticket may be real all the same: ask the desk for the receipt anew.",
    )


def _placed(receipt: Receipt, found: Mined) -> Step | None:
    """Why the transaction is not where the receipt has it."""
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


def _said(compared: _Compared) -> Step | None:
    """What the receipt says otherwise than the chain."""
    for what, here, there in compared:
        if here != there:
            return failed(NAME, f"The receipt says that {what} {here}; the chain says {there}.", _ALTERED)
    return None


def _compared(receipt: Receipt, found: Mined, opening: Event) -> _Compared:
    state = state_of(opening)
    return [
        ("the requester is", receipt.requester, opening["requester"]),
        ("the commitment is", f"0x{receipt.commitment.hex()}", f"0x{opening['commitment'].hex()}"),
        ("the ticket was opened", _LANES[receipt.lane], _LANES[lane_of(opening)]),
        ("the policy is", receipt.policy_id, state.policy_id),
        ("the priority is", receipt.priority.label, state.priority.label),
        ("the ticket was opened at", _moment(receipt.opened_at), _moment(found.at)),
        *_dues(receipt, state),
    ]


def _compared_in_batch(receipt: Receipt, inclusion: Inclusion, desk: Desk, batch: Batch) -> _Compared:
    with node.asking("policy"):
        policy = desk.policy(batch.policy_id)
    found: _Compared = [
        ("the batch's root is", f"0x{inclusion.root.hex()}", f"0x{batch.root.hex()}"),
        ("the number of its leaves is", inclusion.size, batch.ends[-1]),
        ("the policy is", receipt.policy_id, batch.policy_id),
    ]
    priority = anchoring.priority_at(batch, inclusion.index)
    no_opening = f"that index {inclusion.index} is no opening's"
    there = no_opening if priority is None else priority.label
    found.append(("the priority is", receipt.priority.label, there))
    opened_at = _moment(receipt.opened_at)
    late = f"that the batch was anchored before, at {_moment(batch.anchored_at)}"
    in_time = receipt.opened_at <= batch.anchored_at
    found.append(("the ticket was opened at", opened_at, opened_at if in_time else late))
    if priority is not None and in_time:
        state = anchoring.opened_state(policy, batch, priority, receipt.requester, receipt.opened_at)
        found += _dues(receipt, state)
    return found


def _dues(receipt: Receipt, state: TicketState) -> _Compared:
    return [
        ("the first reply was due by", _moment(receipt.reply_due), _moment(state.clock)),
        ("the resolution was due by", _moment(receipt.resolution_due), _moment(state.resolution)),
    ]


def _moment(at: int) -> str:
    return f"{words.iso(at)}"


def _final(receipt: Receipt, w3: Web3, found: Mined, latest: int, at: int, now: int) -> Step:
    confirmations = latest - receipt.block_number + 1
    last = node.last_final(w3)
    by = "" if receipt.inclusion is None else f" by batch {receipt.inclusion.batch}"
    where = f"Recorded on chain {receipt.chain_id}{by} in block {receipt.block_number}, {words.iso(found.at)}"
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
