# SPDX-License-Identifier: Apache-2.0
"""The kinds of documents: their schemas, their limits, and refusals by the exact place."""

import copy
import hashlib
import json
import re
import string
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from makegood import documents
from makegood.clock import Kind
from makegood.disputes import new_evidence
from makegood.errors import DocumentError

PROJECT = Path(__file__).resolve().parents[3]
PAGE = PROJECT / "docs" / "documents.md"

SALT = "5a" * 32
TICKET_ID = "0x" + "c3" * 32
FILE = {"name": "mail.eml", "size": 42, "sha256": "9b" * 32}

TICKET = {"type": "makegood/ticket/1", "salt": SALT, "requester": "0x" + "aB" * 20, "text": "Help"}
FOLLOW_UP = {"type": "makegood/follow-up/1", "salt": SALT, "ticket": TICKET_ID, "text": "Any news?"}
REPLY = {"type": "makegood/reply/1", "salt": SALT, "ticket": TICKET_ID, "text": "It was sent again"}
EVIDENCE = {
    "type": "makegood/evidence/1",
    "salt": SALT,
    "ticket": TICKET_ID,
    "kind": "resolution",
    "files": [FILE, FILE | {"name": "聊天 1.png"}, FILE | {"name": "screen.png", "size": 0}],
    "text": "Not solved",
}
ALL = (TICKET, FOLLOW_UP, REPLY, EVIDENCE)
BY_TYPE = pytest.mark.parametrize("document", ALL, ids=lambda each: each["type"].split("/")[1])

CHANGED = object()


def changed(document: dict[str, Any], place: tuple[str | int, ...], value: Any = CHANGED) -> dict[str, Any]:
    """A copy with another value at the place, or without it where none is given."""
    result = copy.deepcopy(document)
    inner: Any = result
    for step in place[:-1]:
        inner = inner[step]
    if value is CHANGED:
        del inner[place[-1]]
    else:
        inner[place[-1]] = value
    return result


def refusal(document: Any) -> DocumentError:
    with pytest.raises(DocumentError) as caught:
        documents.check(document)
    assert caught.value.hint
    return caught.value


def in_process(program: str) -> str:
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=PROJECT, check=True, capture_output=True, text=True).stdout.strip()


# ---------------------------------------------------------------- what is taken


def test_types_are_those_of_the_examples() -> None:
    assert set(documents.TYPES) == {each["type"] for each in ALL}


@BY_TYPE
def test_document_of_each_kind_is_taken(document: dict[str, Any]) -> None:
    documents.check(document)


@pytest.mark.parametrize(
    "document",
    [
        changed(TICKET, ("requester",)),
        changed(FOLLOW_UP, ("ticket",)),
        changed(REPLY, ("ticket",)),
        changed(EVIDENCE, ("files",), []),
    ],
)
def test_field_that_may_be_left_out_is_not_missed(document: dict[str, Any]) -> None:
    documents.check(document)


@pytest.mark.parametrize("ticket", ["c3" * 32, "0X" + "C3" * 32, "0xc3c3", "0x" + "c" * 63, "0xc3c3c3…c3c3"])
@pytest.mark.parametrize("document", [FOLLOW_UP, REPLY])
def test_ticket_as_the_commands_take_it_is_taken(document: dict[str, Any], ticket: str) -> None:
    documents.check(changed(document, ("ticket",), ticket))


def test_evidence_that_the_package_makes_is_taken(tmp_path: Path) -> None:
    (tmp_path / "mail.eml").write_bytes(b"Dear customer")
    for kind in Kind:
        documents.check(new_evidence(bytes(range(32)), kind, "Not solved", [tmp_path / "mail.eml"]))


def test_as_much_as_the_limits_is_taken() -> None:
    files = [FILE | {"name": f"{number:02}" + "x" * 253} for number in range(64)]
    document = EVIDENCE | {"text": "é" * 32_768, "files": files}
    documents.check(document)
    documents.check(TICKET | {"text": "\N{SMILING FACE WITH SUNGLASSES}" * 16_384})


# ---------------------------------------------------------------- what is refused


