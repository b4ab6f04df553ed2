# SPDX-License-Identifier: Apache-2.0
"""A case as an arbiter reads it: what is asked and why, what happened, the evidence, what a ruling does."""

from pathlib import Path
from typing import Any

from makegood.clock import Kind
from makegood.console import words
from makegood.console.cases import case_of, check_can_be_ruled
from makegood.console.dispute_words import (
    CLAIMS,
    STATES,
    chain_documents,
    kind_label,
    listed,
    nobody_rules,
    quorum_of,
    readable,
    silence_decides,
    ticket_label,
    waits_words,
)
from makegood.console.files import write_new
from makegood.console.run import Run
from makegood.console.shown_evidence import Shown
from makegood.console.table import facts, table
from makegood.console.ticket_status import history_data, history_rows, turn
from makegood.desk import DisputeState
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
    lines = _lines(run, case, evidence)
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


# ---------------------------------------------------------------- in words


def _lines(run: Run, case: Case, evidence: Evidence | None) -> list[str]:
    now = case.read_at
    lines = [*_headline(case), "", *facts(_facts(run, case))]
    lines += ["", *table(("when", "what happened"), history_rows(run, case.history, now))]
    if evidence is not None:
        rows = [(each.match.value, f"{readable(each.name, 80)}: {each.why}") for each in evidence.findings]
        lines += ["", "The evidence that was given:", *facts(rows, indent=2)]
        text = (evidence.document or {}).get("text")
        if isinstance(text, str):
            lines += ["", "The evidence says:", *(f"  {line}" for line in readable(text).splitlines())]
    effects = _effects(case)
    if effects:
        what = "What silence does" if set(effects) == {"silence"} else "What each end would do"
        lines += ["", f"{what}, by today's books:", *_money(run, effects)]
        lines += _notes(case)
    return lines


def _headline(case: Case) -> list[str]:
    what = kind_label(case.kind)
    dispute = case.dispute
    if dispute is None:
        return [f"Nobody has contested the {what}; arbiters who find it breached can report it."]
    if dispute.state is DisputeState.OPEN:
        if not case.seats.arbiters and case.read_at <= dispute.rules_until:
            return [nobody_rules(dispute.number), silence_decides(dispute.rules_until, case.read_at)]
        waits = waits_words(dispute.epoch, dispute.rules_until, case.read_at)
        return [f"Dispute {dispute.number} on the {what}: {waits}."]
    return [f"Dispute {dispute.number} on the {what} was ruled: {STATES[dispute.state]}."]


def _facts(run: Run, case: Case) -> list[tuple[str, str]]:
    state, now = case.ticket, case.read_at
    rows = [
        ("ticket", f"{ticket_label(case.ticket_id)}, {state.priority.label}, policy {state.policy_id}"),
        ("requester", state.requester),
        ("claimed", CLAIMS[case.kind]),
    ]
    if case.dispute is None:
        rows.append(("worth", f"{run.money(case.asked)} of compensation"))
    else:
        rows.append(("asked", run.money(case.asked)))
        if case.kind is Kind.INCIDENT:
            rows.append(("set aside for it", run.money(case.dispute.reserved)))
        rows.append(("evidence", "0x" + case.dispute.evidence_digest.hex()))
    if case.is_open and case.dispute is not None:
        fee = f", of it the fee {run.money(case.policy.fee)}" if _can_be_ruled(case) else ""
        rows.append(("bond", run.money(case.dispute.bond) + fee))
    rows.append(("now", turn(state, case.policy, now, None)))
    if state.reply_due is not None:
        rows.append(("reply due", words.moment(state.reply_due, now)))
    if state.resolution_due is not None:
        rows.append(("resolution due", words.moment(state.resolution_due, now)))
    breached = ", ".join(each.replace("_", " ") for each in state.breached.labels) or "nothing"
    paid = ", ".join(each.replace("_", " ") for each in state.compensated.labels) or "nothing"
    return [
        *rows,
        ("breached", f"{breached}; compensated: {paid}"),
        ("panel", f"epoch {case.epoch}: {quorum_of(case.seats)}"),
        ("arbiters", listed(case.seats.arbiters)),
    ]


def _effects(case: Case) -> dict[str, Effect]:
    if case.dispute is None:
        return {} if case.kind is Kind.INCIDENT else {"reported": case.effect(upheld=True, signers=0)}
    if not case.is_open:
        return {}
    silence = {"silence": case.effect(upheld=True, signers=0)}
    if not _can_be_ruled(case):
        return silence
    return {"upheld": case.effect(upheld=True), "rejected": case.effect(upheld=False), **silence}


def _can_be_ruled(case: Case) -> bool:
    return (
        case.is_open
        and case.dispute is not None
        and bool(case.seats.arbiters)
        and case.read_at <= case.dispute.rules_until
    )


def _money(run: Run, effects: dict[str, Effect]) -> list[str]:
    columns: tuple[str, ...] = (
        "",
        "requester gets",
        "each signer",
        "operator's free funds",
        "operator's debt",
    )
    rows: list[tuple[str, ...]] = [
        (
            name,
            _gets(run, each),
            run.money(each.fee_share) if each.signers else "nothing",
            f"{run.money(each.free_before)}\n→ {run.money(each.free_after)}",
            f"{run.money(each.debt_before)}\n→ {run.money(each.debt_after)}",
        )
        for name, each in effects.items()
    ]
    if not any(each.signers for each in effects.values()):
        columns, *rows = [(*row[:2], *row[3:]) for row in (columns, *rows)]
    return table(columns, rows, wrap=1)


def _gets(run: Run, each: Effect) -> str:
    if not each.requester:
        return "nothing; the bond is lost" if each.signers else "nothing"
    parts = f"{run.money(each.compensation)} + bond {run.money(each.bond_back)}"
    text = parts if each.bond_back else run.money(each.compensation)
    return f"{text}\n{run.money(each.debt)} of it as debt" if each.debt else text


def _notes(case: Case) -> list[str]:
    notes = []
    if _can_be_ruled(case):
        notes.append(f"Each signer: where {case.seats.threshold} sign; more signers share the same fee.")
        if case.kind is Kind.INCIDENT:
            notes.append("An incident can be upheld at less than asked (--amount).")
    elif case.dispute is not None:
        ticket = words.shortened(ticket_label(case.ticket_id))
        when = "" if case.read_at > case.dispute.rules_until else " then"
        command = f"ape run rule_by_default {ticket} --kind {case.kind.labels[0]}"
        notes.append(f"Anyone ends it{when}: `{command}`")
    if case.kind & case.ticket.compensated:
        notes.append("The clock has paid this kind meanwhile; it is not paid twice.")
    if case.kind is Kind.RESOLUTION:
        notes.append("Where the requester wins, the ticket is open as after a follow-up.")
    return notes


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
        "effects": {name: _effect_data(each) for name, each in _effects(case).items()},
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
