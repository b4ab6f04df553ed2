# SPDX-License-Identifier: Apache-2.0
"""In the OpenAPI document: what the page that checks receipts asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_TEXT = {"type": "string"}
_NUMBER = {"type": "integer"}


def _object(**properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _maybe(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"anyOf": [schema, {"type": "null"}]}


def _several(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": schema}


_WHERE = {"transaction": _TEXT, "block_number": _NUMBER, "block_hash": _TEXT}
_PAIR = {"type": "array", "items": _NUMBER, "minItems": 2, "maxItems": 2}
SCHEMA = _object(
    chain=_maybe(_object(head=_NUMBER, final=_NUMBER, now=_NUMBER)),
    desk=_maybe(_object(name=_TEXT)),
    path=_maybe(_TEXT),
    opening=_maybe(
        _object(
            lane=_NUMBER,
            requester=_TEXT,
            commitment=_TEXT,
            policy_id=_NUMBER,
            priority=_TEXT,
            opened_at=_NUMBER,
            reply_due=_NUMBER,
            resolution_due=_NUMBER,
            **_WHERE,
        )
    ),
    batch=_maybe(
        _object(
            root=_TEXT,
            size=_NUMBER,
            counts={"type": "object", "additionalProperties": _NUMBER},
            policy_id=_NUMBER,
            anchored_at=_NUMBER,
            targets=_maybe({"type": "object", "additionalProperties": _PAIR}),
            **_WHERE,
        )
    ),
    replies=_several(_object(digest=_TEXT, agent=_TEXT, at=_NUMBER, dids=_several(_TEXT))),
    agents=_several(
        _object(agent=_TEXT, did_digest=_TEXT, block_number=_NUMBER, since=_NUMBER, until=_NUMBER)
    ),
)
"""What is not on record is null: that is an answer, not an error."""
