# SPDX-License-Identifier: Apache-2.0
"""Disputes, verdicts and panels in words."""

from collections.abc import Sequence

from makegood.clock import Kind
from makegood.console import words
from makegood.desk import DisputeState, Ruling, Seats, Token, Verdict
from makegood.disputes import CaseFile

CLAIMS = {
    Kind.FIRST_REPLY: "what came as the first reply is no reply",
    Kind.NEXT_REPLY: "what came as a later reply is no reply",
    Kind.RESOLUTION: "what was called solved is not solved",
    Kind.INCIDENT: "an error of the desk cost the requester money",
}
"""What somebody says who contests a kind, and arbiters who report it."""

STATES = {
    DisputeState.OPEN: "open",
    DisputeState.UPHELD: "upheld",
    DisputeState.REJECTED: "rejected",
    DisputeState.DEFAULTED: "upheld by default",
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
