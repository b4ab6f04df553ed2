# SPDX-License-Identifier: Apache-2.0
"""Contesting: the requester asks the arbiters, and puts down the bond."""

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from makegood.clock import Kind, TicketState
from makegood.console import bonds, ticket_ids, words
from makegood.console.dispute_words import (
    CLAIMS,
    kind_label,
    listed,
    quorum_of,
    silence_decides,
    ticket_label,
)
from makegood.console.message import Message, Said
from makegood.console.run import Run
from makegood.console.sealing_for import Bundle, Sealing
from makegood.desk import Outcome, Seats
from makegood.disputes import evidence
from makegood.disputes.case import KINDS, NO_SEATS
from makegood.errors import ChainRevert, UsageError
from makegood.policy import ChainPolicy


def contest(
    run: Run,
    ticket: str,
    kind_name: str,
    amount: str | None,
    message: Message,
    files: Sequence[Path],
    sealing: Sealing,
) -> None:
    """Contest one kind of a ticket; the evidence is a salted document of which the digest goes on chain.

    Document and `files` are also sealed for the arbiters, where `sealing` says to whom.
    """
    sealing.check(message, files)
    kind = Kind.named(kind_name)
    ticket_id = ticket_ids.ticket_id(run, ticket)
    state = run.desk.ticket(ticket_id)
    if run.signer.address != state.requester:
        # Of several refusals the panel gives another first, which a stranger could not mend.
        raise ChainRevert(
            "The caller is not the ticket's requester.", reason="desk: caller is not the requester"
        )
    policy = run.desk.policy(state.policy_id)
    asked = _asked(run, kind, amount, state, policy)
    sealed_to = sealing.recipients(run)
    said = message.said(evidence.TYPE, evidence.about(ticket_id, kind, files))
    bundle = sealing.bundle_of(message, said, files, sealed_to)
    bond = policy.bond_of(asked if kind is Kind.INCIDENT else 0)
    call = run.desk.panel.contest(ticket_id, kind, asked, said.digest, bond)
    bonds.check(run, call, bond)
    run.output.say(_bond_sentence(run, bond, policy))
    what = f"contest the {kind_label(kind)} of {ticket} for {run.money(asked)}, bond {run.money(bond)}"
    outcome = bonds.sent(run, what, call, bond, lambda: _keep(run, said, bundle))
    if outcome is not None:
        _tell(run, outcome, said, bundle)


def _keep(run: Run, said: Said, bundle: Bundle | None) -> None:
    if bundle is None:
        said.keep(run.output)
    else:
        bundle.keep(run.output, said)


def _asked(run: Run, kind: Kind, amount: str | None, state: TicketState, policy: ChainPolicy) -> int:
    if kind is not Kind.INCIDENT:
        if amount is not None:
            raise UsageError(
                "--amount goes with incidents only.", hint="Else it is the policy's compensation."
            )
        return policy.compensation[state.priority][KINDS.index(kind)]
    if amount is None:
        raise UsageError("An incident asks for an amount.", hint="Give --amount.")
    return words.parse_money(amount, run.token)


def _bond_sentence(run: Run, bond: int, policy: ChainPolicy) -> str:
    if not run.desk.panel.epoch():
        until = run.chain.now() + policy.ruling_window
        back = f"Bond: {run.money(bond)}, which comes back then." if bond else "Bond: none."
        return (
            f"The desk has no arbiters, so nobody can rule. {silence_decides(until, run.chain.now())} {back}"
        )
    if bond == 0:
        return "Bond: none."
    return (
        f"Bond: {run.money(bond)}. It comes back where the arbiters uphold or stay silent; where they "
        f"reject, at most {run.money(min(policy.fee, bond))} of it is their fee and the rest the operator's."
    )


def _tell(run: Run, outcome: Outcome, said: Said, bundle: Bundle | None) -> None:
    event = outcome.event("Contested")
    seats: Seats = run.desk.panel.seats(event["epoch"]) if event["epoch"] else NO_SEATS
    kind = Kind(event["kind"])
    rows = [
        ("dispute", f"{event['dispute']}, on the {kind_label(kind)}: {CLAIMS[kind]}"),
        ("ticket", ticket_label(event["ticket_id"])),
        ("asked", run.money(event["amount"])),
    ]
    if kind is Kind.INCIDENT:
        rows.append(("set aside for it", run.money(event["reserved"])))
    run.done(
        {
            "dispute": event["dispute"],
            "ticket_id": ticket_label(event["ticket_id"]),
            "kind": kind.labels[0],
            "amount": str(event["amount"]),
            "reserved": str(event["reserved"]),
            "bond": str(event["bond"]),
            "evidence_digest": "0x" + event["evidence_digest"].hex(),
            "epoch": event["epoch"],
            "arbiters": list(seats.arbiters),
            "threshold": seats.threshold,
            "rules_until": words.iso(event["rules_until"]),
            "document": str(said.path) if said.path else None,
            "bundle": str(bundle.path) if bundle else None,
            "sealed_to": [asdict(each) for each in bundle.sealed_to] if bundle else [],
        },
        [
            *rows,
            ("bond", run.money(event["bond"])),
            ("evidence", "0x" + event["evidence_digest"].hex()),
            *_then(seats, event["rules_until"], outcome.at, bundle),
        ],
    )


def _then(seats: Seats, rules_until: int, now: int, bundle: Bundle | None) -> list[tuple[str, str]]:
    if not seats.arbiters:
        return [
            ("decide", "nobody can: the desk has no arbiters"),
            ("then", f"{silence_decides(rules_until, now)} Anyone ends it: `ape run rule_by_default TICKET`"),
        ]
    return [
        ("decide", quorum_of(seats)),
        ("arbiters", listed(seats.arbiters)),
        ("they can rule until", words.moment(rules_until, now)),
        *_send_them(bundle),
    ]


def _send_them(bundle: Bundle | None) -> list[tuple[str, str]]:
    if bundle is None:
        return [
            ("send them", "the document and its files, off chain"),
            ("not sealed", "whoever carries document and files can read them; --seal-to seals them"),
        ]
    return [
        ("sealed for", bundle.openers()),
        ("send them", f"{bundle.path}, off chain, over any channel: nobody else can open it"),
    ]
