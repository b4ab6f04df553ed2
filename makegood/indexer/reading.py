# SPDX-License-Identifier: Apache-2.0
"""What a node's logs say of the contracts that are followed, and of those that they tell of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from makegood.errors import NodeUnreachable
from makegood.indexer.assets import asset_facts
from makegood.indexer.logs import FACTORY, Log
from makegood.indexer.node import Header, Node
from makegood.indexer.store import PARTS
from makegood.indexer.writing import wanted


class Reading:
    """A node's logs for an index."""

    def __init__(self, node: Node, contracts: Mapping[str, tuple[str, str | None]]) -> None:
        """`contracts` are what is followed: each address with which contract it is, and of which desk."""
        self._node = node
        self.contracts = dict(contracts)
        self.assets: dict[str, dict[str, object]] = {}
        """What the tokens of new desks say of themselves, by their address."""

    def addresses(self) -> Sequence[str]:
        """All that is followed by now."""
        return list(self.contracts)

    def final(self, first: int, last: int) -> tuple[list[Header], list[Log]]:
        """The next range of blocks that are final: those of its events and its last one, and its events."""
        end, found = self._node.final_range(first, last, self.addresses())
        logs = self._with_new_desks(first, end, found)
        numbers = sorted({log.block_number for log in logs} | {end})
        headers = self._node.headers(numbers)
        self._date(headers, logs)
        return headers, logs

    def live(self, common: Header, last: int) -> tuple[list[Header], list[Log]]:
        """All blocks after the common one, each the child of the one before, and their events.

        Raises NodeUnreachable where the chain changes meanwhile.
        """
        numbers = range(common.number + 1, last + 1)
        headers = self._node.headers(numbers)
        for before, after in pairwise([common, *headers]):
            if before.number >= 0 and after.parent != before.hash:
                raise _changed()
        logs: list[Log] = []
        for start, end, some in self._node.ranges(numbers.start, last, self.addresses):
            logs += self._with_new_desks(start, end, some)
        # Had a block been exchanged meanwhile, the last one would be another, or a log be of an unknown one.
        if headers and self._node.headers([last]) != [headers[-1]]:
            raise _changed()
        self._date(headers, logs)
        return headers, logs

    def _with_new_desks(self, first: int, last: int, logs: list[Log]) -> list[Log]:
        """The events among these logs, and those of the desks that they tell of."""
        fresh: dict[str, tuple[str, str | None]] = {}
        found = wanted(logs, self.contracts)
        for log in found:
            if log.contract == FACTORY:
                given = log.given
                if given["asset"] not in self.assets:
                    self.assets[given["asset"]] = asset_facts(self._node, given["asset"])
                for name in PARTS:
                    if given[name] not in self.contracts:
                        fresh[given[name]] = (name, given["desk"])
        if not fresh:
            return found
        self.contracts |= fresh
        for _, _, more in self._node.ranges(first, last, lambda: list(fresh)):
            found += wanted(more, self.contracts)
        return sorted(found, key=lambda log: (log.block_number, log.log_index))

    @staticmethod
    def _date(headers: Sequence[Header], logs: Sequence[Log]) -> None:
        by_hash = {header.hash: header for header in headers}
        for log in logs:
            header = by_hash.get(log.block_hash)
            if header is None or header.number != log.block_number:
                raise _changed()
            log.time = header.time


def _changed() -> NodeUnreachable:
    return NodeUnreachable("The node's chain changed while it was read.", hint="Try again.")
