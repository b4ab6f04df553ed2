# SPDX-License-Identifier: Apache-2.0
"""Evidence: a salted document with a text and the digests of files; only its own digest is on chain."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any, cast

from makegood import documents
from makegood.clock import Kind
from makegood.errors import DocumentError, NotFound, UsageError, VerificationFailed

TYPE = "makegood/evidence/1"

_BLOCK = 1 << 20
# More is no document of ours, and is not parsed.
_DOCUMENT_MAX = 16 << 20


class Match(Enum):
    """How something that was given compares with what was committed to."""

    MATCHES = "matches"
    DIFFERS = "differs"
    MISSING = "missing"
    NOT_LISTED = "not listed"


@dataclass(frozen=True, eq=False)
class Given:
    """A file that was given as evidence, on disk or out of a sealed bundle.

    `document` is what it has where it is a salted document, and `digest` that document's.
    """

    name: str
    sha256: str
    document: Mapping[str, Any] | None = None
    digest: bytes | None = None

    @classmethod
    def file(cls, path: Path) -> Given:
        """A file on disk. Raises NotFound where it is not there, UsageError where it cannot be read."""
        return cls._of(path.name, _measured(path)[1], _document_of(path))

    @classmethod
    def content(cls, name: str, content: bytes) -> Given:
        """A file out of a bundle, which is never on disk."""
        return cls._of(name, hashlib.sha256(content).hexdigest(), _document_in(content))

    @classmethod
    def _of(cls, name: str, sha256: str, document: Mapping[str, Any] | None) -> Given:
        return cls(name, sha256, document, None if document is None else documents.digest(document))

    @property
    def type(self) -> str | None:
        """What a document calls itself."""
        return None if self.document is None else self.document.get("type")


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: the document, or a file by its name."""

    name: str
    match: Match
    why: str


@dataclass(frozen=True)
class Evidence:
    """A document and what came of checking it and its files, the document first.

    `document` is None where only other documents of the ticket's history were given.
    """

    document: Mapping[str, Any] | None
    findings: tuple[Finding, ...]

    @property
    def matches(self) -> bool:
        """Whether nothing that was given differs. What is missing or not listed is no contradiction."""
        return all(finding.match is not Match.DIFFERS for finding in self.findings)


