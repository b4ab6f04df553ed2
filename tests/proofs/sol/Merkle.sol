// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.30;

import {Proof} from "./Proof.sol";

struct Case {
    bytes32 root;
    bytes32 leaf;
    uint256 index;
    uint256 size;
    bytes32[] path;
}

/// Inclusion in trees of 1 to SIZES leaves, through MerkleHarness. SHA-256 is any function of 65 bytes; that it has no
/// collision is assumed of the hashes that a proof makes, and of no other.
contract Merkle is Proof {
    uint256 internal constant SIZES = 8;
    uint256 internal constant PATHS = 4;

    address internal harness;

    function code() internal pure virtual returns (string memory) {
        return "MerkleHarness";
    }

    function setUp() public {
        harness = deploy(code(), "");
    }

    function node(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(bytes.concat(bytes1(0x01), left, right));
    }

    function isIncluded(Case memory one) internal returns (bool) {
        Case[] memory cases = new Case[](1);
        cases[0] = one;
        (bool done, bytes memory answer) = harness.call(
            abi.encodeWithSignature("are_included((bytes32,bytes32,uint256,uint256,bytes32[])[])", cases)
        );
        assert(done);
        return abi.decode(answer, (bool[]))[0];
    }

    // ---------------------------------------------------------------- the tree, as RFC 9162 section 2.1 defines it

    function anyLeaves(uint256 size) internal returns (bytes32[] memory leaves) {
        leaves = new bytes32[](size);
        for (uint256 i = 0; i < size; i++) {
            leaves[i] = svm.createBytes32("leaf");
        }
    }

    /// Section 2.1.1, of leaves already hashed: the largest power of two below the size divides.
    function rootOf(bytes32[] memory leaves, uint256 from, uint256 to) internal pure returns (bytes32) {
        if (to - from == 1) return leaves[from];
        uint256 middle = from + split(to - from);
        return node(rootOf(leaves, from, middle), rootOf(leaves, middle, to));
    }

    function split(uint256 size) internal pure returns (uint256 k) {
        k = 1;
        while (k * 2 < size) k *= 2;
    }

    /// Section 2.1.3.1, from the leaf up.
    function pathOf(bytes32[] memory leaves, uint256 index, uint256 from, uint256 to)
        internal
        pure
        returns (bytes32[] memory path)
    {
        if (to - from == 1) return new bytes32[](0);
        uint256 middle = from + split(to - from);
        return index < middle
            ? join(pathOf(leaves, index, from, middle), rootOf(leaves, middle, to))
            : join(pathOf(leaves, index, middle, to), rootOf(leaves, from, middle));
    }

    function join(bytes32[] memory path, bytes32 last) private pure returns (bytes32[] memory longer) {
        longer = new bytes32[](path.length + 1);
        for (uint256 i = 0; i < path.length; i++) {
            longer[i] = path[i];
        }
        longer[path.length] = last;
    }

    // ---------------------------------------------------------------- proofs

    /// The path of every leaf of every such tree is accepted.
    function check_every_leaf_is_included() public {
        for (uint256 size = 1; size <= SIZES; size++) {
            bytes32[] memory leaves = anyLeaves(size);
            bytes32 root = rootOf(leaves, 0, size);
            for (uint256 index = 0; index < size; index++) {
                assert(isIncluded(Case(root, leaves[index], index, size, pathOf(leaves, index, 0, size))));
            }
        }
    }

    /// Whatever is given for an index beyond the tree.
    function check_no_index_beyond_the_tree(bytes32 root, bytes32 leaf, uint256 index, uint256 size, bytes32 sibling)
        public
    {
        vm.assume(index >= size);
        bytes32[] memory path = new bytes32[](1);
        path[0] = sibling;
        assert(!isIncluded(Case(root, leaf, index, size, path)));
        assert(!isIncluded(Case(root, leaf, index, size, new bytes32[](0))));
    }

    function check_paths_of_a_wrong_length_are_refused(bytes32 root) public {
        for (uint256 size = 1; size <= SIZES; size++) {
            for (uint256 index = 0; index < size; index++) {
                for (uint256 length = 0; length <= PATHS; length++) {
                    if (length == depth(index, 0, size)) continue;
                    assert(!isIncluded(Case(root, svm.createBytes32("leaf"), index, size, anyPath(length))));
                }
            }
        }
    }

    function anyPath(uint256 length) private returns (bytes32[] memory path) {
        path = new bytes32[](length);
        for (uint256 i = 0; i < length; i++) {
            path[i] = svm.createBytes32("sibling");
        }
    }

    /// Whatever path is given for an index: no other leaf is accepted than the one that stands there, and no other path.
    function check_no_other_leaf_is_included() public {
        for (uint256 size = 1; size <= SIZES; size++) {
            bytes32[] memory leaves = anyLeaves(size);
            bytes32 root = rootOf(leaves, 0, size);
            for (uint256 index = 0; index < size; index++) {
                checkOnlyLeaf(leaves, root, index);
            }
        }
    }

    function checkOnlyLeaf(bytes32[] memory leaves, bytes32 root, uint256 index) private {
        bytes32[] memory real = pathOf(leaves, index, 0, leaves.length);
        bytes32 leaf = svm.createBytes32("claimed leaf");
        bytes32[] memory path = anyPath(real.length);
        assumeNoCollision(leaf, path, leaves[index], real, sides(index, 0, leaves.length));
        bool same = leaf == leaves[index];
        for (uint256 i = 0; i < path.length; i++) {
            same = both(same, path[i] == real[i]);
        }
        assert(either(same, !isIncluded(Case(root, leaf, index, leaves.length, path))));
    }

    /// Bit i is set where the i-th hash of a path, from the leaf up, stands on the left.
    function sides(uint256 index, uint256 from, uint256 to) private pure returns (uint256 left) {
        uint256 middle = from + split(to - from);
        if (to - from == 1) return 0;
        if (index < middle) return sides(index, from, middle);
        return sides(index, middle, to) | (1 << depth(index, middle, to));
    }

    function depth(uint256 index, uint256 from, uint256 to) private pure returns (uint256) {
        if (to - from == 1) return 0;
        uint256 middle = from + split(to - from);
        return 1 + (index < middle ? depth(index, from, middle) : depth(index, middle, to));
    }

    /// Of the hashes on the two ways up: what has the same hash is the same.
    function assumeNoCollision(
        bytes32 leaf,
        bytes32[] memory path,
        bytes32 leaf2,
        bytes32[] memory path2,
        uint256 onLeft
    ) private {
        for (uint256 i = 0; i < path.length; i++) {
            bool left = (onLeft >> i) & 1 == 1;
            bytes32 up = left ? node(path[i], leaf) : node(leaf, path[i]);
            bytes32 up2 = left ? node(path2[i], leaf2) : node(leaf2, path2[i]);
            vm.assume(either(up != up2, both(leaf == leaf2, path[i] == path2[i])));
            (leaf, leaf2) = (up, up2);
        }
    }

    /// A leaf is hashed behind 0x00, a node behind 0x01: the hashed bytes differ, whatever they are.
    function check_leaf_is_hashed_behind_zero(bytes32 a, bytes32 b) public {
        bytes memory entry = bytes.concat(a, b);
        (bool done, bytes memory answer) = harness.call(abi.encodeWithSignature("leaf_hash(bytes)", entry));
        assert(done);
        assert(abi.decode(answer, (bytes32)) == sha256(bytes.concat(bytes1(0x00), entry)));
    }
}