@BY_TYPE
def test_each_required_field_is_missed_by_its_place(document: dict[str, Any]) -> None:
    required = set(document) - ({"requester"} if document is TICKET else set())
    required -= {"ticket"} if document in (FOLLOW_UP, REPLY) else set()
    for name in required:
        error = refusal(changed(document, (name,)))
        assert (error.place, error.message) == (f"$.{name}", f"$.{name} is missing.")


@BY_TYPE
def test_field_that_the_kind_does_not_have_is_refused(document: dict[str, Any]) -> None:
    error = refusal(document | {"priority": "high"})
    assert (error.place, error.message) == ("$.priority", "$.priority is not known.")
    assert error.hint is not None
    assert error.hint.startswith("Leave it out; known are type, salt, ")


@BY_TYPE
def test_each_field_of_another_type_is_refused_by_its_place(document: dict[str, Any]) -> None:
    for name in document:
        for value in (None, True, 7, 0.5, {}, [[]]):
            assert refusal(changed(document, (name,), value)).place in (f"$.{name}", "$.files[0]")


@pytest.mark.parametrize(
    ("document", "place", "value", "said"),
    [
        (TICKET, ("salt",), "5A" * 32, "$.salt is not in its form. Give 32 random bytes as 64 lower-case"),
        (TICKET, ("salt",), SALT + "\n", "$.salt is not in its form."),
        (TICKET, ("salt",), 7, "$.salt is not text. Give 32 random bytes"),
        (TICKET, ("text",), "", "$.text is empty. Give what the ticket is about"),
        (TICKET, ("requester",), "0x1", "$.requester is not in its form. Give the requester's address"),
        (TICKET, ("requester",), "0x" + "ab" * 20 + "\n", "$.requester is not in its form."),
        (REPLY, ("ticket",), "0xc3", "$.ticket is not in its form. Give the ticket's id in hex"),
        (REPLY, ("ticket",), TICKET_ID + "\n", "$.ticket is not in its form."),
        (FOLLOW_UP, ("ticket",), "12", "$.ticket is not in its form."),
        (EVIDENCE, ("ticket",), TICKET_ID.upper(), "$.ticket is not in its form. Give the ticket's id, 0x"),
        (EVIDENCE, ("kind",), "reply", "$.kind is none of the words for it. Give first_reply, next_reply,"),
        (EVIDENCE, ("files",), {}, "$.files is not a list. Give a list of at most 64 files."),
        (EVIDENCE, ("files", 1), "x", "$.files[1] is not an object. Give a file's name, size and sha256."),
        (EVIDENCE, ("files", 2, "sha256"), CHANGED, "$.files[2].sha256 is missing. Give the SHA-256 of"),
        (EVIDENCE, ("files", 2, "sha256"), "9B" * 32, "$.files[2].sha256 is not in its form. Give the SHA"),
        (EVIDENCE, ("files", 2, "path"), "x", "$.files[2].path is not known. Leave it out; known are name,"),
        (EVIDENCE, ("files", 2, "a b"), "x", '$.files[2]["a b"] is not known.'),
        (EVIDENCE, ("files", 0, "size"), -1, "$.files[0].size is -1, beyond its limit of 0."),
        (EVIDENCE, ("files", 0, "size"), 0.5, "$.files[0].size is not a whole number."),
        (EVIDENCE, ("files", 0, "size"), "42", "$.files[0].size is not a whole number."),
        (EVIDENCE, ("files", 0, "size"), 1e21, "$.files[0].size is 1e+21, beyond its limit of"),
        (EVIDENCE, ("files", 0, "size"), 2**53, "$.files[0].size is an integer of 2**53 or more."),
        (EVIDENCE, ("files", 0, "name"), "", "$.files[0].name is empty."),
        (EVIDENCE, ("files", 0, "name"), "a/b", "$.files[0].name is not in its form."),
        (EVIDENCE, ("files", 0, "name"), "a\n", "$.files[0].name is not in its form."),
        (EVIDENCE, ("files", 0, "name"), "..", "$.files[0].name is not in its form."),
        (EVIDENCE, ("files", 0, "name"), "x" * 256, "$.files[0].name has 256 characters; it may have 255."),
        (EVIDENCE, ("files", 2, "name"), "mail.eml", "$.files[2].name is that of $.files[0], too. Rename"),
        (EVIDENCE, ("files",), [FILE] * 65, "$.files has 65 entries; it may have 64."),
        (EVIDENCE, ("text",), "é" * 32_769, "$.text has 65,538 bytes of UTF-8; it may have 65,536."),
        (EVIDENCE, ("text",), "e" * 65_537, "$.text has 65,537 characters; it may have 65,536."),
        (EVIDENCE, ("text",), "\ud800", "$.text has half of a surrogate pair"),
        (EVIDENCE, ("files", 1, "name"), b"x", "$.files[1].name is a bytes, which JSON does not have."),
    ],
)
def test_value_out_of_its_form_is_refused_by_its_place(
    document: dict[str, Any], place: tuple[str | int, ...], value: Any, said: str
) -> None:
    assert str(refusal(changed(document, place, value))).startswith(said)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"salt": SALT}, "$.type is missing."),
        ({"type": 7, "salt": SALT}, "$.type is not text."),
        ({"type": [], "salt": SALT}, "$.type is not text."),
        (TICKET | {"type": "makegood/ticket/2"}, '$.type is "makegood/ticket/2", which is not known.'),
        (TICKET | {"type": "a\n\x1b"}, '$.type is "a\\n\\u001b", which is not known.'),
    ],
)
def test_unknown_type_is_refused_with_the_known_ones(document: dict[str, Any], said: str) -> None:
    error = refusal(document)
    assert (error.place, error.message) == ("$.type", said)
    assert error.hint == (
        "Known are makegood/ticket/1, makegood/follow-up/1, makegood/reply/1, makegood/evidence/1."
    )


