# SPDX-License-Identifier: Apache-2.0
"""Requesters name the desk's keeper: the bridge for those whose key the desk holds, others in a browser."""

from __future__ import annotations

import json
import stat
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import keeper_house
import pytest
import queue_house
import uvicorn
from asking import ask as ask_page
from bridge_house import MAPPING, Bridge, generic, invitation, know_all, section, zammad
from eth_account import Account
from queue_house import QueueHouse
from real_helpdesk import free_port
from webhooks import deliver

from benchmarks.node import anvil, ask
from makegood.bridge.claim_words import words
from makegood.bridge.inbox import create_app
from makegood.bridge.kept import Kept
from makegood.bridge.namings import Namings
from makegood.bridge.requesters import Requesters
from makegood.bridge.settings import from_table
from makegood.console import signed
from makegood.database import Database
from makegood.desk import KeySigner
from makegood.errors import MakegoodError
from makegood.keeper.namings import Namings as Keepers
from makegood.typed_data import name_keeper

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NOWHERE = "http://127.0.0.1:9"


@pytest.fixture(scope="module")
def built() -> Iterator[QueueHouse]:
    with anvil() as w3:
        yield queue_house.build(w3)


@pytest.fixture
def house(built: QueueHouse) -> Iterator[QueueHouse]:
    snapshot = ask(built.w3, "evm_snapshot")
    yield built
    ask(built.w3, "evm_revert", snapshot)


def bridge_of(
    house: QueueHouse, folder: Path, rpc: str | None = None, keeper: str = "", **more: Any
) -> Bridge:
    (folder / "mapping.yaml").write_text(MAPPING, "utf-8")
    given = section(namings="namings", keeper=keeper or house.agent.address, **more)
    settings = from_table(given, folder, rpc or keeper_house.rpc_of(house))
    database = Database(f"sqlite:///{folder / 'bridge.sqlite'}")
    kept = Kept(database, chain_id=house.desk.chain_id, desk=house.desk.address)
    return know_all(Bridge(kept, settings, now=house.now))


def namings(bridge: Bridge) -> Namings:
    return Namings(bridge.kept, bridge.settings, Requesters(bridge.kept, bridge.settings))


def held(bridge: Bridge) -> str:
    """The address of a customer who named none."""
    bridge.tell("zammad", zammad(1))
    return bridge.taken[-1].actor


def files(bridge: Bridge) -> list[Path]:
    assert bridge.settings.namings is not None
    return sorted(bridge.settings.namings.iterdir()) if bridge.settings.namings.is_dir() else []


def sent(house: QueueHouse, bridge: Bridge, keeper: str, requester: str) -> str:
    """Whom the chain knows as a requester's keeper, once the keeper has sent what it found."""
    found = Keepers(bridge.settings.namings, house.desk, keeper).standing(house.now)
    found[requester.lower()].call(house.desk).send(house.stranger)
    return house.desk.directory.keeper(requester)


# ---------------------------------------------------------------- keys that the desk holds


def test_bridge_signs_once_for_a_requester_whose_key_the_desk_holds(
    house: QueueHouse, tmp_path: Path
) -> None:
    bridge = bridge_of(house, tmp_path)
    assert namings(bridge).once(house.now) == 0
    requester = held(bridge)
    one = namings(bridge)
    assert (one.once(house.now), one.once(house.now), namings(bridge).once(house.now)) == (1, 0, 0)
    (path,) = files(bridge)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    request = signed.read(path, signed.Keeper)
    assert (request.signer, request.keeper, request.nonce) == (requester, house.agent.address, 0)
    assert "customers.example" not in path.read_text("utf-8")
    assert sent(house, bridge, house.agent.address, requester) == house.agent.address


def test_requesters_with_keys_of_their_own_are_not_signed_for(house: QueueHouse, tmp_path: Path) -> None:
    bridge = bridge_of(house, tmp_path)
    bridge.tell("generic", generic("1"))
    assert bridge.acts == ["OPENED"]
    assert namings(bridge).once(house.now) == 0
    assert files(bridge) == []


def test_another_keeper_is_named_after_the_first(house: QueueHouse, tmp_path: Path) -> None:
    bridge = bridge_of(house, tmp_path)
    requester = held(bridge)
    namings(bridge).once(house.now)
    sent(house, bridge, house.agent.address, requester)
    later = replace(bridge, settings=replace(bridge.settings, keeper=house.successor.address))
    assert namings(later).once(house.now) == 1
    assert len(files(later)) == 2
    assert sent(house, later, house.successor.address, requester) == house.successor.address


