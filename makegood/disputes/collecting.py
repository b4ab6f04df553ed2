# SPDX-License-Identifier: Apache-2.0
"""From the arbiters' files to the signatures for one verdict, everything checked before anything is sent."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NoReturn

from web3 import Web3

from makegood.desk.panel import ArbiterSignature, DisputeState, Seats, Verdict
from makegood.disputes.case import Case, reportable
from makegood.disputes.signature import is_signed
from makegood.disputes.verdict_file import VerdictFile
from makegood.errors import NotFound, SignatureRefused, UsageError

_AGAIN = "Let it be signed again."


@dataclass(frozen=True)
class Source:
    """A verdict file and what it is called."""

    name: str
    file: VerdictFile


@dataclass(frozen=True)
class Quorum:
    """The signatures for one verdict, ascending by arbiter.

    `missing` are the panel's arbiters whose file was not given; `left_out` names files of an arbiter who is
    there already.
    """

    verdict: Verdict
    signatures: tuple[ArbiterSignature, ...]
    seats: Seats
    left_out: tuple[str, ...]

    @property
    def signed(self) -> tuple[str, ...]:
        """The arbiters who signed."""
        return tuple(one.arbiter for one in self.signatures)

    @property
    def missing(self) -> tuple[str, ...]:
        """The arbiters who did not."""
        return tuple(one for one in self.seats.arbiters if one not in self.signed)

    @property
    def lacking(self) -> int:
        """How many signatures are missing to the threshold."""
        return max(0, self.seats.threshold - len(self.signatures))

    def require(self) -> None:
        """Raises SignatureRefused, naming who is missing, where the threshold is not reached."""
        if self.lacking:
            *most, last = self.missing
            # All of them where no choice is left.
            joint = " or " if len(self.missing) > self.lacking else " and "
            these = joint.join([", ".join(most), last] if most else [last])
            raise SignatureRefused(
                f"{len(self.signatures)} of {self.seats.threshold} signatures are there; "
                f"{self.lacking} more of these must sign: {these}.",
                hint="Give their files too.",
            )


def same_verdict(sources: Sequence[Source]) -> VerdictFile:
    """The first file, where all are of one verdict.

    Raises UsageError, naming the field and both files, where they differ.
    """
    if not sources:
        raise UsageError("There is no file.", hint="Give the arbiters' files.")
    first = sources[0]
    for other in sources[1:]:
        ours, theirs = first.file.fields(), other.file.fields()
        for name in ours:
            if name not in ("arbiter", "signature") and ours[name] != theirs[name]:
                raise UsageError(
                    f"The files are not of one verdict: {name} is {ours[name]} in {first.name} and "
                    f"{theirs[name]} in {other.name}.",
                    hint="Give files of the same verdict, or let one be signed again.",
                )
    return first.file


def collect(w3: Web3, case: Case, sources: Sequence[Source], now: int) -> Quorum:
    """The signatures of these files for the case's verdict, each checked as the panel will at `now`.

    The threshold may not be reached yet (`Quorum.require`). Raises UsageError where the files are not of one
    verdict, NotFound where they are for another desk, chain or dispute, SignatureRefused for a verdict that
    cannot count any more and for a signature that does not.
    """
    common = same_verdict(sources)
    _check_place(case, common)
    _check_verdict(case, common.verdict, now)
    signatures: dict[str, ArbiterSignature] = {}
    left_out = []
    for source in sources:
        arbiter = source.file.arbiter
        if arbiter not in case.seats.arbiters:
            _refuse(f"{source.name} is by {arbiter}, who is no arbiter of epoch {case.epoch}.", None)
        if not is_signed(w3, source.file):
            _refuse(f"The signature in {source.name} is not {arbiter}'s over what the file says.", _AGAIN)
        if arbiter in signatures:
            left_out.append(source.name)
        else:
            signatures[arbiter] = ArbiterSignature(arbiter, source.file.signature)
    return Quorum(
        verdict=common.verdict,
        signatures=tuple(signatures[one] for one in sorted(signatures, key=lambda one: int(one, 16))),
        seats=case.seats,
        left_out=tuple(left_out),
    )


def _check_place(case: Case, file: VerdictFile) -> None:
    if (file.chain_id, file.desk, file.panel) != (case.chain_id, case.desk, case.panel):
        raise NotFound(
            f"The files are for the desk {file.desk} with the panel {file.panel} on chain {file.chain_id}, "
            f"not for {case.desk} with {case.panel} on chain {case.chain_id}.",
            hint="Give the desk and the network of the files.",
        )
    if (file.verdict.ticket_id, file.verdict.kind) != (case.ticket_id, case.kind):
        raise NotFound("The files are for another ticket or kind.", hint="Read the case that they name.")


def _check_verdict(case: Case, verdict: Verdict, now: int) -> None:
    if verdict.dispute == 0:
        reportable(case)
    else:
        _check_dispute(case, verdict, now)
    if verdict.epoch != case.epoch:
        _refuse(f"The verdict is of epoch {verdict.epoch}; the panel of epoch {case.epoch} decides.", _AGAIN)
    if now > verdict.deadline:
        _refuse("The verdict has expired: its deadline is past.", "Let it be signed anew with a later one.")
    # What the panel would refuse of outcome, amount and evidence is refused in signing already.
    try:
        expected = case.file().verdict(
            verdict.outcome,
            verdict.amount or None,
            min(verdict.deadline, case.deadline),
            verdict.evidence_digest,
        )
    except UsageError as error:
        _refuse(f"The verdict cannot count: {error.message}", _AGAIN)
    for each in fields(Verdict):
        if each.name != "deadline" and getattr(expected, each.name) != getattr(verdict, each.name):
            _refuse(f"The verdict cannot count: its {each.name} is not the case's.", _AGAIN)


def _check_dispute(case: Case, verdict: Verdict, now: int) -> None:
    dispute = case.dispute
    if dispute is None:
        raise NotFound("This kind of the ticket was not contested.", hint="Check the desk and the network.")
    if verdict.dispute != dispute.number:
        _refuse(f"The verdict is on dispute {verdict.dispute}, and this one is {dispute.number}.", _AGAIN)
    if dispute.state is not DisputeState.OPEN:
        how = "for the operator" if dispute.state is DisputeState.REJECTED else "for the requester"
        _refuse(f"Dispute {dispute.number} was ruled before, {how}.", "There is nothing left to submit.")
    if now > dispute.rules_until:
        _refuse(
            f"The ruling window of dispute {dispute.number} is over, so no verdict counts any more.",
            "The requester wins: `ape run rule_by_default TICKET`.",
        )
    if verdict.evidence_digest != dispute.evidence_digest:
        _refuse("The verdict is on other evidence than the dispute's.", _AGAIN)


def _refuse(fact: str, hint: str | None) -> NoReturn:
    raise SignatureRefused(fact, hint=hint)
