# SPDX-License-Identifier: Apache-2.0
"""BatchLane.end_challenge: breaches at the window's last second, the bond, the contest window."""

import boa
import pytest
from batches import FOLLOWED_UP, REPLIED, SOLVES, Batches, Ticket
from disputes import balance, give
from house import (
    DAY,
    FIRST_REPLY,
    HIGH,
    INCIDENT,
    NEXT_REPLY,
    RESOLUTION,
    SOLVED,
    House,
    Policy,
    deploy_house,
    travel,
    travel_to,
)
from logs import events, events_named

BOND = 20
CONTEST = 3 * DAY
WINDOW = DAY


@pytest.fixture
def batches(house: House) -> Batches:
    return Batches(house)


def ended(batches: Batches) -> tuple[int, bool]:
    """What the last call said: the kinds breached, and whether the bond went back."""
    (logged,) = events_named(batches.house.lane, "ChallengeEnded")
    assert logged["bond"] == BOND
    return logged["breached"], logged["returned"]


# ---------------------------------------------------------------- what it does


def test_end_challenge_makes_the_ticket_a_direct_one(batches: Batches) -> None:
    house, ticket = batches.house, batches.proven()
    before = house.desk.ticket_word(ticket.id)
    batches.end(ticket)
    found = house.desk.ticket(ticket.id)
    assert (found.challenged, found.proven, found.breached) == (False, True, FIRST_REPLY | RESOLUTION)
    assert house.desk.ticket_word(ticket.id) == before - 2**255 + (5 << 243)
    house.reply(ticket.id)
    house.follow_up(ticket.id)
    house.desk.claim(ticket.id)


def test_end_challenge_logs_what_it_found(batches: Batches) -> None:
    house, ticket = batches.house, batches.proven()
    batches.end(ticket)
    assert events(house.lane) == [
        ("BreachRecorded", {"ticket_id": ticket.id, "kinds": 5}),
        ("TicketMoved", {"ticket_id": ticket.id, "word": house.desk.ticket_word(ticket.id)}),
        (
            "ChallengeEnded",
            {
                "ticket_id": ticket.id,
                "breached": 5,
                "prover": ticket.requester,
                "bond": BOND,
                "returned": True,
            },
        ),
        ("Credited", {"beneficiary": ticket.requester, "amount": BOND}),
    ]
    assert house.lane.proof(ticket.id).bond == 0


@pytest.mark.parametrize("who", ["requester", "human", "operator", "stranger", "bot"])
def test_anyone_ends_a_challenge(batches: Batches, who: str) -> None:
    ticket = batches.proven()
    batches.end(ticket, sender=getattr(batches.house, who))
    assert not batches.house.desk.ticket(ticket.id).challenged


