# SPDX-License-Identifier: Apache-2.0
"""BatchLane.prove_entries: at which time an entry counts, and whose entries cost a prover its bond."""

import boa
import pytest
from batches import FOLLOWED_UP, LEFT_PENDING, REPLIED, SOLVES, Batches, Entry, Ticket
from house import DAY, HOLD, OPEN, SOLVED, House, Policy, deploy_house, now, travel, travel_to
from logs import events_named

LAG = 900
CONTEST = 3 * DAY


@pytest.fixture
def batches(house: House) -> Batches:
    return Batches(house)


def counted(batches: Batches) -> list[tuple[bool, int]]:
    """Of the entries that the last call showed: whether taken, and at which time."""
    return [(entry["taken"], entry["at"]) for entry in events_named(batches.house.lane, "EntryShown")]


def shown(batches: Batches, ticket: Ticket, *entries: Entry) -> list[tuple[bool, int]]:
    batches.show(ticket, entries)
    return counted(batches)


@pytest.mark.parametrize("act", [REPLIED, LEFT_PENDING, SOLVES])
@pytest.mark.parametrize(
    ("age", "counts"), [(0, True), (1, True), (LAG, True), (LAG + 1, False), (1_500, False)]
)
def test_answer_counts_at_its_time_within_the_lag_and_else_at_its_anchoring(
    batches: Batches, act: int, age: int, counts: bool
) -> None:
    ticket = batches.opened()
    travel(2_000)
    entry = batches.noted(ticket, act, now() - age)
    batches.prove(ticket)
    assert shown(batches, ticket, entry) == [(True, now() - age if counts else now())]


def test_answer_backdated_by_more_than_the_lag_does_not_undo_the_breach(batches: Batches) -> None:
    """Due at 1,800 s. Anchored at 2,700 a stamp of 1,800 still counts; a second later it does not."""
    for anchored_after, breached in ((2_700, 0), (2_701, 1)):
        with boa.env.anchor():
            ticket = batches.opened()
            travel(anchored_after)
            entry = batches.noted(ticket, REPLIED, ticket.at + 1_800)
            batches.prove(ticket)
            batches.show(ticket, [entry])
            assert batches.house.desk.ticket(ticket.id).breached == breached


@pytest.mark.parametrize("at", [0, 1])
def test_answer_stamped_at_the_beginning_of_time_counts_at_its_anchoring(batches: Batches, at: int) -> None:
    """The agent did not stand then, so it is passed over; a follow-up counts at the opening."""
    ticket = batches.opened()
    travel(500)
    again, answer = batches.entry(ticket, FOLLOWED_UP, at), batches.entry(ticket, REPLIED, at)
    batches.anchor(later=[again, answer])
    batches.prove(ticket)
    assert shown(batches, ticket, again, answer) == [(True, ticket.at), (False, now())]


@pytest.mark.parametrize("age", [0, LAG, LAG + 1, 50_000])
def test_follow_up_counts_at_its_time_however_late_it_was_anchored(batches: Batches, age: int) -> None:
    ticket = batches.opened()
    travel(100)
    answer = batches.noted(ticket, REPLIED)
    travel(60_000)
    again = batches.noted(ticket, FOLLOWED_UP, now() - age)
    batches.prove(ticket)
    assert shown(batches, ticket, answer, again)[1] == (True, again.at)
    assert batches.house.desk.ticket(ticket.id).reply_due == again.at + 1_200


def test_no_entry_counts_earlier_than_the_one_before(batches: Batches) -> None:
    ticket = batches.opened()
    travel(800)
    later = batches.entry(ticket, REPLIED)
    earlier = batches.entry(ticket, FOLLOWED_UP, now() - 300)
    answer = batches.entry(ticket, SOLVES, now() - 200)
    batches.anchor(later=[later, earlier, answer])
    batches.prove(ticket)
    assert shown(batches, ticket, later, earlier, answer) == [(True, now())] * 3


def test_no_entry_counts_earlier_than_the_one_before_across_calls(batches: Batches) -> None:
    ticket = batches.opened()
    travel(800)
    later, earlier = batches.entry(ticket, REPLIED), batches.entry(ticket, FOLLOWED_UP, now() - 300)
    batches.anchor(later=[later, earlier])
    at = now()
    batches.prove(ticket)
    assert shown(batches, ticket, later) == [(True, at)]
    travel(50)
    assert shown(batches, ticket, earlier) == [(True, at)]


