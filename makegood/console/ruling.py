# SPDX-License-Identifier: Apache-2.0
"""Ruling: anyone submits what arbiters signed, silence decides, fees are collected."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from makegood.clock import Kind
from makegood.console import ticket_ids, words
from makegood.console.cases import dispute_of
from makegood.console.dispute_words import STATES, kind_label, ticket_label
from makegood.console.run import Run
from makegood.console.table import facts
from makegood.desk import MAX_ITEMS, DisputeState, Outcome, Ruling, Verdict
from makegood.disputes import Quorum, Source, collect, disputes_of, read_case, read_verdict, same_verdict
from makegood.errors import NotFound, UsageError

# ---------------------------------------------------------------- submitting


def submit_verdict(run: Run, paths: Sequence[Path], *, collect_too: bool) -> None:
    """Check the arbiters' files, and send them where they are enough."""
    sources = [Source(str(path), read_verdict(path)) for path in paths]
    common = same_verdict(sources)
    verdict = common.verdict
    if (common.chain_id, common.desk) != (run.desk.chain_id, run.desk.address):
        raise NotFound(
            f"The files are for the desk {common.desk} on chain {common.chain_id}, not {run.desk.address}.",
            hint="Give its --desk and --network.",
        )
    if collect_too and not verdict.dispute:
        raise UsageError(
            "--collect does not go with a report.", hint="`ape run collect` sends it afterwards."
        )
    now = run.chain.now()
    case = read_case(run.desk, verdict.ticket_id, verdict.kind, now, run.first_block)
    quorum = collect(run.chain.w3, case, sources, now)
    for line in _quorum_lines(quorum):
        run.output.say(line)
    quorum.require()
    what = f"{_ruling_words(run, verdict)}, signed by {words.count(len(quorum.signatures), 'arbiter')}"
    if verdict.dispute:
        call = run.desk.panel.submit_verdict(verdict, quorum.signatures, collect_too)
        outcome = run.act(f"rule dispute {verdict.dispute} {what}", call)
    else:
        call = run.desk.panel.report_breach(verdict, quorum.signatures)
        outcome = run.act(f"report the {kind_label(verdict.kind)} breached, {what}", call)
    if outcome is not None:
        _tell_ruled(run, outcome, verdict.ticket_id, verdict.kind, quorum)


def rule_by_default(run: Run, ticket: str, kind: str | None, *, collect_too: bool) -> None:
    """End a dispute whose arbiters stayed silent."""
    case = dispute_of(run, ticket, kind)
    call = run.desk.panel.rule_by_default(case.ticket_id, case.kind, collect_too)
    outcome = run.act(f"end the dispute on the {kind_label(case.kind)} of {ticket} for the requester", call)
    if outcome is not None:
        _tell_ruled(run, outcome, case.ticket_id, case.kind, None)


def _ruling_words(run: Run, verdict: Verdict) -> str:
    if verdict.outcome is Ruling.REJECTED:
        return "rejected"
    return f"upheld at {run.money(verdict.amount)}"


def _quorum_lines(quorum: Quorum) -> list[str]:
    signed = len(quorum.signatures)
    lines = [f"Signed by {signed} of {len(quorum.seats.arbiters)}; {quorum.seats.threshold} are needed:"]
    rows = [(one, "signed" if one in quorum.signed else "missing") for one in quorum.seats.arbiters]
    lines += facts(rows, indent=2)
    return lines + [f"Left out: {name}, whose arbiter is there already." for name in quorum.left_out]