def test_challenge_ends_after_its_last_second(batches: Batches) -> None:
    lane, ticket = batches.house.lane, batches.opened()
    proven_at = batches.prove(ticket)
    for at in (proven_at, proven_at + WINDOW // 2, proven_at + WINDOW):
        travel_to(at)
        with boa.reverts("lane: challenge window still runs"):
            lane.end_challenge(ticket.id, False, False)
    travel(1)
    lane.end_challenge(ticket.id, False, False)


@pytest.mark.parametrize("kind", ["ended", "direct", "unknown"])
def test_only_a_challenge_can_be_ended(batches: Batches, kind: str) -> None:
    house = batches.house
    ticket_id = house.open() if kind == "direct" else bytes(32)
    if kind == "ended":
        ticket = batches.proven()
        batches.end(ticket)
        ticket_id = ticket.id
    with boa.reverts("lane: ticket is not challenged"):
        house.lane.end_challenge(ticket_id, False, False)


# ---------------------------------------------------------------- breached at the last second


def due_at_the_end(off: int) -> tuple[Batches, Ticket]:
    """A ticket answered before its proof, whose first reply is due some seconds off the window's end."""
    targets = ((WINDOW + 100 + off, 10, 10 * DAY),) + ((10, 10, 10),) * 3
    batches = Batches(deploy_house(policy=Policy(targets=targets)))
    ticket = batches.opened()
    travel(100)
    batches.prove(ticket)
    return batches, ticket


@pytest.mark.parametrize(("off", "breached"), [(-1, FIRST_REPLY), (0, 0), (1, 0)])
def test_breach_counts_that_stands_at_the_windows_last_second(off: int, breached: int) -> None:
    batches, ticket = due_at_the_end(off)
    batches.end(ticket)
    assert ended(batches) == (breached, True)
    assert batches.house.desk.ticket(ticket.id).breached == breached


@pytest.mark.parametrize(("early", "breached"), [(0, 0), (1, NEXT_REPLY)])
def test_breach_one_second_later_returns_no_bond_but_is_claimed(early: int, breached: int) -> None:
    """Answered before the proof; a follow-up's reply is due at the window's last second, or just before."""
    row = (1_800, 1_200, 10 * DAY)
    batches = Batches(deploy_house(policy=Policy(targets=(row,) * 4)))
    house, ticket = batches.house, batches.opened()
    answer = batches.noted(ticket, REPLIED)
    travel(1)
    batches.prove(ticket)
    batches.show(ticket, [answer])
    travel_to(batches.last_second(ticket) - 1_200 - early)
    batches.show(ticket, [batches.noted(ticket, FOLLOWED_UP)])
    assert house.desk.ticket(ticket.id).reply_due == batches.last_second(ticket) - early
    batches.end(ticket, claim=True)
    assert ended(batches) == (breached, breached != 0)
    assert house.desk.ticket(ticket.id).compensated == NEXT_REPLY
    assert house.pool.collectable(ticket.requester) == 500 + (BOND if breached else 0)


# ---------------------------------------------------------------- the bond


def proven_by(batches: Batches, who: str, act: int | None) -> tuple[Ticket, str]:
    """A ticket proven by its requester or keeper, and answered before where `act` says so."""
    house, ticket = batches.house, batches.opened(HIGH)
    sender = ticket.requester
    if who == "keeper":
        sender = str(boa.env.generate_address("keeper"))
        house.directory.name_keeper(sender, sender=ticket.requester)
    if act is not None:
        batches.noted(ticket, act)
    travel(10)
    batches.prove(ticket, sender=sender)
    return ticket, sender


@pytest.mark.parametrize("who", ["requester", "keeper"])
@pytest.mark.parametrize("shown_by", ["nobody", "prover", "desk"])
@pytest.mark.parametrize("act", [REPLIED, SOLVES])
def test_bond_goes_where_it_belongs(batches: Batches, who: str, shown_by: str, act: int) -> None:
    """Back with a breach, or where no other had to show an answer. A reply leaves the resolution breached."""
    house = batches.house
    ticket, prover = proven_by(batches, who, act)
    if shown_by != "nobody":
        batches.show(ticket, ticket.entries, sender=prover if shown_by == "prover" else house.human)
    before = house.pool.books()
    batches.end(ticket)
    breached = {"nobody": FIRST_REPLY | RESOLUTION}.get(shown_by, RESOLUTION if act == REPLIED else 0)
    returned = breached != 0 or shown_by == "prover"
    assert ended(batches) == (breached, returned)
    after = house.pool.books()
    assert after.reserved == before.reserved - BOND
    assert after.credited - before.credited == (BOND if returned else 0)
    assert after.free - before.free == (0 if returned else BOND)
    assert house.pool.collectable(prover) == (BOND if returned else 0)


def test_bond_of_a_keeper_comes_back_to_it_and_the_requester_is_paid(batches: Batches) -> None:
    house = batches.house
    ticket, prover = proven_by(batches, "keeper", None)
    batches.end(ticket, claim=True, collect=True)
    assert balance(house, ticket.requester) == 600 + 2_400
    assert house.pool.collectable(prover) == BOND
    house.pool.collect(prover)
    assert balance(house, prover) == BOND


# ---------------------------------------------------------------- claim and collect


def test_claim_at_the_end_pays_what_is_breached(batches: Batches) -> None:
    house, ticket = batches.house, batches.proven()
    batches.end(ticket, claim=True)
    assert house.pool.collectable(ticket.requester) == 5_000 + BOND
    assert house.desk.ticket(ticket.id).compensated == 5
    # What it can still cost: the next reply.
    assert house.pool.books().reserved == 500


def test_collect_at_the_end_sends_all_that_the_requester_has(batches: Batches) -> None:
    house, ticket = batches.house, batches.proven()
    batches.end(ticket, claim=True, collect=True)
    assert balance(house, ticket.requester) == 5_000 + BOND
    assert house.pool.collectable(ticket.requester) == 0


def test_collect_without_a_claim_collects_nothing(batches: Batches) -> None:
    ticket = batches.proven()
    batches.end(ticket, collect=True)
    assert batches.house.pool.collectable(ticket.requester) == BOND
    assert batches.house.desk.ticket(ticket.id).compensated == 0


def test_claim_where_nothing_is_breached_is_refused_and_the_challenge_stays(batches: Batches) -> None:
    house, ticket = batches.house, batches.opened()
    solution = batches.noted(ticket, SOLVES)
    travel(1)
    batches.prove(ticket)
    batches.show(ticket, [solution])
    travel_to(batches.last_second(ticket) + 1)
    with boa.reverts("desk: nothing to claim"):
        house.lane.end_challenge(ticket.id, True, False)
    assert house.desk.ticket(ticket.id).challenged
    assert house.lane.proof(ticket.id).bond == BOND
    batches.end(ticket)


def test_claim_after_the_end_is_one_like_any(batches: Batches) -> None:
    house, ticket = batches.house, batches.proven()
    batches.end(ticket)
    assert house.desk.claimable(ticket.id) == (5, 5_000)
    house.desk.claim(ticket.id)
    with boa.reverts("desk: nothing to claim"):
        house.desk.claim(ticket.id)
    house.desk.close(ticket.id, sender=ticket.requester)
    assert house.pool.books().reserved == 0


# ---------------------------------------------------------------- the contest window begins here


def after_solution(batches: Batches, seconds: int) -> Ticket:
    """A ticket solved, proven so long after, and its solution shown."""
    ticket = batches.opened()
    travel(100)
    solution = batches.noted(ticket, SOLVES)
    travel(seconds)
    batches.prove(ticket)
    batches.show(ticket, [solution])
    return ticket


@pytest.mark.parametrize("seconds", [0, 1, CONTEST // 2, CONTEST, CONTEST + 1, 30 * CONTEST])
def test_contest_window_begins_at_the_end_whenever_the_solution_was(batches: Batches, seconds: int) -> None:
    """Promise 3: a desk that anchors a solution and shows it to nobody gains no window by it."""
    house, ticket = batches.house, after_solution(batches, seconds)
    until = batches.last_second(ticket)
    batches.end(ticket)
    found = house.desk.ticket(ticket.id)
    assert (found.status, found.solved_at) == (SOLVED, until)
    travel_to(until + CONTEST)
    with boa.env.anchor():
        give(house, ticket.requester, 550)
        house.panel.contest(ticket.id, INCIDENT, 10_000, house.digest(), value=550, sender=ticket.requester)
    with boa.env.anchor():
        house.follow_up(ticket.id)
    with boa.reverts("desk: ticket cannot be closed yet"):
        house.desk.close(ticket.id, sender=house.stranger)
    travel(1)
    with boa.reverts("desk: contest window is over"):
        house.follow_up(ticket.id)
    house.desk.close(ticket.id, sender=house.stranger)


@pytest.mark.parametrize("into", [1, 3_600, WINDOW])
def test_contest_window_that_began_in_the_challenge_begins_at_its_end(batches: Batches, into: int) -> None:
    house, ticket = batches.house, batches.opened()
    proven_at = batches.prove(ticket)
    travel_to(proven_at + into)
    batches.show(ticket, [batches.noted(ticket, SOLVES)])
    batches.end(ticket)
    assert house.desk.ticket(ticket.id).solved_at == proven_at + WINDOW
    travel_to(proven_at + WINDOW + CONTEST)
    with boa.env.anchor():
        house.follow_up(ticket.id)
    travel(1)
    with boa.reverts("desk: contest window is over"):
        house.follow_up(ticket.id)


def test_contest_window_runs_on_where_nobody_ends_the_challenge(batches: Batches) -> None:
    """The requester can end it itself from the first second after."""
    house, ticket = batches.house, after_solution(batches, 10)
    until = batches.last_second(ticket)
    travel_to(until + CONTEST)
    batches.end(ticket)
    assert house.desk.ticket(ticket.id).solved_at == until
    travel(1)
    with boa.reverts("desk: contest window is over"):
        house.follow_up(ticket.id)
