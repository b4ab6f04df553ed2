# SPDX-License-Identifier: Apache-2.0
"""merkle_log against published vectors and trees built by the RFC's text; forged proofs are refused."""

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boa
import pytest
from batches import Batches, Entry, Ticket, Tree, directions, leaf_hash, node_hash
from house import HIGH, LOW, NORMAL, URGENT, House, deploy_house, deployer

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "vectors" / "rfc9162" / "trees.json"
A_CALL = 200

Case = tuple[bytes, bytes, int, int, list[bytes]]


@pytest.fixture(scope="module")
def harness() -> Iterator[Any]:
    with boa.env.anchor():
        yield deployer("mocks/MerkleHarness").deploy()


def _answers(harness: Any, cases: list[Case]) -> list[bool]:
    found: list[bool] = []
    for begin in range(0, len(cases), A_CALL):
        found += harness.are_included(cases[begin : begin + A_CALL])
    return found


def _tree(size: int) -> Tree:
    return Tree([b"leaf %d" % index for index in range(size)])


def _case(tree: Tree, index: int) -> Case:
    return (tree.root, leaf_hash(tree.leaves[index]), index, len(tree.leaves), tree.path(index))


# ---------------------------------------------------------------- what is true


def test_published_vectors_are_included_and_are_what_the_tests_tree_computes(harness: Any) -> None:
    if not VECTORS.is_file():
        pytest.skip(
            "../shared/vectors/rfc9162 is not there: the shared vectors are not part of the repository"
        )
    cases: list[Case] = []
    for listed in json.loads(VECTORS.read_text())["trees"]:
        leaves = [bytes.fromhex(leaf) for leaf in listed["leaves"]]
        tree, root = Tree(leaves), bytes.fromhex(listed["root"])
        assert tree.root == root
        for proof in listed["proofs"]:
            index, path = proof["index"], [bytes.fromhex(part) for part in proof["path"]]
            assert tree.path(index) == path
            leaf = harness.leaf_hash(leaves[index])
            assert leaf == leaf_hash(leaves[index])
            cases.append((root, leaf, index, listed["size"], path))
    assert len(cases) > 40
    assert all(_answers(harness, cases))


def test_leaf_of_six_words_is_hashed_behind_zero(harness: Any) -> None:
    data = bytes(range(192))
    assert harness.leaf_hash(data) == leaf_hash(data)


def test_every_leaf_of_every_size_up_to_33_is_included(harness: Any) -> None:
    for size in range(1, 34):
        tree = _tree(size)
        assert all(_answers(harness, [_case(tree, index) for index in range(size)])), size


@pytest.mark.parametrize("seed", range(4))
def test_leaves_of_random_trees_up_to_5000_are_included(harness: Any, seed: int) -> None:
    random_ = random.Random(f"sizes {seed}")
    for size in [5_000 - seed, *(random_.randrange(34, 5_001) for _ in range(5))]:
        tree = _tree(size)
        indices = {0, size - 1, *(random_.randrange(size) for _ in range(12))}
        assert all(_answers(harness, [_case(tree, index) for index in indices])), size


def test_longest_path_of_the_largest_batch_is_followed(harness: Any) -> None:
    """The first leaf of 2**24 - 1: one hash a level, whatever they are."""
    size, path = 2**24 - 1, [bytes([level]) * 32 for level in range(24)]
    for index in (0, 2**23 - 1, 2**23, 0b1010_1010_1010_1010_1010_1010):
        sides = directions(index, size)
        node = leaf_hash(b"leaf")
        for part, on_left in zip(path, sides, strict=False):
            node = node_hash(part, node) if on_left else node_hash(node, part)
        case = (node, leaf_hash(b"leaf"), index, size, path[: len(sides)])
        assert _answers(harness, [case]) == [True]


# ---------------------------------------------------------------- what is forged


def test_no_leaf_is_included_at_another_index(harness: Any) -> None:
    for size in range(1, 14):
        tree = _tree(size)
        cases = []
        for index in range(size):
            root, leaf, _, _, path = _case(tree, index)
            wrong = [*range(size + 2), index + 2**24, index + 2**255, 2**256 - 1]
            cases += [(root, leaf, other, size, path) for other in wrong if other != index]
        assert not any(_answers(harness, cases)), size


def test_path_of_another_size_is_refused_where_it_has_another_shape(harness: Any) -> None:
    """A root is anchored with its size. Under another, a path is good only where it turns alike."""
    cases, expected = [], []
    for size in range(1, 11):
        tree = _tree(size)
        for index in range(size):
            root, leaf, _, _, path = _case(tree, index)
            for other in [*range(18), 2**24 - 1]:
                cases.append((root, leaf, index, other, path))
                expected.append(index < other and directions(index, other) == directions(index, size))
    assert _answers(harness, cases) == expected
    assert expected.count(False) > 700


def test_a_false_size_never_puts_two_leaves_at_one_place(harness: Any) -> None:
    """Any leaf with any true path of its tree, under any size: at one index at most one leaf is included."""
    for size in range(1, 8):
        tree = _tree(size)
        places = [(claimed, place) for claimed in range(1, 9) for place in range(claimed)]
        cases = [
            (tree.root, leaf_hash(tree.leaves[index]), place, claimed, tree.path(index))
            for claimed, place in places
            for index in range(size)
        ]
        answers = _answers(harness, cases)
        for number, where in enumerate(places):
            assert sum(answers[number * size : (number + 1) * size]) <= 1, (size, where)


