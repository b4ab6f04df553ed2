# SPDX-License-Identifier: Apache-2.0
"""Salted JSON documents: their canonical bytes (RFC 8785, JCS), SHA-256 digests, and the known kinds.

A document is a JSON object with a `type` and a `salt` of 32 random bytes as 64 lower-case hex digits. The
chain carries only its digest: whoever deletes document and salt makes the digest meaningless. Amounts are
decimal strings. Each type in `TYPES` has a JSON Schema (2020-12) in the folder `schemas`.
"""

from makegood.documents.canonical import canonical_bytes
from makegood.documents.kinds import BYTES_MAX, TEXT_MAX, TYPES, check, schema
from makegood.documents.reading import FILE_MAX, parse, read, read_salted
from makegood.documents.salted import digest, new_document

__all__ = [
    "BYTES_MAX",
    "FILE_MAX",
    "TEXT_MAX",
    "TYPES",
    "canonical_bytes",
    "check",
    "digest",
    "new_document",
    "parse",
    "read",
    "read_salted",
    "schema",
]
