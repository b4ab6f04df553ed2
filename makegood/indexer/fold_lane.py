# SPDX-License-Identifier: Apache-2.0
"""Batches, proofs and challenges from the lane's events."""

from __future__ import annotations

from makegood.indexer import schema, tickets
from makegood.indexer.fold_tickets import CHAIN, EQUIVOCATION, RULING, TicketFold, edit_agent, kept_word
from makegood.indexer.logs import MOST, Arguments, Handlers, Log
from makegood.indexer.rows import Row, Rows
from makegood.indexer.terms import Terms, worst_case
from makegood.indexer.tickets import State

WAITING, PUBLISHED, MISSING, WRONG = "waiting", "published", "missing", "wrong"
"""Of a batch's leaves: not looked for yet, counted, not there, not those of the root."""

_FOLLOWED_UP = 4


class LaneFold:
    """What the lane anchors and proves. It says when the words count that the desk logged just before."""

    def __init__(self, rows: Rows, terms: Terms, desk: TicketFold) -> None:
        self._rows = rows
        self._terms = terms
        self._desk = desk

    def handlers(self) -> Handlers:
        """What an event does, by its name."""
        return {
            "BatchAnchored": self._batch_anchored,
            "BatchReleased": self._batch_released,
            "TicketProven": self._ticket_proven,
            "EntryShown": self._entry_shown,
            "ChallengeEnded": self._challenge_ended,
            "Equivocated": self._equivocated,
        }

    def _batch_anchored(self, log: Log, given: Arguments) -> None:
        urgent, high, normal, low, later = given["counts"]
        self._rows.put(
            schema.batches,
            {
                "chain": self._rows.chain,
                "desk": log.desk,
                **{name: given[name] for name in ("batch", "agent", "policy_id", "root", "uri", "backed")},
                "urgent": urgent,
                "high": high,
                "normal": normal,
                "low": low,
                "later": later,
                "worst_case": given["worst_case"],
                "reserved": given["worst_case"] if given["backed"] else 0,
                "anchored_at": log.time,
                "anchored_block": log.block_number,
                "anchored_transaction": log.transaction,
                "expires_at": min(given["expires_at"], MOST),
                "released_at": None,
                "proven": 0,
                "leaves": WAITING,
                "changed_block": log.block_number,
            },
        )
        edit_agent(self._rows, log, given["agent"])["allowance"] -= given["worst_case"]
        desk = self._rows.edit(schema.desks, self._rows.chain, log.desk)
        desk["batches"] += 1

    def _batch_released(self, log: Log, given: Arguments) -> None:
        self._batch(log, given["batch"]).update(reserved=0, released_at=log.time)

    def _ticket_proven(self, log: Log, given: Arguments) -> None:
        ticket_id = given["ticket_id"]
        word = self._desk.moved.pop((log.desk, ticket_id))
        state = State.of(word)
        policy = self._terms.of(str(log.desk), state.policy_id)
        batch = self._batch(log, given["batch"])
        batch["proven"] += 1
        if batch["backed"]:
            batch["reserved"] -= worst_case(policy, state.priority)
        row = tickets.new(
            self._rows.chain,
            str(log.desk),
            ticket_id,
            state,
            lane=2,
            source=CHAIN,
            agent=batch["agent"],
            commitment=given["commitment"],
            opened_at=given["at"],
            recorded_at=batch["anchored_at"],
            opened_block=batch["anchored_block"],
            opened_transaction=batch["anchored_transaction"],
            batch=given["batch"],
            provable_until=batch["expires_at"],
            proven_at=log.time,
            challenge_until=log.time + policy.challenge_window,
            prover=given["prover"],
            proof_bond=given["bond"],
            proof_sequence=1,
        )
        key = (ticket_id, self._rows.chain, log.desk)
        published = self._rows.get(schema.tickets, *key)
        if published is not None:
            # What was published counted so far; from here on what is shown to the chain does.
            tickets.take_away(self._rows, published)
        else:
            self._rows.edit(schema.desks, self._rows.chain, log.desk)["tickets"] += 1
        self._rows.put(schema.tickets, row)
        self._apply(log, row, word, given["at"])

    def _entry_shown(self, log: Log, given: Arguments) -> None:
        row = self._desk.edit(log, given["ticket_id"])
        row["proof_sequence"] = given["sequence"] + 1
        row["proof_answered"] = row["proof_answered"] or given["answers"]
        if not given["taken"]:
            return
        self._apply(log, row, self._desk.moved.pop((log.desk, given["ticket_id"])), given["at"])
        if given["act"] != _FOLLOWED_UP:
            row["last_reply_at"] = given["at"]

    def _challenge_ended(self, log: Log, given: Arguments) -> None:
        row = self._desk.edit(log, given["ticket_id"])
        word = self._desk.moved.pop((log.desk, given["ticket_id"]))
        self._apply(log, row, word, row["challenge_until"])
        row["challenge_ended_at"], row["bond_returned"] = log.time, given["returned"]

    def _equivocated(self, log: Log, given: Arguments) -> None:
        row = self._desk.edit(log, given["ticket_id"])
        row["equivocated"] = True
        word = self._desk.moved.pop((log.desk, given["ticket_id"]), None)
        if word is None:
            return
        # No clock moves by it.
        row["breached"], row["word"] = State.of(word).breached, kept_word(word)
        for kind in (tickets.FIRST_REPLY, tickets.NEXT_REPLY, tickets.RESOLUTION):
            key = (row["ticket_id"], self._rows.chain, log.desk, kind)
            found = self._rows.get(schema.breaches, *key)
            if found is None or found["recorded_block"] != log.block_number:
                continue
            # What the clock shows as well is the clock's.
            if found["cause"] == RULING:
                self._rows.edit(schema.breaches, *key)["cause"] = EQUIVOCATION

    def _apply(self, log: Log, row: Row, word: int, at: int) -> None:
        tickets.apply(self._rows, row, State.of(word), at)
        row["word"] = kept_word(word)
        row["changed_at"], row["changed_block"] = log.time, log.block_number

    def _batch(self, log: Log, batch: int) -> Row:
        row = self._rows.edit(schema.batches, self._rows.chain, log.desk, batch)
        row["changed_block"] = log.block_number
        return row
