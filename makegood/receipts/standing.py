# SPDX-License-Identifier: Apache-2.0
"""Whether who signed a statement was the agent who gave that reply, and whether its date can be true."""

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

REPLIES = ("TicketReplied", "BotReplied")
CLOCKS_DIFFER = 900
"""Seconds that a signer's clock may differ from the chain's."""

DATE_REMEDY = "Ask the desk for a statement with its true date."
REMEDY = "Ask the desk for the statement of the agent who answered."


def check(receipt: Receipt, found: list[Signed], place: Place, now: int) -> Step:
    """The step. `now` counts where it is later than the newest block.

    Raises MakegoodError where the node cannot tell.
    """
    with node.asking("eth_getLogs"):
        history = place.desk.timeline(receipt.ticket_id, receipt.block_number)
    replies = [event for event in history if event.name in REPLIES]
    agents, remarks = [], []
    for number, one in enumerate(found, 1):
        same = [event for event in replies if bytes(event["digest"]) == one.statement.digest]
        if not same:
            return failed(
                NAME,
                f"Statement {number} is about a reply that is not recorded on this ticket: "
                f"0x{one.statement.digest.hex()}.",
                "It was never given on the chain, or is too new for this node: ask the desk.",
            )
        wrong = misdated(one, receipt.opened_at, max(now, place.at))
        if wrong is not None:
            return failed(NAME, f"Statement {number} {wrong}", DATE_REMEDY)
        # The same document can have been given twice; one of them has to be the signer's.
        refusals = [refused(place.desk, one, event) for event in same]
        given = [event for event, refusal in zip(same, refusals, strict=True) if refusal is None]
        if not given:
            return failed(NAME, f"Statement {number}: {refusals[0]}", REMEDY)
        agents.append(str(given[0]["agent"]))
        later = one.credential.issued_at - (given[-1].at or 0)
        if later > CLOCKS_DIFFER:
            remarks.append(f" Statement {number} is dated {words.span(later)} after its reply.")
    names = ", ".join(dict.fromkeys(agents))
    return passed(
        NAME,
        f"Who signed was the desk's agent when the reply was recorded: {names}.{''.join(remarks)}",
        agents=list(dict.fromkeys(agents)),
        issued_at=[words.iso(one.credential.issued_at) for one in found],
    )


def misdated(one: Signed, opened_at: int, now: int) -> str | None:
    """Why a statement's date cannot be true; None where it can."""
    # An agent may sign before its reply is recorded, or long after; not before the ticket, or in the future.
    issued_at = one.credential.issued_at
    dated = f"is dated {words.iso(issued_at)}"
    if issued_at > now + CLOCKS_DIFFER:
        return f"{dated}, which is still to come."
    if issued_at < opened_at - CLOCKS_DIFFER:
        return f"{dated}, before the ticket was opened at {words.iso(opened_at)}."
    return None


def refused(desk: Desk, one: Signed, event: Event) -> str | None:
    """Why a reply on the direct lane is not its signer's; None where it is."""
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
        pass
    try:
        with node.asking("eth_getLogs"):
            registered = directory.events(
                ("AgentRegistered",), to_block=block_number, where=("agent", agent), newest_first=True
            )
            return next((bytes(event["did_digest"]) for event in registered), b"")
    except NodeUnreachable:
        raise
    except MakegoodError:
        raise NodeUnreachable(
            f"The node keeps neither state nor logs of block {block_number}, so it cannot say which DID the "
            "agent had then.",
            hint="Ask an archive node.",
        ) from None
