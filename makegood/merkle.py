# SPDX-License-Identifier: Apache-2.0
"""Merkle trees of RFC 9162 (Certificate Transparency, section 2.1) over SHA-256.

A leaf is hashed behind 0x00 and a node behind 0x01, so that neither passes for the other. A tree of n
leaves has, left of its root, the largest power of two below n of them: level by level, hashes are paired
from the left, and one that is left over moves up as it is. `merkle_log.vy` in contracts/modules verifies
the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import BinaryIO

HASH_BYTES = 32

_LEAF, _NODE = b"\x00", b"\x01"
# Paths are made for the leaves below one node of this level together: 1,024 of them.
_SHARED_LEVEL = 10
# Leaves hashed before their hashes are kept: one long bytearray grows by few steps.
_CHUNK = 4_096


def leaf_hash(data: bytes) -> bytes:
    """The hash of a leaf: SHA-256(0x00 || data)."""
    return sha256(_LEAF + data).digest()


def verify(root: bytes, leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bool:
    """Whether the leaf with this hash stands at `index` of the tree of `size` leaves with this root.

    RFC 9162, section 2.1.3.2. `path` has the hashes beside the way to the root, from the leaf up: no more
    and no fewer than that, 32 bytes each.
    """
    if not 0 <= index < size or any(len(each) != HASH_BYTES for each in (root, leaf, *path)):
        return False
    position, last = index, size - 1
    node = leaf
    for sibling in path:
        if last == 0:
            return False
        if position & 1 or position == last:
            node = sha256(_NODE + sibling + node).digest()
            # A hash that moved up alone has no sibling on these levels.
            while position and not position & 1:
                position >>= 1
                last >>= 1
        else:
            node = sha256(_NODE + node + sibling).digest()
        position >>= 1
        last >>= 1
    return last == 0 and node == root


class Tree:
    """The hashes of all levels, one bytearray a level, from the leaves up. The leaves are not kept."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        """Takes the leaves' data in order, one at a time: an iterator may give more than memory holds."""
        self._levels = [_hashed(leaves)]
        while len(self._levels[-1]) > HASH_BYTES:
            self._levels.append(_paired(self._levels[-1]))

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self._levels[0]) // HASH_BYTES

    @property
    def root(self) -> bytes:
        """Its root, 32 bytes; of a tree without leaves, the hash of nothing."""
        return bytes(self._levels[-1]) or sha256().digest()

    def leaf(self, index: int) -> bytes:
        """The hash of one leaf. Raises IndexError where there is none."""
        self._require(index)
        return self._hash(0, index)

    def path(self, index: int) -> tuple[bytes, ...]:
        """The inclusion path of one leaf, from it up, for `verify`. Raises IndexError where there is none."""
        self._require(index)
        return self._path_from(0, index)

    def paths(self) -> Iterator[tuple[bytes, ...]]:
        """The inclusion paths of all leaves, in order."""
        for path in self._raw_paths():
            yield tuple(path[at : at + HASH_BYTES] for at in range(0, len(path), HASH_BYTES))

    def write_paths(self, file: BinaryIO) -> int:
        """Write the inclusion paths of all leaves, in order, just their hashes; returns the bytes written.

        A leaf's path has `path_length` hashes, from the leaf up.
        """
        written = 0
        for paths in self._raw_paths_by_subtree():
            written += file.write(b"".join(paths))
        return written

    def _require(self, index: int) -> None:
        if not 0 <= index < self.size:
            raise IndexError(f"A tree of {self.size} leaves has none at {index}.")

    def _hash(self, level: int, index: int) -> bytes:
        return bytes(self._levels[level][index * HASH_BYTES : (index + 1) * HASH_BYTES])

    def _path_from(self, level: int, index: int) -> tuple[bytes, ...]:
        path = []
        for above in range(level, len(self._levels) - 1):
            # Past the end there is nothing: the hash moves up alone.
            if sibling := self._hash(above, index ^ 1):
                path.append(sibling)
            index >>= 1
        return tuple(path)

    def _raw_paths(self) -> Iterator[bytes]:
        for paths in self._raw_paths_by_subtree():
            yield from paths

    def _raw_paths_by_subtree(self) -> Iterator[list[bytes]]:
        # What neighbours have in common is put together once: from a node down, its two children's paths
        # are the sibling's hash and the node's own path.
        if not self.size:
            return
        level = min(_SHARED_LEVEL, len(self._levels) - 1)
        for node in range(len(self._levels[level]) // HASH_BYTES):
            paths = [b"".join(self._path_from(level, node))]
            for below in range(level - 1, -1, -1):
                paths = self._one_level_down(below, node << (level - below), paths)
            yield paths

    def _one_level_down(self, level: int, first: int, above: list[bytes]) -> list[bytes]:
        start = first * HASH_BYTES
        hashes = bytes(self._levels[level][start : start + 2 * len(above) * HASH_BYTES])
        paths = []
        for at, path in zip(range(0, len(hashes), 2 * HASH_BYTES), above, strict=True):
            middle = at + HASH_BYTES
            right = hashes[middle : middle + HASH_BYTES]
            paths.append(right + path)
            if right:
                paths.append(hashes[at:middle] + path)
        return paths


def path_length(index: int, size: int) -> int:
    """How many hashes the path of a leaf has; 0 <= index < size."""
    # Below where the ways of this leaf and of the last one meet, one a level; above, along the right
    # border, one for each bit of the index.
    inner = (index ^ (size - 1)).bit_length()
    return inner + (index >> inner).bit_count()


def _hashed(leaves: Iterable[bytes]) -> bytearray:
    level = bytearray()
    chunk: list[bytes] = []
    for leaf in leaves:
        chunk.append(sha256(_LEAF + leaf).digest())
        if len(chunk) == _CHUNK:
            level += b"".join(chunk)
            chunk.clear()
    level += b"".join(chunk)
    return level


def _paired(level: bytearray) -> bytearray:
    pair = 2 * HASH_BYTES
    whole = len(level) - len(level) % pair
    above = bytearray()
    for start in range(0, whole, pair * _CHUNK):
        hashes = bytes(level[start : min(start + pair * _CHUNK, whole)])
        above += b"".join(
            [sha256(_NODE + hashes[at : at + pair]).digest() for at in range(0, len(hashes), pair)]
        )
    above += level[whole:]
    return above
