# SPDX-License-Identifier: Apache-2.0
"""What of a ticket its requester can contest."""

from __future__ import annotations

from makegood.explorer.calls import DIGEST, WHAT_DIGEST, Action, Yours, approval, call, value_of
from makegood.explorer.phrases import Money, Part, Percent, Sentence, sentence
from makegood.explorer.reading import DeskRow, Reader
from makegood.indexer import queries, schema
from makegood.indexer.queries import Row
from makegood.indexer.standing import Standing
from makegood.indexer.tickets import CLOSED, FIRST_REPLY, INCIDENT, NEXT_REPLY, RESOLUTION, SOLVED
from makegood.policy import ChainPolicy

_AMOUNT = Yours("YOUR_AMOUNT")
_BOND = Yours("YOUR_BOND")


def of_ticket(
    reader: Reader, desk: DeskRow, ticket: Row, stands: Standing, policy: ChainPolicy
) -> list[Action]:
    """Of each kind that the requester can contest and that no clock pays: an incident from the opening on."""
    if ticket["status"] == CLOSED or stands.over:
        return []
    over = int(ticket["compensated"] | stands.breached) | _contested_before(reader, desk, ticket)
    given = {
        FIRST_REPLY: ticket["replied"],
        NEXT_REPLY: ticket["replied"] and ticket["replies_due"] > 1,
        RESOLUTION: ticket["status"] == SOLVED,
    }
    found = [_contest(desk, ticket, kind, policy) for kind in given if given[kind] and not over & kind]
    if policy.incident_cap and not over & INCIDENT:
        found.append(_incident(desk, ticket, policy))
    return found


def _contested_before(reader: Reader, desk: DeskRow, ticket: Row) -> int:
    if not ticket["disputed"]:
        return 0
    mine = {"ticket_id": ticket["ticket_id"], "chain": desk.chain}
    rows = queries.having(reader.connection, schema.disputes, "dispute", **mine)
    return sum({int(row["kind"]) for row in rows})


_ARBITERS_DECIDE = sentence("Only the requester. The arbiters then decide; if they stay silent, you win.")
_CONTESTS: dict[int, Sentence] = {
    FIRST_REPLY: sentence(
        "Say that the first reply was no real answer, and ask %(amount)s; the bond is %(bond)s"
    ),
    NEXT_REPLY: sentence(
        "Say that a later reply was no real answer, and ask %(amount)s; the bond is %(bond)s"
    ),
    RESOLUTION: sentence("Say that it is not solved, and ask %(amount)s; the bond is %(bond)s"),
}


def _contest(desk: DeskRow, ticket: Row, kind: int, policy: ChainPolicy) -> Action:
    amount = policy.compensation[ticket["priority"]][kind.bit_length() - 1]
    asked: dict[str, Part] = {
        "amount": Money(amount, desk.token),
        "bond": Money(policy.contest_bond, desk.token),
    }
    return call(
        Sentence(_CONTESTS[kind].text, asked),
        _ARBITERS_DECIDE,
        ("ArbiterPanel", desk.row["panel"]),
        "contest",
        (
            ("bytes32", ticket["ticket_id"]),
            ("uint256", kind),
            ("uint256", amount),
            ("bytes32", DIGEST),
        ),
        value=value_of(desk, policy.contest_bond),
        notes=[WHAT_DIGEST, *approval(desk)],
    )


def _incident(desk: DeskRow, ticket: Row, policy: ChainPolicy) -> Action:
    return call(
        sentence(
            "Say that an error of the desk cost you money (an incident), and ask up to %(cap)s",
            cap=Money(policy.incident_cap, desk.token),
        ),
        _ARBITERS_DECIDE,
        ("ArbiterPanel", desk.row["panel"]),
        "contest",
        (
            ("bytes32", ticket["ticket_id"]),
            ("uint256", INCIDENT),
            ("uint256", _AMOUNT),
            ("bytes32", DIGEST),
        ),
        value=value_of(desk, _BOND),
        notes=[
            sentence(
                "YOUR_AMOUNT is what you ask, in the asset's smallest units; the bond, YOUR_BOND, is "
                "%(bond)s and %(share)s of what you ask.",
                bond=Money(policy.contest_bond, desk.token),
                share=Percent(policy.incident_bond_share, 10_000),
            ),
            WHAT_DIGEST,
            *approval(desk),
        ],
    )
