# SPDX-License-Identifier: Apache-2.0
"""Agents, channels, keepers and the operator from the directory's events, and agents' allowances."""

from __future__ import annotations

from makegood.indexer import schema
from makegood.indexer.fold_tickets import NOBODY, edit_agent
from makegood.indexer.logs import MOST, Arguments, Handlers, Log
from makegood.indexer.rows import Row, Rows


class PeopleFold:
    """Who is who at a desk. Agents whose record changed are in `changed`, for the tickets of batches."""

    def __init__(self, rows: Rows) -> None:
        self._rows = rows
        self.changed: set[tuple[str | None, str]] = set()

    def handlers(self) -> Handlers:
        """What an event does, by its name."""
        return {
            "OwnershipTransferred": self._ownership_transferred,
            "OwnershipTransferStarted": self._ownership_transfer_started,
            "AllowanceSet": self._allowance_set,
            "AgentRegistered": self._agent_registered,
            "AgentRevoked": self._agent_revoked,
            "SuccessorNamed": self._successor_named,
            "ChannelPublished": self._channel_published,
            "ChannelRevoked": self._channel_revoked,
            "KeeperNamed": self._keeper_named,
            "KeeperNonceUsed": self._keeper_nonce_used,
        }

    def _ownership_transferred(self, log: Log, given: Arguments) -> None:
        desk = self._rows.edit(schema.desks, self._rows.chain, log.desk)
        desk["operator"], desk["pending_operator"] = given["new_owner"], None
        desk["changed_block"] = log.block_number

    def _ownership_transfer_started(self, log: Log, given: Arguments) -> None:
        desk = self._rows.edit(schema.desks, self._rows.chain, log.desk)
        desk["pending_operator"] = None if given["new_owner"] == NOBODY else given["new_owner"]
        desk["changed_block"] = log.block_number

    def _allowance_set(self, log: Log, given: Arguments) -> None:
        edit_agent(self._rows, log, given["agent"])["allowance"] = given["amount"]

    def _agent_registered(self, log: Log, given: Arguments) -> None:
        row = edit_agent(self._rows, log, given["agent"])
        row.update(
            kind=given["kind"],
            did_digest=given["did_digest"],
            credential_digest=given["credential_digest"],
            since=min(given["since"], MOST),
            until=min(given["until"], MOST),
        )
        self.changed.add((log.desk, given["agent"]))

    def _agent_revoked(self, log: Log, given: Arguments) -> None:
        edit_agent(self._rows, log, given["agent"]).update(until=min(given["until"], MOST), revoked=True)
        self.changed.add((log.desk, given["agent"]))

    def _successor_named(self, log: Log, given: Arguments) -> None:
        edit_agent(self._rows, log, given["agent"])["successor"] = given["successor"]
        edit_agent(self._rows, log, given["successor"])["predecessor"] = given["agent"]
        self.changed.add((log.desk, given["successor"]))

    def _channel_published(self, log: Log, given: Arguments) -> None:
        self._rows.put(
            schema.channels,
            {
                "chain": self._rows.chain,
                "desk": log.desk,
                "channel": given["channel"],
                "since": min(given["since"], MOST),
                "revoked_at": 0,
                "changed_block": log.block_number,
            },
        )

    def _channel_revoked(self, log: Log, given: Arguments) -> None:
        row = self._rows.edit(schema.channels, self._rows.chain, log.desk, given["channel"])
        row["revoked_at"], row["changed_block"] = min(given["revoked_at"], MOST), log.block_number

    def _keeper_named(self, log: Log, given: Arguments) -> None:
        keeper = given["keeper"]
        row = self._edit_keeper(log, given["requester"])
        row["keeper"] = None if keeper == NOBODY else keeper

    def _keeper_nonce_used(self, log: Log, given: Arguments) -> None:
        self._edit_keeper(log, given["requester"])["nonce"] = given["nonce"] + 1

    def _edit_keeper(self, log: Log, requester: str) -> Row:
        key = (self._rows.chain, log.desk, requester)
        if self._rows.get(schema.keepers, *key) is None:
            empty = {"chain": self._rows.chain, "desk": log.desk, "requester": requester}
            row = self._rows.put(schema.keepers, {**empty, "keeper": None, "nonce": 0})
        else:
            row = self._rows.edit(schema.keepers, *key)
        row["changed_block"] = log.block_number
        return row
