# SPDX-License-Identifier: Apache-2.0
"""Which dispute an argument means."""

from dataclasses import replace

from makegood.clock import Kind
from makegood.console import ticket_ids, words
from makegood.console.dispute_words import kind_label, nobody_rules, silence_decides
from makegood.console.history import with_lane
from makegood.console.run import Run
from makegood.desk import DisputeState
from makegood.disputes import Case, CaseFile, disputes_of, read_case
from makegood.errors import NotFound, UsageError


def case_of(run: Run, ticket: str, kind: str | None) -> Case:
    """The case of a ticket and of the kind named, or of its only dispute, or of the only one that is open.

    Raises NotFound where no kind is named and there is no dispute, UsageError where there are several.
    """
    ticket_id = ticket_ids.ticket_id(run, ticket)
    state = run.desk.ticket(ticket_id)
    chosen = Kind.named(kind) if kind is not None else _only_kind(run, ticket, ticket_id)
    case = read_case(run.desk, ticket_id, chosen, run.chain.now(), run.first_block)
    return replace(case, history=with_lane(run, ticket_id, state, case.history))


def dispute_of(run: Run, ticket: str, kind: str | None) -> Case:
    """As `case_of`, where the kind was contested. Raises NotFound where it was not."""
    case = case_of(run, ticket, kind)
    if case.dispute is None:
        raise NotFound(
            f"The {kind_label(case.kind)} of {ticket} was not contested.",
            hint="`ape run inspect_dispute` lists the open disputes.",
        )
    return case


def check_can_be_ruled(case: CaseFile, now: int) -> None:
    """Raises UsageError where a dispute's ruling window is over, NotFound where it has no arbiters."""
    if not case.dispute:
        return
    if now > case.deadline:
        raise UsageError(
            f"The ruling window of dispute {case.dispute} ended on "
            f"{words.moment(case.deadline, now)}, so no verdict counts any more.",
            hint="The requester wins: `ape run rule_by_default TICKET`.",
        )
    if not case.arbiters:
        raise NotFound(
            nobody_rules(case.dispute),
            hint=f"{silence_decides(case.deadline, now)} Then: `ape run rule_by_default TICKET`.",
        )


def _only_kind(run: Run, ticket: str, ticket_id: bytes) -> Kind:
    disputes = disputes_of(run.desk, ticket_id)
    if not disputes:
        raise NotFound(
            f"Nothing of {ticket} is or was contested.",
            hint="Give --kind to see what a report would do; `ape run inspect_dispute` lists disputes.",
        )
    still_open = [kind for kind, dispute in disputes.items() if dispute.state is DisputeState.OPEN]
    candidates = still_open if len(disputes) > 1 and still_open else list(disputes)
    if len(candidates) > 1:
        kinds = ", ".join(kind.labels[0] for kind in candidates)
        raise UsageError(f"{ticket} has several disputes: {kinds}.", hint="Give one of them to --kind.")
    return candidates[0]
