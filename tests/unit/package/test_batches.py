# SPDX-License-Identifier: Apache-2.0
"""Entries, batches and proofs: against ABI encoding, and the order that the chain expects."""

import hashlib
import random
from dataclasses import replace

import pytest
from eth_abi.abi import encode
from eth_utils.address import to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from makegood import batches, clock, merkle
from makegood.batches import Act, Batch, Entry, Proof
from makegood.clock import Priority
from makegood.errors import EventRefused, MalformedEntry, NotFound, UsageError

REQUESTER = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
AGENT = "0x2B5AD5c4795c026514f8317c7a215E218DcCD6cF"
DESK = "0x825F774215B9AadEDF23B48F25De5384973cd7da"
AT = 1_767_571_200
WORDS = ["bytes32", "uint256", "uint256", "uint256", "address", "bytes32"]


def digest(name: object) -> bytes:
    return hashlib.sha256(str(name).encode()).digest()


def opening(name: object) -> Entry:
    return Entry(digest(name), 0, Act.OPENED, AT, REQUESTER, digest(f"commitment {name}"))


def reply(name: object, sequence: int = 1, act: Act = Act.REPLIED) -> Entry:
    return Entry(digest(name), sequence, act, AT + sequence, AGENT, digest(f"reply {name} {sequence}"))


def some() -> tuple[list[tuple[Entry, Priority]], list[Entry]]:
    """Twenty openings of all priorities but high, and three later entries of each third ticket."""
    chosen = (Priority.LOW, Priority.URGENT, Priority.NORMAL)
    openings = [(opening(index), chosen[index % 3]) for index in range(20)]
    later = [reply(index, sequence) for index in range(0, 20, 3) for sequence in (3, 1, 2)]
    return openings, later


# ---------------------------------------------------------------- entries


@given(
    ticket_id=st.binary(min_size=32, max_size=32),
    sequence=st.integers(0, 2**256 - 1),
    act=st.integers(0, 2**256 - 1) | st.sampled_from(Act),
    at=st.integers(0, 2**256 - 1),
    actor=st.binary(min_size=20, max_size=20),
    digest_=st.binary(min_size=32, max_size=32),
)
def test_entry_is_its_abi_encoding_and_is_read_back(
    ticket_id: bytes, sequence: int, act: int, at: int, actor: bytes, digest_: bytes
) -> None:
    entry = Entry(ticket_id, sequence, act, at, to_checksum_address(actor), digest_)
    leaf = entry.encoded()
    assert leaf == encode(WORDS, [ticket_id, sequence, act, at, actor, digest_])
    assert len(leaf) == batches.ENTRY_BYTES
    assert Entry.decode(leaf) == entry


def test_known_act_is_read_as_one_and_another_as_its_number() -> None:
    assert isinstance(Entry.decode(reply(1, act=Act.SOLVED).encoded()).act, Act)
    assert Entry.decode(replace(reply(1), act=5).encoded()).act == 5


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("ticket_id", bytes(31), "ticket_id has 31 bytes instead of 32"),
        ("digest", bytes(33), "digest has 33 bytes instead of 32"),
        ("sequence", -1, "sequence is -1, which is no number of 256 bits"),
        ("at", 2**256, "which is no number of 256 bits"),
        ("actor", "0x12", 'actor is "0x12", which is no address'),
        ("actor", "0x" + "g" * 40, "which is no address"),
        ("actor", "0x" + "12 " * 13 + "1", "which is no address"),
        ("actor", "12" * 21, "which is no address"),
    ],
)
def test_field_that_does_not_fit_is_named(field: str, value: object, words: str) -> None:
    entry = replace(opening(1), **{field: value})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=words):
        entry.encoded()


@pytest.mark.parametrize("length", [0, 191, 193, 384])
def test_bytes_of_another_length_are_no_entry(length: int) -> None:
    with pytest.raises(MalformedEntry, match=f"this one has {length}"):
        Entry.decode(bytes(length))


@pytest.mark.parametrize("place", [128, 139])
def test_actor_of_more_than_20_bytes_is_none(place: int) -> None:
    leaf = bytearray(opening(1).encoded())
    leaf[place] = 1
    with pytest.raises(MalformedEntry, match="is no address"):
        Entry.decode(bytes(leaf))


