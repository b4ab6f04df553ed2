# SPDX-License-Identifier: Apache-2.0
"""Documents with their salt, and the digests that go on chain."""

import hashlib
import re
import secrets
from collections.abc import Mapping
from typing import Any

from makegood.documents.canonical import canonical_bytes, check_value
from makegood.documents.refusal import refuse

_SALT = re.compile(r"[0-9a-f]{64}")


def new_document(document_type: str, fields: Mapping[str, Any], salt: str | None = None) -> dict[str, Any]:
    """A document of this type with these fields; `check` says whether it fits its type.

    Its salt is fresh, unless one is given: 32 bytes in hex that nobody else can know.

    Raises DocumentError where `fields` has a `type` or `salt` of its own, or anything without a canonical
    form. A float is refused too, since amounts are decimal strings.
    """
    for taken in ("type", "salt"):
        if taken in fields:
            refuse(f"$.{taken}", "is set by the document itself.", "Leave it out of the fields.")
    document = {"type": document_type, **fields, "salt": salt or secrets.token_hex(32)}
    check_value(document, floats=False)
    return document


def digest(document: Mapping[str, Any]) -> bytes:
    """SHA-256 of the document's canonical bytes, 32 bytes.

    Of any salted object, whatever its type and fields: what somebody committed to stays committed to, and
    has to be compared with the chain, even where another tool or a later version made it.

    Raises DocumentError as `canonical_bytes` does, and where the salt is missing or no salt.
    """
    if not isinstance(document, dict):
        refuse("$", "is not a JSON object.", "A document is an object with a salt.")
    salt = document.get("salt")
    if not isinstance(salt, str) or not _SALT.fullmatch(salt):
        refuse(
            "$.salt",
            "is not 64 lower-case hex digits." if "salt" in document else "is missing.",
            "Without 32 random bytes a digest on chain can be guessed; make the document with new_document.",
        )
    return hashlib.sha256(canonical_bytes(document)).digest()
