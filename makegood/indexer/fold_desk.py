# SPDX-License-Identifier: Apache-2.0
"""Desks, policies and coverage from events."""

from __future__ import annotations

from makegood.indexer import schema
from makegood.indexer.logs import MOST, Arguments, Handlers, Log
from makegood.indexer.rows import Row, Rows
from makegood.indexer.terms import kept

_UNKNOWN = (
    "factory",
    "operator",
    "pending_operator",
    "deployed_block",
    "deployed_at",
    "asset_symbol",
    "asset_decimals",
)


def new_desk(chain: int, desk: str, **more: object) -> Row:
    """A desk of which nothing happened yet; `more` is where it is and what it is made of."""
    counts = dict.fromkeys(
        (
            "policies",
            "tickets",
            "batches",
            "disputes",
            "epoch",
            "funds",
            "reserved",
            "credited",
            "bonded",
            "debt_incurred",
            "debt_paid",
            "compensated",
            "collected",
            "withdrawn",
            "withdrawal_amount",
            "withdrawal_from",
            "withdrawal_until",
        ),
        0,
    )
    unknown = dict.fromkeys(_UNKNOWN)
    return {"chain": chain, "desk": desk, "name": "", "changed_block": 0, **unknown, **counts, **more}


class DeskFold:
    """What the operator says on the desk, and where the desk came from."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows

    def handlers(self) -> Handlers:
        """What an event does, by its name."""
        return {
            "DeskDeployed": self._desk_deployed,
            "PolicyPublished": self._policy_published,
            "CoverageGranted": self._coverage_granted,
        }

    def _desk_deployed(self, log: Log, given: Arguments) -> None:
        """Its row was made when its address was learnt, since its first events come before this one."""
        row = self._rows.edit(schema.desks, self._rows.chain, given["desk"])
        row.update(
            factory=log.address,
            name=given["name"],
            deployed_block=log.block_number,
            deployed_at=log.time,
            changed_block=log.block_number,
        )

    def _policy_published(self, log: Log, given: Arguments) -> None:
        desk = self._rows.edit(schema.desks, self._rows.chain, log.desk)
        desk["policies"] += 1
        desk["changed_block"] = log.block_number
        self._rows.put(
            schema.policies,
            {
                "chain": self._rows.chain,
                "desk": log.desk,
                "policy_id": given["policy_id"],
                "name": given["name"],
                "uri": given["uri"],
                "terms_digest": given["terms_digest"],
                "terms": kept(given["policy"]),
                "published_at": log.time,
                "changed_block": log.block_number,
            },
        )

    def _coverage_granted(self, log: Log, given: Arguments) -> None:
        key = (self._rows.chain, log.desk, given["holder"], given["policy_id"])
        before = self._rows.get(schema.coverages, *key)
        self._rows.put(
            schema.coverages,
            {
                "chain": self._rows.chain,
                "desk": log.desk,
                "holder": given["holder"],
                "policy_id": given["policy_id"],
                "priority": given["priority"],
                "places": min(given["places"], MOST),
                "used": before["used"] if before else 0,
                "until": min(given["until"], MOST),
                "changed_block": log.block_number,
            },
        )
