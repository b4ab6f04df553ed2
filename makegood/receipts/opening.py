# SPDX-License-Identifier: Apache-2.0
"""How a ticket was opened, or a batch anchored, as the chain has it in one transaction."""

from dataclasses import dataclass
from typing import Any

from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import TransactionNotFound

from makegood.clock import Status, TicketState
from makegood.desk import AGENT_LANE, REQUESTER_LANE, Desk, Event, Lane
from makegood.errors import MalformedWord, NotFound
from makegood.receipts.node import asking, contradicts

OPENED = "TicketOpened"
ANCHORED = "BatchAnchored"


@dataclass(frozen=True)
class Mined:
    """A transaction in its block; `events` are those of one contract that record something."""

    block_number: int
    block_hash: bytes
    at: int
    events: tuple[Event, ...]

    def event(self, argument: str, value: Any) -> Event | None:
        """The one about a ticket or a batch; None where the transaction recorded no such."""
        return next((event for event in self.events if event[argument] == value), None)


def mined(contract: Desk | Lane, transaction: bytes) -> Mined:
    """A transaction as the chain has it, with what it recorded at a desk or at a lane.

    Raises NotFound where the chain knows none, or not in a block yet, NodeUnreachable for a node that
    contradicts itself.
    """
    name = Web3.to_hex(transaction)
    with asking("eth_getTransactionReceipt"):
        try:
            found = contract.w3.eth.get_transaction_receipt(HexBytes(transaction))
        except TransactionNotFound:
            raise NotFound(f"The chain has no transaction {name}.") from None
        block = contract.w3.eth.get_block(found["blockNumber"])
        logs = [log for log in found["logs"] if Web3.to_checksum_address(log["address"]) == contract.address]
        decoded = [contract.abi.decode_log(log) for log in logs if found["status"] == 1]
        events = [event for event in decoded if event is not None]
        same = (
            bytes(found["transactionHash"]) == transaction
            and bytes(found["blockHash"]) == bytes(block["hash"])
            and found["blockNumber"] == block["number"]
            and all(event.transaction == transaction for event in events)
        )
        if not same:
            raise contradicts(f"the transaction {name}")
        recorded = ANCHORED if isinstance(contract, Lane) else OPENED
        return Mined(
            block_number=int(block["number"]),
            block_hash=bytes(block["hash"]),
            at=int(block["timestamp"]),
            events=tuple(event for event in events if event.name == recorded),
        )


def state_of(opening: Event) -> TicketState:
    """The ticket's state just after its opening."""
    try:
        state = TicketState.unpack(opening["word"])
    except MalformedWord:
        raise contradicts("the ticket's state") from None
    if state.status is not Status.OPEN or state.requester != opening["requester"]:
        raise contradicts("the ticket's state")
    return state


def lane_of(opening: Event) -> int:
    """`REQUESTER_LANE` or `AGENT_LANE`."""
    return AGENT_LANE if int(opening["agent"], 16) else REQUESTER_LANE