def test_entry_before_the_opening_counts_at_the_opening(batches: Batches) -> None:
    ticket = batches.opened()
    entry = batches.noted(ticket, REPLIED, ticket.at - 0)
    early = batches.noted(ticket, FOLLOWED_UP, ticket.at - 5_000)
    batches.prove(ticket)
    assert shown(batches, ticket, entry, early) == [(True, ticket.at)] * 2


def test_entry_passed_over_does_not_move_the_time_on(batches: Batches) -> None:
    ticket = batches.opened()
    travel(800)
    garbage = batches.entry(ticket, 9)
    again = batches.entry(ticket, FOLLOWED_UP, now() - 300)
    batches.anchor(later=[garbage, again])
    batches.prove(ticket)
    assert shown(batches, ticket, garbage, again) == [(False, now()), (True, now() - 300)]


@pytest.mark.parametrize("act", [REPLIED, LEFT_PENDING, SOLVES, FOLLOWED_UP])
@pytest.mark.parametrize("ahead", [1, 10_000, 2**40, 2**200])
def test_entry_of_a_time_to_come_is_passed_over(batches: Batches, act: int, ahead: int) -> None:
    ticket = batches.opened()
    future = batches.entry(ticket, act, now() + ahead)
    true = batches.entry(ticket, SOLVES)
    batches.anchor(later=[future, true])
    travel(20_000)
    batches.prove(ticket)
    assert [taken for taken, _ in shown(batches, ticket, future, true)] == [False, True]


@pytest.mark.parametrize("act", [REPLIED, SOLVES, FOLLOWED_UP, 9])
@pytest.mark.parametrize("at", [2**256 - 1, 2**256 - LAG, 2**256 - LAG - 1])
def test_entry_of_the_last_times_there_are_is_passed_over(batches: Batches, act: int, at: int) -> None:
    """A stamp that no sum holds must not bar what comes after it."""
    ticket = batches.opened()
    future = batches.entry(ticket, act, at)
    true = batches.entry(ticket, SOLVES)
    batches.anchor(later=[future, true])
    batches.prove(ticket)
    assert [taken for taken, _ in shown(batches, ticket, future, true)] == [False, True]


# ---------------------------------------------------------------- a contest window over in the replay


def solved_then(batches: Batches, after: int, act: int) -> tuple[Ticket, list[Entry]]:
    """A ticket that was solved, and an entry so long after."""
    ticket = batches.opened()
    travel(100)
    solution = batches.noted(ticket, SOLVES)
    travel(after)
    return ticket, [solution, batches.noted(ticket, act)]


@pytest.mark.parametrize("act", [REPLIED, LEFT_PENDING, SOLVES, FOLLOWED_UP])
@pytest.mark.parametrize(("after", "taken"), [(CONTEST, True), (CONTEST + 1, False)])
def test_entry_after_the_contest_window_is_passed_over(
    batches: Batches, act: int, after: int, taken: bool
) -> None:
    ticket, entries = solved_then(batches, after, act)
    travel(1)
    batches.prove(ticket)
    assert [found for found, _ in shown(batches, ticket, *entries)] == [True, taken]
    if not taken:
        assert batches.house.desk.ticket(ticket.id).status == SOLVED


@pytest.mark.parametrize(("proven_after", "taken"), [(CONTEST, True), (CONTEST + 1, False)])
def test_contest_window_that_ran_at_the_proof_stands_still_for_follow_ups(
    batches: Batches, proven_after: int, taken: bool
) -> None:
    """Proven in the window's last second, or one later; the follow-up is of an hour after."""
    ticket = batches.opened()
    travel(100)
    solution = batches.noted(ticket, SOLVES)
    travel(proven_after)
    batches.prove(ticket)
    travel(3_600)
    again = batches.noted(ticket, FOLLOWED_UP)
    assert [found for found, _ in shown(batches, ticket, solution, again)] == [True, taken]
    assert batches.house.desk.ticket(ticket.id).status == (OPEN if taken else SOLVED)


