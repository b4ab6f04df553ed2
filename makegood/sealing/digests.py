# SPDX-License-Identifier: Apache-2.0
"""What a commitment is compared with: digests of a bundle's plaintext."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from makegood import documents
from makegood.errors import DocumentError

# As much as is read of a document's file elsewhere; more is a file like any other.
_DOCUMENT_MAX = 16 << 20


@dataclass(frozen=True)
class Digests:
    """Digests by the names of files."""

    files: Mapping[str, str]
    """SHA-256 of each file's bytes in hex, as an evidence document lists it."""
    documents: Mapping[str, bytes]
    """The document's digest, 32 bytes, as the chain has it, of each file that is a salted document."""

    def document_of(self, digest: bytes) -> str | None:
        """The name of the file whose document has this digest; None where none has."""
        return next((name for name, found in self.documents.items() if found == digest), None)


def digests(files: Mapping[str, bytes]) -> Digests:
    """The digests of files as they are sealed or unsealed."""
    found = {name: _document_digest(content) for name, content in files.items()}
    return Digests(
        {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
        {name: digest for name, digest in found.items() if digest is not None},
    )


def _document_digest(content: bytes) -> bytes | None:
    if len(content) > _DOCUMENT_MAX:
        return None
    try:
        return documents.digest(documents.parse(content.decode("utf-8")))
    except (UnicodeDecodeError, DocumentError):
        return None