@pytest.mark.parametrize("value", [None, [], "x", 7, [TICKET], st])
def test_what_is_no_object_is_refused(value: Any) -> None:
    assert str(refusal(value)).startswith("$ is not a JSON object.")


def test_canonical_form_beyond_the_limit_is_refused() -> None:
    # Each of them is one character, and takes six bytes in canonical form.
    large = TICKET | {"text": "\x01" * 43_691}
    size = len(rfc8785.dumps(large))
    assert size > 262_144
    error = refusal(large)
    assert error.place == "$"
    assert error.message.startswith(f"$ has {size:,} bytes in its canonical form;")


def test_canonical_form_of_the_limit_is_measured_as_taken() -> None:
    spare = 262_144 - len(rfc8785.dumps(TICKET | {"x": ""}))
    assert refusal(TICKET | {"x": "x" * spare}).place == "$.x"
    assert refusal(TICKET | {"x": "x" * (spare + 1)}).place == "$"


def test_object_that_holds_one_list_over_and_over_is_refused_at_once() -> None:
    value: list[Any] = []
    for _ in range(60):
        value = [value, value]
    assert "more than 262,144 bytes" in str(refusal(TICKET | {"x": value}))
    itself: dict[str, Any] = {}
    itself["x"] = itself
    assert refusal(itself).place == "$"


def test_nesting_beyond_the_limit_is_refused_with_its_place() -> None:
    value: list[Any] = []
    for _ in range(100):
        value = [value]
    error = refusal(TICKET | {"x": value})
    assert error.place == "$.x" + "[0]" * 100
    assert "nested deeper than 100" in str(error)
    assert len(error.message) < 200


def test_long_key_is_shortened_in_words_and_whole_in_its_place() -> None:
    error = refusal(TICKET | {"k" * 5_000: 1})
    assert error.place == "$." + "k" * 5_000
    assert len(error.message) < 200


# ---------------------------------------------------------------- reading, digesting


@BY_TYPE
def test_read_checks_a_known_kind(tmp_path: Path, document: dict[str, Any]) -> None:
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document, indent=2))
    assert documents.read(path) == documents.read(path, document["type"]) == document
    path.write_text(json.dumps(document | {"more": 1}))
    with pytest.raises(DocumentError, match=r"document\.json: \$\.more is not known"):
        documents.read(path)


def test_read_of_another_kind_than_asked_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_text(json.dumps(TICKET))
    with pytest.raises(DocumentError, match=r'document\.json: \$\.type is not "makegood/reply/1"'):
        documents.read(path, "makegood/reply/1")


