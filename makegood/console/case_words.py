# SPDX-License-Identifier: Apache-2.0
"""A case as an arbiter reads it: what is asked and why, what happened, the evidence, what a ruling does."""

from makegood.clock import Kind
from makegood.console import words
from makegood.console.dispute_words import (
    CLAIMS,
    STATES,
    kind_label,
    listed,
    nobody_rules,
    quorum_of,
    readable,
    silence_decides,
    ticket_label,
    waits_words,
)
from makegood.console.history import history_rows
from makegood.console.run import Run
from makegood.console.table import facts, table
from makegood.console.ticket_status import turn
from makegood.desk import DisputeState
from makegood.disputes import Case, Effect, Evidence


def case_lines(run: Run, case: Case, evidence: Evidence | None) -> list[str]:
    """The case, what was found of its evidence, and what each end would do, as lines."""
    now = case.read_at
    lines = [*_headline(case), "", *facts(_facts(run, case))]
    lines += ["", *table(("when", "what happened"), history_rows(run, case.history, now))]
    if evidence is not None:
        rows = [(each.match.value, f"{readable(each.name, 80)}: {each.why}") for each in evidence.findings]
        lines += ["", "The evidence that was given:", *facts(rows, indent=2)]
        text = (evidence.document or {}).get("text")
        if isinstance(text, str):
            lines += ["", "The evidence says:", *(f"  {line}" for line in readable(text).splitlines())]
    effects = effects_of(case)
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
    disputes = () if case.dispute is None else (case.dispute,)
    rows.append(("now", turn(state, case.policy, now, None, disputes=disputes)))
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


def effects_of(case: Case) -> dict[str, Effect]:
    """What each end that is possible now would do to the money, by its name."""
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