def test_ticket_id_is_of_lane_2() -> None:
    commitment = digest("commitment")
    expected = encode(
        ["uint256", "address", "uint256", "address", "bytes32"], [31337, DESK, 2, REQUESTER, commitment]
    )
    assert batches.ticket_id(31337, DESK, REQUESTER, commitment) == hashlib.sha256(expected).digest()
    assert batches.ticket_id(31337, DESK.lower(), REQUESTER, commitment) == hashlib.sha256(expected).digest()


def test_acts_are_the_clocks_events() -> None:
    state = clock.opened(AT, clock.CALENDAR_HOURS, 60, 600, requester=REQUESTER)
    found = [
        clock.apply(state, act.event, AT + 1, clock.CALENDAR_HOURS, 60).status.label
        for act in Act
        if act != Act.OPENED
    ]
    assert found == ["hold", "pending", "solved", "open"]
    with pytest.raises(EventRefused, match="not opened again"):
        _ = Act.OPENED.event


# ---------------------------------------------------------------- batches


def test_leaves_are_by_priority_then_later_and_sorted_within() -> None:
    openings, later = some()
    batch = Batch.of(openings, later)
    expected: list[bytes] = []
    for priority in Priority:
        expected += sorted(entry.encoded() for entry, its in openings if its == priority)
    expected += sorted(entry.encoded() for entry in later)
    assert list(batch.each_leaf()) == expected
    assert batch.leaves == b"".join(expected)
    assert batch.counts == (7, 0, 6, 7, 21)
    assert batch.size == 41
    assert batch.root == merkle.Tree(expected).root


def test_order_in_which_entries_are_given_does_not_matter() -> None:
    openings, later = some()
    batch = Batch.of(openings, later)
    random.Random(5).shuffle(openings)
    random.Random(6).shuffle(later)
    other = Batch.of(iter(openings), iter(later))
    assert (other.leaves, other.counts) == (batch.leaves, batch.counts)


def test_priority_follows_from_the_index() -> None:
    openings, later = some()
    batch = Batch.of(openings, later)
    for entry, priority in openings:
        assert batch.priority(batch.index(entry)) is priority
    assert all(batch.priority(batch.index(entry)) is None for entry in later)


def test_every_entry_has_its_index_and_path() -> None:
    openings, later = some()
    batch = Batch.of(openings, later)
    for entry in [*(entry for entry, _ in openings), *later]:
        index = batch.index(entry)
        assert batch.entry(index) == entry
        assert batch.leaf_hash(index) == merkle.leaf_hash(entry.encoded())
        assert merkle.verify(batch.root, batch.leaf_hash(index), index, batch.size, batch.path(index))


def test_index_is_found_where_another_desk_ordered_otherwise() -> None:
    openings, later = some()
    entries = [*(entry for entry, _ in openings), *later]
    batch = Batch(b"".join(entry.encoded() for entry in entries), (20, 0, 0, 0, 21))
    assert [batch.index(entry) for entry in entries] == list(range(41))


def test_entry_that_is_not_there_is_not_found() -> None:
    batch = Batch.of(*some())
    for entry in (opening("another"), reply(0, 4), replace(opening(0), at=AT + 1)):
        with pytest.raises(NotFound, match="not in the batch"):
            batch.index(entry)
    for index in (-1, 41):
        with pytest.raises(NotFound, match=f"no leaf {index}"):
            batch.path(index)


def test_batch_of_later_entries_alone_is_one() -> None:
    batch = Batch.of([], [reply(1)])
    assert (batch.counts, batch.root) == ((0, 0, 0, 0, 1), merkle.leaf_hash(reply(1).encoded()))


def test_one_ticket_may_have_its_opening_and_later_entries_in_one_batch() -> None:
    batch = Batch.of([(opening(1), Priority.LOW)], [reply(1, 1), reply(1, 2)])
    assert [proof.entry.sequence for proof in batches.proofs_of(digest(1), {1: batch})] == [0, 1, 2]


