# SPDX-License-Identifier: Apache-2.0
"""What a desk gains by leaves that it hides, delays or anchors twice, and how far a stolen key reaches.

The prices are those of the policy in `house.py`: a first reply within 1,800 s or 1,000 units, a next reply
within 1,200 s or 500, three days to contest, a day of challenge, a bond of 20 for a proof.
"""

import boa
import pytest
from batches import FOLLOWED_UP, LEFT_PENDING, REPLIED, SOLVES, Batches, Entry, Ticket, tampered
from disputes import BOND, FEE, WORST_CASE, contest, rejected, submit, wait_for_default
from house import DAY, FAR, HUMAN, OPEN, PENDING, RESOLUTION, SOLVED, House, key_pair, now, travel

ALL_CLOCKS, FIRST, NEXT = 7, 1, 2
# To contest; and longer than a batch can be proven.
CONTEST, LONGEST = 3 * DAY, 365 * DAY


@pytest.fixture
def batches(house: House) -> Batches:
    return Batches(house)


def answered_in_secret(batches: Batches) -> tuple[Ticket, Entry]:
    """A "solved" that the requester never got, anchored in time, in leaves that nobody can read."""
    ticket = batches.opened()
    travel(600)
    return ticket, batches.noted(ticket, SOLVES)


# ---------------------------------------------------------------- a solution that nobody saw


@pytest.mark.parametrize("waits", [60, CONTEST, CONTEST + 1, LONGEST])
def test_a_hidden_solution_can_be_contested_whenever_its_ticket_is_proven(
    batches: Batches, waits: int
) -> None:
    """Its contest window begins when the challenge ends: by then everybody can have seen it."""
    house = batches.house
    ticket, solution = answered_in_secret(batches)
    travel(min(waits, house.lane.batch(1).expires_at - now()))
    batches.prove(ticket)
    batches.show(ticket, [solution])
    batches.end(ticket)
    travel(CONTEST - 1)
    with boa.env.anchor():
        travel(1)
        with boa.reverts("desk: contest window is over"):
            contest(house, ticket.id, FIRST)
    contest(house, ticket.id, FIRST)
    wait_for_default(house)
    house.panel.rule_by_default(ticket.id, FIRST, sender=house.stranger)
    # The compensation and the contest's bond; the bond of the proof is the desk's.
    assert house.pool.collectable(ticket.requester) == 1_000 + house.policy.contest_bond


def test_a_solution_that_everybody_saw_can_be_contested_until_its_batch_expires(batches: Batches) -> None:
    """What that costs the desk is a ruling; in vain it costs the requester both bonds."""
    house = batches.house
    ticket, solution = answered_in_secret(batches)
    travel(house.lane.batch(1).expires_at - now())
    before = house.pool.books()
    batches.prove(ticket)
    batches.show(ticket, [solution])
    batches.end(ticket)
    submit(house, rejected(contest(house, ticket.id, RESOLUTION)))
    travel(CONTEST)
    house.desk.close(ticket.id, sender=house.operator)
    after = house.pool.books()
    assert after.free - before.free == WORST_CASE + house.policy.prove_bond + BOND - FEE
    assert house.pool.collectable(ticket.requester) == 0


def test_a_follow_up_after_a_hidden_solution_was_final_is_made_anew_after_the_challenge(
    batches: Batches,
) -> None:
    """An entry after the contest window is passed over, whoever knew of it; the direct lane takes one."""
    house = batches.house
    ticket, solution = answered_in_secret(batches)
    travel(CONTEST + 1)
    again = batches.noted(ticket, FOLLOWED_UP)
    travel(1)
    batches.prove(ticket)
    batches.show(ticket, [solution, again])
    batches.end(ticket)
    assert house.desk.ticket(ticket.id).status == SOLVED
    house.follow_up(ticket.id)
    assert house.desk.ticket(ticket.id).status == OPEN


@pytest.mark.parametrize(("waits", "kept"), [(60, False), (901, True)])
def test_a_desk_that_sees_a_proof_coming_backdates_a_reply_within_the_lag_and_takes_the_bond(
    batches: Batches, waits: int, kept: bool
) -> None:
    """A second ahead of the proof is enough. Who waits for the due time and the lag loses nothing by it."""
    house = batches.house
    ticket = batches.opened()
    travel(1_800 + waits)
    reply = batches.noted(ticket, REPLIED, ticket.at + 1_800)
    travel(1)
    batches.prove(ticket)
    batches.show(ticket, [reply])
    assert house.desk.ticket(ticket.id).breached == (FIRST if kept else 0)
    # Solved too, or its resolution would be breached at the window's end and the bond come back for that.
    solved = batches.noted(ticket, SOLVES)
    batches.show(ticket, [solved])
    batches.end(ticket)
    assert house.pool.collectable(ticket.requester) == (house.policy.prove_bond if kept else 0)


