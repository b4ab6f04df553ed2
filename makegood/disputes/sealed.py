# SPDX-License-Identifier: Apache-2.0
"""An evidence document and its files, sealed for arbiters into one bundle."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from makegood import documents, sealing
from makegood.disputes.evidence import Finding, Given, Match, check_given
from makegood.errors import BundleTooLarge, NotFound, UsageError

DOCUMENT_NAME = "evidence.json"
"""The document's name in a bundle; what makes it the evidence is its digest."""

_WHY = {
    Match.MISSING: "is listed by the document and was not given",
    Match.DIFFERS: "is not the file that the document lists",
    Match.NOT_LISTED: "is not listed by the document",
}


def seal_evidence(document: Mapping[str, Any], paths: Sequence[Path], recipients: Sequence[str]) -> bytes:
    """The bundle with a document and just the files that it lists, for these recipients (`age1…`).

    Raises NotFound for a file that is not there, UsageError for one that the document does not list as it
    is, for one that was left out, and for a refused name or recipient, BundleTooLarge beyond the limits.
    """
    contents = _contents(paths)
    given = [Given.content(name, content) for name, content in contents.items()]
    text = (json.dumps(document, indent=2, ensure_ascii=False) + "\n").encode()
    whole = check_given([Given.content(DOCUMENT_NAME, text), *given], documents.digest(document))
    for finding in whole.findings:
        _check(finding)
    return sealing.seal({DOCUMENT_NAME: text, **contents}, recipients)


def _contents(paths: Sequence[Path]) -> dict[str, bytes]:
    try:
        if sum(path.stat().st_size for path in paths) > sealing.CONTENTS_MAX:
            raise BundleTooLarge(
                f"The files have more than the {sealing.CONTENTS_MAX:,} bytes that fit into a bundle.",
                hint="Leave out what arbiters need not see, or make the files smaller.",
            )
        contents: dict[str, bytes] = {}
        for path in paths:
            # Also the document's own name, and what some file systems keep only one of.
            if path.name.casefold() in {DOCUMENT_NAME, *map(str.casefold, contents)}:
                raise UsageError(
                    f'Two files of the bundle would be called "{path.name}".', hint="Rename the one you give."
                )
            contents[path.name] = path.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"There is no file {error.filename}.", hint="Check its path.") from None
    except OSError as error:
        raise UsageError(f"{error.filename} cannot be read: {error.strerror}.") from None
    return contents


def _check(finding: Finding) -> None:
    if finding.match is not Match.MATCHES:
        raise UsageError(
            f'The file "{finding.name}" {_WHY[finding.match]}.',
            hint="Give every file of the document, as it was, and no other.",
        )
