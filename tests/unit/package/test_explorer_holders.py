# SPDX-License-Identifier: Apache-2.0
"""Where the desk holds a requester's key the explorer says so; a bridge that is away keeps no page back."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import explorer_house
import pytest
from asking import ask
from click.testing import CliRunner
from small_index import CHAIN
from starlette.applications import Starlette

from makegood.cli import main
from makegood.explorer import Settings, create_app
from makegood.explorer.catalogs import translated
from makegood.explorer.holders import Holders
from makegood.explorer.reading import shown_address
from makegood.explorer.words.ticket import HELD_BY_DESK
from makegood.settings import is_web_address

ADDRESS = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC"
ENGLISH = HELD_BY_DESK.text


@dataclass
class Bridge:
    """A bridge's answers, and what it was asked."""

    url: str = ""
    says: bytes = b'{"key_held_by": "desk"}'
    status: int = 200
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def bridge() -> Iterator[Bridge]:
    found = Bridge()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.asked.append(self.path)
            self.send_response(found.status)
            self.send_header("Content-Length", str(len(found.says)))
            self.end_headers()
            self.wfile.write(found.says)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}/holders"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join()


@dataclass
class Clock:
    now: float = 1_000.0

    def __call__(self) -> float:
        return self.now


def test_what_is_held_stays_so_and_what_is_not_is_asked_again(bridge: Bridge) -> None:
    clock = Clock()
    holders = Holders(bridge.url + "/", clock)
    bridge.says = b'{"key_held_by": "unknown"}'
    assert [holders.desk_holds(ADDRESS) for _ in range(3)] == [False] * 3
    assert bridge.asked == [f"/holders/{ADDRESS}"]
    clock.now += 61
    bridge.says = b'{"key_held_by": "desk"}'
    assert holders.desk_holds(ADDRESS)
    clock.now += 86_400
    bridge.says = b"gone"
    assert holders.desk_holds(ADDRESS)
    assert len(bridge.asked) == 2


@pytest.mark.parametrize(
    ("status", "says"), [(503, b"{}"), (200, b"nonsense"), (200, b"[]"), (302, b'{"key_held_by": "desk"}')]
)
def test_a_bridge_that_does_not_answer_is_spared_for_a_while(
    bridge: Bridge, status: int, says: bytes
) -> None:
    clock = Clock()
    holders = Holders(bridge.url, clock)
    good, bridge.status, bridge.says = bridge.says, status, says
    assert not holders.desk_holds(ADDRESS)
    bridge.status, bridge.says = 200, good
    assert not holders.desk_holds("0x" + "1" * 40)
    assert len(bridge.asked) == 1
    clock.now += 11
    assert holders.desk_holds(ADDRESS)


def test_nobody_is_asked_without_an_address_of_the_bridge() -> None:
    assert not Holders("").desk_holds(ADDRESS)


@pytest.fixture
def story(tmp_path: Path) -> explorer_house.House:
    return explorer_house.build(tmp_path)


def app_of(story: explorer_house.House, url: str) -> Starlette:
    settings = Settings(rate=0, stale_after=0, holders=url)
    return create_app(story.index.store, settings, lambda: story.index.at + 60)


@pytest.mark.parametrize("code", ["en", "zh"])
def test_pages_of_ticket_and_requester_say_it(story: explorer_house.House, bridge: Bridge, code: str) -> None:
    app = app_of(story, bridge.url)
    says = ENGLISH if code == "en" else translated()[ENGLISH]
    ticket = ask(app, f"/api/v1/ticket/{CHAIN}/{story.late}").text
    requester = json.loads(ticket)["view"]["requester_address"]
    assert says in ask(app, f"/{code}/ticket/{CHAIN}/{story.late}").text
    assert says in ask(app, f"/{code}/address/{requester}").text
    assert set(bridge.asked) == {f"/holders/{shown_address(requester)}"}


def test_pages_say_nothing_where_the_key_is_the_requester_s(
    story: explorer_house.House, bridge: Bridge
) -> None:
    bridge.says = b'{"key_held_by": "unknown"}'
    for url in (bridge.url, "", "http://127.0.0.1:9/holders"):
        page = ask(app_of(story, url), f"/en/ticket/{CHAIN}/{story.late}")
        assert page.status == 200
        assert ENGLISH not in page.text


def test_addresses_that_are_none_are_refused() -> None:
    assert is_web_address("https://bridge.example/holders")
    for url in (
        "bridge.example",
        "ftp://bridge.example",
        "http://",
        "http://x/?a",
        "http://x/#a",
        "http://[",
    ):
        assert not is_web_address(url)
    done = CliRunner().invoke(main, ["explorer", "--holders", "bridge.example"])
    assert done.exit_code == 2
    assert "--holders is no http or https address." in done.output