def test_without_a_node_it_is_signed_later(house: QueueHouse, tmp_path: Path) -> None:
    bridge = bridge_of(house, tmp_path, NOWHERE)
    held(bridge)
    with pytest.raises(MakegoodError):
        namings(bridge).once(house.now)
    assert files(bridge) == []
    assert namings(bridge_of(house, tmp_path)).once(house.now) == 1


def test_a_folder_that_cannot_be_written_is_said(house: QueueHouse, tmp_path: Path) -> None:
    bridge = bridge_of(house, tmp_path)
    held(bridge)
    (tmp_path / "namings").write_text("a file", "utf-8")
    with pytest.raises(MakegoodError, match="cannot be written"):
        namings(bridge).once(house.now)


# ---------------------------------------------------------------- keys made in a browser


# Before the browser, which leaves a loop running.
@pytest.mark.parametrize("wrong", ["signer", "deadline", "nonce", "form"])
def test_a_naming_that_is_none_is_refused_and_names_no_address(
    house: QueueHouse, tmp_path: Path, wrong: str
) -> None:
    bridge = bridge_of(house, tmp_path, claim_wait="5m", public_url="https://bridge.example")
    bridge.tell("zammad", zammad(1))
    path = invitation(bridge).removeprefix("https://bridge.example")
    app = create_app(bridge.kept, bridge.settings, lambda: bridge.now)
    account, other = Account.create(), Account.create()
    deadline = house.now - 1 if wrong == "deadline" else house.now + 86_400
    message = name_keeper(
        house.desk.chain_id,
        house.desk.directory.address,
        requester=account.address,
        keeper=house.agent.address,
        nonce=int(wrong == "nonce"),
        deadline=deadline,
    )
    signature = KeySigner(other if wrong == "signer" else account).sign_typed(message).hex()
    said = signature if wrong == "form" else "0x" + signature
    body = {"address": account.address, "deadline": deadline, "signature": said}
    assert deliver(app, path, json.dumps(body).encode()).status == 400
    assert files(bridge) == []
    # Nobody was named.
    assert "claim.js" in ask_page(app, path).text


@contextmanager
def invited(house: QueueHouse, folder: Path, rpc: str | None = None) -> Iterator[tuple[Bridge, str]]:
    """A bridge that is served, and the page that its one customer was invited to."""
    port = free_port()
    bridge = bridge_of(house, folder, rpc, claim_wait="5m", public_url=f"http://127.0.0.1:{port}")
    bridge.tell("zammad", zammad(1))
    app = create_app(bridge.kept, bridge.settings, lambda: bridge.now)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="warning", access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield bridge, invitation(bridge)
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.mark.parametrize("wanted", [True, False])
def test_requester_names_the_keeper_in_the_browser_if_it_wants_that(
    house: QueueHouse, tmp_path: Path, browser: Browser, wanted: bool
) -> None:
    with invited(house, tmp_path) as (bridge, link):
        page = browser.new_page()
        page.goto(f"{link}?lang=zh")
        page.click("#make")
        assert words()["zh"]["keeper"] in page.inner_text("main")
        assert house.agent.address in page.inner_text("main")
        page.set_checked("#keeper", wanted)
        address = page.inner_text("#address")
        page.check("#kept")
        page.click("#send")
        page.wait_for_selector("#outcome:not(:empty)")
        assert words()["zh"]["sent"] in page.inner_text("#outcome")
        page.close()
    assert len(files(bridge)) == int(wanted)
    if wanted:
        assert sent(house, bridge, house.agent.address, address) == house.agent.address


def test_without_a_node_an_address_alone_is_named(
    house: QueueHouse, tmp_path: Path, browser: Browser
) -> None:
    with invited(house, tmp_path, NOWHERE) as (bridge, link):
        page = browser.new_page()
        page.goto(f"{link}?lang=en")
        page.click("#make")
        assert page.query_selector("#keeper") is None
        page.check("#kept")
        page.click("#send")
        page.wait_for_selector("#outcome:not(:empty)")
        assert words()["en"]["sent"] in page.inner_text("#outcome")
        page.close()
    assert files(bridge) == []