@pytest.mark.parametrize(
    ("openings", "later", "words"),
    [
        ([], [], "0 entries are no batch"),
        ([(replace(opening(1), sequence=1), Priority.LOW)], [], "is no opening"),
        ([(replace(opening(1), act=Act.REPLIED), Priority.LOW)], [], "is no opening"),
        ([], [replace(reply(1), sequence=0)], "is no later entry"),
        ([], [replace(reply(1), act=Act.OPENED)], "is no later entry"),
        ([], [replace(reply(1), act=5)], "is no later entry"),
        ([], [replace(reply(1), at=-1)], "at is -1"),
        ([(opening(1), Priority.LOW)] * 2, [], "two entries with sequence 0"),
        ([(opening(1), Priority.LOW), (opening(1), Priority.HIGH)], [], "two entries with sequence 0"),
        (
            [(opening(1), Priority.LOW), (replace(opening(1), at=AT + 1), Priority.URGENT)],
            [],
            "two entries with sequence 0",
        ),
        ([], [reply(1), reply(1, act=Act.SOLVED)], "two entries with sequence 1"),
    ],
)
def test_bad_entries_make_no_batch(
    openings: list[tuple[Entry, Priority]], later: list[Entry], words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        Batch.of(openings, later)


def test_batch_has_a_limit_of_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    assert batches.MAX_SIZE == 2**24 - 1
    monkeypatch.setattr("makegood.batches.batch.MAX_SIZE", 3)
    assert Batch.of([(opening(1), Priority.LOW)], [reply(1), reply(2)]).size == 3
    with pytest.raises(UsageError, match="4 entries are no batch"):
        Batch.of([(opening(1), Priority.LOW)], [reply(1), reply(2), reply(3)])


def test_leaves_and_counts_must_agree() -> None:
    with pytest.raises(UsageError, match="are not 2 leaves"):
        Batch(opening(1).encoded(), (2, 0, 0, 0, 0))


def test_what_no_honest_desk_anchors_is_told() -> None:
    assert list(Batch.of(*some()).misplaced()) == []
    broken = bytearray(opening(1).encoded())
    broken[128] = 1
    leaves = [
        opening(1).encoded(),
        reply(1).encoded(),
        bytes(broken),
        opening(2).encoded(),
        replace(reply(3), act=5).encoded(),
        reply(4).encoded(),
    ]
    batch = Batch(b"".join(leaves), (2, 0, 0, 1, 3))
    assert list(batch.misplaced()) == [1, 2, 3, 4]


# ---------------------------------------------------------------- proofs


def test_proof_has_what_the_lane_is_shown() -> None:
    batch = Batch.of(*some())
    index = batch.index(reply(3, 2))
    proof = batches.prove(batch, 7, index)
    entry = reply(3, 2)
    assert proof == Proof(7, index, entry, batch.path(index))
    assert proof.shown() == (1, entry.at, AGENT, entry.digest, 7, index, list(batch.path(index)))
    assert proof.holds(batch.root, batch.size)
    assert not replace(proof, entry=reply(3, 1)).holds(batch.root, batch.size)
    assert not replace(proof, index=index - 1).holds(batch.root, batch.size)


def test_all_entries_of_a_ticket_are_found_over_batches() -> None:
    first = Batch.of([(opening(1), Priority.LOW), (opening(2), Priority.LOW)], [reply(1, 2), reply(2, 1)])
    second = Batch.of([(opening(3), Priority.HIGH)], [reply(1, 1), reply(1, 3, Act.SOLVED)])
    found = batches.proofs_of(digest(1), {9: second, 4: first})
    assert [(proof.entry.sequence, proof.batch) for proof in found] == [(0, 4), (1, 9), (2, 4), (3, 9)]
    assert all(
        proof.holds(first.root if proof.batch == 4 else second.root, 4 if proof.batch == 4 else 3)
        for proof in found
    )
    assert batches.proofs_of(digest("nobody"), {9: second, 4: first}) == []


def test_two_stories_of_one_ticket_are_both_found() -> None:
    one, other = Batch.of([], [reply(1)]), Batch.of([], [reply(1, act=Act.SOLVED)])
    assert [proof.entry.act for proof in batches.proofs_of(digest(1), {1: one, 2: other})] == [1, 3]


def test_id_that_stands_elsewhere_in_a_leaf_is_not_the_tickets() -> None:
    batch = Batch.of([], [replace(reply(1), digest=digest(2)), reply(2)])
    assert [proof.entry for proof in batches.proofs_of(digest(2), {1: batch})] == [reply(2)]


def test_leaf_that_is_no_entry_is_left_out() -> None:
    broken = bytearray(reply(1, 2).encoded())
    broken[130] = 1
    batch = Batch(reply(1).encoded() + bytes(broken), (0, 0, 0, 0, 2))
    assert [proof.index for proof in batches.proofs_of(digest(1), {1: batch})] == [0]
