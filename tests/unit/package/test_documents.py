# SPDX-License-Identifier: Apache-2.0
"""Documents: canonical bytes against the RFC's vectors, digests against hashlib, refusals by their place."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from makegood import documents
from makegood.errors import DocumentError, NotFound

SALT = "5a" * 32


def test_canonical_bytes_are_those_of_the_vectors(shared: Path) -> None:
    inputs = sorted((shared / "vectors" / "rfc8785" / "input").glob("*.json"))
    assert len(inputs) == 6
    for path in inputs:
        expected = bytes.fromhex((path.parents[1] / "outhex" / f"{path.stem}.txt").read_text())
        assert documents.canonical_bytes(json.loads(path.read_text(encoding="utf-8"))) == expected, path.name


def test_digest_is_sha256_of_the_sorted_compact_json() -> None:
    document = {"type": "ticket", "salt": SALT, "b": [1, True, None], "a": "héllo\n", "amount": "0.010"}
    text = '{"a":"héllo\\n","amount":"0.010","b":[1,true,null],"salt":"' + SALT + '","type":"ticket"}'
    assert documents.digest(document) == hashlib.sha256(text.encode()).digest()


def test_digest_does_not_depend_on_the_order_of_keys() -> None:
    one = {"salt": SALT, "a": 1, "b": {"c": 2, "d": 3}}
    other = {"b": {"d": 3, "c": 2}, "a": 1, "salt": SALT}
    assert documents.digest(one) == documents.digest(other)


def test_digest_depends_on_the_salt_promise_5() -> None:
    assert documents.digest({"salt": SALT, "a": 1}) != documents.digest({"salt": "5b" * 32, "a": 1})


def test_new_document_has_type_fields_and_32_bytes_of_salt() -> None:
    document = documents.new_document("ticket", {"subject": "Where is my transfer?", "amount": "0.010"})
    assert set(document) == {"type", "subject", "amount", "salt"}
    assert (document["type"], document["amount"]) == ("ticket", "0.010")
    assert re.fullmatch(r"[0-9a-f]{64}", document["salt"])


def test_new_documents_never_share_a_salt() -> None:
    salts = {documents.new_document("ticket", {})["salt"] for _ in range(50)}
    assert len(salts) == 50


@pytest.mark.parametrize("key", ["type", "salt"])
def test_field_that_the_document_sets_is_refused(key: str) -> None:
    with pytest.raises(DocumentError, match=rf"^\$\.{key} is set by the document itself"):
        documents.new_document("ticket", {key: "x"})


def test_new_document_refuses_a_float_amount() -> None:
    with pytest.raises(
        DocumentError, match=r"\$\.paid\.amount is the float 0\.01\. Write it as a decimal string"
    ):
        documents.new_document("ticket", {"paid": {"amount": 0.01}})


@pytest.mark.parametrize(
    ("value", "place", "words"),
    [
        ({"steps": [{"at": 2**53}]}, "$.steps[0].at", "integer of 2**53 or more"),
        ({"at": -(2**53)}, "$.at", "integer of 2**53 or more"),
        ({"a": [0.5, float("nan")]}, "$.a[1]", "no JSON number"),
        ({"a": float("-inf")}, "$.a", "no JSON number"),
        ({"a": {7: "x"}}, "$.a", "the key 7, which is no string"),
        ({"a b": {"c": "x\ud800y"}}, '$["a b"].c', "half of a surrogate pair"),
        ({"\udfff": 1}, '$["\\udfff"]', "half of a surrogate pair"),
        ({"a": b"x"}, "$.a", "is a bytes, which JSON does not have"),
        ({"a": {1, 2}}, "$.a", "is a set, which JSON does not have"),
    ],
)
def test_what_jcs_cannot_carry_is_refused_with_its_place(value: Any, place: str, words: str) -> None:
    with pytest.raises(DocumentError) as caught:
        documents.canonical_bytes(value)
    assert caught.value.place == place
    assert str(caught.value).startswith(place)
    assert words in str(caught.value)
    assert caught.value.hint


@pytest.mark.parametrize("number", [2**53 - 1, -(2**53) + 1, 0, True])
def test_numbers_up_to_2_to_the_53_are_carried(number: int) -> None:
    assert documents.canonical_bytes([number]) == json.dumps([number]).encode()


def test_nesting_up_to_the_limit_is_carried() -> None:
    value: list[Any] = []
    for _ in range(100):
        value = [value]
    assert documents.canonical_bytes(value) == b"[" * 101 + b"]" * 101
    with pytest.raises(DocumentError, match="nested deeper than 100"):
        documents.canonical_bytes([value])


@pytest.mark.parametrize("salt", ["", "5A" * 32, "5a" * 31, "5a" * 33, "zz" * 32, 7, None, SALT + "\n"])
def test_digest_refuses_what_is_no_salt(salt: object) -> None:
    with pytest.raises(DocumentError, match=r"\$\.salt is not 64 lower-case hex digits"):
        documents.digest({"salt": salt})


def test_digest_refuses_a_document_without_salt() -> None:
    with pytest.raises(DocumentError, match=r"\$\.salt is missing"):
        documents.digest({"type": "ticket"})


def test_digest_refuses_what_is_no_object() -> None:
    with pytest.raises(DocumentError, match="not a JSON object"):
        documents.digest([SALT])  # type: ignore[arg-type]


def test_read_gives_the_document_of_a_file(tmp_path: Path) -> None:
    document = documents.new_document("ticket", {"subject": "客服", "steps": [1, 2]})
    path = tmp_path / "ticket.json"
    path.write_bytes(documents.canonical_bytes(document))
    assert documents.read(path) == document
    assert documents.digest(documents.read(path)).hex() == hashlib.sha256(path.read_bytes()).hexdigest()


def test_read_of_no_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no file .*ticket\.json"):
        documents.read(tmp_path / "ticket.json")


def test_read_of_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="cannot be read"):
        documents.read(tmp_path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "line 1: The file is not JSON"),
        (b'{\n"a": }', "line 2: The file is not JSON"),
        (b'{"salt": "caf\xe9"}', "is not UTF-8 text"),
        (b'{"a": 1, "a": 2}', 'has the key "a" twice'),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": -Infinity}', "-Infinity is no JSON number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "a number that is too large"),
        (b'{"salt": "' + SALT.encode() + b'", "a": 9007199254740992}', "$.a is an integer of 2**53 or more"),
        (b'{"salt": "' + SALT.encode() + b'", "a": 1e999}', "$.a is inf"),
        (b'{"salt": "' + SALT.encode() + b'", "a": "\\ud800"}', "$.a has half of a surrogate pair"),
        (b"[" * 1_000_000, "nested deeper than 100"),
        (b'["\\"' + b"[" * 1_000_000, "The file is not JSON"),
        (b"[]", "$ is not a JSON object"),
        (b"{}", "$.salt is missing"),
    ],
)
def test_read_of_no_document_is_refused_with_the_file(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "ticket.json"
    path.write_bytes(content)
    with pytest.raises(DocumentError) as caught:
        documents.read(path)
    assert caught.value.source == str(path)
    assert words in str(caught.value)
