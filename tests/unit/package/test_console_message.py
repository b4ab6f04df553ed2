# SPDX-License-Identifier: Apache-2.0
"""What is said, and the document that proves it."""

import hashlib
import json
from pathlib import Path

import pytest
import rfc8785

from makegood.console.message import Message
from makegood.console.output import Output
from makegood.errors import DocumentError, UsageError

REQUESTER = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def test_a_text_becomes_a_document_that_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "said.json"
    said = Message(text="Help", save=path).said("makegood/ticket/1", {"requester": REQUESTER})
    assert not path.exists()
    said.keep(Output())
    document = json.loads(path.read_text())
    assert (document["type"], document["requester"], document["text"]) == (
        "makegood/ticket/1",
        REQUESTER,
        "Help",
    )
    assert said.digest == hashlib.sha256(rfc8785.dumps(document)).digest()


def test_the_same_text_has_another_digest_each_time() -> None:
    first, second = (Message(text="Help").said("makegood/ticket/1", {}) for _ in range(2))
    assert first.digest != second.digest


def test_a_document_is_taken_as_it_is(tmp_path: Path) -> None:
    document = {"text": "Help", "salt": "ab" * 32}
    path = tmp_path / "document.json"
    path.write_text(json.dumps(document, indent=4))
    said = Message(document=path).said("makegood/ticket/1", {})
    assert said.digest == hashlib.sha256(rfc8785.dumps(document)).digest()
    assert said.path is None


def test_a_digest_is_taken_as_it_is() -> None:
    assert Message(digest="0x" + "ab" * 32).said("makegood/ticket/1", {}).digest == bytes.fromhex("ab" * 32)


@pytest.mark.parametrize(
    "message", [Message(), Message(text="a", digest="0x" + "ab" * 32), Message(text="a", document=Path("b"))]
)
def test_exactly_one_is_wanted(message: Message) -> None:
    with pytest.raises(UsageError, match="Give one of --text"):
        message.said("makegood/ticket/1", {})


def test_only_a_text_can_be_saved(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--save goes with --text only"):
        Message(digest="0x" + "ab" * 32, save=tmp_path / "x").said("makegood/ticket/1", {})


def test_a_text_that_no_document_holds_is_refused() -> None:
    with pytest.raises(DocumentError, match=r"\$\.text has 65,538 bytes of UTF-8; it may have 65,536\."):
        Message(text="é" * 32_769).said("makegood/ticket/1", {})


def test_a_document_of_another_form_is_not_made() -> None:
    with pytest.raises(DocumentError, match=r"\$\.requester is not in its form"):
        Message(text="Help").said("makegood/ticket/1", {"requester": "0x1"})
