# SPDX-License-Identifier: Apache-2.0
"""Panels and disputes from the panel's events."""

from __future__ import annotations

import json

from makegood.indexer import schema
from makegood.indexer.fold_tickets import RULING
from makegood.indexer.logs import MOST, Arguments, Handlers, Log
from makegood.indexer.rows import Rows

UNDER_DISPUTE, UPHELD, REJECTED, BY_DEFAULT = range(1, 5)
PROPOSED, ADOPTED, CANCELLED = "proposed", "adopted", "cancelled"
DEFAULT, REPORT = "default", "report"
"""Why a kind is breached: the arbiters were silent; they found it themselves."""


class PanelFold:
    """What is contested, and how it was ruled."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def handlers(self) -> Handlers:
        """What an event does, by its name."""
        return {
            "PanelProposed": self._panel_proposed,
            "PanelProposalCancelled": self._panel_proposal_cancelled,
            "PanelAdopted": self._panel_adopted,
            "Contested": self._contested,
            "DisputeRuled": self._dispute_ruled,
            "BreachReported": self._breach_reported,
            "FeeCollected": self._fee_collected,
        }

    def _panel_proposed(self, log: Log, given: Arguments) -> None:
        self._put_panel(log, given, PROPOSED)

    def _panel_proposal_cancelled(self, log: Log, given: Arguments) -> None:
        row = self._rows.edit(schema.panels, self._rows.chain, log.desk, given["epoch"])
        row["state"], row["changed_block"] = CANCELLED, log.block_number

    def _panel_adopted(self, log: Log, given: Arguments) -> None:
        key = (self._rows.chain, log.desk, given["epoch"])
        # The first panel comes with the desk: nobody proposed it.
        if self._rows.get(schema.panels, *key) is None:
            self._put_panel(log, given, ADOPTED)
        row = self._rows.edit(schema.panels, *key)
        row.update(state=ADOPTED, adopted_at=log.time, changed_block=log.block_number)
        desk = self._rows.edit(schema.desks, self._rows.chain, log.desk)
        desk["epoch"], desk["changed_block"] = given["epoch"], log.block_number

    def _put_panel(self, log: Log, given: Arguments, state: str) -> None:
        self._rows.put(
            schema.panels,
            {
                "chain": self._rows.chain,
                "desk": log.desk,
                "epoch": given["epoch"],
                "arbiters": json.dumps(given["arbiters"]),
                "threshold": given["threshold"],
                "state": state,
                "usable_from": _time(given.get("usable_from")),
                "usable_until": _time(given.get("usable_until")),
                "adopted_at": None,
                "changed_block": log.block_number,
            },
        )

    def _contested(self, log: Log, given: Arguments) -> None:
        self._rows.put(
            schema.disputes,
            {
                "chain": self._rows.chain,
                "desk": log.desk,
                **{
                    name: given[name]
                    for name in (
                        "dispute",
                        "ticket_id",
                        "requester",
                        "kind",
                        "amount",
                        "reserved",
                        "evidence_digest",
                        "bond",
                        "epoch",
                    )
                },
                "rules_until": min(given["rules_until"], MOST),
                "state": UNDER_DISPUTE,
                "contested_at": log.time,
                "ruled_at": None,
                "ruled_amount": None,
                "signers": "[]",
                "fee_share": 0,
                "fees_collected": "[]",
                "changed_block": log.block_number,
            },
        )
        desk = self._rows.edit(schema.desks, self._rows.chain, log.desk)
        desk["disputes"] += 1
        desk["changed_block"] = log.block_number

    def _dispute_ruled(self, log: Log, given: Arguments) -> None:
        row = self._rows.edit(schema.disputes, self._rows.chain, log.desk, given["dispute"])
        panel = self._rows.get(schema.panels, self._rows.chain, log.desk, row["epoch"])
        arbiters = json.loads(panel["arbiters"]) if panel else []
        signers = [one for seat, one in enumerate(arbiters) if given["signers"] >> seat & 1]
        row.update(
            state=given["state"],
            ruled_at=log.time,
            ruled_amount=given["amount"],
            signers=json.dumps(signers),
            fee_share=given["fee_share"],
            changed_block=log.block_number,
        )
        ticket = self._rows.edit(schema.tickets, given["ticket_id"], self._rows.chain, log.desk)
        ticket["open_disputes"] -= 1
        ticket["changed_at"], ticket["changed_block"] = log.time, log.block_number
        if given["state"] == BY_DEFAULT:
            self._explain(log, given, DEFAULT)

    def _breach_reported(self, log: Log, given: Arguments) -> None:
        self._explain(log, given, REPORT)

    def _fee_collected(self, log: Log, given: Arguments) -> None:
        row = self._rows.edit(schema.disputes, self._rows.chain, log.desk, given["dispute"])
        row["fees_collected"] = json.dumps([*json.loads(row["fees_collected"]), given["arbiter"]])
        row["changed_block"] = log.block_number

    def _explain(self, log: Log, given: Arguments, cause: str) -> None:
        key = (given["ticket_id"], self._rows.chain, log.desk, given["kind"])
        found = self._rows.get(schema.breaches, *key)
        if found is not None and found["cause"] == RULING and found["recorded_block"] == log.block_number:
            self._rows.edit(schema.breaches, *key)["cause"] = cause


def _time(value: int | None) -> int | None:
    return None if value is None else min(value, MOST)
