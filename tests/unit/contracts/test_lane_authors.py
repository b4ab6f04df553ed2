# SPDX-License-Identifier: Apache-2.0
"""BatchLane.prove_entries: whose entries count, from whose batches, and which are passed over."""

import boa
import pytest
from batches import FOLLOWED_UP, LEFT_PENDING, OPENED, REPLIED, SOLVES, Batches, Ticket
from eth_account.signers.local import LocalAccount
from house import BOT, FAR, HUMAN, OPEN, SOLVED, House, key_pair, now, travel
from logs import events, events_named


@pytest.fixture
def batches(house: House) -> Batches:
    return Batches(house)


def status(batches: Batches, ticket: Ticket) -> int:
    return int(batches.house.desk.ticket(ticket.id).status)


def assert_passed_over(batches: Batches, ticket: Ticket, shown: int) -> None:
    """The last call showed so many entries of which none was taken, and the ticket is as it was opened."""
    logged = events_named(batches.house.lane, "EntryShown")
    assert [entry["taken"] for entry in logged] == [False] * shown
    assert not any(entry["answers"] for entry in logged)
    assert [name for name, _ in events(batches.house.lane)] == ["EntryShown"] * shown
    assert status(batches, ticket) == OPEN
    assert not batches.house.desk.ticket(ticket.id).replied


def _agents(count: int) -> list[LocalAccount]:
    return [key_pair(f"successor {number}") for number in range(count)]


# ---------------------------------------------------------------- of which agent


def succession(house: House, length: int) -> None:
    """Each of so many agents succeeds the one before, the first one the human."""
    earlier = house.human
    for agent in _agents(length):
        house.register(agent, HUMAN, FAR)
        house.desk.set_allowance(agent.address, 10**6, sender=house.operator)
        house.directory.name_successor(earlier, agent.address, sender=house.operator)
        earlier = agent.address


def test_batch_of_another_agent_does_not_count(batches: Batches) -> None:
    house, ticket = batches.house, batches.opened()
    house.desk.set_allowance(house.bot, 10**6, sender=house.operator)
    entry = batches.entry(ticket, SOLVES)
    batches.anchor(later=[entry], sender=house.bot)
    batches.prove(ticket)
    with boa.reverts("lane: batch of another agent"):
        batches.show(ticket, [entry])
    # A successor, from the moment that it is named.
    house.directory.name_successor(house.human, house.bot, sender=house.operator)
    batches.show(ticket, [entry])
    assert status(batches, ticket) == SOLVED


@pytest.mark.parametrize("length", [1, 2, 7, 8])
def test_successors_to_the_eighth_count(batches: Batches, length: int) -> None:
    house, ticket = batches.house, batches.opened()
    succession(house, length)
    house.directory.revoke_agent(house.human, sender=house.operator)
    travel(5)
    successor = _agents(length)[-1].address
    entry = batches.entry(ticket, SOLVES, actor=successor)
    batches.anchor(later=[entry], sender=successor)
    batches.prove(ticket)
    batches.show(ticket, [entry])
    assert status(batches, ticket) == SOLVED


def test_ninth_successor_does_not_count(batches: Batches) -> None:
    house, ticket = batches.house, batches.opened()
    succession(house, 9)
    entry = batches.entry(ticket, SOLVES)
    batches.anchor(later=[entry], sender=_agents(9)[-1].address)
    batches.prove(ticket)
    with boa.reverts("lane: batch of another agent"):
        batches.show(ticket, [entry])


def test_predecessors_batch_does_not_count_for_the_successors_ticket(batches: Batches) -> None:
    house, ticket = batches.house, batches.ticket()
    succession(house, 1)
    batches.anchor([ticket], sender=_agents(1)[0].address)
    entry = batches.noted(ticket, SOLVES)
    batches.prove(ticket)
    with boa.reverts("lane: batch of another agent"):
        batches.show(ticket, [entry])


