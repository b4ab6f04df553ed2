# SPDX-License-Identifier: Apache-2.0
"""What is said on a ticket: a salted document, of which only the digest goes on chain."""

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from makegood import documents
from makegood.console.files import write_new
from makegood.console.ids import bytes32
from makegood.console.kept import document_path
from makegood.console.output import Output
from makegood.errors import UsageError


@dataclass(frozen=True)
class Said:
    """A digest, and where its document was made here, the document and the file for it."""

    digest: bytes
    document: Mapping[str, Any] | None = None
    path: Path | None = None

    def keep(self, output: Output) -> None:
        """Write the document, before anything is sent: without its salt nobody can prove what was said."""
        if self.document is None or self.path is None:
            return
        write_new(self.path, json.dumps(self.document, indent=2, ensure_ascii=False) + "\n")
        output.say(f"Document: {self.path} (keep it: its salt proves what was said)")


@dataclass(frozen=True)
class Message:
    """What is said, by reference: a text to make a document of, a document's file, or a digest."""

    text: str | None = None
    document: Path | None = None
    digest: str | None = None
    save: Path | None = None

    def said(self, document_type: str, about: Mapping[str, Any]) -> Said:
        """The digest; of a text, that of a fresh document of this type, which also says what it is `about`.

        Raises UsageError unless exactly one of text, document and digest is given, DocumentError for a text
        that is too long.
        """
        if sum(each is not None for each in (self.text, self.document, self.digest)) != 1:
            raise UsageError(
                "It is not clear what is said.",
                hint="Give one of --text TEXT (- reads stdin), --document FILE, --digest HEX.",
            )
        if self.save is not None and self.text is None:
            raise UsageError("--save goes with --text only.", hint="Any other document is saved already.")
        if self.digest is not None:
            return Said(bytes32(self.digest))
        if self.document is not None:
            return Said(documents.digest(documents.read(self.document)))
        text = sys.stdin.read() if self.text == "-" else self.text
        if not (text or "").strip():
            raise UsageError("The text is empty.", hint="Say what it is about.")
        document = documents.new_document(document_type, {**about, "text": text})
        documents.check(document)
        digest = documents.digest(document)
        return Said(digest, document, self.save or document_path(digest))
