# SPDX-License-Identifier: Apache-2.0
"""What a requester must know of a batch ticket: whether the desk cheats, what is due, and what to submit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from makegood import clock
from makegood.batches.entry import Act
from makegood.batches.proof import Proof, proofs_of
from makegood.batches.published import Published, recorded
from makegood.batches.showing import state_by
from makegood.batches.stories import equivocations, moot
from makegood.clock import Kind
from makegood.console import words
from makegood.desk import Desk
from makegood.policy import ChainPolicy
from makegood.receipts import Receipt
from makegood.receipts.node import asking

_NAMED = 10  # batches whose numbers are told


class Weight(Enum):
    """What a finding asks of the requester."""

    CHEATING = "cheating"
    TO_DO = "to do"
    TO_KNOW = "to know"


@dataclass(frozen=True)
class Finding:
    """One thing found: what it is in a sentence, what to do about it, and the last second that counts.

    Where nothing is to be done the sentence tells that time itself.
    """

    name: str
    weight: Weight
    what: str
    remedy: str | None = None
    until: int | None = None


def watch(
    desk: Desk, receipt: Receipt, found: Published | None, now: int, where: str = "receipt.json"
) -> tuple[Finding, ...]:
    """All that is to be said of a batch ticket whose receipt was verified; `where` is the receipt's file.

    `found` is None where no leaves were asked for: then only the chain speaks, and replies may be unknown.
    """
    return tuple(_Watch(desk, receipt, found, now, where).findings())


@dataclass(frozen=True)
class _Watch:
    desk: Desk
    receipt: Receipt
    found: Published | None
    now: int
    where: str

    def findings(self) -> Iterator[Finding]:
        proofs = [] if self.found is None else proofs_of(self.receipt.ticket_id, self.found.batches)
        yield from self._leaves()
        yield from self._stories(proofs)
        yield from self._entries(proofs)
        yield from self._clock(proofs)

    def _leaves(self) -> Iterator[Finding]:
        assert self.receipt.inclusion is not None  # noqa: S101
        if self.found is None:
            yield Finding(
                "leaves",
                Weight.TO_KNOW,
                "The published leaves were not looked at, so replies in them are not known.",
                "Give --leaves.",
            )
            return
        for number, why in self.found.false:
            yield Finding(
                "leaves",
                Weight.CHEATING,
                f"What is published as the leaves of batch {number} is false: {why}",
                "Keep your receipt: it proves the ticket without them.",
            )
        if self.found.missing:
            yield Finding(
                "leaves",
                Weight.TO_KNOW,
                f"The leaves of {_numbered(self.found.missing)} are not published.",
                "Ask the desk for them. Your receipt proves the ticket without them.",
            )

    def _stories(self, proofs: list[Proof]) -> Iterator[Finding]:
        for one, other in equivocations(proofs):
            if (why := moot(self.desk, self.receipt.ticket_id)) is not None:
                yield Finding(
                    "equivocation",
                    Weight.TO_KNOW,
                    f"Batches {one.batch} and {other.batch} tell two stories; showing it changes nothing any "
                    f"more: {why}.",
                )
                return
            yield Finding(
                "equivocation",
                Weight.CHEATING,
                f"Batches {one.batch} and {other.batch} tell two stories: two different entries of this "
                f"ticket have the sequence {one.entry.sequence}.",
                f"ape run prove_equivocation {self.where} --leaves FILE_OR_URL",
            )

    def _entries(self, proofs: list[Proof]) -> Iterator[Finding]:
        for each in proofs:
            if each.entry.sequence == 0:
                continue
            names = {1: "answered", 2: "left pending", 3: "solved", 4: "followed up"}
            yield Finding(
                "entry",
                Weight.TO_KNOW,
                f"Entry {each.entry.sequence} in batch {each.batch}: "
                f"{names.get(each.entry.act, 'nonsense')} by "
                f"{each.entry.actor}, digest 0x{each.entry.digest.hex()}.",
            )

    def _clock(self, proofs: list[Proof]) -> Iterator[Finding]:
        with asking("policy"):
            policy = self.desk.policy(self.receipt.policy_id)
        with asking("proof"):
            proof = self.desk.lane.proof(self.receipt.ticket_id)
        if proof is None:
            yield from self._unproven(proofs, policy)
            return
        ticket = f"0x{self.receipt.ticket_id.hex()}"
        with asking("ticket"):
            state = self.desk.ticket(self.receipt.ticket_id)
        if not state.challenged:
            yield Finding(
                "proven", Weight.TO_KNOW, "The ticket is on chain like any other.", f"ape run status {ticket}"
            )
            return
        until = proof.proven_at + policy.challenge_window
        if self.now > until:
            yield Finding(
                "challenge over", Weight.TO_DO, "The challenge is over.", f"ape run claim {ticket} --collect"
            )
            return
        left = [each for each in proofs if each.entry.sequence >= proof.sequence]
        own = sum(each.entry.act == Act.FOLLOWED_UP for each in left)
        when = "" if own else f" until {words.moment(until, self.now)}"
        yield Finding(
            "challenged",
            Weight.TO_DO if own else Weight.TO_KNOW,
            f"The ticket is challenged{when}{self._not_shown(len(left), own)}",
            f"ape run answer {ticket} --leaves FILE_OR_URL" if own else None,
            until,
        )

    def _not_shown(self, left: int, own: int) -> str:
        if self.found is None:
            return "."
        if not left:
            return ", and all that is published of it is shown."
        among = {0: "", 1: ", a follow-up of yours among them"}.get(own, ", follow-ups of yours among them")
        if left == own == 1:
            return ", and a follow-up of yours is published and not shown yet."
        verb = "is" if left == 1 else "are"
        return (
            f", and {words.count(left, 'published entry', 'published entries')} {verb} not shown yet{among}."
        )

    def _unproven(self, proofs: list[Proof], policy: ChainPolicy) -> Iterator[Finding]:
        expires_at = recorded(self.desk, self.receipt).expires_at
        if self.now > expires_at:
            yield Finding(
                "expired", Weight.TO_KNOW, "The batch has expired: the ticket can no longer be proven."
            )
            return
        state = state_by(self.desk, self.receipt, proofs, policy, self.now)
        breached = clock.check(state, self.now).breached
        if breached:
            yield Finding(
                "breached",
                Weight.TO_DO,
                f"The desk is late: {_are(breached)} breached "
                + ("by what is published." if self.found else "unless it replied."),
                f"ape run prove {self.where}",
                expires_at,
            )
            return
        due = state.reply_due if state.reply_due is not None else state.resolution_due
        whose = "a reply" if state.reply_due is not None else "a resolution"
        what = "nothing now" if due is None else f"{whose} by {words.moment(due, self.now)}"
        yield Finding("not breached", Weight.TO_KNOW, f"The desk owes {what}.", until=due)


def _numbered(batches: Sequence[int]) -> str:
    """Batches by their numbers, such as `batch 1` or `batches 1 and 2`; of many the first ten."""
    if len(batches) == 1:
        return f"batch {batches[0]}"
    if len(batches) > _NAMED:
        named = ", ".join(map(str, batches[:_NAMED]))
        return f"batches {named} and {len(batches) - _NAMED:,} more"
    return f"batches {', '.join(map(str, batches[:-1]))} and {batches[-1]}"


def _are(kinds: Kind) -> str:
    return f"{', '.join(kinds.labels).replace('_', ' ')} {'is' if len(kinds.labels) == 1 else 'are'}"
