# SPDX-License-Identifier: Apache-2.0
"""A receipt's file, read strictly: whatever it says has one reading, and nothing in it is passed over."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from makegood import documents
from makegood.batches import MAX_SIZE
from makegood.clock import Priority
from makegood.desk import BATCH_LANE
from makegood.disputes.json_object import JsonObject
from makegood.errors import DocumentError, NotFound
from makegood.identity import jwt
from makegood.receipts.receipt import (
    MAX_BYTES,
    MAX_DOCUMENT_BYTES,
    MAX_STATEMENTS,
    TYPE,
    Inclusion,
    Receipt,
)

_REMEDY = "Use the file as it was given to you."
_NUMBER_MAX = 2**53 - 1  # the largest that every JSON reader keeps exact
_TIME_MAX = 2**32 - 1  # the last second that a ticket's word holds
_POLICY_MAX = 2**13 - 1
_PATH_MAX = 24  # hashes, of a tree of 2**24 - 1 leaves
_PRIORITIES = {priority.label: priority for priority in Priority}
_REQUIRED = (
    "chain_id",
    "desk",
    "ticket_id",
    "lane",
    "requester",
    "commitment",
    "policy_id",
    "priority",
    "opened_at",
    "reply_due",
    "resolution_due",
    "transaction",
    "block_number",
    "block_hash",
)
_OF_A_BATCH = ("batch", "index", "size", "path", "root")
_OPTIONAL = ("document", "statements")


def read(path: str | Path) -> Receipt:
    """The receipt in a file; whether what it says is true is not looked at here.

    Raises NotFound where there is no such file, DocumentError, with file and place, for what is no receipt.
    """
    source = str(path)
    try:
        members = documents.parse(_text(Path(path)))
        if not isinstance(members, dict) or members.get("type") != TYPE:
            raise DocumentError(f'$.type is not "{TYPE}": this is no receipt.', hint=_REMEDY, place="$.type")
        receipt = _receipt(JsonObject(source, members), members)
        _check_document(receipt)
    except DocumentError as error:
        error.source = source
        raise
    return receipt


def _receipt(found: JsonObject, members: Mapping[str, Any]) -> Receipt:
    for name in members:
        if name not in ("type", *_REQUIRED, *_OF_A_BATCH, *_OPTIONAL):
            found.refuse(name, "is not known here")
    for name in _REQUIRED:
        if name not in members:
            found.refuse(name, "is missing")
    receipt = Receipt(
        chain_id=found.number("chain_id", _NUMBER_MAX),
        desk=found.address("desk"),
        ticket_id=found.digest("ticket_id"),
        lane=found.number("lane", BATCH_LANE),
        requester=found.address("requester"),
        commitment=found.digest("commitment"),
        policy_id=found.number("policy_id", _POLICY_MAX),
        priority=found.word("priority", _PRIORITIES),
        opened_at=found.number("opened_at", _TIME_MAX),
        reply_due=found.number("reply_due", _TIME_MAX),
        resolution_due=found.number("resolution_due", _TIME_MAX),
        transaction=found.digest("transaction"),
        block_number=found.number("block_number", _NUMBER_MAX),
        block_hash=found.digest("block_hash"),
        document=_document(found, members),
        statements=_statements(found, members.get("statements", [])),
        inclusion=_inclusion(found, members),
    )
    for name in ("reply_due", "resolution_due"):
        if getattr(receipt, name) < receipt.opened_at:
            found.refuse(name, "is before the ticket was opened")
    return receipt


def _inclusion(found: JsonObject, members: Mapping[str, Any]) -> Inclusion | None:
    in_batch = members["lane"] == BATCH_LANE
    for name in _OF_A_BATCH:
        if in_batch and name not in members:
            found.refuse(name, "is missing, which lane 2 asks for")
        if not in_batch and name in members:
            found.refuse(name, "is there, which only lane 2 has")
    if not in_batch:
        return None
    return Inclusion(
        batch=found.number("batch", _NUMBER_MAX),
        index=found.number("index", MAX_SIZE),
        size=found.number("size", MAX_SIZE),
        path=_path(found, members["path"]),
        root=found.digest("root"),
    )


def _path(found: JsonObject, values: Any) -> tuple[bytes, ...]:
    if not isinstance(values, list) or len(values) > _PATH_MAX:
        found.refuse("path", f"is no list of at most {_PATH_MAX} hashes")
    return found.digests("path")


def _document(found: JsonObject, members: Mapping[str, Any]) -> dict[str, Any] | None:
    document = members.get("document")
    if "document" in members and not isinstance(document, dict):
        found.refuse("document", "is not a JSON object")
    return document


def _check_document(receipt: Receipt) -> None:
    # The size first: a digest of a whole file of empty lists takes a second.
    if receipt.document_size > MAX_DOCUMENT_BYTES:
        raise DocumentError(
            f"$.document has more than {MAX_DOCUMENT_BYTES:,} bytes.", hint=_REMEDY, place="$.document"
        )
    try:
        _ = receipt.document_digest
    except DocumentError as error:
        place, inside = error.place or "$", error.message.removeprefix("$")
        raise DocumentError(
            f"$.document{inside}", hint=_REMEDY, place=f"$.document{place.removeprefix('$')}"
        ) from None


def _statements(found: JsonObject, values: Any) -> tuple[str, ...]:
    if not isinstance(values, list) or len(values) > MAX_STATEMENTS:
        found.refuse("statements", f"is no list of at most {MAX_STATEMENTS} statements")
    for index, value in enumerate(values):
        place = f"statements[{index}]"
        if not isinstance(value, str):
            found.refuse(place, "is no string")
        if len(value) > jwt.MAX_BYTES:
            found.refuse(place, f"has more than {jwt.MAX_BYTES:,} characters")
        if value in values[:index]:
            found.refuse(place, "is there twice")
    return tuple(values)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", hint="Check its path.") from None
    except OSError as error:
        raise DocumentError(f"The file cannot be read: {error.strerror}.") from None
    except ValueError:  # a NUL in the path
        raise NotFound("There can be no file of this name.", hint="Check its path.") from None
    if len(content) > MAX_BYTES:
        raise DocumentError(f"The file has more than {MAX_BYTES:,} bytes.", hint=_REMEDY)
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise DocumentError("The file is not UTF-8 text.", hint=_REMEDY) from None
