# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  MerkleHarness
@author Makegood
@license AGPL-3.0-only
@notice For tests: what `merkle_log` computes, many cases a call. It holds nothing and is part of no desk.
"""

from ..modules import merkle_log

MAX_CASES: constant(uint256) = 200


struct Case:
    root: bytes32
    leaf: bytes32
    index: uint256
    size: uint256
    path: DynArray[bytes32, merkle_log.MAX_PATH]


@pure
@external
def leaf_hash(entry: Bytes[192]) -> bytes32:
    """
    @notice `merkle_log.leaf_hash`.
    @param entry What the leaf holds.
    @return The leaf's hash.
    """
    return merkle_log.leaf_hash(entry)


@pure
@external
def are_included(cases: DynArray[Case, MAX_CASES]) -> DynArray[bool, MAX_CASES]:
    """
    @notice `merkle_log.is_included` of each case.
    @param cases Root, leaf, index, size, path.
    @return The answers.
    """
    answers: DynArray[bool, MAX_CASES] = []
    for case: Case in cases:
        answers.append(merkle_log.is_included(case.root, case.leaf, case.index, case.size, case.path))
    return answers
