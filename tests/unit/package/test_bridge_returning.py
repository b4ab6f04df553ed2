# SPDX-License-Identifier: Apache-2.0
"""Receipts and invitations go back into tickets, once; what webhooks lost is found by comparing."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

import helpdesk_apis
import pytest
from bridge_house import (
    NOW,
    SECRET,
    Bridge,
    build,
    chatwoot,
    generic,
    zammad,
    zammad_ticket,
    zendesk,
    zendesk_comment,
)
from eth_abi.abi import encode
from helpdesk_apis import Api
from sqlalchemy import select

from makegood.batches.incoming import Incoming
from makegood.bridge.comparing import Comparer
from makegood.bridge.returning import ATTEMPTS, Returner
from makegood.bridge.rows import INVITATION, send_back
from makegood.bridge.schema import returns
from makegood.clock import Priority
from makegood.receipts import Inclusion, Receipt, read

EXPLORER = "https://explorer.example/en"


@pytest.fixture
def api() -> Iterator[Api]:
    with helpdesk_apis.api() as found:
        yield found


def bridge_of(folder: Path, api: Api, kind: str, **more: Any) -> Bridge:
    """A bridge with one helpdesk whose API is at an address."""
    given = {
        "kind": kind,
        "secret": SECRET,
        "api_url": api.address,
        "api_credential": "ann@desk.example/token:of the tests",
        "api_account": "900",
    }
    (folder / "receipts").mkdir(exist_ok=True)
    settings = {"receipts": "receipts", "explorer_url": EXPLORER, "helpdesks": {kind: given}, **more}
    return build(folder, mapping=f'{kind}: {{agents: {{5: "{AGENT}", 76872: "{AGENT}"}}}}', **settings)


AGENT = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"


def write_receipt(bridge: Bridge, opening: Incoming) -> Receipt:
    """The receipt that a keeper would write, of a batch with this one ticket."""
    leaf = encode(
        ["bytes32", "uint256", "uint256", "uint256", "address", "bytes32"],
        [opening.ticket, 0, 0, opening.at, opening.actor, opening.digest],
    )
    receipt = Receipt(
        chain_id=bridge.kept.chain_id,
        desk=bridge.kept.desk,
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
    assert bridge.settings.receipts is not None
    (bridge.settings.receipts / f"0x{opening.ticket.hex()}.json").write_text(receipt.text(), "utf-8")
    return receipt


def states(bridge: Bridge) -> list[tuple[str, str, int]]:
    with bridge.kept.database.reading() as connection:
        rows = connection.execute(select(returns).order_by(returns.c.id)).all()
    return [(row.kind, row.state, row.attempts) for row in rows]


OPENINGS = {"zammad": zammad(1), "chatwoot": chatwoot(1), "zendesk": zendesk("created")}


def serve(api: Api, kind: str) -> None:
    if kind == "zammad":
        helpdesk_apis.zammad(api, [], {})
    elif kind == "chatwoot":
        helpdesk_apis.chatwoot(api, [], {"id": 45})
    else:
        helpdesk_apis.zendesk(api, [], [])


def file_of(api: Api, kind: str) -> bytes:
    """The file that was put into the ticket."""
    writes = api.writes()
    if kind == "zammad":
        (attached,) = json.loads(writes[-1].body)["attachments"]
        return b64decode(attached["data"])
    if kind == "chatwoot":
        boundary = writes[-1].headers["content-type"].partition("boundary=")[2].encode()
        part = next(each for each in writes[-1].body.split(b"--" + boundary) if b"attachments[]" in each)
        return part.partition(b"\r\n\r\n")[2].removesuffix(b"\r\n")
    assert json.loads(writes[-1].body)["ticket"]["comment"]["uploads"] == ["T0KEN"]
    return writes[-2].body


@pytest.mark.parametrize("kind", sorted(OPENINGS))
def test_receipt_goes_back_as_a_link_and_a_file_and_once(tmp_path: Path, api: Api, kind: str) -> None:
    serve(api, kind)
    bridge = bridge_of(tmp_path, api, kind)
    bridge.tell(kind, OPENINGS[kind])
    returner = Returner(bridge.kept, bridge.settings)
    assert returner.send(NOW) == 0
    assert api.asked == []
    receipt = write_receipt(bridge, bridge.taken[0])
    assert returner.send(NOW + 60) == 1
    assert returner.send(NOW + 120) == 0
    identity = "0x" + receipt.ticket_id.hex()
    said = api.writes()[-1].body.decode("utf-8", "replace")
    assert f"{EXPLORER}/ticket/31337/{identity}" in said
    assert "The desk holds the key" in said
    path = tmp_path / "back.json"
    path.write_bytes(file_of(api, kind))
    back = read(path)
    assert back.ticket_id == receipt.ticket_id
    assert back.document_digest == receipt.commitment
    assert states(bridge) == [("receipt", "sent", 0)]


@pytest.mark.parametrize("kind", sorted(OPENINGS))
def test_answer_that_got_lost_does_not_put_it_there_twice(tmp_path: Path, api: Api, kind: str) -> None:
    serve(api, kind)
    bridge = bridge_of(tmp_path, api, kind)
    bridge.tell(kind, OPENINGS[kind])
    write_receipt(bridge, bridge.taken[0])
    # Zendesk's upload comes before its comment.
    api.after = [0, 500] if kind == "zendesk" else [500]
    returner = Returner(bridge.kept, bridge.settings)
    assert returner.send(NOW) == 0
    writes = len(api.writes())
    assert states(bridge) == [("receipt", "sending", 1)]
    assert returner.send(NOW + 10) == 0
    assert Returner(bridge.kept, bridge.settings).send(NOW + 60) == 1
    assert len(api.writes()) == writes
    assert states(bridge) == [("receipt", "sent", 1)]


def test_helpdesk_that_is_down_is_asked_less_and_less_often_and_in_the_end_a_dead_letter(
    tmp_path: Path, api: Api
) -> None:
    serve(api, "zammad")
    bridge = bridge_of(tmp_path, api, "zammad")
    bridge.tell("zammad", zammad(1))
    write_receipt(bridge, bridge.taken[0])
    returner = Returner(bridge.kept, bridge.settings)
    api.broken = [503] * ATTEMPTS
    now, waits = NOW, []
    for _ in range(ATTEMPTS):
        assert returner.send(now) == 0
        with bridge.kept.database.reading() as connection:
            then = connection.execute(select(returns.c.next_at)).scalar_one()
        waits.append(then - now)
        now = max(now, then)
    assert waits[:4] == [30, 60, 120, 240]
    assert max(waits) == 6 * 3_600
    (letter,) = bridge.kept.dead_letters()
    assert (letter.kind, letter.why) == ("return", "The helpdesk's API answers 503.")
    bridge.kept.replay([("return", letter.id)], now)
    assert returner.send(now) == 1


def test_a_dead_letter_that_came_through_is_not_put_there_again(tmp_path: Path, api: Api) -> None:
    bridge = bridge_of(tmp_path, api, "zammad")
    helpdesk_apis.zammad(api, [], {})
    bridge.tell("zammad", zammad(1))
    write_receipt(bridge, bridge.taken[0])
    api.after = [504]
    returner = Returner(bridge.kept, bridge.settings)
    assert returner.send(NOW) == 0
    api.broken = [503] * ATTEMPTS
    now = NOW
    while not bridge.kept.dead_letters():
        now += 6 * 3_600
        returner.send(now)
    (letter,) = bridge.kept.dead_letters()
    api.broken = []
    bridge.kept.replay([("return", letter.id)], now)
    assert returner.send(now) == 1
    assert len(api.writes()) == 1
    assert states(bridge) == [("receipt", "sent", 0)]


def test_what_the_helpdesk_refuses_for_good_is_a_dead_letter_at_once(tmp_path: Path, api: Api) -> None:
    bridge = bridge_of(tmp_path, api, "zammad")
    bridge.tell("zammad", zammad(1))
    write_receipt(bridge, bridge.taken[0])
    api.broken = [422]
    assert Returner(bridge.kept, bridge.settings).send(NOW) == 0
    assert [each.why for each in bridge.kept.dead_letters()] == ["The helpdesk's API answers 422."]


def test_a_ticket_of_another_system_keeps_no_other_waiting(tmp_path: Path, api: Api) -> None:
    serve(api, "zammad")
    bridge = bridge_of(tmp_path, api, "zammad", claim_wait="5m", public_url="https://bridge.example")
    bridge.tell("zammad", zammad(1))
    with bridge.kept.writing() as connection:
        # The helpdesk of this name was another one before.
        send_back(connection, "zammad", "A-17", INVITATION, "https://bridge.example/claim/x", NOW - 1)
    Returner(bridge.kept, bridge.settings).send(NOW)
    assert len(api.writes()) == 1
    assert [each.why for each in bridge.kept.dead_letters()] == ["A ticket of Zammad has a number."]


def test_without_an_api_the_receipt_goes_to_the_callback_signed(tmp_path: Path, api: Api) -> None:
    (tmp_path / "receipts").mkdir()
    source = {"kind": "generic", "secret": SECRET, "callback": f"{api.address}/back"}
    given = {"generic": source}
    bridge = build(tmp_path, helpdesks=given, receipts="receipts", mapping="")
    bridge.tell("generic", generic("1"))
    receipt = write_receipt(bridge, bridge.taken[0])
    api.rule("POST", "/back", lambda _: (204, None))
    returner = Returner(bridge.kept, bridge.settings)
    assert returner.send(NOW) == 1
    assert returner.send(NOW + 60) == 0
    (asked,) = api.asked
    stamp = asked.headers["x-makegood-timestamp"]
    signed = hmac.new(SECRET.encode(), f"{stamp}.".encode() + asked.body, "sha256").hexdigest()
    assert asked.headers["x-makegood-signature"] == f"sha256={signed}"
    assert asked.headers["idempotency-key"] == "0x" + receipt.ticket_id.hex()
    said = json.loads(asked.body)
    assert (said["ticket"], said["key_held_by"], said["link"]) == ("T-1", "desk", None)
    assert said["receipt"]["document"]["text"] == "text of 1"


def test_without_any_way_back_the_receipt_stays_with_the_keeper(tmp_path: Path) -> None:
    bridge = build(tmp_path)
    bridge.tell("generic", generic("1"))
    Returner(bridge.kept, bridge.settings).send(NOW)
    assert states(bridge) == [("receipt", "ignored", 0)]
    assert bridge.kept.dead_letters() == ()


def test_invitation_goes_into_the_ticket_before_it_is_opened(tmp_path: Path, api: Api) -> None:
    serve(api, "zammad")
    bridge = bridge_of(tmp_path, api, "zammad", claim_wait="5m", public_url="https://bridge.example")
    bridge.tell("zammad", zammad(1))
    assert Returner(bridge.kept, bridge.settings).send(NOW) == 1
    said = json.loads(api.writes()[0].body)
    assert "https://bridge.example/claim/" in said["body"]
    assert said["internal"] is False
    assert bridge.taken == []


def test_what_the_bridge_writes_itself_answers_nobody(tmp_path: Path, api: Api) -> None:
    bridge = bridge_of(tmp_path, api, "zammad")
    bridge.tell("zammad", zammad(1), zammad(2, "Agent", created_by_id=900))
    assert bridge.acts == ["OPENED"]


# ---------------------------------------------------------------- comparing


def test_lost_articles_of_zammad_are_found_once(tmp_path: Path, api: Api) -> None:
    # As the API says it: names where the webhook has objects.
    ticket = {**zammad_ticket(), "priority": "3 high", "customer": "lena@customers.example"}
    articles = {77: [zammad(1)["article"], zammad(2, "Agent")["article"], zammad(3)["article"]]}
    helpdesk_apis.zammad(api, [ticket], articles)
    bridge = bridge_of(tmp_path, api, "zammad")
    bridge.tell("zammad", zammad(1))
    comparer = Comparer(bridge.kept, bridge.settings)
    assert comparer.compare(NOW) == 2
    bridge.worker.until_idle()
    assert bridge.acts == ["OPENED", "REPLIED", "FOLLOWED_UP"]
    assert comparer.compare(NOW) == 0
    bridge.tell("zammad", zammad(2, "Agent"))
    assert len(bridge.taken) == 3


def test_lost_messages_of_chatwoot_are_found(tmp_path: Path, api: Api) -> None:
    told = [chatwoot(1), chatwoot(2, "outgoing", "user")]
    messages = [{**each, "message_type": number} for number, each in enumerate(told)]
    helpdesk_apis.chatwoot(api, messages, told[0]["conversation"])
    bridge = bridge_of(tmp_path, api, "chatwoot")
    assert Comparer(bridge.kept, bridge.settings).compare(NOW) == 2
    bridge.worker.until_idle()
    assert bridge.acts == ["OPENED", "REPLIED"]


def test_lost_comments_of_zendesk_are_found(tmp_path: Path, api: Api) -> None:
    ticket = {"id": 812, "status": "pending", "priority": "high", "requester_id": 2097}
    comments = [
        {"id": 1, "author_id": 2097, "public": True, "body": "help", "created_at": "2026-11-22T10:01:00Z"},
        {"id": 2, "author_id": 76872, "public": True, "body": "done", "created_at": "2026-11-22T10:02:00Z"},
        {"id": 3, "author_id": 76872, "public": False, "body": "note", "created_at": "2026-11-22T10:03:00Z"},
    ]
    helpdesk_apis.zendesk(api, [ticket], comments)
    bridge = bridge_of(tmp_path, api, "zendesk")
    assert Comparer(bridge.kept, bridge.settings).compare(NOW) == 3
    bridge.worker.until_idle()
    assert bridge.acts == ["OPENED", "LEFT_PENDING"]
    bridge.tell("zendesk", zendesk("created"), zendesk_comment(2, staff=True))
    assert len(bridge.taken) == 2


def test_tickets_of_the_time_before_the_bridge_are_no_lost_webhooks(tmp_path: Path, api: Api) -> None:
    # Nobody could answer them in time any more: each would be paid for.
    articles = [zammad(1)["article"], zammad(2, "Agent")["article"]]
    helpdesk_apis.zammad(api, [zammad_ticket()], {77: articles})
    bridge = bridge_of(tmp_path, api, "zammad", begun=False)
    for _ in range(2):
        assert Comparer(bridge.kept, bridge.settings).compare(NOW) == 0
    # What its customer writes from now on opens it, also where its webhook is lost.
    articles.append(zammad(3, created_at="2026-11-23T03:00:00Z")["article"])
    bridge.now = NOW + 3_600
    assert Comparer(bridge.kept, bridge.settings).compare(bridge.now) == 1
    bridge.now += 10
    bridge.worker.until_idle()
    assert bridge.acts == ["OPENED"]


@pytest.mark.parametrize("kind", ["zammad", "django-helpdesk"])
@pytest.mark.parametrize(
    "answer",
    [(500, None), (200, {"error": 1}), (200, "x"), (302, None), (200, {"count": 1, "results": [{}]})],
)
def test_helpdesk_that_cannot_be_compared_keeps_nobody_waiting(
    tmp_path: Path, api: Api, kind: str, answer: Any
) -> None:
    api.rule("GET", "/.*", lambda _: answer)
    bridge = bridge_of(tmp_path, api, kind)
    assert Comparer(bridge.kept, bridge.settings).compare(NOW) == 0
    assert bridge.kept.dead_letters() == ()
