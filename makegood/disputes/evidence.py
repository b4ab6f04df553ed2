# SPDX-License-Identifier: Apache-2.0
"""Evidence: a salted document with a text and the digests of files; only its own digest is on chain."""

import hashlib
from collections.abc import Mapping, Sequence
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


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: the document, or a file by its name."""

    name: str
    match: Match
    why: str


@dataclass(frozen=True)
class Evidence:
    """A document and what came of checking it and its files, the document first."""

    document: Mapping[str, Any]
    findings: tuple[Finding, ...]

    @property
    def matches(self) -> bool:
        """Whether nothing that was given differs. What is missing is no contradiction."""
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


def check(paths: Sequence[Path], digest: bytes) -> Evidence:
    """What of these files is the evidence of this digest: one is the document, the others are its files.

    Raises NotFound for a file that is not there, VerificationFailed where none is a document at all.
    """
    found = _document_among(paths, digest)
    if found is None:
        raise VerificationFailed(
            f"None of the files is a document, so none is the evidence 0x{digest.hex()}.",
            hint="Ask the requester for the JSON document that `ape run contest` kept.",
        )
    path, document = found
    actual = documents.digest(document)
    if actual == digest:
        finding = Finding(path.name, Match.MATCHES, "the document is the one on chain")
    else:
        finding = Finding(path.name, Match.DIFFERS, f"its digest is 0x{actual.hex()}, not the one on chain")
    others = [each for each in paths if each != path]
    return Evidence(document, (finding, *_files(document, others)))


def _files(document: Mapping[str, Any], paths: Sequence[Path]) -> list[Finding]:
    listed = _listed(document)
    given = {path: _measured(path)[1] for path in paths}
    findings = []
    for name, sha256 in listed:
        same = next((path for path, actual in given.items() if actual == sha256), None)
        named = next((path for path in given if path.name == name), None)
        if same is not None:
            findings.append(Finding(name, Match.MATCHES, "the file is the one that the document lists"))
        elif named is not None:
            findings.append(Finding(name, Match.DIFFERS, f"its SHA-256 is {given[named]}, not {sha256}"))
        else:
            findings.append(Finding(name, Match.MISSING, f"not given; its SHA-256 is {sha256}"))
    names = {name for name, _ in listed}
    digests = {sha256 for _, sha256 in listed}
    findings += [
        Finding(path.name, Match.DIFFERS, "the document lists no such file")
        for path, actual in given.items()
        if path.name not in names and actual not in digests
    ]
    return findings


def _listed(document: Mapping[str, Any]) -> list[tuple[str, str]]:
    entries = document.get("files", [])
    if not isinstance(entries, list):
        return []
    pairs = [(each.get("name"), each.get("sha256")) for each in entries if isinstance(each, dict)]
    return [(name, sha256) for name, sha256 in pairs if isinstance(name, str) and isinstance(sha256, str)]


def _document_among(paths: Sequence[Path], digest: bytes) -> tuple[Path, dict[str, Any]] | None:
    # The one of the digest; where there is none, the first that is a document.
    candidates = []
    for path in paths:
        try:
            if path.is_file() and path.stat().st_size > _DOCUMENT_MAX:
                continue
            candidates.append((path, documents.read(path)))
        except DocumentError:
            continue
    exact = [pair for pair in candidates if documents.digest(pair[1]) == digest]
    return next(iter(exact or candidates), None)


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