# ---------------------------------------------------------------- a follow-up behind another entry


def waits_behind(batches: Batches, act: int) -> tuple[Ticket, Entry, Entry, Entry]:
    """Left pending in time; then an entry of the desk's; then a follow-up with a good receipt."""
    ticket = batches.opened()
    travel(600)
    pending = batches.noted(ticket, LEFT_PENDING)
    travel(600)
    between = batches.noted(ticket, act)
    travel(60)
    again = batches.noted(ticket, FOLLOWED_UP)
    travel(5_000)
    return ticket, pending, between, again


def test_a_follow_up_behind_a_hidden_entry_starts_no_clock(batches: Batches) -> None:
    """As good as left out. A receipt of a follow-up is good only with every entry before it."""
    house = batches.house
    ticket, pending, _, again = waits_behind(batches, LEFT_PENDING)
    batches.prove(ticket)
    batches.show(ticket, [pending], sender=ticket.requester)
    with boa.reverts("lane: an entry is missing before"):
        batches.show(ticket, [again], sender=ticket.requester)
    batches.end(ticket)
    assert house.desk.ticket(ticket.id).status == PENDING
    assert house.desk.claimable(ticket.id) == (0, 0)
    # What is left: the direct lane, where the clock starts by then.
    house.follow_up(ticket.id)
    travel(1_201)
    assert house.desk.claimable(ticket.id)[0] & NEXT


def test_a_follow_up_counts_once_the_desk_shows_what_stood_before_it(batches: Batches) -> None:
    ticket, pending, between, again = waits_behind(batches, LEFT_PENDING)
    batches.prove(ticket)
    batches.show(ticket, [pending, between])
    travel(60_000)
    batches.show(ticket, [again], sender=ticket.requester)
    batches.end(ticket, claim=True)
    assert batches.house.desk.ticket(ticket.id).compensated & NEXT


def test_an_entry_of_the_desks_that_is_anchored_late_delays_the_follow_up_behind_it(batches: Batches) -> None:
    """As if it stamped the follow-up late: it has not anchored it yet, and nobody has a receipt of it."""
    house = batches.house
    ticket = batches.opened()
    travel(600)
    pending = batches.noted(ticket, LEFT_PENDING)
    asked_at = now()
    travel(6_000)
    # It missed the follow-up's due time; so it puts an entry before it that counts at its anchoring.
    filler = batches.entry(ticket, LEFT_PENDING, asked_at)
    again = batches.entry(ticket, FOLLOWED_UP, asked_at)
    batches.anchor(later=[filler, again])
    batches.prove(ticket)
    batches.show(ticket, [pending, filler, again])
    shown = house.desk.ticket(ticket.id)
    assert (shown.status, shown.breached, shown.reply_due) == (OPEN, 0, now() + 1_200)


def test_a_follow_up_that_was_anchored_is_not_delayed_by_what_is_put_before_it(batches: Batches) -> None:
    """Once the follow-up stands in a tree, putting another entry in its place costs all three."""
    house = batches.house
    ticket = batches.opened()
    travel(600)
    pending = batches.noted(ticket, LEFT_PENDING)
    again = batches.noted(ticket, FOLLOWED_UP)
    travel(6_000)
    filler = tampered(again, act=LEFT_PENDING, actor=house.human)
    batches.anchor(later=[filler])
    batches.prove(ticket)
    batches.show(ticket, [pending, filler])
    house.lane.prove_equivocation(ticket.id, 2, *batches.shown([again, filler]), sender=house.stranger)
    assert house.desk.ticket(ticket.id).breached == ALL_CLOCKS


def test_a_follow_up_written_in_the_requesters_name_buys_the_desk_time_and_undoes_nothing(
    batches: Batches,
) -> None:
    """After its own "solved", at least a next reply's time for the resolution; what was breached stays so."""
    house = batches.house
    ticket = batches.opened()
    travel(1_900)
    late = batches.noted(ticket, REPLIED)
    travel(8_000)
    solved, forged = batches.noted(ticket, SOLVES), batches.noted(ticket, FOLLOWED_UP)
    batches.prove(ticket)
    batches.show(ticket, [late, solved, forged])
    shown = house.desk.ticket(ticket.id)
    assert (shown.status, shown.breached) == (OPEN, FIRST)
    # A hundred seconds were left of the resolution's 10,000.
    assert (shown.reply_due, shown.resolution_due) == (now() + 1_200, now() + 1_200)


# ---------------------------------------------------------------- one entry anchored twice


