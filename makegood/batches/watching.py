# SPDX-License-Identifier: Apache-2.0
"""What a requester must know of a batch ticket: whether the desk cheats, what is due, and what to submit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from makegood import clock
from makegood.batches.batch import Batch
from makegood.batches.entry import Act
from makegood.batches.leaves import read_leaves
from makegood.batches.proof import Proof, proofs_of
from makegood.clock import Kind, TicketState
from makegood.desk import HUMAN, Desk, Shown
from makegood.desk import Batch as Recorded
from makegood.errors import LeavesDamaged, LeavesMissing, LeavesOfAnotherRoot
from makegood.policy import ChainPolicy
from makegood.receipts import Receipt
from makegood.receipts.anchoring import opened_state, priority_at
from makegood.receipts.node import asking

CLOCKS = Kind.FIRST_REPLY | Kind.NEXT_REPLY | Kind.RESOLUTION
"""What two stories breach."""

PUBLISHED = "published"
"""Stands for the addresses that the batches themselves give."""


class Weight(Enum):
    """What a finding asks of the requester."""

    CHEATING = "cheating"
    TO_DO = "to do"
    TO_KNOW = "to know"


@dataclass(frozen=True)
class Finding:
    """One thing found: what it is in a sentence, what to do about it, and the last second that counts."""

    name: str
    weight: Weight
    what: str
    remedy: str | None = None
    until: int | None = None


@dataclass(frozen=True)
class Published:
    """The leaves of the batches that can speak for a ticket, by number; what is missing or false."""

    batches: dict[int, Batch]
    missing: tuple[int, ...]
    false: tuple[tuple[int, str], ...]


# ---------------------------------------------------------------- leaves


def published(desk: Desk, receipt: Receipt, source: Path | str, from_block: int | None = None) -> Published:
    """The leaves of the batches of the ticket's agent and its successors, from the desk's first batch on.

    Earlier batches than the receipt's count too: one of them may tell another story. `source` is a file, a
    folder, an http(s) address, or `PUBLISHED`.
    """
    with asking("eth_getLogs"):
        start = _first_block(desk) if from_block is None else from_block
        anchored = list(desk.lane.events(("BatchAnchored",), start))
    counting: dict[str, bool] = {}
    batches: dict[int, Batch] = {}
    missing: list[int] = []
    false: list[tuple[int, str]] = []
    for event in anchored:
        number = int(event["batch"])
        agent = event["agent"]
        if agent not in counting:
            counting[agent] = _counts_for(desk, receipt, agent)
        if not counting[agent]:
            continue
        where = str(event["uri"]) if source == PUBLISHED else source
        try:
            if not where:
                raise LeavesMissing("The batch does not say where its leaves are.")
            batches[number] = read_leaves(where, bytes(event["root"]), event["counts"])
        except LeavesMissing:
            missing.append(number)
        except (LeavesDamaged, LeavesOfAnotherRoot) as error:
            false.append((number, error.message))
    return Published(batches, tuple(missing), tuple(false))


def _first_block(desk: Desk) -> int:
    """The first block as late as the desk's first batch, found by its time: any node has blocks' times."""
    anchored_at = desk.lane.batch(1).anchored_at
    with asking("eth_getBlockByNumber"):
        low, high = 0, int(desk.w3.eth.block_number)
        while low < high:
            middle = (low + high) // 2
            if int(desk.w3.eth.get_block(middle)["timestamp"]) < anchored_at:
                low = middle + 1
            else:
                high = middle
    return low


def _counts_for(desk: Desk, receipt: Receipt, agent: str) -> bool:
    opened_by = _recorded(desk, receipt).agent
    with asking("succeeds"):
        return agent == opened_by or desk.directory.succeeds(agent, opened_by)


def _recorded(desk: Desk, receipt: Receipt) -> Recorded:
    assert receipt.inclusion is not None  # noqa: S101
    with asking("batch"):
        return desk.lane.batch(receipt.inclusion.batch)


# ---------------------------------------------------------------- equivocation


def equivocations(proofs: Iterable[Proof]) -> Iterator[tuple[Proof, Proof]]:
    """Pairs of different entries of one ticket and sequence, one pair a sequence."""
    first: dict[int, Proof] = {}
    told: set[int] = set()
    for each in proofs:
        sequence = each.entry.sequence
        one = first.setdefault(sequence, each)
        if one.entry != each.entry and sequence not in told:
            told.add(sequence)
            yield one, each


def is_moot(desk: Desk, ticket_id: bytes) -> bool:
    """Whether showing an equivocation changes nothing any more: all that it breaches is breached."""
    with asking("proof"):
        return desk.lane.proof(ticket_id) is not None and (desk.ticket(ticket_id).breached & CLOCKS == CLOCKS)


def shown(proof: Proof) -> Shown:
    """A proof as the lane takes it."""
    entry = proof.entry
    return Shown(entry.act, entry.at, entry.actor, entry.digest, proof.batch, proof.index, proof.path)


# ---------------------------------------------------------------- the clock


def state_by(
    desk: Desk, receipt: Receipt, proofs: Iterable[Proof], policy: ChainPolicy, now: int
) -> TicketState:
    """The ticket's state once all these entries are shown, by the lane's rules, before any proof."""
    recorded = _recorded(desk, receipt)
    assert receipt.inclusion is not None  # noqa: S101
    priority = priority_at(recorded, receipt.inclusion.index)
    assert priority is not None  # noqa: S101
    state = opened_state(policy, recorded, priority, receipt.requester, receipt.opened_at)
    last_at, sequence = receipt.opened_at, 1
    for each in proofs:
        if each.entry.sequence != sequence:
            continue
        sequence += 1
        with asking("batch"):
            anchored_at = desk.lane.batch(each.batch).anchored_at
        at = each.entry.at
        if each.entry.act != Act.FOLLOWED_UP and at + policy.anchor_lag < anchored_at:
            at = anchored_at
        at = max(at, last_at)
        over = state.solved_at is not None and clock.is_over(state, now, policy.contest_window)
        if not _is_taken(desk, receipt, each, anchored_at) or (
            over and clock.is_over(state, at, policy.contest_window)
        ):
            continue
        event = Act(each.entry.act).event
        state = clock.apply(state, event, at, policy.hours, policy.targets[priority][1])
        last_at = at
    return state


def _is_taken(desk: Desk, receipt: Receipt, proof: Proof, anchored_at: int) -> bool:
    entry = proof.entry
    if entry.at > anchored_at or not Act.OPENED < entry.act <= Act.FOLLOWED_UP:
        return False
    if entry.act == Act.FOLLOWED_UP:
        return entry.actor == receipt.requester
    with asking("standing_at"):
        return desk.directory.standing_at(entry.actor, entry.at) == HUMAN


# ---------------------------------------------------------------- findings


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
            numbers = ", ".join(map(str, self.found.missing[:10]))
            yield Finding(
                "leaves",
                Weight.TO_KNOW,
                f"The leaves of {len(self.found.missing)} batches are not published: {numbers}.",
                "Ask the desk for them. Your receipt proves the ticket without them.",
            )

    def _stories(self, proofs: list[Proof]) -> Iterator[Finding]:
        for one, other in equivocations(proofs):
            if is_moot(self.desk, self.receipt.ticket_id):
                yield Finding(
                    "equivocation",
                    Weight.TO_KNOW,
                    f"Batches {one.batch} and {other.batch} tell two stories, and nothing is left to show: "
                    "the ticket's three clock kinds are breached already.",
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
        own = any(each.entry.act == Act.FOLLOWED_UP for each in left)
        yield Finding(
            "challenged",
            Weight.TO_DO if own else Weight.TO_KNOW,
            f"The ticket is challenged, and {len(left)} published entries are not shown yet"
            + (", follow-ups of yours among them." if own else "."),
            f"ape run answer {ticket} --leaves FILE_OR_URL" if own else None,
            until,
        )

    def _unproven(self, proofs: list[Proof], policy: ChainPolicy) -> Iterator[Finding]:
        recorded = _recorded(self.desk, self.receipt)
        if self.now > recorded.expires_at:
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
                f"The desk is late: {_labels(breached)}"
                + (" is breached by what is published." if self.found else " is breached unless it replied."),
                f"ape run prove {self.where}",
                recorded.expires_at,
            )
            return
        due = state.reply_due if state.reply_due is not None else state.resolution_due
        whose = "a reply" if state.reply_due is not None else "a resolution"
        what = "The desk owes nothing now." if due is None else f"The desk owes {whose}."
        yield Finding("not breached", Weight.TO_KNOW, what, until=due)


def _labels(kinds: Kind) -> str:
    return ", ".join(label.replace("_", " ") for label in kinds.labels)
