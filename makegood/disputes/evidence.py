# SPDX-License-Identifier: Apache-2.0
"""Evidence: a salted document with a text and the digests of files; only its own digest is on chain."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Any

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
    """What of these files is the evidence of this digest: one is the document, the others are its files.

    `known` has the digests of the ticket's other documents, and what each is, such as "the reply of Tuesday".
    Raises NotFound for a file that is not there, VerificationFailed where none is a document at all.
    """
    read = dict(_documents(paths))
    digests = {path: documents.digest(document) for path, document in read.items()}
    names = {each: what for each, what in (known or {}).items() if each != digest}
    others = {path: names[each] for path, each in digests.items() if each in names}
    path = _document_among({each: read[each] for each in read if each not in others}, digest)
    if path is None and not others:
        raise VerificationFailed(
            f"None of the files is a document, so none is the evidence 0x{digest.hex()}.",
            hint="Ask the requester for the JSON document that `ape run contest` kept.",
        )
    document = None if path is None else read[path]
    rest = [each for each in paths if each != path]
    return Evidence(document, (_of_document(path, document, digest), *_files(document or {}, rest, others)))


def _of_document(path: Path | None, document: Mapping[str, Any] | None, digest: bytes) -> Finding:
    if path is None or document is None:
        return Finding("the evidence", Match.MISSING, f"not given; its digest is 0x{digest.hex()}")
    actual = documents.digest(document)
    if actual == digest:
        return Finding(path.name, Match.MATCHES, "the document is the one on chain")
    return Finding(path.name, Match.DIFFERS, f"its digest is 0x{actual.hex()}, not the one on chain")


def _files(document: Mapping[str, Any], paths: Sequence[Path], others: Mapping[Path, str]) -> list[Finding]:
    given = {path: _measured(path)[1] for path in paths}
    told: set[Path] = set()
    findings = []
    for name, sha256 in _listed(document):
        same = next((path for path, actual in given.items() if actual == sha256), None)
        named = next((path for path in given if path.name == name and path not in others), None)
        if same is not None:
            also = f", and {others[same]}" if same in others else ""
            findings.append(
                Finding(name, Match.MATCHES, f"the file is the one that the document lists{also}")
            )
        elif named is not None:
            findings.append(Finding(name, Match.DIFFERS, f"its SHA-256 is {given[named]}, not {sha256}"))
        else:
            findings.append(Finding(name, Match.MISSING, f"not given; its SHA-256 is {sha256}"))
        told |= {path for path, actual in given.items() if actual == sha256 or path == named}
    return findings + [_of_extra(path, others.get(path)) for path in given if path not in told]


def _of_extra(path: Path, what: str | None) -> Finding:
    if what is not None:
        return Finding(path.name, Match.MATCHES, what)
    if any(document.get("type") == TYPE for _, document in _documents([path])):
        return Finding(path.name, Match.DIFFERS, "it is evidence that nobody put on chain for this ticket")
    return Finding(path.name, Match.NOT_LISTED, "neither the document nor the chain knows it")


def _listed(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    entries = document.get("files", [])
    if not isinstance(entries, list):
        return []
    pairs = [(each.get("name"), each.get("sha256")) for each in entries if isinstance(each, dict)]
    return [(name, sha256) for name, sha256 in pairs if isinstance(name, str) and isinstance(sha256, str)]


def _document_among(candidates: Mapping[Path, Mapping[str, Any]], digest: bytes) -> Path | None:
    # The one of the digest; where there is none, what calls itself evidence, or else the first.
    def rank(path: Path) -> int:
        document = candidates[path]
        return 0 if documents.digest(document) == digest else 1 if document.get("type") == TYPE else 2

    return min(candidates, key=rank, default=None)


def _documents(paths: Sequence[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in paths:
        try:
            if path.is_file() and path.stat().st_size > _DOCUMENT_MAX:
                continue
            # Also one that its schema does not know: what counts is the digest on chain.
            yield path, documents.read_salted(path)
        except DocumentError:
            continue


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
