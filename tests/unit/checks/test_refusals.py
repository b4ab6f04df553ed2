# SPDX-License-Identifier: Apache-2.0
"""Malformed credentials and receipts: few of each here, and that whatever is not refused is told."""

import random
import socket
import time
from collections import Counter
from pathlib import Path

import pytest

from checks import good_receipt, malformed_credentials, malformed_receipts, refusals
from checks.good_batch_receipt import batched
from checks.good_receipt import ASIDE, Good
from makegood.errors import DocumentError, ProcessFailed, SignatureRefused
from makegood.identity import Claims, Key, issue
from makegood.receipts import Outcome, read, verify_file


@pytest.fixture(scope="module")
def good() -> Good:
    return good_receipt.good(9)


def _seeded() -> random.Random:
    return random.Random(5)


# ---------------------------------------------------------------- credentials


def test_malformed_credentials_are_refused_without_a_connection() -> None:
    result = refusals.credentials(300, seed=7)
    assert (result.refused, result.unchecked_failed, result.connections) == (300, 0, 0)
    assert result.faults == []


@pytest.mark.parametrize("mutation", malformed_credentials.MUTATIONS, ids=lambda one: one.__name__.strip("_"))
def test_mutations_of_one_seed_are_the_same_and_alter(mutation: malformed_credentials.Mutation) -> None:
    text = issue(Claims("Probe", "urn:probe:1", {"a": "b"}, refusals.NOW), Key.generate())
    first, second = ([mutation(chance, text, 9) for _ in range(20)] for chance in (_seeded(), _seeded()))
    assert first == second
    assert sum(one != text for one in first) >= 15


def test_a_credential_that_is_accepted_is_told() -> None:
    def another(chance: random.Random, _: str, __: int) -> str:
        claims = Claims("Probe", f"urn:probe:{chance.random()}", {}, refusals.NOW)
        return issue(claims, Key.generate())

    result = refusals.credentials(2, 1, [another])
    assert (result.refused, len(result.accepted)) == (0, 2)
    assert result.faults[0].startswith("2 credentials were accepted, such as by another: ")


# ---------------------------------------------------------------- receipts


def test_malformed_receipts_are_refused_without_a_connection() -> None:
    count = 12 * len(malformed_receipts.MUTATIONS)
    result = refusals.receipts(count, seed=7)
    assert (result.refused, result.connections, result.faults) == (count, 0, [])
    assert {row.tried for row in result.rows.values()} == {12}
    assert result.unseen >= 3


def test_what_is_damaged_is_found_at_the_step_that_it_is_of() -> None:
    rows = refusals.receipts(24 * len(malformed_receipts.MUTATIONS), seed=8).rows
    # A statement that is too long is refused with the file, and so is a document without a salt.
    expected = {"document": "document", "ticket id": "ticket_id"} | {
        name: "signatures" for name in rows if name.startswith("statement ")
    }
    expected |= {"place": "inclusion", "path": "inclusion", "root or leaf": "inclusion"}
    for name, row in rows.items():
        assert row.at.most_common(1)[0][0] == expected.get(name, "file"), name


@pytest.mark.parametrize("mutation", malformed_receipts.MUTATIONS, ids=lambda one: one.__name__.strip("_"))
def test_damages_of_one_seed_are_the_same_and_many(good: Good, mutation: malformed_receipts.Mutation) -> None:
    first, second = (
        [mutation(chance, good, turn) for turn in range(20)] for chance in (_seeded(), _seeded())
    )
    assert first == second
    assert len(set(first)) >= 10
    assert not any(ASIDE.encode() in one for one in first)


