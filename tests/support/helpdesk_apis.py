# SPDX-License-Identifier: Apache-2.0
"""Small servers that speak the APIs of helpdesks that cannot run here, after their documentation; and a
callback.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, Any]


@dataclass
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Api:
    """What is at the address: rules of method and path, and all that was asked. `broken` answers
    come instead of doing anything, `after` ones, but for 0, instead of the answer to what was done."""

    address: str = ""
    asked: list[Asked] = field(default_factory=list)
    rules: list[tuple[str, str, Callable[[Asked], Answer]]] = field(default_factory=list)
    broken: list[int] = field(default_factory=list)
    after: list[int] = field(default_factory=list)

    def rule(self, method: str, path: str, answer: Callable[[Asked], Answer]) -> None:
        self.rules.append((method, path, answer))

    def writes(self) -> list[Asked]:
        return [each for each in self.asked if each.method != "GET"]

    def answer(self, asked: Asked) -> Answer:
        self.asked.append(asked)
        if self.broken:
            return self.broken.pop(0), {"error": "as the test wants it"}
        for method, path, answer in self.rules:
            if method == asked.method and re.fullmatch(path, asked.path):
                found = answer(asked)
                # It did what it was asked, and its answer got lost.
                lost = self.after.pop(0) if self.after and method != "GET" else 0
                return (lost, None) if lost else found
        return 404, None


@contextmanager
def api() -> Iterator[Api]:
    """One at an address of this machine."""
    found = Api()

    class Handler(BaseHTTPRequestHandler):
        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, value = found.answer(Asked(self.command, self.path, headers, body))
            content = b"" if value is None else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = _any  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    found.address = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def zammad(found: Api, tickets: list[dict[str, Any]], articles: dict[int, list[dict[str, Any]]]) -> None:
    """Zammad's tickets and articles."""

    def put(asked: Asked) -> Answer:
        given = json.loads(asked.body)
        article = {"id": 9_000 + len(articles), **given}
        articles.setdefault(given["ticket_id"], []).append(article)
        return 201, article

    found.rule("POST", "/api/v1/ticket_articles", put)
    found.rule(
        "GET",
        r"/api/v1/ticket_articles/by_ticket/\d+(\?expand=true)?",
        lambda asked: (200, articles.get(int(re.findall(r"by_ticket/(\d+)", asked.path)[0]), [])),
    )
    found.rule("GET", r"/api/v1/tickets\?expand=true&page=1&.*", lambda _: (200, tickets))


def chatwoot(found: Api, messages: list[dict[str, Any]], conversation: dict[str, Any]) -> None:
    """Chatwoot's one conversation, 45."""

    def put(asked: Asked) -> Answer:
        messages.append({"id": 9_000, "content": asked.body.decode("utf-8", "replace"), "message_type": 1})
        return 200, messages[-1]

    found.rule("POST", "/conversations/45/messages", put)
    found.rule("GET", "/conversations/45/messages", lambda _: (200, {"payload": messages}))
    found.rule(
        "GET",
        r"/conversations\?.*page=(\d+)",
        lambda asked: (200, {"data": {"payload": [conversation] if asked.path.endswith("page=1") else []}}),
    )


def zendesk(found: Api, tickets: list[dict[str, Any]], comments: list[dict[str, Any]]) -> None:
    """Zendesk's one ticket, 812."""

    def put(asked: Asked) -> Answer:
        comments.append({"id": 9_000, **json.loads(asked.body)["ticket"]["comment"]})
        return 200, {"ticket": {"id": 812}}

    users = [{"id": 2097, "role": "end-user"}, {"id": 76872, "role": "agent"}]
    found.rule("POST", r"/api/v2/uploads.json\?filename=.*", lambda _: (201, {"upload": {"token": "T0KEN"}}))
    found.rule("PUT", "/api/v2/tickets/812.json", put)
    found.rule(
        "GET",
        r"/api/v2/tickets/812/comments.json\?.*",
        lambda _: (200, {"comments": comments, "users": users}),
    )
    found.rule("GET", r"/api/v2/tickets.json\?.*", lambda _: (200, {"tickets": tickets}))
