# SPDX-License-Identifier: Apache-2.0
"""Tickets of batches that nobody has proven: what the published leaves say, by the rules of a proof.

Such a ticket is folded anew from all its leaves whenever one of them is published, or an agent's record
changes: so the order in which files were found makes no difference. Once it is proven, only what the chain
was shown counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import select

from makegood import clock
from makegood.batches.entry import LANE, Act, Entry, ticket_id
from makegood.clock import Priority, TicketState
from makegood.errors import MalformedEntry
from makegood.indexer import schema, tickets
from makegood.indexer.fold_lane import PUBLISHED
from makegood.indexer.fold_tickets import CHAIN
from makegood.indexer.rows import Row, Rows
from makegood.indexer.terms import Terms
from makegood.indexer.tickets import State
from makegood.policy import ChainPolicy

LEAVES = "leaves"
"""The source of a ticket that only published leaves tell of."""

_HUMAN = 1
_SUCCESSIONS = 8
_AT_ONCE = 5_000
_ASKED = 400
_COUNTS = ("urgent", "high", "normal", "low")


@dataclass(frozen=True, slots=True)
class _Leaf:
    batch: Row
    position: int
    entry: Entry


class BatchTickets:
    """Rows of tickets from leaves."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self._terms = Terms(rows)

    def published(self, desk: str, batch: int, at_block: int) -> None:
        """The leaves of this batch are in the index and count from now on."""
        row = self._rows.edit(schema.batches, self._rows.chain, desk, batch)
        row["leaves"] = PUBLISHED
        leaves = schema.leaves
        query = select(leaves.c.ticket_id).distinct().where(leaves.c.root == row["root"])
        self._fold_all(desk, self._rows.connection.execute(query).scalars().all(), at_block)

    def agents_changed(self, agents: Iterable[tuple[str | None, str]], at_block: int) -> None:
        """Whose answers count, or whose batches, may be otherwise now."""
        batches, leaves = schema.batches, schema.leaves
        for desk, agent in sorted(agents, key=str):
            mine = select(leaves.c.ticket_id).distinct().join(batches, batches.c.root == leaves.c.root)
            mine = mine.where(
                batches.c.chain == self._rows.chain,
                batches.c.desk == desk,
                batches.c.leaves == PUBLISHED,
                (leaves.c.actor == agent) | (batches.c.agent == agent),
            )
            self._fold_all(str(desk), self._rows.connection.execute(mine).scalars().all(), at_block)

    # ------------------------------------------------------------ folding

    def _fold_all(self, desk: str, ticket_ids: Sequence[str], at_block: int) -> None:
        remaining = iter(sorted(ticket_ids))
        # What is read next must know of what was changed.
        self._rows.flush(at_block)
        while some := list(islice(remaining, _AT_ONCE)):
            self._rows.forget()
            self._rows.prefetch(schema.tickets, [(each, self._rows.chain, desk) for each in some])
            known = self._leaves(desk, some)
            for each in some:
                self._fold(desk, each, known.get(each, []))
            self._rows.flush(at_block)

    def _leaves(self, desk: str, ticket_ids: Sequence[str]) -> dict[str, list[_Leaf]]:
        batches, leaves = schema.batches, schema.leaves
        found: dict[str, list[_Leaf]] = {}
        for start in range(0, len(ticket_ids), _ASKED):
            query = (
                select(leaves.c.ticket_id, leaves.c.position, leaves.c.leaf, batches.c.batch)
                .join(batches, batches.c.root == leaves.c.root)
                .where(
                    batches.c.chain == self._rows.chain,
                    batches.c.desk == desk,
                    batches.c.leaves == PUBLISHED,
                    leaves.c.ticket_id.in_(ticket_ids[start : start + _ASKED]),
                )
                .order_by(batches.c.batch, leaves.c.position)
            )
            for each, position, leaf, number in self._rows.connection.execute(query):
                try:
                    entry = Entry.decode(bytes(leaf))
                except MalformedEntry:
                    continue
                batch = self._rows.get(schema.batches, self._rows.chain, desk, number)
                assert batch is not None  # noqa: S101
                found.setdefault(each, []).append(_Leaf(batch, position, entry))
        return found

    def _fold(self, desk: str, ticket: str, leaves: Sequence[_Leaf]) -> None:
        before = self._rows.get(schema.tickets, ticket, self._rows.chain, desk)
        if before is not None and before["source"] == CHAIN:
            return
        opening = next((each for each in leaves if self._opens(desk, ticket, each)), None)
        if opening is None:
            return
        policy = self._terms.of(desk, opening.batch["policy_id"])
        state = _opened(policy, opening)
        if before is None:
            self._rows.edit(schema.desks, self._rows.chain, desk)["tickets"] += 1
        else:
            self._rows.edit(schema.tickets, ticket, self._rows.chain, desk)
            tickets.take_away(self._rows, before)
        row = self._row(desk, ticket, opening, State.of(state.pack()))
        self._rows.put(schema.tickets, row)
        tickets.apply(self._rows, row, State.of(state.pack()), opening.entry.at)
        for leaf, after, at in self._history(desk, opening, leaves, policy, state):
            tickets.apply(self._rows, row, State.of(after.pack()), at)
            if leaf.entry.act != Act.FOLLOWED_UP:
                row["last_reply_at"] = at
            row["changed_at"], row["changed_block"] = leaf.batch["anchored_at"], leaf.batch["anchored_block"]

    def _row(self, desk: str, ticket: str, opening: _Leaf, state: State) -> Row:
        batch = opening.batch
        return tickets.new(
            self._rows.chain,
            desk,
            ticket,
            state,
            lane=LANE,
            source=LEAVES,
            agent=batch["agent"],
            commitment=f"0x{opening.entry.digest.hex()}",
            opened_at=opening.entry.at,
            recorded_at=batch["anchored_at"],
            opened_block=batch["anchored_block"],
            opened_transaction=batch["anchored_transaction"],
            batch=batch["batch"],
            leaf_index=opening.position,
            provable_until=batch["expires_at"],
            changed_at=batch["anchored_at"],
            changed_block=batch["anchored_block"],
        )

    def _opens(self, desk: str, ticket: str, leaf: _Leaf) -> bool:
        entry = leaf.entry
        if leaf.position >= _openings(leaf.batch) or entry.sequence != 0 or entry.act != Act.OPENED:
            return False
        if entry.at > leaf.batch["anchored_at"]:
            return False
        return f"0x{ticket_id(self._rows.chain, desk, entry.actor, entry.digest).hex()}" == ticket

    def _history(
        self, desk: str, opening: _Leaf, leaves: Sequence[_Leaf], policy: ChainPolicy, state: TicketState
    ) -> Iterator[tuple[_Leaf, TicketState, int]]:
        """The entries that the rules take, each with the state after it and when it counts."""
        by_sequence: dict[int, _Leaf] = {}
        for each in leaves:
            if each.position >= _openings(each.batch) and self._counts(desk, each, opening):
                by_sequence.setdefault(each.entry.sequence, each)
        last_at, sequence = opening.entry.at, 1
        next_reply = policy.targets[state.priority][1]
        while (leaf := by_sequence.get(sequence)) is not None:
            sequence += 1
            entry, anchored_at = leaf.entry, leaf.batch["anchored_at"]
            at = entry.at
            if entry.act != Act.FOLLOWED_UP and at + policy.anchor_lag < anchored_at:
                at = anchored_at
            at = max(at, last_at)
            if not self._is_taken(desk, leaf, opening) or clock.is_over(state, at, policy.contest_window):
                continue
            state = clock.apply(state, Act(entry.act).event, at, policy.hours, next_reply)
            # As the chain keeps its times.
            state = TicketState.unpack(state.pack())
            last_at = at
            yield leaf, state, at

    def _counts(self, desk: str, leaf: _Leaf, opening: _Leaf) -> bool:
        agent, earlier = leaf.batch["agent"], opening.batch["agent"]
        if agent == earlier:
            return True
        for _ in range(_SUCCESSIONS):
            row: Any = self._rows.get(schema.agents, self._rows.chain, desk, agent)
            agent = None if row is None else row["predecessor"]
            if agent is None or agent == earlier:
                return agent is not None
        return False

    def _is_taken(self, desk: str, leaf: _Leaf, opening: _Leaf) -> bool:
        entry = leaf.entry
        if entry.at > leaf.batch["anchored_at"] or not Act.OPENED < entry.act <= Act.FOLLOWED_UP:
            return False
        if entry.act == Act.FOLLOWED_UP:
            return entry.actor == opening.entry.actor
        agent = self._rows.get(schema.agents, self._rows.chain, desk, entry.actor.lower())
        return agent is not None and agent["kind"] == _HUMAN and agent["since"] <= entry.at <= agent["until"]


def _openings(batch: Row) -> int:
    return int(sum(batch[name] for name in _COUNTS))


def _opened(policy: ChainPolicy, opening: _Leaf) -> TicketState:
    end = 0
    priority = Priority.LOW
    for each, name in zip(Priority, _COUNTS, strict=True):
        end += opening.batch[name]
        if opening.position < end:
            priority = each
            break
    first_reply, _, resolution = policy.targets[priority]
    state = clock.opened(
        opening.entry.at,
        policy.hours,
        first_reply,
        resolution,
        requester=opening.entry.actor,
        policy_id=opening.batch["policy_id"],
        priority=priority,
        backed=opening.batch["backed"],
    )
    # Packed and unpacked: the chain's times stop at the last second that it keeps.
    return TicketState.unpack(state.pack())