def test_solution_that_is_reopened_in_time_takes_all_that_follows(batches: Batches) -> None:
    ticket = batches.opened()
    travel(100)
    entries = [batches.noted(ticket, SOLVES)]
    travel(CONTEST)
    entries.append(batches.noted(ticket, FOLLOWED_UP))
    travel(2 * CONTEST)
    entries.append(batches.noted(ticket, REPLIED))
    batches.prove(ticket)
    assert [found for found, _ in shown(batches, ticket, *entries)] == [True] * 3
    assert batches.house.desk.ticket(ticket.id).status == HOLD


# ---------------------------------------------------------------- who answers


def answers(batches: Batches, sender: str, act: int = SOLVES, *, at_proof: bool = False) -> bool:
    ticket = batches.opened()
    entry = batches.noted(ticket, act)
    if not at_proof:
        travel(1)
    batches.prove(ticket)
    batches.show(ticket, [entry], sender=sender)
    (logged,) = events_named(batches.house.lane, "EntryShown")
    proof = batches.house.lane.proof(ticket.id)
    assert logged["taken"]
    assert proof.answered == logged["answers"]
    return bool(proof.answered)


@pytest.mark.parametrize("who", ["human", "stranger", "bot", "operator"])
@pytest.mark.parametrize("act", [REPLIED, LEFT_PENDING, SOLVES])
def test_answer_anchored_before_the_proof_is_the_provers_to_show(
    batches: Batches, who: str, act: int
) -> None:
    assert answers(batches, getattr(batches.house, who), act)


def test_answer_that_the_prover_shows_itself_costs_nothing(batches: Batches) -> None:
    assert not answers(batches, batches.house.requester)


def test_answer_anchored_in_the_second_of_the_proof_costs_nothing(batches: Batches) -> None:
    assert not answers(batches, batches.house.human, at_proof=True)


def test_follow_up_that_another_shows_costs_nothing(batches: Batches) -> None:
    assert not answers(batches, batches.house.human, FOLLOWED_UP)


def test_answer_that_is_passed_over_costs_nothing(batches: Batches) -> None:
    house, ticket = batches.house, batches.opened()
    entry = batches.noted(ticket, SOLVES, actor=house.bot)
    travel(1)
    batches.prove(ticket)
    batches.show(ticket, [entry])
    assert not house.lane.proof(ticket.id).answered


def test_answered_once_stays_answered(batches: Batches) -> None:
    ticket = batches.opened()
    one, two = batches.noted(ticket, REPLIED), batches.noted(ticket, SOLVES)
    travel(1)
    batches.prove(ticket)
    batches.show(ticket, [one])
    batches.show(ticket, [two], sender=ticket.requester)
    assert batches.house.lane.proof(ticket.id).answered


def test_requester_who_shows_what_its_keeper_left_out_costs_the_keeper_its_bond(batches: Batches) -> None:
    house, ticket = batches.house, batches.opened()
    entry = batches.noted(ticket, SOLVES)
    keeper = boa.env.generate_address("keeper")
    house.directory.name_keeper(keeper, sender=ticket.requester)
    travel(1)
    batches.prove(ticket, sender=keeper)
    with boa.env.anchor():
        batches.show(ticket, [entry], sender=keeper)
        assert not house.lane.proof(ticket.id).answered
    batches.show(ticket, [entry], sender=ticket.requester)
    assert house.lane.proof(ticket.id).answered


def test_windows_of_an_odd_number_of_seconds_halve_downwards() -> None:
    batches = Batches(deploy_house(policy=Policy(challenge_window=7, anchor_lag=3)))
    ticket = batches.ticket()
    one, two = batches.entry(ticket, REPLIED), batches.entry(ticket, SOLVES)
    batches.anchor([ticket], [one, two])
    proven_at = batches.prove(ticket)
    travel_to(proven_at + 3)
    batches.show(ticket, [one])
    travel_to(proven_at + 4)
    with boa.reverts("lane: too late for this entry"):
        batches.show(ticket, [two])
    travel_to(proven_at + 7)
    with boa.reverts("lane: challenge window still runs"):
        batches.house.lane.end_challenge(ticket.id, False, False)
