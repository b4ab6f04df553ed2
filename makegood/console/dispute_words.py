# SPDX-License-Identifier: Apache-2.0
"""Disputes, verdicts and panels in words."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from makegood import typed_data
from makegood.clock import Kind
from makegood.console import words
from makegood.desk import DisputeState, Event, Ruling, Seats, Token, Verdict
from makegood.disputes import CaseFile, digest_of

CLAIMS = {
    Kind.FIRST_REPLY: "what came as the first reply is no reply",
    Kind.NEXT_REPLY: "what came as a later reply is no reply",
    Kind.RESOLUTION: "the request is not solved",
    Kind.INCIDENT: "an error of the desk cost the requester money",
}
"""What somebody says who contests a kind, and arbiters who report it."""

STATES = {
    DisputeState.OPEN: "open",
    DisputeState.UPHELD: "upheld",
    DisputeState.REJECTED: "rejected",
    DisputeState.DEFAULTED: "upheld by default",
}

_DOCUMENTS = {
    "TicketOpened": "the opening",
    "TicketReplied": "the reply",
    "BotReplied": "the bot's message",
    "TicketFollowedUp": "the follow-up",
    "TicketProven": "the batch's opening",
    "EntryShown": "the batch's entry",
    "Contested": "the evidence of the contest",
    "BreachReported": "the grounds of the report",
}

_SPELLED = {Ruling.UPHELD: "UPHELD: the requester is right", Ruling.REJECTED: "REJECTED: the desk is right"}


def kind_label(kind: Kind) -> str:
    """A kind as a reader sees it, such as `first reply`."""
    return kind.labels[0].replace("_", " ")


def ticket_label(ticket_id: bytes) -> str:
    """A ticket's id in hex."""
    return "0x" + ticket_id.hex()


def quorum_of(seats: Seats) -> str:
    """How many decide, such as `2 of 3 arbiters`; without a panel, what silence means."""
    if not seats.arbiters:
        return "no panel: silence decides for the requester"
    return f"{seats.threshold} of {words.count(len(seats.arbiters), 'arbiter')}"


def nobody_rules(dispute: int) -> str:
    """Why a dispute that began without a panel gets no ruling."""
    return f"Nobody can rule dispute {dispute}: the desk had no arbiters when it was contested."


def silence_decides(rules_until: int, now: int) -> str:
    """From when on silence decides, in a sentence."""
    return f"Silence decides for the requester from {words.moment(rules_until + 1, now)} on."


def waits_words(epoch: int, rules_until: int, now: int) -> str:
    """Until when an open dispute of this epoch can be ruled."""
    until = words.moment(rules_until, now)
    if now > rules_until:
        return f"no ruling came by {until}, so the requester wins"
    if not epoch:
        return f"no arbiters, so silence decides for the requester after {until}"
    return f"the arbiters can rule until {until}"


def chain_documents(events: Iterable[Event], now: int) -> dict[bytes, str]:
    """The documents that a ticket's history has the digests of: by digest, which each is."""
    told = [(event, digest_of(event)) for event in events if event.name in _DOCUMENTS]
    return {
        digest: f"{_DOCUMENTS[event.name]} of {words.calendar(event.at or 0, now)}"
        for event, digest in told
        if digest is not None
    }


def hash_rows(message: Mapping[str, Any]) -> list[tuple[str, str]]:
    """The hashes that wallets and key files show of a typed message, and the 32 bytes that are signed."""
    encoded = typed_data.signable(message)
    return [
        ("domain hash", "0x" + encoded.header.hex()),
        ("message hash", "0x" + encoded.body.hex()),
        ("digest", "0x" + typed_data.digest(message).hex()),
    ]


def verdict_rows(case: CaseFile, verdict: Verdict, now: int) -> list[tuple[str, str]]:
    """What a verdict says, for the one who is about to sign it."""
    token: Token = case.token
    what = f"dispute {verdict.dispute}" if verdict.dispute else "a report: nobody contested it"
    rows = [
        ("decides", f"{what}, on the {kind_label(verdict.kind)}: {CLAIMS[verdict.kind]}"),
        ("ruling", _SPELLED[verdict.outcome]),
    ]
    if verdict.outcome is Ruling.UPHELD:
        of = f" of {words.money(case.asked, token)} asked" if verdict.kind is Kind.INCIDENT else ""
        rows.append(("compensation", words.money(verdict.amount, token) + of))
    return [
        *rows,
        ("ticket", ticket_label(verdict.ticket_id)),
        ("requester", case.requester),
        ("evidence", "0x" + verdict.evidence_digest.hex()),
        ("panel", f"{case.panel}, epoch {verdict.epoch}, chain {case.chain_id}"),
        ("decide", quorum_of(Seats(case.arbiters, case.threshold))),
        ("counts until", words.moment(verdict.deadline, now)),
    ]


def readable(text: str, most: int = 4_000) -> str:
    """Somebody else's text for a terminal: nothing in it moves the cursor, and it is not endless."""
    kept = "".join(one if one.isprintable() or one == "\n" else "�" for one in text)
    return kept if len(kept) <= most else kept[:most] + " …"


def listed(addresses: Sequence[str]) -> str:
    """Addresses under each other; `nobody` where there are none."""
    return "\n".join(addresses) or "nobody"
