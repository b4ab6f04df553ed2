# SPDX-License-Identifier: Apache-2.0
"""Deliveries to an ASGI application, in process: with a body, in one part or several, whole or cut off."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from asking import Answer


def deliver(
    app: Any,
    path: str,
    body: bytes | Sequence[bytes],
    headers: dict[str, str] | None = None,
    *,
    cut: bool = False,
    method: str = "POST",
) -> Answer:
    """One delivery and its answer."""
    return deliver_all(app, [(path, body, headers or {})], cut=cut, method=method)[0]


def deliver_all(
    app: Any,
    requests: Sequence[tuple[str, bytes | Sequence[bytes], dict[str, str]]],
    *,
    cut: bool = False,
    method: str = "POST",
) -> list[Answer]:
    """Deliveries at once, and their answers."""

    async def together() -> list[Answer]:
        return await asyncio.gather(*(_one(app, *each, cut=cut, method=method) for each in requests))

    return asyncio.run(together())


async def _one(
    app: Any, path: str, body: bytes | Sequence[bytes], headers: dict[str, str], *, cut: bool, method: str
) -> Answer:
    parts = [body] if isinstance(body, bytes) else list(body)
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()],
        "client": ("192.0.2.1", 50_000),
        "server": ("bridge.example", 80),
    }
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        if parts:
            part = parts.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(parts) or cut}
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent[1:])
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Answer(sent[0]["status"], found, content)
