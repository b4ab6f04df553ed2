# SPDX-License-Identifier: Apache-2.0
"""The next range of logs is read while the one before is written."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Thread

from makegood.errors import MakegoodError
from makegood.indexer.node import Node, Range


class Ahead:
    """Ranges of a node's logs, one asked for before it is wanted."""

    def __init__(self, node: Node) -> None:
        self._node = node
        # Requests of two threads need a connection each.
        self._other = node.twin()
        self._thread: Thread | None = None
        self._wanted: tuple[int, int, tuple[str, ...]] | None = None
        self._found: Range | None = None

    def range(self, first: int, last: int, addresses: Sequence[str]) -> Range:
        """Logs of these addresses from `first` on, as far as one answer goes, at most to `last`."""
        wanted = (first, last, tuple(addresses))
        found = self._taken() if self._wanted == wanted else None
        if found is None:
            found = next(self._node.ranges(first, last, lambda: addresses))
        if found[1] < last:
            self._begin((found[1] + 1, last, wanted[2]))
        return found

    def _taken(self) -> Range | None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        found, self._found = self._found, None
        return found

    def _begin(self, wanted: tuple[int, int, tuple[str, ...]]) -> None:
        self._taken()
        self._wanted = wanted
        # It ends with the process, whatever it waits for.
        self._thread = Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._wanted is not None  # noqa: S101
        first, last, addresses = self._wanted
        try:
            self._found = next(self._other.ranges(first, last, lambda: addresses))
        except MakegoodError:
            # Whoever wants it asks himself, and is told why.
            self._found = None