def test_the_good_receipt_is_read_and_no_step_refuses_it(good: Good, tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    path.write_bytes(good.data)
    assert read(path) == good.receipt
    outcomes = Counter(step.outcome for step in verify_file(path, now=refusals.NOW))
    assert outcomes == {Outcome.PASSED: 4, Outcome.SKIPPED: 4}


def test_the_good_receipt_of_a_batch_is_read_and_no_step_refuses_it(good: Good, tmp_path: Path) -> None:
    of_a_batch = batched(good)
    path = tmp_path / "receipt.json"
    path.write_bytes(of_a_batch.data)
    assert read(path) == of_a_batch.receipt
    found = verify_file(path, now=refusals.NOW)
    assert found["inclusion"].outcome is Outcome.PASSED
    assert Counter(step.outcome for step in found) == {Outcome.PASSED: 5, Outcome.SKIPPED: 3}


@pytest.mark.parametrize("mutation", malformed_receipts.MUTATIONS, ids=lambda one: one.__name__.strip("_"))
def test_every_damage_is_also_done_to_the_receipt_of_a_batch(
    good: Good, mutation: malformed_receipts.Mutation
) -> None:
    of_a_batch = batched(good)
    turned = (mutation(_seeded(), good, turn) for turn in range(40))
    members = {b'"path"', b'"index"', of_a_batch.receipt.ticket_id.hex().encode()}
    # Only of what is no receipt at all nothing is left to tell its lane by.
    lost = mutation.__name__ in ("_empty", "_binary", "_encoding")
    assert lost or any(member in data for data in turned for member in members)


def test_a_receipt_cut_off_at_any_place_is_refused(good: Good, tmp_path: Path) -> None:
    path = tmp_path / "receipt.json"
    # Without the last brace at least; the end of the line behind it means nothing.
    for length in range(len(good.data) - 1):
        path.write_bytes(good.data[:length])
        with pytest.raises(DocumentError):
            read(path)


def test_every_member_is_taken_away_and_made_strange(good: Good) -> None:
    missing = {malformed_receipts._member_missing(_seeded(), good, turn) for turn in range(40)}
    strange = {malformed_receipts._member_strange(_seeded(), good, turn) for turn in range(40)}
    assert (len(missing), len(strange)) == (len(good.fields()) - 2, len(good.fields()))


def test_a_receipt_that_is_accepted_is_told() -> None:
    def other_block(_: random.Random, good: Good, turn: int) -> bytes:
        return good_receipt.encoded(good.fields(block_number=turn))

    result = refusals.receipts(3, 1, [other_block])
    assert (result.refused, len(result.accepted)) == (0, 3)
    assert result.faults[0].startswith("3 receipts were accepted, such as by other block: b'{")


def test_a_connection_is_counted() -> None:
    def calling(_: random.Random, good: Good, __: int) -> bytes:
        with socket.create_connection(("127.0.0.1", good.port)):
            return b""

    result = refusals.receipts(1, 1, [calling])
    assert result.refused == 1
    # It was begun here and arrived there; before that the host was looked up.
    assert result.faults == ["3 connections were made for receipts."]


# ---------------------------------------------------------------- both


def _raise(error: Exception) -> str:
    raise error


@pytest.mark.parametrize(
    "error",
    [KeyError("x"), RecursionError("deep"), ProcessFailed("It died."), DocumentError("It is empty.")],
    ids=lambda one: type(one).__name__,
)
def test_an_error_that_comes_out_is_told(error: Exception) -> None:
    result = refusals.Refusals("receipts")
    result.take("way", b"", lambda: _raise(error))
    assert result.faults == [
        f"1 receipts raised another error, such as way: {type(error).__name__}: {error}."
    ]


@pytest.mark.parametrize("words", ["It has \x1b[2J.", "It is " + "long" * 300 + ".", ""])
def test_words_that_cannot_be_printed_are_no_refusal(words: str) -> None:
    with pytest.raises(ValueError, match="the words of the refusal are"):
        refusals._check_words(SignatureRefused(words))


def test_one_that_takes_too_long_is_told_whatever_becomes_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "SLOWEST", 0.01)
    result = refusals.Refusals("receipts")
    result.take("way", b"", lambda: time.sleep(0.06) or "file")
    assert result.faults == ["One of the receipts took 0.1 seconds."]


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        (refusals.Refusals("receipts", good_refused=1), "1 good receipts were refused."),
        (refusals.Refusals("credentials", unchecked_failed=2), "The didkit process failed 2 times."),
    ],
)
def test_each_other_fault_is_told(result: refusals.Refusals, fault: str) -> None:
    assert result.faults == [fault]
