# SPDX-License-Identifier: Apache-2.0
"""Inspecting a dispute: its case, printed and written for signing, and its evidence, checked."""

from pathlib import Path
from typing import Any

from makegood.clock import Kind
from makegood.console import words
from makegood.console.case_words import case_lines, effects_of
from makegood.console.cases import case_of, check_can_be_ruled
from makegood.console.dispute_words import CLAIMS, STATES, chain_documents, kind_label, readable, ticket_label
from makegood.console.files import write_new
from makegood.console.history import history_data
from makegood.console.run import Run
from makegood.console.shown_evidence import Shown
from makegood.console.table import table
from makegood.disputes import Case, Effect, Evidence, Match, open_disputes, reportable
from makegood.errors import UsageError, VerificationFailed


def list_open(run: Run) -> None:
    """Print every dispute that waits for a ruling."""
    now = run.chain.now()
    events = list(open_disputes(run.desk, run.first_block))
    lines = [f"{words.count(len(events), 'dispute')} {'waits' if len(events) == 1 else 'wait'} for a ruling."]
    if events:
        lines += [
            "",
            *table(
                ("#", "ticket", "kind", "asked", "rules until"),
                [
                    (
                        str(event["dispute"]),
                        words.shortened(ticket_label(event["ticket_id"])),
                        kind_label(Kind(event["kind"])),
                        run.money(event["amount"]),
                        ("over, " if now > event["rules_until"] else "" if event["epoch"] else "nobody, ")
                        + words.moment(event["rules_until"], now),
                    )
                    for event in events
                ],
                right=(0,),
            ),
        ]
    data = [
        {
            "dispute": event["dispute"],
            "ticket_id": ticket_label(event["ticket_id"]),
            "requester": event["requester"],
            "kind": Kind(event["kind"]).labels[0],
            "asked": str(event["amount"]),
            "epoch": event["epoch"],
            "rules_until": words.iso(event["rules_until"]),
        }
        for event in events
    ]
    run.output.result({"desk": run.desk.address, "disputes": data}, lines)


def inspect(run: Run, ticket: str, kind: str | None, shown: Shown, out: Path | None) -> None:
    """Print a case, check its evidence, and write it for signing without a network where that is wanted.

    Ends with the exit code of VerificationFailed, once all is printed, where what was given is not the
    evidence; raises it where none of the files is a document, or a bundle is another dispute's. Raises
    SignatureRefused where a bundle does not open with the identity. Only evidence that matches is extracted.
    """
    shown.check()
    case = case_of(run, ticket, kind)
    if shown.files and case.dispute is None:
        raise UsageError("Without a dispute there is no evidence to check.", hint="Leave --evidence out.")
    if out is not None and case.dispute is None:
        reportable(case)
    content = _signable(case) if out is not None else None
    evidence = None
    opened = shown.opened()
    if shown.files and case.dispute is not None:
        known = chain_documents(case.history, case.read_at)
        evidence = opened.evidence(case.dispute, known)
    if out is not None and content is not None:
        write_new(out, content)
        run.output.say(f"Case: {out} (sign it anywhere: `ape run sign_verdict --case {out} …`)")
    extracted = opened.extract(run.output) if evidence is not None and evidence.matches else None
    data = {**_data(run, case, evidence, out), "extracted": str(extracted) if extracted else None}
    lines = case_lines(run, case, evidence)
    if evidence is not None and not evidence.matches:
        run.output.refuted(data, lines, _differs(evidence))
    run.output.result(data, lines)


def _signable(case: Case) -> str:
    file = case.file()
    check_can_be_ruled(file, case.read_at)
    return file.text()


def _differs(evidence: Evidence) -> VerificationFailed:
    names = [readable(each.name, 80) for each in evidence.findings if each.match is Match.DIFFERS]
    return VerificationFailed(
        f"What was given is not the evidence on chain: {', '.join(names)} "
        f"{'differs' if len(names) == 1 else 'differ'}.",
        hint="Rule by nothing that differs.",
    )


# ---------------------------------------------------------------- for machines


def _data(run: Run, case: Case, evidence: Evidence | None, out: Path | None) -> dict[str, Any]:
    state = case.ticket
    return {
        "chain_id": case.chain_id,
        "desk": case.desk,
        "panel": case.panel,
        "ticket_id": ticket_label(case.ticket_id),
        "requester": state.requester,
        "kind": case.kind.labels[0],
        "claimed": CLAIMS[case.kind],
        "asked": str(case.asked),
        "asset": case.token.symbol,
        "dispute": _dispute_data(case),
        "ticket": {
            "status": state.status.label,
            "priority": state.priority.label,
            "policy_id": state.policy_id,
            "backed": state.backed,
            "reply_due": words.iso(state.reply_due),
            "resolution_due": words.iso(state.resolution_due),
            "resolution_remaining": state.resolution_remaining,
            "breached": list(state.breached.labels),
            "compensated": list(state.compensated.labels),
        },
        "epoch": case.epoch,
        "arbiters": list(case.seats.arbiters),
        "threshold": case.seats.threshold,
        "effects": {name: _effect_data(each) for name, each in effects_of(case).items()},
        "evidence": None
        if evidence is None
        else {
            "matches": evidence.matches,
            "document": None if evidence.document is None else dict(evidence.document),
            "findings": [
                {"name": each.name, "result": each.match.value, "why": each.why} for each in evidence.findings
            ],
        },
        "history": history_data(run, case.history),
        "case": str(out) if out else None,
    }


def _dispute_data(case: Case) -> dict[str, Any] | None:
    dispute = case.dispute
    if dispute is None:
        return None
    ruled = case.ruled
    return {
        "number": dispute.number,
        "state": STATES[dispute.state],
        "evidence_digest": "0x" + dispute.evidence_digest.hex(),
        "reserved": str(dispute.reserved),
        "bond": str(dispute.bond),
        "fee": str(case.policy.fee),
        "rules_until": words.iso(dispute.rules_until),
        "ruled": None if ruled is None else {"at": words.iso(ruled.at), "amount": str(ruled["amount"])},
        "fee_share": str(dispute.fee_share),
        "fee_open": list(dispute.fee_open),
    }


def _effect_data(each: Effect) -> dict[str, Any]:
    return {
        "requester": str(each.requester),
        "compensation": str(each.compensation),
        "bond_back": str(each.bond_back),
        "debt_to_requester": str(each.debt),
        "fee_share": str(each.fee_share),
        "signers": each.signers,
        "free_before": str(each.free_before),
        "free_after": str(each.free_after),
        "debt_before": str(each.debt_before),
        "debt_after": str(each.debt_after),
    }
