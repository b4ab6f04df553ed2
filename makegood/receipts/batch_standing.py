# SPDX-License-Identifier: Apache-2.0
"""As `standing`, for a ticket of a batch, of whose replies the chain knows only what a proof has shown."""

from collections.abc import Iterator

from makegood.batches import Act
from makegood.console import words
from makegood.desk import Desk, Event
from makegood.identity import dids
from makegood.receipts import node
from makegood.receipts.receipt import Receipt
from makegood.receipts.recording import Place
from makegood.receipts.signing import Signed
from makegood.receipts.standing import CLOCKS_DIFFER, DATE_REMEDY, NAME, REMEDY, REPLIES, misdated, refused
from makegood.receipts.step import Step, failed, passed

SHOWN = "EntryShown"
ANSWERS = (Act.REPLIED, Act.LEFT_PENDING, Act.SOLVED)


def check(receipt: Receipt, found: list[Signed], place: Place, now: int) -> Step:
    """The step. A statement on a reply that no proof has shown fails only for who signed it, or for its date.

    Raises MakegoodError where the node cannot tell.
    """
    replies = replies_of(place.desk, receipt)
    agents: list[str] = []
    known: list[bool] = []
    remarks: list[str] = []
    for number, one in enumerate(found, 1):
        wrong = misdated(one, receipt.opened_at, max(now, place.at))
        if wrong is not None:
            return failed(NAME, f"Statement {number} {wrong}", DATE_REMEDY)
        same = [event for event in replies if bytes(event["digest"]) == one.statement.digest]
        given = [(event, _agent_of(event), _refused(place, one, event)) for event in same]
        true = [(event, agent) for event, agent, refusal in given if refusal is None]
        if given and not true:
            return failed(NAME, f"Statement {number}: {given[0][2]}", REMEDY)
        known.append(bool(true))
        if true:
            agents.append(true[0][1])
            remarks += _remarks(number, one, true[-1][0])
            continue
        agent = _standing_with(place, one)
        if agent is None:
            return failed(
                NAME,
                f"Statement {number}: {one.credential.issuer} was the DID of no agent of this desk at "
                f"{words.iso(one.credential.issued_at)}, when it was signed.",
                REMEDY,
            )
        agents.append(agent)
        remarks.append(
            f" Whether the reply of statement {number} is recorded is not known: no proof has shown it."
        )
    names = ", ".join(dict.fromkeys(agents))
    return passed(
        NAME,
        f"Who signed was the desk's agent at the time: {names}.{''.join(remarks)}",
        agents=list(dict.fromkeys(agents)),
        issued_at=[words.iso(one.credential.issued_at) for one in found],
        recorded=[True if each else None for each in known],
    )


def replies_of(desk: Desk, receipt: Receipt) -> list[Event]:
    """The replies that the chain knows of: shown in a proof, or given after the challenge; bots' too."""
    with node.asking("eth_getLogs"):
        shown = desk.lane.timeline(receipt.ticket_id, receipt.block_number)
        direct = desk.timeline(receipt.ticket_id, receipt.block_number)
    return [
        *(event for event in shown if event.name == SHOWN and event["act"] in ANSWERS),
        *(event for event in direct if event.name in REPLIES),
    ]


def _agent_of(event: Event) -> str:
    return str(event["actor" if event.name == SHOWN else "agent"])


def _refused(place: Place, one: Signed, event: Event) -> str | None:
    if event.name != SHOWN:
        return refused(place.desk, one, event)
    # The entry's own time may lie before the one at which it counts, which is all that the event tells.
    at, actor, did = int(event["at"]), event["actor"], dids.digest(one.credential.issuer)
    signed_at = min(at, one.credential.issued_at)
    if did not in (_did_digest(place, actor, at), _did_digest(place, actor, signed_at)):
        return (
            f"{one.credential.issuer} was not the DID of the agent {actor}, whose reply counts at "
            f"{words.iso(at)}."
        )
    expires_at = one.credential.expires_at
    if expires_at is not None and expires_at <= at:
        return f"it expired at {words.iso(expires_at)}, before the reply counts at {words.iso(at)}."
    return None


def _remarks(number: int, one: Signed, event: Event) -> Iterator[str]:
    if event.name == SHOWN and not event["taken"]:
        yield f" The chain passed over the reply of statement {number}: it stops no clock."
    at = int(event["at"]) if event.name == SHOWN else event.at or 0
    later = one.credential.issued_at - at
    if later > CLOCKS_DIFFER:
        yield f" Statement {number} is dated {words.span(later)} after its reply."


def _standing_with(place: Place, one: Signed) -> str | None:
    """The agent who had the issuer's DID, and stood, when a statement was signed."""
    did = dids.digest(one.credential.issuer)
    # A signer's clock may be ahead of the chain's.
    at = min(one.credential.issued_at, place.at)
    with node.asking("eth_getLogs"):
        directory = place.desk.directory
        bindings = directory.events(("AgentRegistered",), where=("did_digest", did))
        bound = [str(event["agent"]) for event in bindings]
    for agent in dict.fromkeys(bound):
        with node.asking("standing_at"):
            stood = directory.standing_at(agent, at)
        if stood and _did_digest(place, agent, at) == did:
            return agent
    return None


def _did_digest(place: Place, agent: str, at: int) -> bytes:
    """Which DID the directory had of an agent at a time; empty where it had none."""
    with node.asking("eth_getLogs"):
        for event in place.desk.directory.events(
            ("AgentRegistered",), where=("agent", agent), newest_first=True
        ):
            if int(place.desk.w3.eth.get_block(event.block_number)["timestamp"]) <= at:
                return bytes(event["did_digest"])
    return b""