@pytest.mark.parametrize("document", [{"salt": SALT}, {"type": "other/1", "salt": SALT, "a": [1]}])
def test_salted_object_of_no_known_type_is_read_and_digested(
    tmp_path: Path, document: dict[str, Any]
) -> None:
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document))
    assert documents.digest(documents.read(path)) == hashlib.sha256(rfc8785.dumps(document)).digest()
    with pytest.raises(DocumentError, match=r"\$\.type"):
        documents.read(path, "makegood/reply/1")


def test_read_salted_does_not_ask_for_the_schema(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    path.write_text(json.dumps(EVIDENCE | {"more": 1}))
    assert documents.read_salted(path) == EVIDENCE | {"more": 1}
    path.write_text(json.dumps(changed(EVIDENCE, ("salt",))))
    with pytest.raises(DocumentError, match=r"document\.json: \$\.salt is missing"):
        documents.read_salted(path)


def test_digest_does_not_ask_for_the_schema() -> None:
    document = {"type": "makegood/evidence/1", "salt": SALT, "more": 1}
    assert documents.digest(document) == hashlib.sha256(rfc8785.dumps(document)).digest()


def test_parse_checks_the_kind_that_is_asked_for() -> None:
    assert documents.parse(json.dumps(REPLY), "makegood/reply/1") == REPLY
    for text, place in (
        (json.dumps(REPLY | {"text": ""}), "$.text"),
        (json.dumps(TICKET), "$.type"),
        ("{}", "$.type"),
        ("[]", "$"),
    ):
        with pytest.raises(DocumentError) as caught:
            documents.parse(text, "makegood/reply/1")
        assert caught.value.place == place


def test_parse_without_a_kind_takes_any_json() -> None:
    assert documents.parse(json.dumps(REPLY | {"more": 1})) == REPLY | {"more": 1}


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ('{"files": [{}, {"a b": {"x": 1, "y": 2, "x": 3}}]}', '$.files[1]["a b"]', 'has the key "x" twice'),
        ('{"files": [0, -Infinity]}', "$.files[1]", "is -Infinity, and -Infinity is no JSON number"),
        ('{"a": {"b": 1, "b": 2}, "a": 3}', "$", 'has the key "b" twice'),
        ("NaN", "$", "NaN is no JSON number"),
    ],
)
def test_what_no_document_says_is_refused_with_its_place(text: str, place: str, words: str) -> None:
    with pytest.raises(DocumentError, match=re.escape(words)) as caught:
        documents.parse(text)
    assert caught.value.place == place


def test_nesting_in_a_text_is_refused_with_line_and_column() -> None:
    with pytest.raises(DocumentError, match=r"^line 2: .*deeper than 100 at column 102") as caught:
        documents.parse("\n" + "[" * 500)
    assert caught.value.line == 2


def test_file_beyond_the_limit_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "document.json"
    with path.open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(DocumentError, match="more than 16,777,216 bytes"):
        documents.read(path)


@pytest.mark.parametrize("path", ["a\0b", "a\ud800b"])
def test_path_that_no_file_has_is_refused(path: str) -> None:
    with pytest.raises(DocumentError, match="The path is none that a file can have"):
        documents.read(path)


# ---------------------------------------------------------------- any input

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None) | st.characters(categories=["Cs"]), max_size=8)
    | st.binary(max_size=2),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)
PLACES = ("type", "salt", "requester", "ticket", "kind", "files", "text", "more")
TEXTS = st.text(st.sampled_from('[]{}",:\\ \n0159.-+eENaInfitytrulsx\ud800é'), max_size=40) | st.text()


def only_document_error(work: Callable[[], Any]) -> None:
    try:
        work()
    except DocumentError as error:
        assert str(error)  # noqa: PT017  anything else it may raise fails the test


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_any_value_is_taken_or_refused_with_our_error(value: Any) -> None:
    only_document_error(lambda: documents.check(value))
    only_document_error(lambda: documents.digest(value))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ALL), st.dictionaries(st.sampled_from(PLACES), JSON, max_size=3))
