# SPDX-License-Identifier: Apache-2.0
"""BatchLane.prove_equivocation: two stories of one ticket breach its three clock kinds."""

import boa
import pytest
from batches import FOLLOWED_UP, REPLIED, SOLVES, Batches, Entry, Ticket, leaf_hash, tampered
from house import DAY, FAR, FIRST_REPLY, HUMAN, House, key_pair, now, travel, travel_to
from logs import events

ALL_CLOCKS = 7


@pytest.fixture
def batches(house: House) -> Batches:
    return Batches(house)


def told_twice(batches: Batches, ticket: Ticket) -> tuple[Entry, Entry]:
    """Two entries of one sequence, each in a batch of its own."""
    one = batches.noted(ticket, REPLIED)
    other = tampered(one, act=SOLVES)
    batches.anchor(later=[other])
    return one, other


def prove(batches: Batches, ticket: Ticket, one: Entry, other: Entry, sequence: int = 1) -> None:
    lane, stranger = batches.house.lane, batches.house.stranger
    lane.prove_equivocation(ticket.id, sequence, *batches.shown([one, other]), sender=stranger)


def breached(batches: Batches, ticket: Ticket) -> int:
    return int(batches.house.desk.ticket(ticket.id).breached)


# ---------------------------------------------------------------- what it does


def test_two_entries_of_one_sequence_breach_all_three_clocks(batches: Batches) -> None:
    ticket = batches.proven()
    one, other = told_twice(batches, ticket)
    prove(batches, ticket, one, other)
    word = batches.house.desk.ticket_word(ticket.id)
    assert events(batches.house.lane) == [
        ("BreachRecorded", {"ticket_id": ticket.id, "kinds": ALL_CLOCKS}),
        ("TicketMoved", {"ticket_id": ticket.id, "word": word}),
        (
            "Equivocated",
            {
                "ticket_id": ticket.id,
                "sequence": 1,
                "one": leaf(one),
                "other": leaf(other),
            },
        ),
    ]
    assert breached(batches, ticket) == ALL_CLOCKS


def leaf(entry: Entry) -> bytes:
    return leaf_hash(entry.data)


@pytest.mark.parametrize("changed", ["act", "at", "actor", "digest"])
def test_entries_that_differ_in_anything_equivocate(batches: Batches, changed: str) -> None:
    ticket = batches.proven()
    one = batches.noted(ticket, REPLIED)
    values = {"act": FOLLOWED_UP, "at": one.at + 1, "actor": batches.house.stranger, "digest": bytes(32)}
    other = tampered(one, **{changed: values[changed]})
    batches.anchor(later=[other])
    prove(batches, ticket, one, other)
    assert breached(batches, ticket) == ALL_CLOCKS


def test_two_entries_of_one_batch_equivocate(batches: Batches) -> None:
    ticket = batches.proven()
    one = batches.entry(ticket, REPLIED)
    other = tampered(one, act=SOLVES)
    batches.anchor(later=[one, other])
    prove(batches, ticket, one, other)


def test_two_openings_of_one_ticket_equivocate(batches: Batches) -> None:
    """Opened an hour earlier in another batch: at sequence 0 too there is one story."""
    ticket = batches.proven()
    other = tampered(ticket.opening, at=ticket.at - 3_600)
    batches.anchor(later=[other])
    prove(batches, ticket, ticket.opening, other, sequence=0)
    assert breached(batches, ticket) == ALL_CLOCKS


def test_entry_at_an_openings_index_equivocates_too(batches: Batches) -> None:
    ticket = batches.proven()
    one = batches.noted(ticket, REPLIED)
    other = tampered(one, act=SOLVES)
    batches.anchor(later=[other], counts=[1, 0, 0, 0, 0])
    prove(batches, ticket, one, other)


@pytest.mark.parametrize("sequence", [7, 2**32, 2**256 - 1])
def test_equivocation_far_ahead_of_what_was_shown_counts(batches: Batches, sequence: int) -> None:
    ticket = batches.proven()
    one = tampered(batches.entry(ticket, REPLIED), sequence=sequence)
    other = tampered(one, digest=bytes(32))
    batches.anchor(later=[one, other])
    prove(batches, ticket, one, other, sequence=sequence)


def test_entry_that_no_rule_takes_equivocates(batches: Batches) -> None:
    ticket = batches.proven()
    one = batches.noted(ticket, 9, FAR)
    other = tampered(one, at=2**256 - 1)
    batches.anchor(later=[other])
    prove(batches, ticket, one, other)


def test_it_is_paid_like_any_breach_once_each_kind(batches: Batches) -> None:
    house, ticket = batches.house, batches.proven()
    one, other = told_twice(batches, ticket)
    prove(batches, ticket, one, other)
    batches.end(ticket, claim=True)
    assert house.desk.ticket(ticket.id).compensated == ALL_CLOCKS
    assert house.pool.collectable(ticket.requester) == 5_500 + 20
    assert house.pool.books().reserved == 0
    with boa.reverts("desk: nothing to claim"):
        house.desk.claim(ticket.id)


def test_only_what_was_not_breached_before_is_recorded(batches: Batches) -> None:
    house, ticket = batches.house, batches.proven()
    one, other = told_twice(batches, ticket)
    travel(1_801)
    late = tampered(one, sequence=1, at=now())
    batches.anchor(later=[late])
    batches.show(ticket, [late])
    assert breached(batches, ticket) == FIRST_REPLY
    prove(batches, ticket, one, other)
    assert events(house.lane)[0] == ("BreachRecorded", {"ticket_id": ticket.id, "kinds": 6})


