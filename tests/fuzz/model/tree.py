# SPDX-License-Identifier: Apache-2.0
"""Merkle trees by the recursive definition of RFC 9162, section 2.1."""

from hashlib import sha256

Entry = tuple[int, int, int, int, int, int]  # ticket, sequence, act, at, actor, digest


def leaf_hash(entry: Entry) -> bytes:
    """Of an entry's six words."""
    return sha256(b"\0" + b"".join(word.to_bytes(32, "big") for word in entry)).digest()


def split(size: int) -> int:
    """The largest power of two below a size."""
    return 1 << (size - 1).bit_length() - 1


def root_of(leaves: list[bytes]) -> bytes:
    """The root of a tree."""
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return sha256(b"\1" + root_of(leaves[:k]) + root_of(leaves[k:])).digest()


def path_of(leaves: list[bytes], index: int) -> list[bytes]:
    """From the leaf up."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*path_of(leaves[:k], index), root_of(leaves[k:])]
    return [*path_of(leaves[k:], index - k), root_of(leaves[:k])]


def implied_root(leaf: bytes, index: int, size: int, path: list[bytes]) -> bytes | None:
    """The root that a path leads to; None where it is not as long as it has to be."""
    if index >= size or (size == 1) != (not path):
        return None
    if size == 1:
        return leaf
    k, rest, sibling = split(size), path[:-1], path[-1]
    inner = implied_root(leaf, index, k, rest) if index < k else implied_root(leaf, index - k, size - k, rest)
    if inner is None:
        return None
    return sha256(b"\1" + (inner + sibling if index < k else sibling + inner)).digest()