def test_any_changed_document_is_taken_or_refused_with_our_error(
    document: dict[str, Any], changes: dict[str, Any]
) -> None:
    only_document_error(lambda: documents.check(document | changes))


@settings(max_examples=300, deadline=None)
@given(JSON, st.integers(0, 2))
def test_any_entry_of_files_is_taken_or_refused_by_a_place_in_it(entry: Any, index: int) -> None:
    try:
        documents.check(changed(EVIDENCE, ("files", index), entry))
    except DocumentError as error:
        assert error.place is not None  # noqa: PT017
        assert error.place.startswith(f"$.files[{index}]")  # noqa: PT017


@settings(max_examples=300, deadline=None)
@given(TEXTS, st.sampled_from([None, *documents.TYPES]))
def test_any_text_is_taken_or_refused_with_our_error(text: str, document_type: str | None) -> None:
    only_document_error(lambda: documents.parse(text, document_type))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ALL), st.integers(0, 10_000), st.characters() | st.just(""))
def test_any_changed_character_is_taken_or_refused_with_our_error(
    document: dict[str, Any], at: int, character: str
) -> None:
    text = json.dumps(document)
    at %= len(text)
    only_document_error(lambda: documents.parse(text[:at] + character + text[at + 1 :], document["type"]))


# ---------------------------------------------------------------- the schemas


@pytest.mark.parametrize("document_type", documents.TYPES)
def test_schema_is_one_of_2020_12_and_closed(document_type: str) -> None:
    schema = documents.schema(document_type)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(schema)
    text = json.dumps(schema)
    assert text.count('"additionalProperties": false') == text.count('"properties": {')
    # Whole in itself: whoever takes one file has all that it needs.
    assert "$ref" not in text


def test_kinds_in_the_schema_are_those_of_the_clock() -> None:
    labels = documents.schema("makegood/evidence/1")["properties"]["kind"]["enum"]
    assert tuple(labels) == Kind(15).labels


def test_schema_of_an_unknown_type_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"Known are makegood/ticket/1, "):
        documents.schema("../errors")


def test_import_and_digest_load_no_schema() -> None:
    program = (
        "import sys\nopened = []\n"
        "sys.addaudithook(lambda name, details: opened.append(str(details[0])) if name == 'open' else None)\n"
        "from makegood import documents\n"
        f"documents.digest({TICKET!r})\n"
        "print('jsonschema' in sys.modules, any('schemas' in each for each in opened))"
    )
    assert in_process(program) == "False False"


def test_schemas_are_read_once_and_nothing_is_fetched() -> None:
    program = (
        "import sys\nseen = []\n"
        "def hook(name, details):\n"
        "    if name.startswith(('socket.', 'urllib.', 'http.')): seen.append(name)\n"
        "    if name == 'open' and 'schemas/reply.json' in str(details[0]): seen.append('schema')\n"
        "sys.addaudithook(hook)\n"
        "from makegood import documents\n"
        f"for _ in range(3): documents.check({REPLY!r})\n"
        "print(seen)"
    )
    assert in_process(program) == "['schema']"


# ---------------------------------------------------------------- the page


def examples() -> list[dict[str, Any]]:
    return [json.loads(each) for each in re.findall(r"```json\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)]


def test_page_has_a_valid_example_of_each_kind() -> None:
    found = examples()
    assert [each["type"] for each in found] == list(documents.TYPES)
    for each in found:
        documents.check(each)


def test_page_shows_every_field_of_each_kind() -> None:
    for each in examples():
        assert set(each) == set(documents.schema(each["type"])["properties"])


def test_page_says_the_limits_and_the_refusal_as_they_are() -> None:
    page = PAGE.read_text("utf-8")
    assert f"1 to {documents.TEXT_MAX:,} bytes" in page
    assert f"at most {documents.BYTES_MAX:,} bytes" in page
    shown = re.findall(r"```text\n(.*?)\n```", page)
    assert shown == [str(refusal(changed(EVIDENCE, ("files", 2, "sha256"), "9B" * 32)))]


def test_salts_of_the_page_are_all_different() -> None:
    salts = [each["salt"] for each in examples()]
    assert len(set(salts)) == len(salts)
    assert set("".join(salts)) <= set(string.hexdigits.lower())