def described(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Name, size in bytes and SHA-256 of files, as an evidence document lists them.

    Raises NotFound for a file that is not there, UsageError for two of the same name or one that cannot be
    read.
    """
    entries: list[dict[str, Any]] = []
    for path in paths:
        if any(entry["name"] == path.name for entry in entries):
            raise UsageError(f'Two files are called "{path.name}".', hint="Rename one of them.")
        size, sha256 = _measured(path)
        entries.append({"name": path.name, "size": size, "sha256": sha256})
    return entries


def about(ticket_id: bytes, kind: Kind, paths: Sequence[Path] = ()) -> dict[str, Any]:
    """The fields of an evidence document besides its text. Raises as `described` does."""
    return {"ticket": "0x" + ticket_id.hex(), "kind": kind.labels[0], "files": described(paths)}


def new_evidence(ticket_id: bytes, kind: Kind, text: str, paths: Sequence[Path] = ()) -> dict[str, Any]:
    """A fresh evidence document; its digest is what a contest commits to. Raises as `described` does."""
    return documents.new_document(TYPE, {**about(ticket_id, kind, paths), "text": text})


def check(paths: Sequence[Path], digest: bytes, known: Mapping[bytes, str] | None = None) -> Evidence:
    """What of these files is the evidence of this digest; as `check_given`. NotFound for no such file."""
    return check_given([Given.file(path) for path in dict.fromkeys(paths)], digest, known)


def check_given(given: Sequence[Given], digest: bytes, known: Mapping[bytes, str] | None = None) -> Evidence:
    """What of what was given is the evidence of this digest: one is the document, the others are its files.

    `known` has the digests of the ticket's other documents, and what each is, such as "the reply of Tuesday".
    Raises VerificationFailed where none is a document at all.
    """
    names = {each: what for each, what in (known or {}).items() if each != digest}
    others = {each: names[each.digest] for each in given if each.digest in names}
    found = _document_among([each for each in given if each not in others], digest)
    if found is None and not others:
        raise VerificationFailed(
            f"None of the files is a document, so none is the evidence 0x{digest.hex()}.",
            hint="Ask the requester for the JSON document that `ape run contest` kept.",
        )
    document = None if found is None else found.document
    rest = [each for each in given if each is not found]
    return Evidence(document, (_of_document(found, digest), *_files(document or {}, rest, others)))


def listed(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and SHA-256 of each file that a document lists, also where its schema does not know it."""
    entries = document.get("files", [])
    if not isinstance(entries, list):
        return []
    pairs = [(each.get("name"), each.get("sha256")) for each in entries if isinstance(each, dict)]
    return [(name, sha256) for name, sha256 in pairs if isinstance(name, str) and isinstance(sha256, str)]


def _of_document(found: Given | None, digest: bytes) -> Finding:
    if found is None or found.digest is None:
        return Finding("the evidence", Match.MISSING, f"not given; its digest is 0x{digest.hex()}")
    if found.digest == digest:
        return Finding(found.name, Match.MATCHES, "the document is the one on chain")
    return Finding(found.name, Match.DIFFERS, f"its digest is 0x{found.digest.hex()}, not the one on chain")


def _files(document: Mapping[str, Any], given: Sequence[Given], others: Mapping[Given, str]) -> list[Finding]:
    told: set[Given] = set()
    findings = []
    for name, sha256 in listed(document):
        same = next((each for each in given if each.sha256 == sha256), None)
        named = next((each for each in given if each.name == name and each not in others), None)
        if same is not None:
            also = f", and {others[same]}" if same in others else ""
            findings.append(
                Finding(name, Match.MATCHES, f"the file is the one that the document lists{also}")
            )
        elif named is not None:
            findings.append(Finding(name, Match.DIFFERS, f"its SHA-256 is {named.sha256}, not {sha256}"))
        else:
            findings.append(Finding(name, Match.MISSING, f"not given; its SHA-256 is {sha256}"))
        told |= {each for each in given if each.sha256 == sha256 or each is named}
    return findings + [_of_extra(each, others.get(each)) for each in given if each not in told]


def _of_extra(given: Given, what: str | None) -> Finding:
    if what is not None:
        return Finding(given.name, Match.MATCHES, what)
    if given.type == TYPE:
        return Finding(given.name, Match.DIFFERS, "it is evidence that nobody put on chain for this ticket")
    return Finding(given.name, Match.NOT_LISTED, "neither the document nor the chain knows it")


def _document_among(given: Sequence[Given], digest: bytes) -> Given | None:
    # The one of the digest; where there is none, what calls itself evidence, or else the first.
    def rank(each: Given) -> int:
        return 0 if each.digest == digest else 1 if each.type == TYPE else 2

    return min((each for each in given if each.document is not None), key=rank, default=None)


def _document_of(path: Path) -> dict[str, Any] | None:
    try:
        if path.is_file() and path.stat().st_size > _DOCUMENT_MAX:
            return None
        # Also one that its schema does not know: what counts is the digest on chain.
        return documents.read_salted(path)
    except DocumentError:
        return None


def _document_in(content: bytes) -> dict[str, Any] | None:
    if len(content) > _DOCUMENT_MAX:
        return None
    try:
        document = documents.parse(content.decode("utf-8"))
        documents.digest(document)
    except (UnicodeDecodeError, DocumentError):
        return None
    return cast(dict[str, Any], document)


def _measured(path: Path) -> tuple[int, str]:
    digest = hashlib.sha256()
    size = 0
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", hint="Check its path.") from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.") from None
    return size, digest.hexdigest()
