# SPDX-License-Identifier: Apache-2.0
"""BatchLane.prove_entries: in which order and until when entries are shown, and what they do."""

import boa
import pytest
from batches import FOLLOWED_UP, LEFT_PENDING, REPLIED, SOLVES, Batches, Ticket
from house import DAY, HOLD, OPEN, PENDING, SOLVED, House, now, travel, travel_to
from logs import events, events_named


@pytest.fixture
def batches(house: House) -> Batches:
    return Batches(house)


def status(batches: Batches, ticket: Ticket) -> int:
    return int(batches.house.desk.ticket(ticket.id).status)


def sequence(batches: Batches, ticket: Ticket) -> int:
    return int(batches.house.lane.proof(ticket.id).sequence)


# ---------------------------------------------------------------- what it does


@pytest.mark.parametrize(("act", "becomes"), [(REPLIED, HOLD), (LEFT_PENDING, PENDING), (SOLVES, SOLVED)])
def test_answer_makes_the_ticket_what_it_says(batches: Batches, act: int, becomes: int) -> None:
    house, ticket = batches.house, batches.opened()
    travel(600)
    entry = batches.noted(ticket, act)
    travel(10)
    batches.prove(ticket)
    batches.show(ticket, [entry])
    assert events_named(house.lane, "EntryShown") == [
        {
            "ticket_id": ticket.id,
            "batch": 2,
            "sequence": 1,
            "act": act,
            "at": entry.at,
            "actor": house.human,
            "digest": entry.digest,
            "taken": True,
            "answers": True,
        }
    ]
    found = house.desk.ticket(ticket.id)
    assert (found.status, found.replied, found.challenged, found.breached) == (becomes, True, True, 0)
    proof = house.lane.proof(ticket.id)
    assert (proof.sequence, proof.last_at, proof.answered) == (2, entry.at, True)


def test_follow_up_makes_the_desk_owe_a_reply(batches: Batches) -> None:
    house, ticket = batches.house, batches.opened()
    travel(600)
    answer = batches.noted(ticket, REPLIED)
    travel(600)
    again = batches.noted(ticket, FOLLOWED_UP)
    batches.prove(ticket)
    batches.show(ticket, [answer, again])
    found = house.desk.ticket(ticket.id)
    assert (found.status, found.reply_due) == (OPEN, again.at + 1_200)
    assert [entry["answers"] for entry in events_named(house.lane, "EntryShown")] == [True, False]


def test_late_answer_records_the_breach_at_its_time(batches: Batches) -> None:
    ticket = batches.opened()
    travel(1_801)
    entry = batches.noted(ticket, REPLIED)
    batches.prove(ticket)
    batches.show(ticket, [entry])
    assert ("BreachRecorded", {"ticket_id": ticket.id, "kinds": 1}) in events(batches.house.lane)
    assert batches.house.desk.ticket(ticket.id).breached == 1


def test_sixteen_entries_are_shown_at_once(batches: Batches) -> None:
    ticket = batches.ticket()
    entries = [batches.entry(ticket, (REPLIED, FOLLOWED_UP)[number % 2]) for number in range(17)]
    batches.anchor([ticket], entries)
    batches.prove(ticket)
    batches.show(ticket, entries[:16])
    assert len(events_named(batches.house.lane, "EntryShown")) == 16
    assert sequence(batches, ticket) == 17
    batches.show(ticket, entries[16:])
    assert status(batches, ticket) == HOLD


def test_seventeen_are_not(batches: Batches) -> None:
    ticket = batches.ticket()
    entries = [batches.entry(ticket, REPLIED) for _ in range(17)]
    batches.anchor([ticket], entries)
    batches.prove(ticket)
    with boa.reverts():
        batches.show(ticket, entries)


def test_entries_of_the_openings_own_batch_count(batches: Batches) -> None:
    ticket = batches.ticket()
    travel(100)
    entry = batches.entry(ticket, SOLVES)
    batches.anchor([ticket], [entry])
    batches.prove(ticket)
    batches.show(ticket, [entry])
    assert status(batches, ticket) == SOLVED


def test_nothing_shown_changes_nothing(batches: Batches) -> None:
    ticket = batches.proven()
    batches.house.lane.prove_entries(ticket.id, 1, [])
    batches.house.lane.prove_entries(ticket.id, 0, [])
    assert events(batches.house.lane) == []
    assert sequence(batches, ticket) == 1


# ---------------------------------------------------------------- order


def test_entry_before_which_one_is_missing_is_refused(batches: Batches) -> None:
    ticket = batches.ticket()
    one, two, three = (batches.entry(ticket, REPLIED) for _ in range(3))
    batches.anchor([ticket], [one, two, three])
    batches.prove(ticket)
    with boa.reverts("lane: an entry is missing before"):
        batches.show(ticket, [two])
    with boa.reverts("lane: an entry is missing before"):
        batches.show(ticket, [two, three], first=2**256 - 1)
    with boa.reverts("lane: path does not prove it"):
        batches.show(ticket, [one, three])
    with boa.reverts("lane: path does not prove it"):
        batches.show(ticket, [two, one, three], first=1)
    with boa.reverts("lane: path does not prove it"):
        batches.show(ticket, [two], first=1)
    assert sequence(batches, ticket) == 1
    batches.show(ticket, [one, two, three])


def test_entries_shown_already_are_skipped(batches: Batches) -> None:
    ticket = batches.ticket()
    entries = [batches.entry(ticket, act) for act in (REPLIED, FOLLOWED_UP, LEFT_PENDING)]
    batches.anchor([ticket], entries)
    batches.prove(ticket)
    batches.show(ticket, entries[:2])
    batches.show(ticket, entries[:2], first=1)
    assert events(batches.house.lane) == []
    batches.show(ticket, entries)
    assert [entry["sequence"] for entry in events_named(batches.house.lane, "EntryShown")] == [3]
    assert status(batches, ticket) == PENDING


