# SPDX-License-Identifier: Apache-2.0
"""How a ticket was opened, as the chain has it in one transaction."""

from dataclasses import dataclass

from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import TransactionNotFound

from makegood.clock import Status, TicketState
from makegood.desk import AGENT_LANE, REQUESTER_LANE, Desk, Event
from makegood.errors import MalformedWord, NotFound
from makegood.receipts.node import asking, contradicts


@dataclass(frozen=True)
class Mined:
    """A transaction in its block; `openings` are its events TicketOpened of one desk."""

    block_number: int
    block_hash: bytes
    at: int
    openings: tuple[Event, ...]

    def opening(self, ticket_id: bytes) -> Event | None:
        """The opening of a ticket; None where the transaction opened no such."""
        return next((event for event in self.openings if event["ticket_id"] == ticket_id), None)


def mined(desk: Desk, transaction: bytes) -> Mined:
    """A transaction as the chain has it. Raises NotFound where the chain knows none, or not in a block yet.

    Raises NodeUnreachable for a node that contradicts itself.
    """
    name = Web3.to_hex(transaction)
    with asking("eth_getTransactionReceipt"):
        try:
            found = desk.w3.eth.get_transaction_receipt(HexBytes(transaction))
        except TransactionNotFound:
            raise NotFound(f"The chain has no transaction {name}.") from None
        block = desk.w3.eth.get_block(found["blockNumber"])
        logs = [log for log in found["logs"] if Web3.to_checksum_address(log["address"]) == desk.address]
        decoded = [desk.abi.decode_log(log) for log in logs if found["status"] == 1]
        events = [event for event in decoded if event is not None]
        same = (
            bytes(found["transactionHash"]) == transaction
            and bytes(found["blockHash"]) == bytes(block["hash"])
            and found["blockNumber"] == block["number"]
            and all(event.transaction == transaction for event in events)
        )
        if not same:
            raise contradicts(f"the transaction {name}")
        return Mined(
            block_number=int(block["number"]),
            block_hash=bytes(block["hash"]),
            at=int(block["timestamp"]),
            openings=tuple(event for event in events if event.name == "TicketOpened"),
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
