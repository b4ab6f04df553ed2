# SPDX-License-Identifier: Apache-2.0
"""Whether who signed a statement was the agent who gave that reply, when it was recorded."""

from web3 import Web3
from web3.types import FilterParams

from makegood.console import words
from makegood.desk import Agent, Desk, Event
from makegood.errors import MakegoodError, NodeUnreachable
from makegood.identity import dids
from makegood.receipts import node
from makegood.receipts.receipt import Receipt
from makegood.receipts.recording import Place
from makegood.receipts.signing import Signed
from makegood.receipts.step import Step, failed, passed

NAME = "standing"

_REPLIES = ("TicketReplied", "BotReplied")
_REMEDY = "Ask the desk for the statement of the agent who answered."


def check(receipt: Receipt, found: list[Signed], place: Place) -> Step:
    """The step. Raises MakegoodError where the node cannot tell."""
    with node.asking("eth_getLogs"):
        history = place.desk.timeline(receipt.ticket_id, receipt.block_number)
    replies = [event for event in history if event.name in _REPLIES]
    agents = []
    for number, one in enumerate(found, 1):
        same = [event for event in replies if bytes(event["digest"]) == one.statement.digest]
        if not same:
            return failed(
                NAME,
                f"Statement {number} is about a reply that is not recorded on this ticket: "
                f"0x{one.statement.digest.hex()}.",
                "It was never given on the chain, or is too new for this node: ask the desk.",
            )
        # The same document can have been given twice; one of them has to be the signer's.
        refusals = [_refused(place.desk, one, event) for event in same]
        if None not in refusals:
            return failed(NAME, f"Statement {number}: {refusals[0]}", _REMEDY)
        agents.append(str(same[refusals.index(None)]["agent"]))
    names = ", ".join(dict.fromkeys(agents))
    return passed(
        NAME,
        f"Who signed was the desk's agent when the reply was recorded: {names}.",
        agents=list(dict.fromkeys(agents)),
    )


def _refused(desk: Desk, one: Signed, event: Event) -> str | None:
    # That the address stood as an agent is certain: the desk takes replies of no other.
    at = event.at or 0
    if _did_digest(desk, event["agent"], event.block_number) != dids.digest(one.credential.issuer):
        return (
            f"{one.credential.issuer} was not the DID of the agent {event['agent']}, who gave this reply at "
            f"{words.iso(at)}."
        )
    expires_at = one.credential.expires_at
    if expires_at is not None and expires_at <= at:
        return f"it expired at {words.iso(expires_at)}, before the reply was recorded at {words.iso(at)}."
    return None


def _did_digest(desk: Desk, agent: str, block_number: int) -> bytes:
    """What the directory had of an agent at the end of a block."""
    with node.asking("directory"):
        directory = desk.directory
    try:
        with node.asking("agent"):
            return Agent(*directory.read("agent", agent, block=block_number)).did_digest
    except NodeUnreachable:
        raise
    except MakegoodError:
        # Most nodes keep the state of the last 128 blocks only, but all logs.
        topic = directory.abi.topic("AgentRegistered")
    wanted: FilterParams = {
        "address": directory.address,
        "fromBlock": 0,
        "toBlock": block_number,
        "topics": [Web3.to_hex(topic), "0x" + agent[2:].lower().rjust(64, "0")],
    }
    try:
        with node.asking("eth_getLogs"):
            logs = desk.w3.eth.get_logs(wanted)
            events = [directory.abi.decode_log(log) for log in logs]
            return bytes(events[-1]["did_digest"]) if events and events[-1] else b""
    except NodeUnreachable:
        raise
    except MakegoodError:
        raise NodeUnreachable(
            f"The node keeps neither state nor logs of block {block_number}, so it cannot say which DID the "
            "agent had then.",
            hint="Ask an archive node.",
        ) from None
