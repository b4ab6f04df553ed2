# SPDX-License-Identifier: Apache-2.0
"""What each helpdesk's deliveries say: customers, agents, notes, bots, automatic replies, the system,
mergers.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bridge_house import (
    CUSTOMER,
    NOW,
    chatwoot,
    django,
    followup,
    generic,
    zammad,
    zammad_ticket,
    zendesk,
    zendesk_comment,
)

from makegood.bridge.errors import Unreadable
from makegood.bridge.helpdesks import KINDS
from makegood.bridge.messages import Author, Message

# Author, public, automatic.
OF_CUSTOMER = (Author.CUSTOMER, True, False)
OF_AGENT = (Author.AGENT, True, False)
NOTE = (Author.AGENT, False, False)


def read(kind: str, body: dict[str, Any]) -> tuple[Message, ...]:
    return KINDS[kind].read(json.dumps(body).encode(), NOW)


CASES: list[tuple[str, str, dict[str, Any], tuple[Author, bool, bool]]] = [
    ("django-helpdesk", "a new ticket", django(), OF_CUSTOMER),
    ("django-helpdesk", "a new ticket that staff typed in", django(followup(1, user=1)), OF_CUSTOMER),
    ("django-helpdesk", "a customer", django(followup(1), followup(2), about=2), OF_CUSTOMER),
    ("django-helpdesk", "an agent", django(followup(1), followup(2, user=1), about=2), OF_AGENT),
    ("django-helpdesk", "a note", django(followup(1), followup(2, user=1, public=False), about=2), NOTE),
    (
        "django-helpdesk",
        "an absence",
        django(followup(1), followup(2, title="Out of Office: back on Monday"), about=2),
        (Author.CUSTOMER, True, True),
    ),
    (
        "django-helpdesk",
        "a new ticket that is an automatic reply",
        django(title="Automatic reply: Your order"),
        (Author.CUSTOMER, True, True),
    ),
    (
        "django-helpdesk",
        "a change of priority",
        django(followup(1), followup(2, user=1, comment="", title="Updated"), about=2, priority=1),
        (Author.SYSTEM, True, False),
    ),
    (
        "django-helpdesk",
        "an escalation",
        django(
            followup(1),
            followup(2, title="Ticket Escalated", comment="Ticket escalated after 2 days"),
            about=2,
        ),
        (Author.SYSTEM, True, False),
    ),
    (
        "django-helpdesk",
        "a change of status",
        django(
            followup(1), followup(2, user=1, comment="", title="Resolved", new_status=3), about=2, status=3
        ),
        (Author.SYSTEM, True, False),
    ),
    ("zammad", "a customer", zammad(1), OF_CUSTOMER),
    ("zammad", "a customer on the phone", zammad(1, type="phone", created_by_id=5), OF_CUSTOMER),
    ("zammad", "an agent", zammad(2, "Agent"), OF_AGENT),
    ("zammad", "an internal note", zammad(2, "Agent", type="note", internal=True), NOTE),
    ("zammad", "a public note, which nobody is sent", zammad(2, "Agent", type="note"), NOTE),
    (
        "zammad",
        "an auto-response",
        zammad(2, preferences={"is-auto-response": True, "send-auto-response": False}),
        (Author.CUSTOMER, True, True),
    ),
    (
        "zammad",
        "a trigger's notification",
        zammad(2, "System", preferences={"perform_origin": "trigger", "notification": True}),
        (Author.SYSTEM, True, True),
    ),
    ("zammad", "the system", zammad(2, "System", type="note"), (Author.SYSTEM, True, False)),
    ("chatwoot", "a customer", chatwoot(1), OF_CUSTOMER),
    ("chatwoot", "an agent", chatwoot(2, "outgoing", "user"), OF_AGENT),
    ("chatwoot", "a note", chatwoot(2, "outgoing", "user", private=True), NOTE),
    ("chatwoot", "a bot", chatwoot(2, "outgoing", "agent_bot"), (Author.BOT, True, False)),
    ("chatwoot", "the assistant", chatwoot(2, "outgoing", "captain_assistant"), (Author.BOT, True, False)),
    ("chatwoot", "a greeting", chatwoot(2, "template", None), (Author.BOT, True, True)),
    (
        "chatwoot",
        "an automation",
        chatwoot(2, "outgoing", None, content_attributes={"automation_rule_id": 6}),
        (Author.BOT, True, True),
    ),
    (
        "chatwoot",
        "a campaign in an agent's name",
        chatwoot(2, "outgoing", "user", additional_attributes={"campaign_id": 2}),
        (Author.AGENT, True, True),
    ),
    (
        "chatwoot",
        "an absence",
        chatwoot(2, content_type="incoming_email", content_attributes={"email": {"auto_reply": True}}),
        (Author.CUSTOMER, True, True),
    ),
    ("chatwoot", "an activity", chatwoot(2, "activity", None), (Author.SYSTEM, True, False)),
    ("zendesk", "a new ticket", zendesk("created"), OF_CUSTOMER),
    (
        "zendesk",
        "a new ticket of an agent",
        zendesk("created", submitter_id="76872"),
        (Author.SYSTEM, True, False),
    ),
    ("zendesk", "a private ticket", zendesk("created", is_public=False), (Author.CUSTOMER, False, False)),
    ("zendesk", "a customer", zendesk_comment(2), OF_CUSTOMER),
    ("zendesk", "an agent", zendesk_comment(2, staff=True), OF_AGENT),
    ("zendesk", "a note", zendesk_comment(2, staff=True, public=False), NOTE),
    ("zendesk", "the system", zendesk_comment(2, staff=True, author="-1"), (Author.SYSTEM, True, False)),
    (
        "zendesk",
        "the system in an agent's name",
        zendesk_comment(2, staff=True, actor_id="-1"),
        (Author.SYSTEM, True, False),
    ),
    (
        "zendesk",
        "a trigger",
        zendesk_comment(2, staff=True, via={"channel": "rule"}),
        (Author.AGENT, True, True),
    ),
    (
        "zendesk",
        "the answer bot",
        zendesk_comment(2, staff=True, via={"channel": "answer_bot"}),
        (Author.AGENT, True, True),
    ),
    ("generic", "a customer", generic("1"), OF_CUSTOMER),
    ("generic", "an agent", generic("2", "agent"), OF_AGENT),
    ("generic", "a note", generic("2", "agent", public=False), NOTE),
    ("generic", "a bot", generic("2", "bot"), (Author.BOT, True, False)),
    ("generic", "an automatic reply", generic("2", automatic=True), (Author.CUSTOMER, True, True)),
    ("generic", "the system", generic("2", "system"), (Author.SYSTEM, True, False)),
]


@pytest.mark.parametrize(
    ("kind", "case", "body", "expected"), CASES, ids=[f"{a}-{b}" for a, b, _, _ in CASES]
)
def test_author_publicity_and_automation(
    kind: str, case: str, body: dict[str, Any], expected: tuple[Author, bool, bool]
) -> None:
    (found,) = read(kind, body)
    assert (found.author, found.public, found.automatic) == expected, case


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        (
            "django-helpdesk",
            django(),
            ("41", "opening-41", 1_795_341_680, "", CUSTOMER, "1", "3", "My withdrawal does not arrive."),
        ),
        (
            "django-helpdesk",
            django(followup(1), followup(2, user=7), about=2, status=2, on_hold=True),
            ("41", "followup-2", 1_795_341_740, "7", CUSTOMER, "on hold", "3", "comment 2"),
        ),
        (
            "zammad",
            zammad(2, "Agent"),
            ("77", "2", 1_795_341_755, "5", "8", "open", "3 high", "<p>article 2</p>"),
        ),
        (
            "chatwoot",
            chatwoot(2, "outgoing", "user", status="resolved"),
            ("45", "2", 1_795_341_730, "5", "4", "resolved", "high", "message 2"),
        ),
        (
            "zendesk",
            zendesk_comment(2, staff=True, status="PENDING"),
            ("812", "2", 1_795_341_755, "76872", "2097", "pending", "urgent", "comment 2"),
        ),
        (
            "generic",
            generic("2", "agent", at=1_795_341_755, priority="low"),
            ("T-1", "2", 1_795_341_755, "ann", "", "pending", "low", "text of 2"),
        ),
    ],
)
def test_fields_are_those_of_the_helpdesk(kind: str, body: dict[str, Any], expected: tuple[Any, ...]) -> None:
    (found,) = read(kind, body)
    assert (
        found.ticket,
        found.key,
        found.at,
        found.account,
        found.customer,
        found.status,
        found.priority,
        found.text,
    ) == expected


def test_django_helpdesks_capture_is_an_opening_and_its_solution(shared: Path) -> None:
    opened, solved = json.loads((shared / "payloads" / "django_helpdesk_captured.json").read_text("utf-8"))
    (opening,) = read("django-helpdesk", opened["body"])
    (answer,) = read("django-helpdesk", solved["body"])
    assert (opening.author, opening.at, opening.text) == (Author.CUSTOMER, 1_795_294_100, "energy not enough")
    assert (answer.author, answer.account, answer.status) == (Author.AGENT, "1", "3")
    assert answer.text == "Please stake TRX for energy"


@pytest.mark.parametrize(
    ("kind", "file", "author"),
    [
        ("zammad", "zammad_ticket_created.json", Author.CUSTOMER),
        ("zammad", "zammad_agent_reply.json", Author.AGENT),
        ("chatwoot", "chatwoot_message_created_agent.json", Author.AGENT),
        ("zendesk", "zendesk_event_ticket_created.json", Author.CUSTOMER),
    ],
)
def test_shared_payloads_are_read(shared: Path, kind: str, file: str, author: Author) -> None:
    (found,) = KINDS[kind].read((shared / "payloads" / file).read_bytes(), NOW)
    assert found.author is author


@pytest.mark.parametrize(
    ("kind", "body", "into"),
    [
        ("zammad", {"ticket": {**zammad_ticket("merged"), "merged_into_id": 70}}, "70"),
        ("zammad", zammad(9, "Agent", state="merged", type="note", body="merged"), ""),
        ("zendesk", zendesk("merged", {"target_ticket_id": "800"}), "800"),
        ("generic", generic("9", "system", merged_into="T-0"), "T-0"),
    ],
)
def test_merger_is_the_systems_and_names_the_ticket_where_the_helpdesk_does(
    kind: str, body: dict[str, Any], into: str
) -> None:
    (found,) = read(kind, body)
    assert (found.author, found.merged_into) == (Author.SYSTEM, into)


def test_django_helpdesks_merged_ticket_tells_of_the_merger_and_its_followup() -> None:
    merger, answer = read(
        "django-helpdesk", django(followup(1), followup(2, user=1), about=2, status=5, merged_to=40)
    )
    assert (merger.key, merger.merged_into, merger.author) == ("merge-41", "40", Author.SYSTEM)
    assert (answer.key, answer.author) == ("followup-2", Author.AGENT)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("zammad", {"ticket": zammad_ticket()}),
        ("zammad", {"ticket": zammad_ticket(), "article": {}}),
        ("chatwoot", {"event": "conversation_created", "id": 45}),
        ("chatwoot", {"event": "conversation_status_changed", "id": 45}),
        ("zendesk", zendesk("priority_changed", {"current": "HIGH", "previous": "LOW"})),
        ("zendesk", zendesk("status_changed", {"current": "SOLVED", "previous": "OPEN"})),
        ("zendesk", {"type": "zen:event-type:user.created"}),
    ],
)
def test_changes_without_a_message_say_nothing(kind: str, body: dict[str, Any]) -> None:
    assert read(kind, body) == ()


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize(
    "body", [b"", b"no json", b"[]", b"null", b'"x"', b"\xff", b"[" * 100_000, b'{"a":' * 9_000]
)
def test_what_is_no_json_object_is_unreadable(kind: str, body: bytes) -> None:
    with pytest.raises(Unreadable):
        KINDS[kind].read(body, NOW)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("django-helpdesk", {}),
        ("django-helpdesk", django(about=99)),
        ("django-helpdesk", django(followup(1), followup(2, date="yesterday"), about=2)),
        ("django-helpdesk", django(followup(1), followup(2, public="yes"), about=2)),
        ("zammad", {"article": {}}),
        ("zammad", zammad(1, "Robot")),
        ("zammad", zammad(1, ticket_id=78)),
        ("zammad", zammad(1, internal=None)),
        ("zammad", zammad(1, created_at=None)),
        ("zammad", zammad(1, created_at="1969-01-01T00:00:00Z")),
        ("chatwoot", chatwoot(1, created_at="2999-01-01")),
        ("chatwoot", {**chatwoot(1), "conversation": None}),
        ("chatwoot", {**chatwoot(1), "id": "x y"}),
        ("zendesk", zendesk("created", id="../1")),
        ("zendesk", zendesk("comment_added", {})),
        ("zendesk", zendesk("merged", {})),
        ("generic", generic("1", "customer", customer="")),
        ("generic", generic("1", "customer", customer=" \n")),
        ("generic", generic("1", "nobody")),
        ("generic", generic("1", extra=1)),
        ("generic", generic("1", public=1)),
        ("generic", {"ticket": "T-1"}),
        ("generic", generic("x" * 65)),
    ],
)
def test_deliveries_of_another_form_are_unreadable_and_no_value_is_repeated(
    kind: str, body: dict[str, Any]
) -> None:
    with pytest.raises(Unreadable) as refused:
        read(kind, body)
    assert CUSTOMER not in str(refused.value)
    assert "yesterday" not in str(refused.value)


def test_delivery_ids_are_the_helpdesks_own() -> None:
    headers = {"x-zammad-delivery": "z", "x-chatwoot-delivery": "c", "x-makegood-delivery": "g"}
    found = {kind: helpdesk.delivery_id(headers) for kind, helpdesk in KINDS.items()}
    assert found == {"zammad": "z", "chatwoot": "c", "generic": "g", "zendesk": "", "django-helpdesk": ""}