def test_two_who_show_the_same_do_not_hinder_each_other(batches: Batches) -> None:
    ticket = batches.ticket()
    entries = [batches.entry(ticket, act) for act in (REPLIED, FOLLOWED_UP)]
    batches.anchor([ticket], entries)
    batches.prove(ticket)
    batches.show(ticket, entries[:1], sender=batches.house.stranger)
    batches.show(ticket, entries, sender=ticket.requester)
    assert sequence(batches, ticket) == 3


def test_what_is_skipped_is_not_looked_at(batches: Batches) -> None:
    """Sequence 0 is the opening, which `prove_ticket` has shown."""
    ticket = batches.ticket()
    entry = batches.entry(ticket, REPLIED)
    batches.anchor([ticket], [entry])
    batches.prove(ticket)
    batches.show(ticket, [ticket.opening, entry], first=0)
    assert status(batches, ticket) == HOLD


def test_entry_at_an_openings_index_is_refused(batches: Batches) -> None:
    ticket = batches.ticket()
    entry = batches.entry(ticket, REPLIED)
    batches.anchor([ticket])
    batches.anchor(later=[entry], counts=[1, 0, 0, 0, 0])
    batches.prove(ticket)
    with boa.reverts("lane: index is an opening's"):
        batches.show(ticket, [entry])


def test_entry_of_an_unknown_batch_is_refused(batches: Batches) -> None:
    ticket = batches.proven()
    shown = (REPLIED, now(), batches.house.human, bytes(32), 2, 0, [])
    with boa.reverts("lane: batch unknown"):
        batches.house.lane.prove_entries(ticket.id, 1, [shown])


def test_one_bad_entry_leaves_all_of_the_call_undone(batches: Batches) -> None:
    ticket = batches.ticket()
    one, two = batches.entry(ticket, REPLIED), batches.entry(ticket, SOLVES)
    batches.anchor([ticket], [one])
    batches.anchor(later=[two], counts=[0, 0, 0, 1, 0])
    batches.prove(ticket)
    with boa.reverts("lane: index is an opening's"):
        batches.show(ticket, [one, two])
    assert (sequence(batches, ticket), status(batches, ticket)) == (1, OPEN)


def test_entries_of_another_ticket_are_refused(batches: Batches) -> None:
    ticket, other = batches.ticket(), batches.ticket()
    entry = batches.entry(other, REPLIED)
    batches.anchor([ticket, other], [entry])
    batches.prove(ticket)
    with boa.reverts("lane: path does not prove it"):
        batches.show(ticket, [entry])


# ---------------------------------------------------------------- when


@pytest.mark.parametrize("kind", ["direct", "unknown", "anchored", "ended"])
def test_only_a_challenged_ticket_takes_entries(batches: Batches, kind: str) -> None:
    house, ticket = batches.house, batches.ticket()
    entry = batches.entry(ticket, REPLIED)
    batches.anchor([ticket], [entry])
    ticket_id = ticket.id
    if kind == "ended":
        batches.prove(ticket)
        batches.end(ticket)
    elif kind == "direct":
        ticket_id = house.open()
    elif kind == "unknown":
        ticket_id = bytes(32)
    with boa.reverts("lane: ticket is not challenged"):
        house.lane.prove_entries(ticket_id, 1, batches.shown([entry]))


def test_first_half_takes_answers_to_its_last_second_and_the_second_half_does_not(batches: Batches) -> None:
    ticket = batches.ticket()
    one, two = batches.entry(ticket, REPLIED), batches.entry(ticket, LEFT_PENDING)
    batches.anchor([ticket], [one, two])
    proven_at = batches.prove(ticket)
    travel_to(proven_at + DAY // 2)
    batches.show(ticket, [one])
    travel(1)
    with boa.reverts("lane: too late for this entry"):
        batches.show(ticket, [two])
    assert sequence(batches, ticket) == 2


def test_second_half_takes_follow_ups_to_the_windows_last_second(batches: Batches) -> None:
    ticket = batches.ticket()
    one, two, three = (batches.entry(ticket, FOLLOWED_UP) for _ in range(3))
    batches.anchor([ticket], [one, two, three])
    proven_at = batches.prove(ticket)
    travel_to(proven_at + DAY // 2 + 1)
    batches.show(ticket, [one])
    travel_to(proven_at + DAY)
    batches.show(ticket, [two])
    travel(1)
    with boa.reverts("lane: challenge window is over"):
        batches.show(ticket, [three])


def test_second_half_takes_what_was_anchored_in_it(batches: Batches) -> None:
    """An answer of the first half's last second, anchored one second later, can still be shown."""
    ticket = batches.opened()
    proven_at = batches.prove(ticket)
    travel_to(proven_at + DAY // 2)
    first_half = batches.noted(ticket, REPLIED)
    travel(1)
    with boa.reverts("lane: too late for this entry"):
        batches.show(ticket, [first_half])
    batches.anchor(later=[first_half])
    batches.show(ticket, [first_half])
    assert status(batches, ticket) == HOLD
    travel_to(proven_at + DAY)
    last = batches.noted(ticket, SOLVES)
    batches.show(ticket, [last])
    assert status(batches, ticket) == SOLVED


def test_garbage_of_the_first_half_is_refused_in_the_second_as_an_answer_is(batches: Batches) -> None:
    ticket = batches.opened()
    garbage = batches.noted(ticket, 9)
    proven_at = batches.prove(ticket)
    travel_to(proven_at + DAY // 2 + 1)
    with boa.reverts("lane: too late for this entry"):
        batches.show(ticket, [garbage])