def test_proven_twice_it_is_logged_and_changes_nothing(batches: Batches) -> None:
    ticket = batches.proven()
    one, other = told_twice(batches, ticket)
    prove(batches, ticket, one, other)
    prove(batches, ticket, other, one)
    assert [name for name, _ in events(batches.house.lane)] == ["Equivocated"]


def test_it_returns_the_bond_that_an_answer_had_lost(batches: Batches) -> None:
    house, ticket = batches.house, batches.opened()
    one = batches.noted(ticket, SOLVES)
    other = tampered(one, digest=bytes(32))
    batches.anchor(later=[other])
    travel(1)
    batches.prove(ticket)
    batches.show(ticket, [one])
    prove(batches, ticket, one, other)
    batches.end(ticket)
    assert house.pool.collectable(ticket.requester) == 20


# ---------------------------------------------------------------- when


def test_challenge_is_not_waited_for_nor_does_its_end_matter(batches: Batches) -> None:
    house, ticket = batches.house, batches.proven()
    one, other = told_twice(batches, ticket)
    batches.end(ticket, claim=True)
    house.desk.claim_many([ticket.id])
    prove(batches, ticket, one, other)
    assert house.desk.claimable(ticket.id) == (2, 500)


def test_ticket_whose_contest_window_is_over_is_breached_still(batches: Batches) -> None:
    house, ticket = batches.house, batches.opened()
    solution = batches.noted(ticket, SOLVES)
    travel(4 * DAY)
    batches.prove(ticket)
    batches.show(ticket, [solution])
    batches.end(ticket)
    other = tampered(solution, act=REPLIED)
    batches.anchor(later=[other])
    prove(batches, ticket, solution, other)
    assert house.desk.claimable(ticket.id) == (7, 5_500)


def test_closed_ticket_is_not_breached(batches: Batches) -> None:
    house, ticket = batches.house, batches.proven()
    one, other = told_twice(batches, ticket)
    batches.end(ticket)
    house.desk.close(ticket.id, sender=ticket.requester)
    with boa.reverts("desk: ticket is closed"):
        prove(batches, ticket, one, other)


@pytest.mark.parametrize("kind", ["anchored", "direct", "unknown"])
def test_ticket_that_was_not_proven_is_not_breached(batches: Batches, kind: str) -> None:
    house, ticket = batches.house, batches.opened()
    if kind == "direct":
        ticket.id = house.open()
    elif kind == "unknown":
        ticket.id = bytes(32)
    one, other = told_twice(batches, ticket)
    with boa.reverts("lane: ticket was not proven"):
        prove(batches, ticket, one, other)


def test_entries_of_an_expired_batch_equivocate(batches: Batches) -> None:
    ticket = batches.proven()
    one, other = told_twice(batches, ticket)
    travel_to(batches.house.lane.batch(3).expires_at + 1)
    prove(batches, ticket, one, other)


# ---------------------------------------------------------------- what is none


def test_same_entry_twice_is_no_equivocation(batches: Batches) -> None:
    ticket = batches.proven()
    entry = batches.noted(ticket, REPLIED)
    with boa.reverts("lane: entries are the same"):
        prove(batches, ticket, entry, entry)


def test_same_entry_in_two_batches_and_at_two_indices_is_no_equivocation(batches: Batches) -> None:
    ticket = batches.proven()
    entry = batches.entry(ticket, REPLIED)
    first = batches.anchor(later=[entry])
    second = batches.anchor(later=[batches.entry(ticket, SOLVES), entry])
    with boa.reverts("lane: entries are the same"):
        batches.house.lane.prove_equivocation(ticket.id, 1, first.shown(entry), second.shown(entry))


def test_entries_of_two_sequences_are_no_equivocation(batches: Batches) -> None:
    ticket = batches.proven()
    one, two = batches.noted(ticket, REPLIED), batches.noted(ticket, SOLVES)
    for sequence in (0, 1, 2):
        with boa.reverts("lane: path does not prove it"):
            prove(batches, ticket, one, two, sequence=sequence)


def test_entries_of_two_tickets_are_no_equivocation(batches: Batches) -> None:
    ticket, other = batches.proven(), batches.proven()
    one, two = batches.noted(ticket, REPLIED), batches.noted(other, SOLVES)
    with boa.reverts("lane: path does not prove it"):
        prove(batches, ticket, one, two)


def test_story_of_another_agent_is_none_until_it_succeeds(batches: Batches) -> None:
    """So a stolen key of another agent breaches nothing."""
    house, ticket, agent = batches.house, batches.proven(), key_pair("another")
    house.register(agent, HUMAN, FAR)
    house.desk.set_allowance(agent.address, 1, sender=house.operator)
    one = batches.noted(ticket, REPLIED)
    other = tampered(one, act=SOLVES)
    batches.anchor(later=[other], sender=agent.address)
    for pair in ((one, other), (other, one)):
        with boa.reverts("lane: batch of another agent"):
            prove(batches, ticket, *pair)
    house.directory.name_successor(house.human, agent.address, sender=house.operator)
    prove(batches, ticket, one, other)


def test_unknown_batch_shows_nothing(batches: Batches) -> None:
    ticket = batches.proven()
    one, _ = told_twice(batches, ticket)
    shown = batches.shown([one])[0]
    nowhere = (*shown[:4], 9, 0, [])
    for pair in ((shown, nowhere), (nowhere, shown)):
        with boa.reverts("lane: batch unknown"):
            batches.house.lane.prove_equivocation(ticket.id, 1, *pair)
