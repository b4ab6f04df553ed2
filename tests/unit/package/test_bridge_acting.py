# SPDX-License-Identifier: Apache-2.0
"""Deliveries become tickets, salted documents and events: in order, once, whatever comes twice, late or
never.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import random
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from bridge_house import (
    AGENT,
    CHAIN,
    CUSTOMER,
    DESK,
    NOW,
    OTHER_AGENT,
    REQUESTER,
    Bridge,
    build,
    changed,
    chatwoot,
    django,
    followup,
    generic,
    invitation,
    zammad,
    zammad_ticket,
    zendesk,
    zendesk_comment,
)
from eth_account import Account
from sqlalchemy import select

from makegood.batches.store import Store
from makegood.bridge.kept import Delivery
from makegood.bridge.requesters import Requesters
from makegood.bridge.schema import deliveries, documents
from makegood.bridge.taking import take_outgoing
from makegood.clock import Priority
from makegood.errors import NotFound, UsageError

STORY = (
    generic("1", at=NOW - 600, priority="urgent"),
    generic("2", "agent", NOW - 500, status="open"),
    generic("3", at=NOW - 400),
    generic("4", "agent", NOW - 300, status="pending"),
    generic("5", "agent", NOW - 200, status="solved", account="bo"),
)


@pytest.fixture
def bridge(tmp_path: Path) -> Bridge:
    return build(tmp_path)


def documents_of(bridge: Bridge) -> list[dict[str, Any]]:
    with bridge.kept.database.reading() as connection:
        rows = connection.execute(select(documents).order_by(documents.c.id)).all()
    return [{"digest": bytes(row.digest), "document": json.loads(row.document)} for row in rows]


def test_story_becomes_the_events_of_one_ticket(bridge: Bridge) -> None:
    bridge.tell("generic", *STORY)
    assert bridge.acts == ["OPENED", "REPLIED", "FOLLOWED_UP", "LEFT_PENDING", "SOLVED"]
    assert [each.actor for each in bridge.taken] == [REQUESTER, AGENT, "", AGENT, OTHER_AGENT]
    assert [each.at for each in bridge.taken] == [NOW - 600, NOW - 500, NOW - 400, NOW - 300, NOW - 200]
    assert bridge.taken[0].priority is Priority.URGENT
    assert len({each.ticket for each in bridge.taken}) == 1


def test_documents_are_salted_and_their_digests_and_the_tickets_id_follow_their_definitions(
    bridge: Bridge,
) -> None:
    bridge.tell("generic", *STORY)
    found = documents_of(bridge)
    types = [each["document"]["type"].split("/")[1] for each in found]
    assert types == ["ticket", "reply", "follow-up", "reply", "reply"]
    assert len({each["document"]["salt"] for each in found}) == len(found)
    for each, event in zip(found, bridge.taken, strict=True):
        assert event.digest == each["digest"] == hashlib.sha256(rfc8785.dumps(each["document"])).digest()
    opening = bridge.taken[0]
    words = [
        CHAIN.to_bytes(32, "big"),
        bytes(12) + bytes.fromhex(DESK[2:]),
        (2).to_bytes(32, "big"),
        bytes(12) + bytes.fromhex(REQUESTER[2:]),
        opening.digest,
    ]
    assert opening.ticket == hashlib.sha256(b"".join(words)).digest()
    assert found[0]["document"]["requester"] == REQUESTER
    assert all(each["document"]["ticket"] == "0x" + opening.ticket.hex() for each in found[1:])


def test_messages_of_every_helpdesk_open_and_answer(bridge: Bridge) -> None:
    bridge.tell("django", django(), django(followup(1), followup(2, user=1), about=2, status=3))
    bridge.tell("zammad", zammad(1), zammad(2, "Agent", state="pending reminder"))
    bridge.tell("chatwoot", chatwoot(1), chatwoot(2, "outgoing", "user", status="resolved"))
    bridge.tell("zendesk", zendesk("created"), zendesk_comment(2, staff=True, status="HOLD"))
    answers = ["SOLVED", "LEFT_PENDING", "SOLVED", "REPLIED"]
    assert bridge.acts == [act for answer in answers for act in ("OPENED", answer)]
    priorities = [each.priority for each in bridge.taken if each.priority is not None]
    assert priorities == [Priority.NORMAL, Priority.HIGH, Priority.HIGH, Priority.URGENT]


@pytest.mark.parametrize(
    ("source", "opening", "idle"),
    [
        ("zammad", zammad(1), zammad(2, "Agent", internal=True)),
        ("zammad", zammad(1), zammad(2, "Agent", created_by_id=12)),
        ("zammad", zammad(1), zammad(2, "System", preferences={"perform_origin": "trigger"})),
        ("zammad", zammad(1), zammad(2, preferences={"is-auto-response": True})),
        ("chatwoot", chatwoot(1), chatwoot(2, "outgoing", "agent_bot")),
        ("chatwoot", chatwoot(1), chatwoot(2, "outgoing", "user", private=True)),
        ("chatwoot", chatwoot(1), chatwoot(2, "template", None)),
        ("zendesk", zendesk("created"), zendesk_comment(2, staff=True, public=False)),
        ("zendesk", zendesk("created"), zendesk_comment(2, staff=True, author="555")),
        ("zendesk", zendesk("created"), zendesk_comment(2, staff=True, via={"channel": "rule"})),
        ("django", django(), django(followup(1), followup(2, user=9), about=2)),
        ("django", django(), django(followup(1), followup(2, user=1, comment=""), about=2, status=3)),
        ("django", django(), django(followup(1), followup(2, user=1, public=False), about=2)),
        ("generic", generic("1"), generic("2", "bot")),
        ("generic", generic("1"), generic("2", "agent", account="robot")),
    ],
)
def test_what_no_person_wrote_to_the_customer_stops_no_clock(
    bridge: Bridge, source: str, opening: dict[str, Any], idle: dict[str, Any]
) -> None:
    bridge.tell(source, opening, idle)
    assert bridge.acts == ["OPENED"]
    assert bridge.kept.dead_letters() == ()


@pytest.mark.parametrize(
    ("source", "body"),
    [
        ("zammad", zammad(1, preferences={"is-auto-response": True})),
        ("zammad", zammad(1, "System")),
        ("chatwoot", chatwoot(1, content_attributes={"email": {"auto_reply": True}})),
        ("zendesk", zendesk("created", is_public=False)),
        ("django", django(title="Out of office")),
        ("generic", generic("1", automatic=True)),
        ("generic", generic("1", "agent")),
    ],
)
def test_what_no_customer_wrote_starts_no_clock(bridge: Bridge, source: str, body: dict[str, Any]) -> None:
    bridge.tell(source, body)
    assert bridge.taken == []
    assert bridge.tickets() == []


def test_flood_of_a_waiting_customer_is_one_opening_and_no_follow_up(bridge: Bridge) -> None:
    bridge.tell("generic", *(generic(str(number), at=NOW - 600 + number) for number in range(40)))
    assert bridge.acts == ["OPENED"]
    assert set(bridge.whys()[1:]) == {"it changes nothing"}


def test_delivery_and_message_that_come_again_count_once(bridge: Bridge) -> None:
    bridge.tell("generic", *STORY, *STORY)
    # The same message in another delivery: a retry with another time, a second trigger.
    bridge.tell("generic", {**STORY[1], "priority": "low"}, {**STORY[4], "priority": "low"})
    assert len(bridge.taken) == len(STORY)
    with bridge.kept.database.reading() as connection:
        assert len(connection.execute(select(deliveries)).all()) == len(STORY) + 2


@pytest.mark.parametrize("order", list(itertools.permutations(range(4))), ids=str)
def test_deliveries_within_the_settling_time_may_come_in_any_order(
    tmp_path: Path, order: tuple[int, ...]
) -> None:
    bridge = build(tmp_path, settle="3s")
    for place in order:
        raw = json.dumps(STORY[place]).encode()
        bridge.kept.store([Delivery("generic", str(place), bridge.now, raw)])
        bridge.worker.until_idle()
    assert bridge.taken == []
    bridge.now += 3
    bridge.worker.until_idle()
    assert bridge.acts == ["OPENED", "REPLIED", "FOLLOWED_UP", "LEFT_PENDING"]


def test_answer_that_came_before_its_customers_message_counts_when_that_comes(bridge: Bridge) -> None:
    bridge.tell("generic", STORY[1], STORY[0])
    assert bridge.acts == ["OPENED", "REPLIED"]
    assert [each.at for each in bridge.taken] == [NOW - 600, NOW - 500]


def test_follow_up_that_changed_nothing_counts_when_a_late_answer_before_it_comes(bridge: Bridge) -> None:
    bridge.tell("generic", STORY[0], STORY[2], STORY[1])
    assert bridge.acts == ["OPENED", "REPLIED", "FOLLOWED_UP"]
    assert [each.at for each in bridge.taken] == [NOW - 600, NOW - 500, NOW - 400]


def test_message_that_comes_after_what_answered_it_changes_nothing(bridge: Bridge) -> None:
    bridge.tell("generic", STORY[0], STORY[3], generic("9", at=NOW - 550))
    assert bridge.acts == ["OPENED", "LEFT_PENDING"]


def test_answer_that_comes_after_the_follow_up_to_it_does_not_answer_that(bridge: Bridge) -> None:
    bridge.tell("generic", STORY[0], STORY[1], STORY[2], generic("9", "agent", at=NOW - 450, status="solved"))
    assert bridge.acts == ["OPENED", "REPLIED", "FOLLOWED_UP"]


def test_clock_of_a_helpdesk_that_is_ahead_is_held_back(bridge: Bridge) -> None:
    bridge.tell("generic", generic("1", at=NOW + 5_000))
    assert bridge.taken[0].at == NOW


# ---------------------------------------------------------------- mergers


def test_what_was_said_before_the_helpdesk_was_known_counts_for_nothing(tmp_path: Path) -> None:
    # As where a helpdesk tells what it imported as new: opened a month ago, it would be late at once.
    bridge = build(tmp_path, begun=False)
    old, asked, answered = (
        followup(1, title="Ticket Opened Via Web", date="2026-10-20T10:00:00Z"),
        followup(2, date="2026-11-23T02:10:00Z"),
        followup(3, user=1, date="2026-11-23T02:12:00Z"),
    )
    assert bridge.now == NOW
    bridge.tell("django", django(old))
    assert bridge.taken == []
    bridge.tell("django", django(old, asked, about=2))
    bridge.tell("django", django(old, asked, answered, about=3, status=3))
    assert bridge.acts == ["OPENED", "SOLVED"]
    assert [event.at for event in bridge.taken] == [moment(asked), moment(answered)]


def moment(followup: dict[str, Any]) -> int:
    return int(datetime.fromisoformat(followup["date"]).timestamp())


def test_answer_in_the_merged_ticket_answers_both(bridge: Bridge) -> None:
    bridge.tell(
        "generic",
        generic("1", at=NOW - 600),
        generic("2", at=NOW - 590, ticket="T-2"),
        generic("3", "system", NOW - 580, ticket="T-2", merged_into="T-1"),
        generic("4", "agent", NOW - 570),
    )
    first, second = (bytes(row.ticket) for row in bridge.tickets())
    answers = [each.ticket for each in bridge.taken if each.act.name == "LEFT_PENDING"]
    assert sorted(answers) == sorted([first, second])
    assert len({each.id for each in bridge.taken}) == 4


def test_after_a_backlog_an_answer_counts_for_what_was_merged_before_it(bridge: Bridge) -> None:
    bridge.pile_up(
        "generic",
        generic("1", at=NOW - 600),
        generic("2", at=NOW - 590, ticket="T-2"),
        generic("3", "agent", NOW - 585),
        generic("4", "system", NOW - 580, ticket="T-2", merged_into="T-1"),
        generic("5", at=NOW - 575),
        generic("6", "agent", NOW - 570),
    )
    bridge.worker.until_idle()
    first, second = (bytes(row.ticket) for row in bridge.tickets())
    answers = [(each.ticket, each.at) for each in bridge.taken if each.act.name == "LEFT_PENDING"]
    assert sorted(answers) == sorted([(first, NOW - 585), (first, NOW - 570), (second, NOW - 570)])


def test_chain_and_circle_of_mergers_end(bridge: Bridge) -> None:
    bridge.tell("generic", *(generic(str(each), ticket=f"T-{each}") for each in range(1, 4)))
    for each, into in ((3, 2), (2, 1), (1, 3)):
        bridge.tell("generic", generic(f"m{each}", "system", ticket=f"T-{each}", merged_into=f"T-{into}"))
    bridge.tell("generic", generic("4", "agent", ticket="T-1"))
    assert bridge.acts.count("LEFT_PENDING") == 3


def test_merger_of_zammad_itself_answers_nobody(bridge: Bridge) -> None:
    bridge.tell("zammad", zammad(1), zammad(2, "Agent", state="merged", type="note", body="merged"))
    bridge.tell("zammad", {"ticket": zammad_ticket("merged")})
    assert bridge.acts == ["OPENED"]


# ---------------------------------------------------------------- dead letters


@pytest.mark.parametrize(
    ("story", "why", "mapping"),
    [
        (
            (generic("1"), generic("2", "agent", account="new")),
            'The table has no address for the agent "new".',
            f'generic: {{agents: {{new: "{AGENT}"}}}}',
        ),
        (
            (generic("1"), generic("2", "agent", status="parked")),
            'The table has no answer for the status "parked".',
            f'generic: {{agents: {{ann: "{AGENT}"}}, statuses: {{parked: pending}}}}',
        ),
        (
            (generic("1", priority="vip"), generic("2", "agent")),
            'The table has no priority for "vip".',
            f'generic: {{agents: {{ann: "{AGENT}"}}, priorities: {{vip: urgent}}}}',
        ),
    ],
)
def test_word_that_the_table_lacks_makes_a_dead_letter_that_counts_once_it_is_there(
    tmp_path: Path, story: tuple[dict[str, Any], ...], why: str, mapping: str
) -> None:
    bridge = build(tmp_path)
    bridge.tell("generic", *story)
    (letter,) = bridge.kept.dead_letters()
    assert (letter.kind, letter.why) == ("message", why)
    again = build(tmp_path, mapping=mapping)
    assert again.kept.replay([(letter.kind, letter.id)], NOW) == 1
    again.worker.until_idle()
    assert (bridge.acts + again.acts) == ["OPENED", "LEFT_PENDING"]
    assert again.kept.dead_letters() == ()


def test_unreadable_delivery_is_kept_whole_and_can_be_tried_again(bridge: Bridge) -> None:
    bridge.tell("generic", {"no": "ticket"})
    (letter,) = bridge.kept.dead_letters()
    assert (letter.name, letter.why) == ("delivery 1", '"at" is missing.')
    bridge.kept.replay([("delivery", 1)], NOW)
    bridge.worker.until_idle()
    assert bridge.kept.dead_letters() == (letter,)
    with bridge.kept.database.reading() as connection:
        assert connection.execute(select(deliveries.c.body)).scalar_one() == b'{"no": "ticket"}'


def test_only_what_is_dead_is_tried_again(bridge: Bridge) -> None:
    bridge.tell("generic", STORY[0])
    with pytest.raises(NotFound, match="no dead message 1"):
        bridge.kept.replay([("message", 1)], NOW)
    with pytest.raises(UsageError, match="no kind of dead letter"):
        bridge.kept.replay([("ticket", 1)], NOW)


def test_one_dead_delivery_keeps_no_other_waiting(bridge: Bridge) -> None:
    raw = [json.dumps(each).encode() for each in ({}, *STORY)]
    bridge.kept.store([Delivery("generic", str(place), NOW, body) for place, body in enumerate(raw)])
    bridge.worker.until_idle()
    assert len(bridge.taken) == len(STORY)


# ---------------------------------------------------------------- requesters


def test_known_address_is_the_requester_whatever_the_cases_of_the_customers_name(bridge: Bridge) -> None:
    bridge.tell("generic", generic("1", customer="Lena@Customers.EXAMPLE"))
    assert bridge.taken[0].actor == REQUESTER
    assert [bool(row.held_by_desk) for row in bridge.tickets()] == [False]


def test_unknown_customer_gets_one_address_for_all_tickets_and_the_desk_holds_its_key(bridge: Bridge) -> None:
    bridge.tell("zammad", zammad(1))
    other = zammad(2)
    other["ticket"]["id"] = other["article"]["ticket_id"] = 78
    bridge.tell("zammad", other)
    first, second = bridge.taken
    assert first.actor == second.actor
    assert [bool(row.held_by_desk) for row in bridge.tickets()] == [True, True]
    requesters = Requesters(bridge.kept, bridge.settings)
    key = requesters.key_of("zammad", bridge.kept.digest_of("zammad", "8"))
    assert Account.from_key(key).address == first.actor
    assert requesters.held_by_desk(first.actor.lower())
    assert requesters.key_for(first.actor) == key
    assert not requesters.held_by_desk(REQUESTER)
    assert requesters.key_for(REQUESTER) is None


def test_address_named_in_time_is_the_requester_and_the_clock_began_with_the_message(tmp_path: Path) -> None:
    bridge = build(tmp_path, claim_wait="5m", public_url="https://bridge.example")
    bridge.tell("zammad", zammad(1), zammad(2, "Agent"))
    assert bridge.taken == []
    link = invitation(bridge)
    assert link.startswith("https://bridge.example/claim/")
    requesters = Requesters(bridge.kept, bridge.settings)
    requesters.claim(link.rpartition("/")[2], OTHER_AGENT, NOW)
    bridge.worker.until_idle()
    assert bridge.acts == ["OPENED", "REPLIED"]
    assert bridge.taken[0].actor == OTHER_AGENT
    assert bridge.taken[0].at == 1_795_341_695


def test_nobody_named_an_address_in_time_so_the_desk_makes_the_key(tmp_path: Path) -> None:
    bridge = build(tmp_path, claim_wait="5m", public_url="https://bridge.example")
    bridge.tell("zammad", zammad(1))
    token = invitation(bridge).rpartition("/")[2]
    bridge.now += 300
    bridge.worker.until_idle()
    assert bridge.acts == ["OPENED"]
    requesters = Requesters(bridge.kept, bridge.settings)
    late = requesters.claim(token, OTHER_AGENT, bridge.now)
    # Tickets to come could have another requester, but nobody is told of two addresses.
    assert late is not None
    assert (late.address, late.held_by_desk) == (bridge.taken[0].actor, True)


def test_invitation_is_one_customers_and_ends(tmp_path: Path) -> None:
    bridge = build(tmp_path, claim_wait="5m", public_url="https://bridge.example")
    bridge.tell("zammad", zammad(1))
    token = invitation(bridge).rpartition("/")[2]
    requesters = Requesters(bridge.kept, bridge.settings)
    assert requesters.invited(token, NOW) is True
    assert requesters.invited(token[:-1], NOW) is False
    assert requesters.claim("x" * 43, OTHER_AGENT, NOW) is None
    month = NOW + 31 * 86_400
    assert requesters.claim(token, OTHER_AGENT, month) is None
    requesters.expire(month)
    assert requesters.invited(token, NOW) is False


# ---------------------------------------------------------------- nothing leaks


def test_no_address_of_a_person_and_no_text_is_outside_of_bodies_and_documents(bridge: Bridge) -> None:
    bridge.tell("generic", *STORY)
    bridge.tell("django", django(), django(followup(1), followup(2, user=1), about=2, status=3))
    bridge.tell("zammad", zammad(1), zammad(2, "Agent"))
    assert "customers.example" not in repr(bridge.taken)
    with bridge.kept.database.reading() as connection:
        for table in connection.dialect.get_table_names(connection):
            if table in ("bridge_deliveries", "bridge_documents"):
                continue
            rows = connection.exec_driver_sql(f"SELECT * FROM {table}").all()  # noqa: S608
            assert "customers.example" not in repr(rows), table
            assert "withdrawal" not in repr(rows).lower(), table


def test_bodies_and_texts_are_forgotten_when_they_are_old_and_done(bridge: Bridge) -> None:
    bridge.tell("generic", *STORY, {"dead": 1})
    assert bridge.kept.forget(NOW) == 0
    assert bridge.kept.forget(NOW + 1) == len(STORY)
    with bridge.kept.database.reading() as connection:
        bodies = list(connection.execute(select(deliveries.c.body).order_by(deliveries.c.id)).scalars())
    assert bodies == [None] * len(STORY) + [b'{"dead": 1}']
    assert all(row.text is None for row in bridge.told())


# ---------------------------------------------------------------- crashes


class _PowerCut(BaseException):
    pass


@pytest.mark.parametrize("seed", range(30))
def test_stopped_anywhere_and_begun_again_it_tells_the_same(tmp_path: Path, seed: int) -> None:
    whole = build(tmp_path)
    whole.tell("generic", *STORY)
    expected = [(each.id, each.act, each.at) for each in whole.taken]
    chance = random.Random(seed)
    folder = tmp_path / "cut"
    folder.mkdir()
    bridge = build(folder)
    kept = bridge.kept
    raw = [json.dumps(each).encode() for each in STORY]
    kept.store([Delivery("generic", str(place), NOW, body) for place, body in enumerate(raw)])

    from sqlalchemy import event

    def cut(*_: object) -> None:
        if chance.random() < 0.06:
            raise _PowerCut

    event.listen(kept.database.engine, "before_cursor_execute", cut)
    event.listen(kept.database.engine, "commit", cut)
    for _ in range(500):
        try:
            bridge.worker.until_idle()
            break
        except _PowerCut:
            continue
    else:
        pytest.fail("it never came to an end")
    for name in ("before_cursor_execute", "commit"):
        event.remove(kept.database.engine, name, cut)
    assert [(each.id, each.act, each.at) for each in bridge.taken] == expected
    assert kept.dead_letters() == ()


def test_events_that_the_queue_has_already_are_only_noted(bridge: Bridge) -> None:
    bridge.tell("generic", *STORY)
    from sqlalchemy import update

    from makegood.bridge.schema import outgoing

    with bridge.kept.database.writing() as connection:
        connection.execute(update(outgoing).values(state="waiting"))
    bridge.worker.until_idle()
    assert len(bridge.taken) == len(STORY)
    assert {row.state for row in bridge.events()} == {"done"}


def test_batches_store_takes_the_events_once_and_refuses_none(bridge: Bridge, tmp_path: Path) -> None:
    bridge.tell("generic", *STORY)
    with Store(tmp_path / "store.sqlite", chain="test", desk=DESK) as store:
        assert store.take(bridge.taken, 1).new == len(STORY)
        assert store.take(bridge.taken, 1).new == 0
        assert store.dead_letters() == ()
        assert store.waiting() == len(STORY)


def test_event_that_the_queue_refuses_is_a_dead_letter_and_the_others_are_taken(bridge: Bridge) -> None:
    taken: list[str] = []

    def take(events: Any) -> None:
        if any("/2" in each.id for each in events):
            raise UsageError("the id was given before, with another content.")
        taken.extend(each.id for each in events)

    raw = [json.dumps(each).encode() for each in STORY]
    bridge.kept.store([Delivery("generic", str(place), NOW, body) for place, body in enumerate(raw)])
    worker = changed(bridge).worker
    worker._take = take
    worker.until_idle()
    assert taken == [f"generic/T-1/{each}" for each in "1345"]
    assert [each.kind for each in bridge.kept.dead_letters()] == ["event"]
    assert take_outgoing(bridge.kept, take, NOW) == 0


def test_database_of_another_desk_is_refused(bridge: Bridge) -> None:
    from makegood.bridge.kept import Kept

    with pytest.raises(UsageError, match="another desk"):
        Kept(bridge.kept.database, chain_id=CHAIN, desk=REQUESTER)
    with pytest.raises(UsageError, match="another desk"):
        Kept(bridge.kept.database, chain_id=1, desk=DESK)


def test_customers_digest_is_of_this_database_and_helpdesk_alone(tmp_path: Path) -> None:
    one, other = (build(folder) for folder in (tmp_path / "a", tmp_path / "b") if not folder.mkdir())
    found = {
        each.kept.digest_of(source, CUSTOMER) for each in (one, other) for source in ("zammad", "generic")
    }
    assert len(found) == 4
    assert hashlib.sha256(CUSTOMER.encode()).hexdigest() not in found
