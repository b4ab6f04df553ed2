# SPDX-License-Identifier: Apache-2.0
"""A real django-helpdesk: customers and staff use it over HTTP, its webhooks reach the bridge, receipts go
back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import uvicorn
from bridge_house import AGENT, CUSTOMER, OTHER_AGENT, REQUESTER, SECRET, Bridge, build
from eth_abi.abi import encode
from real_helpdesk import CLOSED, INSTALL, PASSWORD, PYTHON, RESOLVED, Helpdesk, free_port, helpdesk
from sqlalchemy import select

from makegood.batches import Act
from makegood.bridge.beginning import known_since
from makegood.bridge.inbox import create_app
from makegood.bridge.schema import deliveries, documents
from makegood.bridge.working import Chores
from makegood.clock import Priority
from makegood.receipts import Receipt, read

WITHIN = 60.0
MAPPING = f"""
django:
  agents: {{1: "{AGENT}", 2: "{OTHER_AGENT}"}}
  requesters: {{{CUSTOMER}: "{REQUESTER}"}}
"""


@dataclass
class Desk:
    """A helpdesk and the bridge that it tells of its tickets."""

    helpdesk: Helpdesk
    bridge: Bridge
    receipts: Path

    def acts(self, count: int) -> list[str]:
        """What was told to the batches, once there is so much of it."""
        wait(lambda: self._work() >= count)
        return self.bridge.acts

    def _work(self) -> int:
        self.bridge.now = int(time.time())
        self.bridge.worker.until_idle()
        return len(self.bridge.taken)

    def settled(self) -> list[str]:
        """All that was told, once each delivery there is was worked on."""
        self._work()
        return self.bridge.acts

    def chores(self) -> Chores:
        return Chores(self.bridge.kept, self.bridge.settings)


def wait(done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WITHIN
    while not done():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.05)


@contextmanager
def serving(bridge: Bridge, port: int) -> Iterator[None]:
    config = uvicorn.Config(
        create_app(bridge.kept, bridge.settings), port=port, log_level="warning", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    wait(lambda: server.started)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(30)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    if not PYTHON.exists():
        pytest.fail(INSTALL, pytrace=False)
    port, receipts = free_port(), tmp_path / "receipts"
    receipts.mkdir()
    given = {"django": {"kind": "django-helpdesk", "secret": SECRET}}
    first = build(tmp_path, mapping=MAPPING, helpdesks=given, receipts="receipts", compare_every=0)
    with helpdesk(tmp_path, f"http://127.0.0.1:{port}/hooks/django/{SECRET}") as found:
        given["django"] |= {
            "api_url": found.address,
            "api_credential": f"bridge:{PASSWORD}",
            "api_account": "3",
        }
        second = build(tmp_path, mapping=MAPPING, helpdesks=given, receipts="receipts", compare_every=0)
        bridge = replace(first, settings=second.settings)
        with serving(bridge, port):
            yield Desk(found, bridge, receipts)


def test_customer_writes_an_agent_answers_and_solves(desk: Desk) -> None:
    desk.helpdesk.submit("Withdrawal stuck", "It does not arrive, {{ help }} 救命", CUSTOMER)
    assert desk.acts(1) == ["OPENED"]
    opened = desk.bridge.taken[0]
    assert (opened.actor, opened.priority) == (REQUESTER, Priority.NORMAL)
    desk.helpdesk.answer(1, "a note of the staff", public=False)
    desk.helpdesk.answer(1, "We look into it.")
    assert desk.acts(2) == ["OPENED", "REPLIED"]
    desk.helpdesk.answer(1, "It was sent again.", "bo", status=RESOLVED)
    assert desk.acts(3) == ["OPENED", "REPLIED", "SOLVED"]
    assert [each.actor for each in desk.bridge.taken[1:]] == [AGENT, OTHER_AGENT]
    with desk.bridge.kept.database.reading() as connection:
        texts = list(connection.execute(select(documents.c.document).order_by(documents.c.id)).scalars())
    assert "救命" in texts[0]
    assert "We look into it." in texts[1]
    assert desk.bridge.kept.dead_letters() == ()


def test_changes_of_priority_and_status_without_words_stop_no_clock(desk: Desk) -> None:
    desk.helpdesk.submit("Withdrawal stuck", "It does not arrive.", CUSTOMER)
    assert desk.acts(1) == ["OPENED"]
    desk.helpdesk.answer(1, "", priority=1)
    desk.helpdesk.answer(1, "", status=CLOSED)
    assert desk.settled() == ["OPENED"]


def test_receipt_goes_into_the_ticket_once_and_answers_nobody(desk: Desk) -> None:
    desk.helpdesk.submit("Withdrawal stuck", "It does not arrive.", CUSTOMER)
    desk.acts(1)
    receipt = written_receipt(desk)
    wait(lambda: desk.chores().once() > 0)
    (followup,) = (
        each for each in desk.helpdesk.ticket(1)["followup_set"] if each["title"].startswith("Makegood")
    )
    assert "0x" + receipt.ticket_id.hex() in followup["comment"]
    assert followup["public"]
    (attached,) = followup["followupattachment_set"]
    assert attached["filename"].startswith("receipt-0x")
    (file,) = (desk.receipts.parent / "media").rglob("*.json")
    kept = read(file)
    assert kept.ticket_id == receipt.ticket_id
    assert kept.document_digest == receipt.commitment
    # The bridge's own writing comes back as a webhook.
    wait(lambda: arrived(desk) == 2)
    assert desk.settled() == ["OPENED"]
    # Whoever does not know whether it came through looks before it writes again.
    from sqlalchemy import update

    from makegood.bridge.schema import returns

    with desk.bridge.kept.database.writing() as connection:
        connection.execute(update(returns).values(state="sending", next_at=0))
    assert desk.chores().once() > 0
    assert len(desk.helpdesk.ticket(1)["followup_set"]) == 2


def test_what_lost_webhooks_would_have_told_is_found_by_comparing(desk: Desk) -> None:
    desk.helpdesk.submit("Withdrawal stuck", "It does not arrive.", CUSTOMER)
    desk.helpdesk.answer(1, "We look into it.")
    desk.helpdesk.submit("Another", "And this?", CUSTOMER)
    told = [(each.id, each.act, each.at) for each in (desk.acts(3) and desk.bridge.taken)]
    # The same helpdesk, and a bridge that none of its webhooks reached.
    folder = desk.receipts.parent / "other"
    folder.mkdir()
    lost = replace(build(folder), settings=replace(desk.bridge.settings, compare_every=1))
    lost.now = int(time.time())
    with lost.kept.writing() as connection:
        # It knew of the helpdesk before.
        known_since(connection, "django", lost.now - 3_600)
    chores = Chores(lost.kept, lost.settings)
    chores.once()
    lost.worker.until_idle()
    assert sorted(told) == sorted((each.id, each.act, each.at) for each in lost.taken)
    # Again it finds nothing that is new.
    before = len(lost.told())
    Chores(lost.kept, lost.settings).once()
    lost.worker.until_idle()
    assert len(lost.told()) == before


def test_nobody_without_the_secret_reaches_the_bridge(desk: Desk) -> None:
    desk.helpdesk.submit("Withdrawal stuck", "It does not arrive.", CUSTOMER)
    desk.acts(1)
    assert arrived(desk) == 1


def arrived(desk: Desk) -> int:
    with desk.bridge.kept.database.reading() as connection:
        return len(connection.execute(select(deliveries.c.id)).all())


def written_receipt(desk: Desk) -> Receipt:
    """The receipt that a keeper would write, of a batch with this one ticket."""
    from hashlib import sha256

    from makegood.receipts import Inclusion

    opening = desk.bridge.taken[0]
    assert opening.act is Act.OPENED
    leaf = encode(
        ["bytes32", "uint256", "uint256", "uint256", "address", "bytes32"],
        [opening.ticket, 0, 0, opening.at, opening.actor, opening.digest],
    )
    receipt = Receipt(
        chain_id=desk.bridge.kept.chain_id,
        desk=desk.bridge.kept.desk,
        ticket_id=opening.ticket,
        lane=2,
        requester=opening.actor,
        commitment=opening.digest,
        policy_id=1,
        priority=Priority.NORMAL,
        opened_at=opening.at,
        reply_due=opening.at + 3_600,
        resolution_due=opening.at + 7_200,
        transaction=b"\1" * 32,
        block_number=7,
        block_hash=b"\2" * 32,
        inclusion=Inclusion(1, 0, 1, (), sha256(b"\0" + leaf).digest()),
    )
    (desk.receipts / f"0x{opening.ticket.hex()}.json").write_text(receipt.text(), "utf-8")
    return receipt