def test_altered_paths_are_refused(harness: Any) -> None:
    for size in (2, 3, 5, 8, 13, 33):
        tree = _tree(size)
        cases: list[Case] = []
        for index in range(size):
            root, leaf, _, _, path = _case(tree, index)
            wrong = [[], path[1:], path[:-1], [*path, root], [leaf, *path], [*path, bytes(32)], [root] * 24]
            wrong += [[*path[:level], bytes(32), *path[level + 1 :]] for level in range(len(path))]
            if len(path) > 1:
                wrong += [path[::-1], [path[1], path[0], *path[2:]]]
            cases += [(root, leaf, index, size, forged) for forged in wrong]
        assert not any(_answers(harness, cases)), size


def test_swapped_order_of_two_leaves_is_refused(harness: Any) -> None:
    tree = Tree([b"one", b"other"])
    one, other = leaf_hash(b"one"), leaf_hash(b"other")
    cases = [(tree.root, other, 0, 2, [one]), (tree.root, one, 1, 2, [other])]
    assert _answers(harness, cases) == [False, False]
    assert node_hash(other, one) != tree.root


def test_a_node_does_not_pass_for_a_leaf(harness: Any) -> None:
    """Neither by its hash at its own height, nor by its two hashes as a leaf's content."""
    tree = _tree(8)
    inner = Tree(tree.leaves[:2])
    content = leaf_hash(tree.leaves[0]) + leaf_hash(tree.leaves[1])
    path = tree.path(0)[1:]
    cases: list[Case] = []
    for node in (inner.root, leaf_hash(content)):
        cases += [(tree.root, node, 0, size, path) for size in (2, 4, 8)]
        cases += [(tree.root, node, 0, 8, [inner.root, *path])]
    # The first is a place in a smaller tree: what is there in truth is a node, which no entry hashes to.
    assert _answers(harness, cases) == [False, True, False, False, False, False, False, False]
    assert harness.leaf_hash(content) != inner.root


def test_nothing_is_included_in_an_empty_tree(harness: Any) -> None:
    leaf = leaf_hash(b"")
    assert _answers(harness, [(leaf, leaf, 0, 0, []), (bytes(32), leaf, 0, 0, [])]) == [False, False]


# ---------------------------------------------------------------- in the lane


@pytest.fixture
def batches(house: House) -> Batches:
    return Batches(house)


def _four(batches: Batches) -> list[Ticket]:
    return [batches.ticket(priority) for priority in (URGENT, HIGH, NORMAL, LOW)]


def _verify(house: House, batch: int, index: int, entry: Entry, path: list[bytes]) -> bool:
    return bool(house.lane.verify_inclusion(batch, index, entry.on_chain(), path))


def test_verify_inclusion_says_true_of_each_entry_at_its_index_alone(batches: Batches) -> None:
    tickets = _four(batches)
    batch = batches.anchor(tickets, [batches.entry(tickets[0], act) for act in (1, 2, 3, 4, 9)])
    for index, entry in enumerate(batch.entries):
        for place in range(len(batch.entries) + 1):
            found = _verify(batches.house, batch.number, place, entry, batch.tree.path(index))
            assert found == (place == index)


def test_verify_inclusion_says_false_of_another_batch_and_of_none(batches: Batches) -> None:
    ticket = batches.ticket()
    batch, other = batches.anchor([ticket]), batches.anchor([batches.ticket()])
    assert _verify(batches.house, batch.number, 0, ticket.opening, [])
    assert not any(_verify(batches.house, n, 0, ticket.opening, []) for n in (0, other.number, 3, 2**255))


def test_prove_ticket_refuses_every_forged_proof(batches: Batches) -> None:
    house = batches.house
    tickets = _four(batches)
    batch = batches.anchor(tickets, [batches.entry(tickets[0], 1)])
    other = batches.anchor(_four(batches))
    number, index, path, requester, commitment, at = batches.proof_of(tickets[1])
    forged = {
        "another index": [number, 0, path, requester, commitment, at],
        "path too short": [number, index, path[:-1], requester, commitment, at],
        "path too long": [number, index, [*path, path[0]], requester, commitment, at],
        "path empty": [number, index, [], requester, commitment, at],
        "path turned round": [number, index, path[::-1], requester, commitment, at],
        "another batch": [other.number, index, path, requester, commitment, at],
        "another requester": [number, index, path, house.stranger, commitment, at],
        "another commitment": [number, index, path, requester, house.digest(), at],
        "another time": [number, index, path, requester, commitment, at - 1],
    }
    for what, arguments in forged.items():
        with boa.reverts("lane: path does not prove it"):
            house.lane.prove_ticket(*arguments, sender=arguments[3])
            pytest.fail(what)
    batches.prove(tickets[1], batch)


def test_prove_ticket_refuses_an_opening_of_another_desk(batches: Batches) -> None:
    """The same leaf under the same root at another desk: the id there is another one."""
    ticket = batches.opened()
    elsewhere = deploy_house()
    number = elsewhere.lane.anchor_batch(
        1, batches.batch_of(ticket.opening).tree.root, [1, 0, 0, 0, 0], "", True, sender=elsewhere.human
    )
    arguments = [number, *batches.proof_of(ticket)[1:]]
    with boa.reverts("lane: path does not prove it"):
        elsewhere.lane.prove_ticket(*arguments, sender=ticket.requester)


def test_counts_too_high_leave_fewer_openings_to_prove_not_more(batches: Batches) -> None:
    """Three leaves anchored as four: the last one stands nowhere, and no place holds two."""
    tickets = [batches.ticket() for _ in range(3)]
    batch = batches.anchor(tickets, counts=[4, 0, 0, 0, 0])
    for ticket in tickets[:2]:
        batches.prove(ticket, batch)
    number, _, path, requester, commitment, at = batches.proof_of(tickets[2])
    for index in (2, 3):
        with boa.reverts("lane: path does not prove it"):
            batches.house.lane.prove_ticket(number, index, path, requester, commitment, at, sender=requester)
