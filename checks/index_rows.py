# SPDX-License-Identifier: Apache-2.0
"""Whether every row of an index is what the contracts' views answer.

Each row that a view can be asked about is compared with the view's answer at the newest block: tickets, with
their words and what follows from them, promises that run, proofs, disputes, breaches, books, accounts,
policies, coverage, agents, channels, keepers, panels and batches.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from eth_utils.address import to_checksum_address
from sqlalchemy import Table, select
from sqlalchemy.engine import Connection

from makegood.clock import Kind, Status, TicketState
from makegood.desk import Desk, DisputeState
from makegood.indexer import queries, schema
from makegood.indexer.standing import money, standing
from makegood.indexer.tickets import RUNNING

Values = Mapping[str, Any]
Pair = tuple[str, Values, Values]
"""What is compared; what the index says of it; what the contracts say: only that is looked at."""

_OF_TICKETS = (
    "policy_id", "priority", "status", "replied", "reply_due", "solved_at", "resolution_due",
    "breached", "compensated", "backed", "holds_place", "disputed", "proven", "challenged",
)  # fmt: skip


def differences(connection: Connection, desk: Desk) -> list[str]:
    """What the index says of a desk otherwise than its contracts, a sentence each."""
    return [told for pair in Rows(connection, desk).pairs() for told in differing(pair)]


def differing(pair: Pair) -> list[str]:
    """The same of one comparison."""
    about, ours, theirs = pair
    return [
        f"{about}: {name} is {ours[name]!r} in the index and {theirs[name]!r} on chain."
        for name in theirs
        if ours[name] != theirs[name]
    ]


class Rows:
    """The rows of one desk beside what its contracts say."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._connection = connection
        self._desk = desk
        # A view is asked at the time of the newest block.
        self._now = int(desk.w3.eth.get_block("latest")["timestamp"])

    def pairs(self) -> Iterator[Pair]:
        """All of them."""
        yield from self._counts()
        yield from self._money()
        yield from self._accounts()
        yield from self._tickets()
        yield from self._disputes()
        yield from self._panels()
        yield from self._batches()
        yield from self._terms()
        yield from self._people()

    def _rows(self, table: Table) -> list[dict[str, Any]]:
        mine = (table.c.desk == self._desk.address.lower()) & (table.c.chain == self._desk.chain_id)
        return queries.rows(self._connection, select(table).where(mine))

    # ------------------------------------------------------------ the desk and its money

    def _counts(self) -> Iterator[Pair]:
        desk = self._desk
        counts = {
            "policies": desk.policy_count(),
            "batches": desk.lane.batch_count(),
            "disputes": desk.panel.dispute_count(),
        }
        told = {
            **counts,
            "epoch": desk.panel.epoch(),
            "operator": desk.directory.owner().lower(),
            "pending_operator": _somebody(desk.directory.pending_owner()),
            "notice": desk.pool.notice,
            "asset": desk.pool.asset.lower(),
            "pool": desk.pool.address.lower(),
            "panel": desk.panel.address.lower(),
            "lane": desk.lane.address.lower(),
            "directory": desk.directory.address.lower(),
        }
        yield "the desk", self._rows(schema.desks)[0], told
        tables = {name: len(self._rows(schema.metadata.tables[name])) for name in counts}
        yield "the rows of the desk", tables, counts

    def _money(self) -> Iterator[Pair]:
        pool, row = self._desk.pool, self._rows(schema.desks)[0]
        books = vars(pool.books())
        newest = max(self._rows(schema.books), key=lambda each: int(each["block_number"]))
        yield "the books", _fields(money(row)), books
        yield "the newest books", _fields(money(newest)), books
        announced = pool.withdrawal()
        told = {
            "withdrawal_amount": announced.amount,
            "withdrawal_from": announced.usable_from,
            "withdrawal_until": announced.usable_until,
        }
        yield "the withdrawal", row, told

    def _accounts(self) -> Iterator[Pair]:
        pool, desk = self._desk.pool, self._rows(schema.desks)[0]
        for row in self._rows(schema.accounts):
            who = to_checksum_address(row["beneficiary"])
            found = queries.collectable(self._connection, row["chain"], row["desk"], row["beneficiary"], desk)
            told = {"now": pool.collectable(who), "owed": pool.owed(who)}
            yield f"the account of {who}", _fields(found), told

    # ------------------------------------------------------------ tickets

    def _tickets(self) -> Iterator[Pair]:
        breached, paid = Counter[str](), Counter[str]()
        for row in self._rows(schema.breaches):
            breached[row["ticket_id"]] += row["kind"]
            paid[row["ticket_id"]] += row["amount"] or 0
        running = {
            (row["ticket_id"], row["number"]): row["due"]
            for row in self._rows(schema.promises)
            if row["state"] == RUNNING
        }
        for row in self._rows(schema.tickets):
            name = row["ticket_id"]
            about, word = f"ticket {name}", self._desk.ticket_word(_bytes(name))
            if row["source"] == "leaves":
                # Nobody has proven it: the chain does not know it.
                yield about, {"word": 0}, {"word": word}
                continue
            yield about, {**row, "word": int(row["word"], 16)}, self._ticket(_bytes(name), word)
            state = TicketState.unpack(word)
            reply = running.get((name, row["replies_due"])) if row["replies_due"] else None
            own = {"breached": breached[name], "paid": paid[name], "reply_due": reply}
            yield (
                f"what {about} consists of",
                own,
                {"breached": int(state.breached), "paid": row["paid"], "reply_due": state.reply_due},
            )
            yield self._claimable(about, row)

    def _ticket(self, ticket_id: bytes, word: int) -> Values:
        desk, state = self._desk, TicketState.unpack(word)
        told = {
            "word": word,
            "requester": state.requester.lower(),
            **{name: getattr(state, name) for name in _OF_TICKETS},
            "resolution_remaining": state.resolution_remaining
            if state.status in (Status.PENDING, Status.SOLVED)
            else None,
            "follow_up_nonce": desk.follow_up_nonce(ticket_id),
            "proven_at": None,
        }
        proof = desk.lane.proof(ticket_id)
        if proof is not None:
            told |= {
                "proven_at": proof.proven_at,
                "batch": proof.batch,
                "prover": proof.prover.lower(),
                "proof_sequence": proof.sequence,
                "proof_answered": proof.answered,
            }
        return told

    def _claimable(self, about: str, row: dict[str, Any]) -> Pair:
        policy = queries.policy_of(self._connection, row["chain"], row["desk"], row["policy_id"])
        assert policy is not None  # noqa: S101
        ours = standing(row, policy, self._now)
        # Before a challenge has ended there is nothing to claim.
        at_once = ours.way == "claim"
        found = {"kinds": ours.claimable if at_once else 0, "amount": ours.amount if at_once else 0}
        return f"what {about} can claim", found, vars(self._desk.claimable(_bytes(row["ticket_id"])))

    # ------------------------------------------------------------ disputes

    def _disputes(self) -> Iterator[Pair]:
        open_ones = Counter[str]()
        for row in self._rows(schema.disputes):
            found = self._desk.panel.dispute(_bytes(row["ticket_id"]), Kind(row["kind"]))
            is_open = found.state is DisputeState.OPEN
            open_ones[row["ticket_id"]] += is_open
            waits = [
                each for each in json.loads(row["signers"]) if each not in json.loads(row["fees_collected"])
            ]
            told = {
                "dispute": found.number,
                "state": found.state,
                "epoch": found.epoch,
                "rules_until": found.rules_until,
                "evidence_digest": f"0x{found.evidence_digest.hex()}",
                "fee_share": found.fee_share,
                "fee_open": sorted(each.lower() for each in found.fee_open),
            }
            if row["kind"] == Kind.INCIDENT:
                told["amount"] = found.amount
            if is_open:
                told |= {"bond": found.bond, "reserved": found.reserved}
            # A share of nothing is collected by nobody.
            open_fees = sorted(waits) if row["fee_share"] else []
            yield f"dispute {row['dispute']}", {**row, "fee_open": open_fees}, told
        for row in self._rows(schema.tickets):
            if row["source"] == "chain":
                has = self._desk.panel.has_open_dispute(_bytes(row["ticket_id"]))
                ours = {"disputes": row["open_disputes"], "has": row["open_disputes"] > 0}
                told = {"disputes": open_ones[row["ticket_id"]], "has": has}
                yield f"open disputes of {row['ticket_id']}", ours, told

    def _panels(self) -> Iterator[Pair]:
        panel, proposed = self._desk.panel, {}
        for row in self._rows(schema.panels):
            if row["state"] == "adopted":
                seats = panel.seats(row["epoch"])
                told = {"arbiters": [each.lower() for each in seats.arbiters], "threshold": seats.threshold}
                yield f"panel {row['epoch']}", {**row, "arbiters": json.loads(row["arbiters"])}, told
            elif row["state"] == "proposed":
                proposed = row
        found = panel.proposal()
        ours = {name: proposed.get(name) or 0 for name in ("epoch", "usable_from", "usable_until")}
        yield "the proposed panel", ours, vars(found)

    # ------------------------------------------------------------ batches, policies, people

    def _batches(self) -> Iterator[Pair]:
        for row in self._rows(schema.batches):
            found = self._desk.lane.batch(row["batch"])
            ends, end = [], 0
            for name in ("urgent", "high", "normal", "low", "later"):
                end += row[name]
                ends.append(end)
            told = {**vars(found), "agent": found.agent.lower(), "root": f"0x{found.root.hex()}"}
            yield f"batch {row['batch']}", {**row, "ends": tuple(ends)}, told

    def _terms(self) -> Iterator[Pair]:
        desk = self._desk
        for row in self._rows(schema.policies):
            policy = queries.policy_of(self._connection, row["chain"], row["desk"], row["policy_id"])
            yield f"policy {row['policy_id']}", {"is": policy}, {"is": desk.policy(row["policy_id"])}
        for row in self._rows(schema.coverages):
            about = f"coverage of {row['holder']} under policy {row['policy_id']}"
            yield about, row, vars(desk.coverage(row["holder"], row["policy_id"]))

    def _people(self) -> Iterator[Pair]:
        desk, directory = self._desk, self._desk.directory
        for row in self._rows(schema.agents):
            told: dict[str, Any] = {"allowance": desk.allowance(row["agent"])}
            told["predecessor"] = _somebody(directory.read("predecessor", row["agent"]))
            found = directory.agent(row["agent"])
            told |= {name: value for name, value in vars(found).items() if not isinstance(value, bytes)}
            for name in ("did_digest", "credential_digest"):
                digest = getattr(found, name)
                told[name] = f"0x{digest.hex()}" if any(digest) else None
            yield f"agent {row['agent']}", row, told
        for row in self._rows(schema.channels):
            yield f"channel {row['channel']}", row, vars(directory.channel(_bytes(row["channel"])))
        for row in self._rows(schema.keepers):
            who = to_checksum_address(row["requester"])
            told = {"keeper": _somebody(directory.keeper(who)), "nonce": directory.keeper_nonce(who)}
            yield f"keeper of {who}", row, told


def _fields(found: Any) -> Values:
    return {name: getattr(found, name) for name in found.__slots__}


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _somebody(address: str) -> str | None:
    return address.lower() if int(address, 16) else None
