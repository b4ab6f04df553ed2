# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  merkle_log
@author Makegood
@license AGPL-3.0-only
@notice Merkle trees of RFC 9162 (Certificate Transparency) over SHA-256: a leaf is hashed behind 0x00, a node behind
        0x01, so that neither passes for the other; a path proves one leaf at one index of a tree of one size.
"""

# Of a tree of 2**24 - 1 leaves.
MAX_PATH: constant(uint256) = 24


@internal
@pure
def leaf_hash(entry: Bytes[192]) -> bytes32:
    """
    @notice The hash of a leaf.
    @param entry What the leaf holds.
    @return SHA-256(0x00 || entry).
    """
    return sha256(concat(0x00, entry))


@internal
@pure
def is_included(
    root: bytes32, leaf: bytes32, index: uint256, size: uint256, path: DynArray[bytes32, MAX_PATH]
) -> bool:
    """
    @notice Whether a leaf stands at an index of a tree, as section 2.1.3.2 of the RFC has it.
    @param root The tree's root.
    @param leaf The leaf's hash.
    @param index From 0 on.
    @param size How many leaves the tree has.
    @param path The hashes beside the way to the root, from the leaf up: no more and no fewer than that.
    @return True or false.
    """
    if index >= size:
        return False
    # Below the place where the way from the leaf meets the way from the last leaf, the bits of the index say on which
    # side each hash stands. Above, along the right border, there is one for each bit of the index, always on the left.
    inner: uint256 = self._bit_length(index ^ unsafe_sub(size, 1))
    if len(path) != unsafe_add(inner, self._bits_set(index >> inner)):
        return False
    on_left: uint256 = index | (max_value(uint256) << inner)
    node: bytes32 = leaf
    for sibling: bytes32 in path:
        if on_left & 1 == 1:
            node = sha256(concat(0x01, sibling, node))
        else:
            node = sha256(concat(0x01, node, sibling))
        on_left >>= 1
    return node == root


@internal
@pure
def _bit_length(number: uint256) -> uint256:
    # Of a number below 2**32, by halves.
    length: uint256 = 0
    rest: uint256 = number
    if rest >= 2**16:
        rest >>= 16
        length = 16
    if rest >= 2**8:
        rest >>= 8
        length = unsafe_add(length, 8)
    if rest >= 2**4:
        rest >>= 4
        length = unsafe_add(length, 4)
    if rest >= 2**2:
        rest >>= 2
        length = unsafe_add(length, 2)
    # 0, 1, 2 and 3 have 0, 1, 2 and 2 bits.
    return unsafe_add(length, min(rest, 2))


@internal
@pure
def _bits_set(number: uint256) -> uint256:
    # Of a number below 2**MAX_PATH.
    count: uint256 = 0
    rest: uint256 = number
    for _: uint256 in range(MAX_PATH):
        if rest == 0:
            break
        count = unsafe_add(count, rest & 1)
        rest >>= 1
    return count
