# SPDX-License-Identifier: Apache-2.0
"""The page for a requester's key in a real browser: the key stays there, and only its address is sent."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import uvicorn
from bridge_house import Bridge, build, invitation, zammad
from eth_account import Account
from real_helpdesk import free_port

from makegood.bridge.claim_words import LANGUAGES, words
from makegood.bridge.inbox import create_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[Bridge, str]]:
    """A bridge with one customer who is invited, and the address of the page."""
    port = free_port()
    bridge = build(tmp_path, claim_wait="5m", public_url=f"http://127.0.0.1:{port}")
    bridge.tell("zammad", zammad(1))
    app = create_app(bridge.kept, bridge.settings, lambda: bridge.now)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield bridge, invitation(bridge)
    server.should_exit = True
    thread.join(30)


@pytest.mark.parametrize("code", LANGUAGES)
def test_key_is_made_in_the_browser_and_its_address_alone_is_sent(
    served: tuple[Bridge, str], browser: Browser, code: str
) -> None:
    bridge, link = served
    context = browser.new_context(accept_downloads=True)
    page = context.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    sent: list[tuple[str, str, str | None]] = []
    page.on("request", lambda request: sent.append((request.method, request.url, request.post_data)))
    page.goto(f"{link}?lang={code}")
    assert page.title() == words()[code]["title"]
    page.click("#make")
    assert page.is_disabled("#send")
    with page.expect_download() as download:
        page.click("#save")
    saved = json.loads(Path(download.value.path()).read_text("utf-8"))
    assert Account.from_key(saved["private_key"]).address == saved["address"]
    check_accessible(page)
    page.check("#kept")
    page.click("#send")
    page.wait_for_selector("#outcome:not(:empty)")
    assert words()[code]["sent"] in page.inner_text("#outcome")
    assert saved["address"] in page.inner_text("#outcome")
    posts = [(url, body) for method, url, body in sent if method == "POST"]
    assert posts == [(link, json.dumps({"address": saved["address"]}, separators=(",", ":")))]
    assert all(url.startswith((link.partition("/claim/")[0], "blob:")) for _, url, _ in sent)
    assert saved["private_key"][2:] not in repr(sent)
    assert wrong == []
    bridge.worker.until_idle()
    assert [each.actor for each in bridge.taken] == [saved["address"]]
    context.close()


def check_accessible(page: Page) -> None:
    if not AXE.exists():
        pytest.fail("needs axe-core: npm ci", pytrace=False)
    # The page lets no script of others run, so the checker comes from outside of it.
    found = page.context.new_cdp_session(page).send(
        "Runtime.evaluate",
        {
            "expression": AXE.read_text("utf-8")
            + "; axe.run().then((found) => JSON.stringify(found.violations))",
            "awaitPromise": True,
            "returnByValue": True,
        },
    )
    assert json.loads(found["result"]["value"]) == []


def test_key_made_after_another_was_named_is_not_used(served: tuple[Bridge, str], browser: Browser) -> None:
    from bridge_house import OTHER_AGENT

    from makegood.bridge.requesters import Requesters

    bridge, link = served
    page = browser.new_page()
    page.goto(f"{link}?lang=en")
    page.click("#make")
    Requesters(bridge.kept, bridge.settings).claim(link.rpartition("/")[2], OTHER_AGENT, bridge.now)
    page.check("#kept")
    page.click("#send")
    page.wait_for_selector("#outcome:not(:empty)")
    assert page.inner_text("#outcome") == words()["en"]["other_address"]
    page.goto(f"{link}?lang=en")
    assert OTHER_AGENT in page.inner_text("main")
    page.close()
