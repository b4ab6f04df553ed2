# SPDX-License-Identifier: Apache-2.0
"""RFC 9162 trees: the vectors, the RFC's recursive definitions on random trees, and forged proofs."""

import hashlib
import io
import json
import tracemalloc
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makegood.merkle import Tree, leaf_hash, path_length, verify

SIZES = (*range(1, 70), 100, 127, 128, 129, 1_023, 1_024, 1_025, 2_047, 3_000, 4_096, 4_097)

# ---------------------------------------------------------------- the RFC's definitions


def split(size: int) -> int:
    return 1 << ((size - 1).bit_length() - 1)


def head(leaves: Sequence[bytes]) -> bytes:
    """MTH of section 2.1.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return hashlib.sha256(b"\x00" + leaves[0]).digest()
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + head(leaves[:k]) + head(leaves[k:])).digest()


def inclusion(index: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of section 2.1.3.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if index < k:
        return [*inclusion(index, leaves[:k]), head(leaves[k:])]
    return [*inclusion(index - k, leaves[k:]), head(leaves[:k])]


def numbered(size: int) -> list[bytes]:
    return [index.to_bytes(4, "big") for index in range(size)]


# ---------------------------------------------------------------- vectors and definitions


def test_all_vectors(shared: Path) -> None:
    trees = json.loads((shared / "vectors" / "rfc9162" / "trees.json").read_text())["trees"]
    assert [each["size"] for each in trees]
    for each in trees:
        leaves = [bytes.fromhex(leaf) for leaf in each["leaves"]]
        tree = Tree(leaves)
        assert (tree.size, tree.root.hex()) == (each["size"], each["root"])
        assert each["proofs"]
        for proof in each["proofs"]:
            index, path = proof["index"], [bytes.fromhex(one) for one in proof["path"]]
            assert list(tree.path(index)) == path
            assert verify(tree.root, leaf_hash(leaves[index]), index, tree.size, path)


@settings(max_examples=150, deadline=None)
@given(leaves=st.lists(st.binary(max_size=200), min_size=1, max_size=80), data=st.data())
def test_root_and_path_are_the_definitions(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    tree = Tree(iter(leaves))
    assert tree.root == head(leaves)
    assert list(tree.path(index)) == inclusion(index, leaves)
    assert tree.leaf(index) == leaf_hash(leaves[index])
    assert verify(tree.root, tree.leaf(index), index, len(leaves), tree.path(index))


@pytest.mark.parametrize("size", SIZES)
def test_streamed_paths_are_those_asked_for_one_by_one(size: int) -> None:
    tree = Tree(numbered(size))
    paths = list(tree.paths())
    assert paths == [tree.path(index) for index in range(size)]
    assert [len(path) for path in paths] == [path_length(index, size) for index in range(size)]
    file = io.BytesIO()
    assert tree.write_paths(file) == len(file.getvalue())
    assert file.getvalue() == b"".join(b"".join(path) for path in paths)


def test_every_path_of_large_trees_proves_its_leaf() -> None:
    for size in (1_025, 4_097, 5_000):
        tree = Tree(numbered(size))
        assert tree.root == head(numbered(size))
        assert all(
            verify(tree.root, tree.leaf(index), index, size, path) for index, path in enumerate(tree.paths())
        )


def test_tree_without_leaves_has_the_hash_of_nothing() -> None:
    tree = Tree([])
    assert (tree.size, tree.root, list(tree.paths())) == (0, hashlib.sha256(b"").digest(), [])
    assert not verify(tree.root, tree.root, 0, 0, [])


@pytest.mark.parametrize("index", [-1, 5, 2**40])
def test_no_leaf_has_no_path(index: int) -> None:
    tree = Tree(numbered(5))
    with pytest.raises(IndexError, match="none at"):
        tree.path(index)
    with pytest.raises(IndexError, match="none at"):
        tree.leaf(index)


def test_tree_of_streamed_leaves_keeps_little_more_than_its_hashes() -> None:
    size = 100_000

    def leaves() -> Iterator[bytes]:
        for index in range(size):
            yield index.to_bytes(192, "big")

    tracemalloc.start()
    tree = Tree(leaves())
    with Path("/dev/null").open("wb") as file:
        tree.write_paths(file)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    # Two hashes a leaf; bytearrays have room to grow, and 1,024 paths and 4,096 hashes are made at a time.
    assert peak < size * 64 * 1.25 + 3_000_000


# ---------------------------------------------------------------- forged proofs


@settings(max_examples=300, deadline=None)
@given(size=st.integers(1, 200), data=st.data())
def test_no_other_index_or_size_is_proven(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree = Tree(numbered(size))
    leaf, path = tree.leaf(index), tree.path(index)
    other = data.draw(st.integers(-2, 2 * size + 2).filter(lambda one: one != index))
    assert not verify(tree.root, leaf, other, size, path)
    # A size shapes the way only along the right border; elsewhere the same leaf is at the same place.
    other_size = data.draw(st.integers(-1, 2 * size + 2).filter(lambda one: one != size))
    if verify(tree.root, leaf, index, other_size, path):
        assert index < other_size
        assert path_length(index, other_size) == len(path)


@settings(max_examples=300, deadline=None)
@given(size=st.integers(2, 200), data=st.data())
def test_no_altered_path_proves(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    tree = Tree(numbered(size))
    leaf, path = tree.leaf(index), list(tree.path(index))
    place = data.draw(st.integers(0, len(path) - 1))
    forged = {
        "too short": path[:-1],
        "without its first": path[1:],
        "too long": [*path, tree.root],
        "longer in front": [leaf, *path],
        "empty": [],
        "another hash": [*path[:place], hashlib.sha256(path[place]).digest(), *path[place + 1 :]],
        "a hash cut": [*path[:place], path[place][:-1], *path[place + 1 :]],
        "two hashes in one": [*path[:place], path[place] + path[place], *path[place + 1 :]],
    }
    if len(path) > 1:
        forged["in reverse"] = path[::-1]
    for name, other in forged.items():
        assert not verify(tree.root, leaf, index, size, other), name


@settings(max_examples=100, deadline=None)
@given(size=st.integers(3, 200), data=st.data())
def test_no_node_passes_for_a_leaf(size: int, data: st.DataObject) -> None:
    leaves = numbered(size)
    tree = Tree(leaves)
    pair = data.draw(st.integers(0, size // 2 - 1))
    children = leaf_hash(leaves[2 * pair]) + leaf_hash(leaves[2 * pair + 1])
    node = hashlib.sha256(b"\x01" + children).digest()
    above = tree.path(2 * pair)[1:]
    # As the leaf of the tree one level up, and as data that hash to a node.
    for index in (pair, 2 * pair, 2 * pair + 1):
        assert not verify(tree.root, node, index, size, above)
        assert not verify(tree.root, leaf_hash(children), index, size, above)
    halved = (size + 1) // 2
    assert not verify(tree.root, leaf_hash(children), pair, halved, above)


def test_path_of_another_tree_does_not_prove() -> None:
    one, other = Tree(numbered(9)), Tree([b"x" + leaf for leaf in numbered(9)])
    assert not verify(one.root, one.leaf(3), 3, 9, other.path(3))
    assert not verify(other.root, one.leaf(3), 3, 9, one.path(3))


@pytest.mark.parametrize(("root", "leaf"), [(b"", None), (None, b""), (None, bytes(33))])
def test_hash_of_another_length_proves_nothing(root: bytes | None, leaf: bytes | None) -> None:
    tree = Tree([b"one"])
    assert verify(tree.root, tree.leaf(0), 0, 1, [])
    assert not verify(tree.root if root is None else root, tree.leaf(0) if leaf is None else leaf, 0, 1, [])
