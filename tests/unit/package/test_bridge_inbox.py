# SPDX-License-Identifier: Apache-2.0
"""The inbox: from whom a delivery is, stored before it is acknowledged, once; the page for a requester's
key.
"""

from __future__ import annotations

import json
import logging
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asking import ask
from bridge_house import (
    NOW,
    OTHER_AGENT,
    REQUESTER,
    SECRET,
    Bridge,
    build,
    chatwoot,
    django,
    generic,
    invitation,
    section,
    signed,
    zammad,
    zendesk,
)
from sqlalchemy import select, update
from starlette.applications import Starlette
from webhooks import deliver, deliver_all

from makegood.bridge import inbox as inbox_module
from makegood.bridge.claim_words import LANGUAGES, words
from makegood.bridge.inbox import create_app
from makegood.bridge.kept import Delivery
from makegood.bridge.schema import SENDING, deliveries, returns
from makegood.errors import MakegoodError

BODIES = {
    "zammad": zammad(1),
    "chatwoot": chatwoot(1),
    "zendesk": zendesk("created"),
    "generic": generic("1"),
}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that others keep busy changes no answer."""
    monkeypatch.setattr(inbox_module, "ANSWERS_WITHIN", 60.0)


@pytest.fixture
def bridge(tmp_path: Path) -> Bridge:
    return build(tmp_path, claim_wait="5m", public_url="https://bridge.example")


@pytest.fixture
def app(bridge: Bridge) -> Starlette:
    return create_app(bridge.kept, bridge.settings, lambda: bridge.now)


def stored(bridge: Bridge) -> list[Any]:
    with bridge.kept.database.reading() as connection:
        return list(connection.execute(select(deliveries).order_by(deliveries.c.id)))


def samples(text: str) -> dict[str, dict[str, int]]:
    """Each metric with its values by their labels."""
    found: dict[str, dict[str, int]] = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            name, labels, value = re.fullmatch(r"([a-z_]+)(?:\{([^{}]+)\})? ([0-9]+)", line).groups()  # type: ignore[union-attr]
            assert f"# TYPE {name} " in text
            found.setdefault(name, {})[labels or ""] = int(value)
    return found


def raw(body: dict[str, Any]) -> bytes:
    return json.dumps(body).encode()


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_signed_delivery_is_stored_as_it_came(bridge: Bridge, app: Starlette, kind: str) -> None:
    body = raw(BODIES[kind])
    answer = deliver(app, f"/hooks/{kind}", body, signed(kind, body))
    assert (answer.status, answer.text) == (200, "Stored.\n")
    (row,) = stored(bridge)
    assert (row.source, bytes(row.body), row.received_at, row.state) == (kind, body, NOW, "waiting")


@pytest.mark.parametrize("kind", sorted(BODIES))
def test_delivery_of_somebody_else_is_refused_and_not_kept(bridge: Bridge, app: Starlette, kind: str) -> None:
    body = raw(BODIES[kind])
    assert deliver(app, f"/hooks/{kind}", body).status == 401
    assert deliver(app, f"/hooks/{kind}", body, signed(kind, body, "a secret of somebody")).status == 401
    assert deliver(app, f"/hooks/{kind}/{SECRET}", body, signed(kind, body)).status == 404
    assert stored(bridge) == []


def test_secret_in_the_address_stands_for_a_signature_where_there_is_none(
    bridge: Bridge, app: Starlette
) -> None:
    body = raw(django())
    for wrong in ("", f"/{SECRET}x", f"/{SECRET[:-1]}", "/"):
        assert deliver(app, f"/hooks/django{wrong}", body).status == 404
    assert stored(bridge) == []
    assert deliver(app, f"/hooks/django/{SECRET}", body).status == 200
    assert len(stored(bridge)) == 1


def test_helpdesk_that_does_not_sign_yet_can_have_its_secret_in_the_address(tmp_path: Path) -> None:
    given = section()["helpdesks"]
    given["chatwoot"] |= {"signed": False}
    bridge = build(tmp_path, helpdesks=given)
    app = create_app(bridge.kept, bridge.settings, lambda: NOW)
    body = raw(chatwoot(1))
    assert deliver(app, "/hooks/chatwoot", body, signed("chatwoot", body)).status == 404
    assert deliver(app, f"/hooks/chatwoot/{SECRET}", body).status == 200


@pytest.mark.parametrize("path", ["/hooks/unknown", "/hooks/", "/hooks", "/hooks/ZAMMAD", "/"])
def test_unknown_helpdesk_is_not_found(app: Starlette, path: str) -> None:
    assert deliver(app, path, b"{}").status == 404


def test_hook_takes_nothing_but_posts(app: Starlette) -> None:
    assert ask(app, "/hooks/zammad").status == 405


def test_retry_with_the_same_id_or_the_same_body_is_one_delivery(bridge: Bridge, app: Starlette) -> None:
    body, other = raw(zammad(1)), raw(zammad(2))
    for content in (body, body, other):
        headers = {**signed("zammad", content), "X-Zammad-Delivery": "one"}
        assert deliver(app, "/hooks/zammad", content, headers).status == 200
    for _ in range(3):
        assert deliver(app, f"/hooks/django/{SECRET}", raw(django())).status == 200
    assert [(row.source, bytes(row.body)) for row in stored(bridge)] == [
        ("zammad", body),
        ("django", raw(django())),
    ]


def test_body_is_bounded_whatever_its_header_says(bridge: Bridge, tmp_path: Path) -> None:
    bridge = build(tmp_path, most_of_body=1_024)
    app = create_app(bridge.kept, bridge.settings, lambda: NOW)
    longest = b"x" * 1_024
    assert deliver(app, f"/hooks/django/{SECRET}", longest).status == 200
    for parts in ([longest, b"x"], [b"x" * 600, b"x" * 600], longest + b"x"):
        assert deliver(app, f"/hooks/django/{SECRET}", parts, {"Content-Length": "3"}).status == 413
    assert len(stored(bridge)) == 1


def test_delivery_that_was_cut_off_is_not_stored(bridge: Bridge, app: Starlette) -> None:
    body = raw(django())
    answer = deliver(app, f"/hooks/django/{SECRET}", [body[:40]], cut=True)
    assert answer.status == 400
    assert stored(bridge) == []


def test_deliveries_that_come_at_once_are_each_stored_and_share_commits(
    bridge: Bridge, app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    commits: list[int] = []
    store = bridge.kept.store
    monkeypatch.setattr(bridge.kept, "store", lambda arrived: commits.append(len(arrived)) or store(arrived))
    requests = []
    for number in range(300):
        body = raw(generic(str(number)))
        requests.append(("/hooks/generic", body, signed("generic", body)))
    answers = deliver_all(app, requests)
    assert {each.status for each in answers} == {200}
    assert len(stored(bridge)) == sum(commits) == 300
    assert len(commits) < 30


@contextmanager
def database_busy(bridge: Bridge) -> Iterator[None]:
    """Another process writes, and does not end."""
    begun, end = threading.Event(), threading.Event()

    def write() -> None:
        with bridge.kept.database.writing():
            begun.set()
            end.wait(30)

    thread = threading.Thread(target=write)
    thread.start()
    begun.wait(30)
    try:
        yield
    finally:
        end.set()
        thread.join(30)


def test_database_that_is_busy_for_too_long_is_answered_in_time_and_nothing_is_acknowledged(
    bridge: Bridge, app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = raw(generic("1"))
    with database_busy(bridge), monkeypatch.context() as patch:
        patch.setattr(inbox_module, "ANSWERS_WITHIN", 0.05)
        answer = deliver(app, "/hooks/generic", body, signed("generic", body))
    assert (answer.status, answer.headers["retry-after"]) == (503, "5")
    assert deliver(app, "/hooks/generic", body, signed("generic", body)).status == 200
    assert len(stored(bridge)) == 1


def test_database_that_refuses_is_not_acknowledged(
    bridge: Bridge, app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: Any) -> int:
        raise MakegoodError("The disk is full.")

    body = raw(generic("1"))
    with monkeypatch.context() as patch:
        patch.setattr(bridge.kept, "store", full)
        answer = deliver(app, "/hooks/generic", body, signed("generic", body))
    assert answer.status == 503
    assert "disk" not in answer.text
    assert deliver(app, "/hooks/generic", body, signed("generic", body)).status == 200


def test_too_many_that_wait_are_told_to_come_again(
    bridge: Bridge, app: Starlette, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("makegood.bridge.committing._WAITING", 2)
    requests = []
    for number in range(10):
        body = raw(generic(str(number)))
        requests.append(("/hooks/generic", body, signed("generic", body)))
    answers = [each.status for each in deliver_all(app, requests)]
    assert set(answers) == {200, 503}
    assert len(stored(bridge)) == answers.count(200)


def test_id_of_a_delivery_that_is_none_is_refused(bridge: Bridge, app: Starlette) -> None:
    body = raw(zammad(1))
    for wrong in ("x" * 201, "a\x7fb", "\x85"):
        headers = {**signed("zammad", body), "X-Zammad-Delivery": wrong}
        assert deliver(app, "/hooks/zammad", body, headers).status == 400
    assert stored(bridge) == []


def test_logs_name_the_helpdesk_and_never_a_secret_or_a_person(
    app: Starlette, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    body = raw(zammad(1))
    deliver(app, "/hooks/zammad", body)
    deliver(app, f"/hooks/django/{SECRET}", raw(django()))
    deliver(app, f"/hooks/django/{SECRET}x", raw(django()))
    said = " ".join(f"{record.getMessage()} {getattr(record, 'fields', '')}" for record in caplog.records)
    assert "zammad" in said
    assert SECRET not in said
    assert "customers.example" not in said


def test_metrics_tell_what_waits_and_how_deliveries_were_answered(bridge: Bridge, app: Starlette) -> None:
    body = raw(generic("1"))
    for _ in range(2):
        deliver(app, "/hooks/generic", body, signed("generic", body))
    deliver(app, "/hooks/generic", body)
    deliver(app, "/hooks/somebody", body)
    found = samples(ask(app, "/metrics").text)
    assert found["makegood_bridge_waiting"]['kind="delivery"'] == 1
    assert found["makegood_bridge_answers_total"] == {
        'helpdesk="",status="404"': 1,
        'helpdesk="generic",status="200"': 2,
        'helpdesk="generic",status="401"': 1,
    }
    assert (found["makegood_bridge_stored_total"], found["makegood_bridge_repeated_total"]) == (
        {"": 1},
        {"": 1},
    )
    bridge.tell("generic", {"no": "ticket"})
    assert samples(ask(app, "/metrics").text)["makegood_bridge_dead"]['kind="delivery"'] == 1


def test_what_an_api_has_not_taken_yet_counts_as_waiting(bridge: Bridge, app: Starlette) -> None:
    bridge.tell("zammad", zammad(1))
    with bridge.kept.writing() as connection:
        connection.execute(update(returns).values(state=SENDING))
    assert samples(ask(app, "/metrics").text)["makegood_bridge_waiting"]['kind="return"'] == 1


def test_every_dead_letter_is_listed(bridge: Bridge) -> None:
    many = 1_001
    bridge.kept.store([Delivery("zammad", str(number), NOW, b"{}") for number in range(many)])
    bridge.worker.until_idle()
    assert len(bridge.kept.dead_letters()) == many


def test_health_and_readiness_are_told(app: Starlette) -> None:
    assert ask(app, "/healthz").status == 200
    assert ask(app, "/ready").text == "ready\n"


@pytest.mark.parametrize("path", ["/healthz", "/claim/x", "/hooks/x", "/nothing", "/static/claim.js"])
def test_every_answer_lets_the_browser_run_our_scripts_only(app: Starlette, path: str) -> None:
    headers = ask(app, path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert (headers["x-frame-options"], headers["referrer-policy"]) == ("DENY", "no-referrer")


# ---------------------------------------------------------------- the page for a key


@pytest.fixture
def path(bridge: Bridge) -> str:
    """The page that a customer of Zammad was invited to."""
    bridge.tell("zammad", zammad(1))
    return invitation(bridge).removeprefix("https://bridge.example")


def test_page_is_in_both_languages_and_names_no_person(app: Starlette, path: str) -> None:
    assert words()["en"].keys() == words()["zh"].keys()
    for code in LANGUAGES:
        answer = ask(app, f"{path}?lang={code}")
        assert answer.status == 200
        for name in ("title", "why", "how", "make", "keep", "save", "kept", "send"):
            assert words()[code][name] in answer.text
        assert "customers.example" not in answer.text
        assert re.findall(r"(?:src|href)=\"(https?:|//)", answer.text) == []
    assert 'lang="zh-CN"' in ask(app, path, headers={"Accept-Language": "zh-TW,zh;q=0.9"}).text
    assert 'lang="en"' in ask(app, path, headers={"Accept-Language": "de,zh;q=0.1"}).text


def test_address_named_first_stays(app: Starlette, path: str) -> None:
    found = [
        deliver(app, path, raw({"address": each})) for each in (OTHER_AGENT.lower(), OTHER_AGENT, REQUESTER)
    ]
    assert [(each.status, json.loads(each.text)["address"]) for each in found] == [
        (200, OTHER_AGENT),
        (200, OTHER_AGENT),
        (409, OTHER_AGENT),
    ]
    page = ask(app, path).text
    assert OTHER_AGENT in page
    assert "claim.js" not in page


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        raw({"address": 1}),
        raw({"address": "0x" + "00" * 20}),
        raw({"address": OTHER_AGENT[:-1]}),
        raw({"address": OTHER_AGENT[2:]}),
        raw({"address": OTHER_AGENT.swapcase().replace("0X", "0x")}),
        raw({"address": OTHER_AGENT, "private_key": "0x1"}),
        raw({"address": OTHER_AGENT + " " * 600}),
        b"\xff",
    ],
)
def test_what_is_no_address_names_none(app: Starlette, path: str, body: bytes) -> None:
    assert deliver(app, path, body).status == 400
    assert "claim.js" in ask(app, path).text


@pytest.mark.parametrize("signature", ["00" * 65, "11" * 65, "11" * 64 + "1b"])
def test_signature_that_nobody_asked_for_is_refused(app: Starlette, path: str, signature: str) -> None:
    body = raw({"address": OTHER_AGENT, "deadline": NOW + 9, "signature": f"0x{signature}"})
    assert deliver(app, "/claim/nobody", body).status == 404
    assert deliver(app, path, body).status == 400
    assert "claim.js" in ask(app, path).text


def test_page_without_an_invitation_says_so(app: Starlette) -> None:
    assert deliver(app, "/claim/nobody", raw({"address": OTHER_AGENT})).status == 404
    answer = ask(app, "/claim/nobody?lang=en")
    assert answer.status == 404
    assert words()["en"]["over"] in answer.text


def test_holder_of_a_key_is_told_where_it_is_the_desk(tmp_path: Path) -> None:
    bridge = build(tmp_path)
    bridge.tell("zammad", zammad(1))
    app = create_app(bridge.kept, bridge.settings, lambda: NOW)
    desks = bridge.taken[0].actor
    assert json.loads(ask(app, f"/holders/{desks}").text) == {"key_held_by": "desk"}
    assert json.loads(ask(app, f"/holders/{REQUESTER}").text) == {"key_held_by": "unknown"}
