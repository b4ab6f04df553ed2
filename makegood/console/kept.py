# SPDX-License-Identifier: Apache-2.0
"""What our commands keep of documents: each by its digest, with the statement that was signed over it."""

from pathlib import Path

from makegood.console.deployments import data_folder


def document_path(digest: bytes) -> Path:
    """Where the document of this digest is kept, unless its writer chose another place."""
    return data_folder() / "documents" / f"{digest.hex()}.json"


def bundle_path(digest: bytes) -> Path:
    """Where the document of this digest and its files are kept, sealed for the arbiters."""
    return data_folder() / "documents" / f"{digest.hex()}.age"


def statement_path(digest: bytes) -> Path:
    """Where the signed statement (one VC-JWT) over the document of this digest is kept."""
    return data_folder() / "documents" / f"{digest.hex()}.jwt"