@pytest.mark.parametrize(("first_shown", "breached"), [("first", 0), ("second", FIRST)])
def test_an_entry_anchored_twice_counts_by_the_anchoring_that_is_shown_first(
    batches: Batches, first_shown: str, breached: int
) -> None:
    """No equivocation, both are one leaf: a desk anchors an entry once, or the later one may be shown."""
    ticket = batches.opened()
    travel(900)
    reply = batches.noted(ticket, REPLIED)
    in_time = batches.batch_of(reply)
    travel(2_000)
    again = batches.anchor(later=[reply])
    batches.prove(ticket)
    place = in_time if first_shown == "first" else again
    batches.house.lane.prove_entries(ticket.id, 1, [place.shown(reply)], sender=ticket.requester)
    with boa.reverts("lane: entries are the same"):
        batches.house.lane.prove_equivocation(
            ticket.id, 1, in_time.shown(reply), again.shown(reply), sender=ticket.requester
        )
    assert batches.house.desk.ticket(ticket.id).breached == breached


# ---------------------------------------------------------------- a flood of messages


def test_a_flood_of_messages_before_a_reply_is_the_desks_to_show_and_can_be_left_out(
    batches: Batches,
) -> None:
    """Written off chain for nothing; each that is anchored costs the desk some 20,000 gas to show.

    On an open ticket a further message changes nothing: left out of the leaves, the ticket comes to the same.
    """
    flooded, spared = batches.ticket(), batches.ticket()
    travel(600)
    messages = [batches.entry(flooded, FOLLOWED_UP) for _ in range(48)]
    replies = [batches.entry(each, REPLIED) for each in (flooded, spared)]
    batches.anchor([flooded, spared], [*messages, *replies])
    travel(1)
    for each in (flooded, spared):
        batches.prove(each)
    with boa.reverts("lane: an entry is missing before"):
        batches.show(flooded, [replies[0]])
    batches.show(spared, [replies[1]])

    gas = 0
    for first in range(0, 48, 16):
        batches.show(flooded, messages[first : first + 16])
        gas += batches.house.lane._computation.net_gas_used
    batches.show(flooded, [replies[0]])
    assert gas > 48 * 15_000
    word, same = (batches.house.desk.ticket_word(each.id) for each in (flooded, spared))
    assert word == same


# ---------------------------------------------------------------- a stolen agent's key


def test_a_stolen_key_breaches_what_it_opened_however_well_it_was_served(batches: Batches) -> None:
    """Its whole worst case, which was spent and set aside when it was anchored; not a unit more."""
    house = batches.house
    ticket = batches.opened()
    travel(60)
    reply = batches.noted(ticket, REPLIED)
    house.desk.set_allowance(house.human, 1, sender=house.operator)
    free = house.pool.free()
    lie = tampered(reply, digest=house.digest())
    batches.anchor(later=[lie], sender=house.human)
    house.directory.revoke_agent(house.human, sender=house.operator)
    batches.prove(ticket)
    batches.show(ticket, [reply], sender=house.stranger)
    house.lane.prove_equivocation(ticket.id, 1, *batches.shown([reply, lie]), sender=ticket.requester)
    batches.end(ticket, claim=True)
    assert house.pool.collectable(ticket.requester) == WORST_CASE + house.policy.prove_bond
    assert house.pool.free() == free


def test_a_stolen_key_says_nothing_of_tickets_that_another_agent_opened(batches: Batches) -> None:
    house, thief = batches.house, key_pair("robbed")
    house.register(thief, HUMAN, FAR)
    house.desk.set_allowance(thief.address, 1, sender=house.operator)
    ticket = batches.opened()
    travel(60)
    reply = batches.noted(ticket, REPLIED)
    lie = tampered(reply, digest=house.digest())
    batches.anchor(later=[lie], sender=thief.address)
    batches.prove(ticket)
    for refused in (
        lambda: house.lane.prove_entries(ticket.id, 1, batches.shown([lie]), sender=house.stranger),
        lambda: house.lane.prove_equivocation(
            ticket.id, 1, *batches.shown([reply, lie]), sender=house.stranger
        ),
    ):
        with boa.reverts("lane: batch of another agent"):
            refused()


def test_a_solved_ticket_that_the_desk_closes_is_out_of_an_equivocations_reach(batches: Batches) -> None:
    """Anyone closes once the contest window is over: two stories are shown before that."""
    house = batches.house
    ticket, solution = answered_in_secret(batches)
    batches.prove(ticket)
    batches.show(ticket, [solution])
    batches.end(ticket)
    lie = tampered(solution, act=REPLIED)
    batches.anchor(later=[lie])
    assert house.desk.ticket(ticket.id).status == SOLVED
    travel(house.policy.contest_window + 1)
    with boa.env.anchor():
        house.lane.prove_equivocation(ticket.id, 1, *batches.shown([solution, lie]), sender=house.stranger)
        assert house.desk.claimable(ticket.id) == (ALL_CLOCKS, WORST_CASE)
    house.desk.close(ticket.id, sender=house.operator)
    with boa.reverts("desk: ticket is closed"):
        house.lane.prove_equivocation(ticket.id, 1, *batches.shown([solution, lie]), sender=house.stranger)
