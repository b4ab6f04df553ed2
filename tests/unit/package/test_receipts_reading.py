# SPDX-License-Identifier: Apache-2.0
"""A receipt's file is read strictly: anything else is refused with its place, in one sentence."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from receipt_house import cached_house
from tampering import ASSETS, GOOD

from makegood import documents
from makegood.errors import DocumentError, NotFound
from makegood.receipts import MAX_BYTES, read, verify_file

GOOD_TEXT = (ASSETS / f"{GOOD}.json").read_text("utf-8")
FIELDS: dict[str, Any] = json.loads(GOOD_TEXT)
STRANGE: tuple[Any, ...] = (None, True, -1, 1.5, "", "0x", [], {}, 2**64, "9" * 5_000, "\ud800")
OPTIONAL = {"document", "statements"}


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "receipt.json"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def test_the_example_of_the_page_is_a_receipt(project: Path, tmp_path: Path) -> None:
    page = (project / "docs" / "receipts.md").read_text("utf-8")
    receipt = read(written(tmp_path, page.partition("```json\n")[2].partition("```")[0]))
    assert receipt.computed_ticket_id() == receipt.ticket_id


def test_the_page_names_every_member(project: Path) -> None:
    table = (project / "docs" / "receipts.md").read_text("utf-8").partition("## The check")[0]
    assert all(f"`{name}`" in table for name in FIELDS)


def test_document_and_statements_may_be_left_out(tmp_path: Path) -> None:
    receipt = read(written(tmp_path, {k: v for k, v in FIELDS.items() if k not in OPTIONAL}))
    assert (receipt.document, receipt.statements) == (None, ())


@pytest.mark.parametrize("name", [name for name in FIELDS if name not in OPTIONAL])
def test_every_other_member_must_be_there(tmp_path: Path, name: str) -> None:
    with pytest.raises(DocumentError) as refusal:
        read(written(tmp_path, {k: v for k, v in FIELDS.items() if k != name}))
    assert refusal.value.place == f"$.{name}"


@pytest.mark.parametrize(
    ("name", "value"),
    # A list without statements says the same as none.
    [(name, value) for name in FIELDS for value in STRANGE if (name, value) != ("statements", [])],
)
def test_a_member_of_another_kind_is_refused_with_its_place(tmp_path: Path, name: str, value: Any) -> None:
    path = written(tmp_path, {**FIELDS, name: value})
    with pytest.raises(DocumentError) as refusal:
        read(path)
    assert (refusal.value.place or "").startswith(f"$.{name}")
    assert str(path) in str(refusal.value)
    assert refusal.value.hint


@pytest.mark.parametrize("name", ["reply_due", "resolution_due"])
def test_a_due_is_not_before_the_opening(tmp_path: Path, name: str) -> None:
    opened_at = FIELDS["opened_at"]
    assert read(written(tmp_path, {**FIELDS, name: opened_at})).fields()[name] == opened_at
    with pytest.raises(DocumentError, match="is before the ticket was opened") as refusal:
        read(written(tmp_path, {**FIELDS, name: opened_at - 1}))
    assert refusal.value.place == f"$.{name}"


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="more than 1,048,576 bytes"):
        read(written(tmp_path, GOOD_TEXT + " " * MAX_BYTES))


def sized(size: int) -> dict[str, Any]:
    """A document of just so many bytes without white space."""
    document = {**FIELDS["document"], "text": ""}
    empty = len(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())
    return {**document, "text": "é" * ((size - empty) // 2) + "e" * ((size - empty) % 2)}


def test_a_document_has_at_most_256_kib(tmp_path: Path) -> None:
    assert read(written(tmp_path, {**FIELDS, "document": sized(262_144)})).document == sized(262_144)
    with pytest.raises(DocumentError, match=r"\$\.document has more than 262,144 bytes") as refusal:
        read(written(tmp_path, {**FIELDS, "document": sized(262_145)}))
    assert refusal.value.place == "$.document"


def test_white_space_in_a_document_does_not_count(tmp_path: Path) -> None:
    text = json.dumps({**FIELDS, "document": {**sized(262_000), "more": [1, 2]}}, indent=200)
    assert read(written(tmp_path, text)).document_size < 262_144


def test_a_document_that_is_too_large_is_refused_before_its_digest_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Within the file's bound, and slow to digest.
    fields = {**FIELDS, "document": {**FIELDS["document"], "more": [[]] * 262_000}}
    path = written(tmp_path, json.dumps(fields, separators=(",", ":")))
    monkeypatch.setattr(documents, "digest", lambda _: pytest.fail("the digest was taken"))
    with pytest.raises(DocumentError, match=r"\$\.document has more than"):
        read(path)


def test_more_statements_than_a_hundred_are_refused(tmp_path: Path) -> None:
    statements = [f"a.b.{number}" for number in range(101)]
    with pytest.raises(DocumentError, match=r"\$\.statements is no list of at most 100"):
        read(written(tmp_path, {**FIELDS, "statements": statements}))


def test_a_statement_that_is_too_long_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match=r"\$\.statements\[0\] has more than 16,384 characters"):
        read(written(tmp_path, {**FIELDS, "statements": ["a" * 16_385]}))


def test_half_a_surrogate_pair_in_the_document_is_refused_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as refusal:
        read(written(tmp_path, {**FIELDS, "document": {**FIELDS["document"], "text": "\ud800"}}))
    assert refusal.value.place == "$.document.text"


def test_a_key_with_control_characters_is_not_printed(tmp_path: Path) -> None:
    document = {**FIELDS["document"], "\x1b[2J": 2**60}
    for fields in ({**FIELDS, "\x1b[2J": 1}, {**FIELDS, "document": document}):
        with pytest.raises(DocumentError) as refusal:
            read(written(tmp_path, fields))
        assert "\x1b" not in str(refusal.value)


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        read(tmp_path / "absent.json")


def test_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        read(tmp_path)


def test_a_thousand_random_changes_are_refused_with_our_own_errors(tmp_path: Path) -> None:
    source = random.Random(4)
    raw = GOOD_TEXT.encode()
    house = cached_house()
    good = read(ASSETS / f"{GOOD}.json")
    steps: Counter[str] = Counter()
    for _ in range(1_000):
        changed = bytearray(raw)
        for _ in range(source.randint(1, 4)):
            place = source.randrange(len(changed))
            new = source.randbytes(source.randint(0, 3))
            # Every other time digits, which more often leave a receipt that can be read.
            new = source.choice([new, new.hex().encode()[: len(new)]])
            changed[place : place + source.choice([len(new), source.randint(0, 3)])] = new
        path = written(tmp_path, bytes(changed))
        found = verify_file(path, now=house.now)
        if found.failed is None and read(path) == good:
            steps["none"] += 1
            continue
        if found.failed is None:
            found = verify_file(path, house.w3, now=house.now)
        assert found.failed is not None
        assert found.refusal().exit_code == (2 if found.failed.name == "file" else 6)
        steps[found.failed.name] += 1
    assert steps["none"] < 100
    assert min(steps[name] for name in ("file", "document", "signatures", "recorded")) > 0