def test_brothers_do_not_succeed_each_other(batches: Batches) -> None:
    house, ticket = batches.house, batches.ticket()
    succession(house, 1)
    house.directory.name_successor(house.human, house.bot, sender=house.operator)
    house.desk.set_allowance(house.bot, 10**6, sender=house.operator)
    batches.anchor([ticket], sender=house.bot)
    entry = batches.entry(ticket, SOLVES)
    batches.anchor(later=[entry], sender=_agents(1)[0].address)
    batches.prove(ticket)
    with boa.reverts("lane: batch of another agent"):
        batches.show(ticket, [entry])


# ---------------------------------------------------------------- whose and what


@pytest.mark.parametrize("act", [OPENED, 5, 9, 2**255, 2**256 - 1])
def test_acts_that_are_none_are_passed_over(batches: Batches, act: int) -> None:
    ticket = batches.opened()
    entries = [batches.entry(ticket, act, actor=actor) for actor in (batches.house.human, ticket.requester)]
    batches.anchor(later=entries)
    travel(1)
    batches.prove(ticket)
    batches.show(ticket, entries)
    assert_passed_over(batches, ticket, 2)
    assert batches.house.lane.proof(ticket.id).sequence == 3


@pytest.mark.parametrize("who", ["stranger", "human", "bot", "operator"])
def test_follow_up_of_another_is_passed_over(batches: Batches, who: str) -> None:
    ticket = batches.opened()
    answer = batches.noted(ticket, SOLVES)
    again = batches.noted(ticket, FOLLOWED_UP, actor=getattr(batches.house, who))
    batches.prove(ticket)
    batches.show(ticket, [answer])
    batches.show(ticket, [again])
    (logged,) = events_named(batches.house.lane, "EntryShown")
    assert not logged["taken"]
    assert status(batches, ticket) == SOLVED


@pytest.mark.parametrize("who", ["stranger", "requester", "bot", "operator"])
@pytest.mark.parametrize("act", [REPLIED, LEFT_PENDING, SOLVES])
def test_answer_of_no_human_agent_is_passed_over(batches: Batches, who: str, act: int) -> None:
    ticket = batches.opened()
    entry = batches.noted(ticket, act, actor=getattr(batches.house, who))
    travel(1)
    batches.prove(ticket)
    batches.show(ticket, [entry])
    assert_passed_over(batches, ticket, 1)


def test_answer_of_another_human_agent_is_taken(batches: Batches) -> None:
    agent = key_pair("colleague")
    batches.house.register(agent, HUMAN, FAR)
    ticket = batches.opened()
    entry = batches.noted(ticket, SOLVES, actor=agent.address)
    batches.prove(ticket)
    batches.show(ticket, [entry])
    assert status(batches, ticket) == SOLVED


@pytest.mark.parametrize("kind", [HUMAN, BOT])
def test_answer_counts_only_within_its_agents_standing(batches: Batches, kind: int) -> None:
    """The second before it stood; its first; its last; the one after."""
    agent, ticket = key_pair("short"), batches.opened()
    travel(100)
    since = now()
    batches.house.register(agent, kind, since + 50)
    travel(200)
    ats = [since - 1, since, since + 50, since + 51]
    entries = [batches.entry(ticket, REPLIED, at, agent.address) for at in ats]
    batches.anchor(later=entries)
    batches.prove(ticket)
    batches.show(ticket, entries)
    expected = [False, True, True, False] if kind == HUMAN else [False] * 4
    assert [entry["taken"] for entry in events_named(batches.house.lane, "EntryShown")] == expected


def test_answer_of_an_agent_revoked_meanwhile_counts_to_the_second_before(batches: Batches) -> None:
    house, agent = batches.house, key_pair("revoked")
    house.register(agent, HUMAN, FAR)
    ticket = batches.opened()
    travel(100)
    house.directory.revoke_agent(agent.address, sender=house.operator)
    entries = [batches.entry(ticket, REPLIED, at, agent.address) for at in (now() - 1, now())]
    batches.anchor(later=entries)
    batches.prove(ticket)
    batches.show(ticket, entries)
    assert [entry["taken"] for entry in events_named(house.lane, "EntryShown")] == [True, False]