def _tell_ruled(run: Run, outcome: Outcome, ticket_id: bytes, kind: Kind, quorum: Quorum | None) -> None:
    reported = outcome.all("BreachReported")
    event = reported[0] if reported else outcome.event("DisputeRuled")
    state = DisputeState.UPHELD if reported else DisputeState(event["state"])
    share = 0 if reported else event["fee_share"]
    requester = run.desk.ticket(ticket_id).requester
    figures = {
        name: sum(each["amount"] for each in outcome.all(name) if each["beneficiary"] == requester)
        for name in ("Credited", "Owed", "Collected")
    }
    ruling = "reported" if reported else STATES[state]
    # What the clock has paid already, a ruling does not pay again.
    paid = sum(each["amount"] for each in outcome.all("BreachCompensated"))
    before = event["amount"] != 0 and paid == 0
    data: dict[str, Any] = {
        "dispute": None if reported else event["dispute"],
        "ticket_id": ticket_label(ticket_id),
        "kind": kind.labels[0],
        "ruling": ruling,
        "amount": str(event["amount"]),
        "paid_before": before,
        "requester": requester,
        "credited": str(figures["Credited"]),
        "owed": str(figures["Owed"]),
        "collected": str(figures["Collected"]),
        "fee_share": str(share),
        "signers": list(quorum.signed) if quorum else [],
    }
    rows = [
        ("ruling" if reported else f"dispute {event['dispute']}", f"{ruling}, on the {kind_label(kind)}"),
        ("ticket", ticket_label(ticket_id)),
        ("compensation", run.money(event["amount"]) + (", which was paid before" if before else "")),
        ("requester", f"{requester} is credited {run.money(figures['Credited'])}"),
    ]
    if figures["Owed"]:
        rows.append(("owed as debt", run.money(figures["Owed"])))
    if figures["Collected"]:
        rows.append(("collected", run.money(figures["Collected"])))
    if share:
        rows.append(("each signer", f"can collect {run.money(share)}: `ape run collect_fees`"))
    run.done(data, rows)


# ---------------------------------------------------------------- fees


def collect_fees(run: Run, arbiter: str | None, tickets: Sequence[str]) -> None:
    """Send an arbiter its shares of the fees of these tickets' disputes, or of all that it signed."""
    to = run.address(arbiter) if arbiter else run.signer.address
    found = list(uncollected(run, to, tickets))
    if not found:
        raise NotFound(
            f"{to} has no fee to collect.",
            hint="A fee is for those who signed a verdict that was submitted, once each.",
        )
    for_now = found[:MAX_ITEMS]
    what = f"send {to} its fees of {words.count(len(for_now), 'dispute')}"
    outcome = run.act(what, run.desk.panel.collect_fees(to, for_now))
    if outcome is None:
        return
    shares = {event["dispute"]: event["amount"] for event in outcome.all("FeeCollected")}
    paid = sum(event["amount"] for event in outcome.all("Collected"))
    run.done(
        {
            "arbiter": to,
            "fees": [{"dispute": number, "amount": str(amount)} for number, amount in shares.items()],
            "total": str(sum(shares.values())),
            "collected": str(paid),
            "left": len(found) - len(for_now),
        },
        [
            ("arbiter", to),
            ("fees", f"{run.money(sum(shares.values()))} of {words.count(len(shares), 'dispute')}"),
            ("collected", f"{run.money(paid)}, with all else that it could have"),
            *(
                [("left", f"{len(found) - len(for_now)} more; run it again")]
                if len(found) > MAX_ITEMS
                else []
            ),
        ],
    )


def uncollected(run: Run, arbiter: str, tickets: Sequence[str] = ()) -> dict[tuple[bytes, Kind], int]:
    """What an arbiter can collect for these tickets' disputes, or for all that it signed, by dispute."""
    names: list[tuple[bytes, Kind]] = []
    if tickets:
        for ticket in tickets:
            ticket_id = ticket_ids.ticket_id(run, ticket)
            names += [(ticket_id, kind) for kind in disputes_of(run.desk, ticket_id)]
    else:
        ruled = run.desk.panel.events(("DisputeRuled",), from_block=run.first_block)
        names = [(bytes(event["ticket_id"]), Kind(event["kind"])) for event in ruled]
    disputes = {name: run.desk.panel.dispute(*name) for name in names}
    return {name: each.fee_share for name, each in disputes.items() if arbiter in each.fee_open}
