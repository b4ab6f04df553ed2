# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  ClockHarness
@author Makegood
@license AGPL-3.0-only
@notice For tests: what `opening_hours`, `ticket_clock` and `storage_words` compute, many cases a call. It holds
        nothing and is part of no desk.
"""

from ..modules import opening_hours
from ..modules import storage_words as words
from ..modules import ticket_clock

MAX_CASES: constant(uint256) = 500

OPENED: constant(uint256) = 0
FOLLOWED_UP: constant(uint256) = 1
# A reply carries the status that the ticket gets: 2 hold, 3 pending, 4 solved.
CHECKED: constant(uint256) = 5


struct Case:
    hours: uint256
    at: uint256
    other: uint256              # seconds of open time needed, or the second time


struct Step:
    what: uint256
    at: uint256
    hours: uint256
    targets: uint256[3]         # first reply, next reply, resolution


# ---------------------------------------------------------------- opening hours


@pure
@external
def due_many(cases: DynArray[Case, MAX_CASES]) -> DynArray[uint256, MAX_CASES]:
    """
    @notice `opening_hours.due` of each case.
    @param cases Hours, time, need.
    @return The due times.
    """
    answers: DynArray[uint256, MAX_CASES] = []
    for case: Case in cases:
        answers.append(opening_hours.due(case.hours, case.at, case.other))
    return answers


@pure
@external
def left_many(cases: DynArray[Case, MAX_CASES]) -> DynArray[uint256, MAX_CASES]:
    """
    @notice `opening_hours.left` of each case.
    @param cases Hours, time, second time.
    @return Open seconds between the two.
    """
    answers: DynArray[uint256, MAX_CASES] = []
    for case: Case in cases:
        answers.append(opening_hours.left(case.hours, case.at, case.other))
    return answers


@pure
@external
def open_hours_a_week(hours: uint256) -> uint256:
    """
    @notice `opening_hours.open_hours_a_week`.
    @param hours The opening hours.
    @return 0 .. 168.
    """
    return opening_hours.open_hours_a_week(hours)


# ---------------------------------------------------------------- ticket clock


@pure
@external
def play(requester: address, steps: DynArray[Step, MAX_CASES]) -> DynArray[uint256, MAX_CASES]:
    """
    @notice A ticket's word after each step; `opened` begins a new ticket. As in the desk, `check` comes first.
    @param requester Of all the tickets.
    @param steps What happens, in order.
    @return The words.
    """
    answers: DynArray[uint256, MAX_CASES] = []
    word: uint256 = 0
    for step: Step in steps:
        s: words.TicketState = empty(words.TicketState)
        if step.what == OPENED:
            s.requester = requester
            s = ticket_clock.opened(s, step.at, step.hours, step.targets[0], step.targets[2])
        else:
            s = ticket_clock.check(words.unpack_ticket(word), step.at)
            if step.what == FOLLOWED_UP:
                s = ticket_clock.followed_up(s, step.at, step.hours, step.targets[1])
            elif step.what != CHECKED:
                s = ticket_clock.answered(s, step.what, step.at, step.hours)
        word = words.pack_ticket(s)
        answers.append(word)
    return answers


@pure
@external
def play_acts(requester: address, steps: DynArray[Step, MAX_CASES]) -> DynArray[uint256, MAX_CASES]:
    """
    @notice A ticket's word after each step, by the numbers of a batch's entries: 0 opens a new ticket, the others go
            through `apply`. As in the desk, hours and target are given only where they are needed.
    @param requester Of all the tickets.
    @param steps What happens, in order: whole histories one after the other.
    @return The words.
    """
    answers: DynArray[uint256, MAX_CASES] = []
    word: uint256 = 0
    for step: Step in steps:
        s: words.TicketState = words.unpack_ticket(word)
        if step.what == OPENED:
            s = empty(words.TicketState)
            s.requester = requester
            s = ticket_clock.opened(s, step.at, step.hours, step.targets[0], step.targets[2])
        elif ticket_clock.needs_hours(s.status, step.what):
            s = ticket_clock.apply(s, step.what, step.at, step.hours, step.targets[1])
        else:
            s = ticket_clock.apply(s, step.what, step.at, 0, 0)
        word = words.pack_ticket(s)
        answers.append(word)
    return answers


# ---------------------------------------------------------------- words: packed, then read again


@pure
@external
def pack_ticket(t: words.TicketState) -> (uint256, words.TicketState):
    """
    @notice A ticket's word, and what is read from it.
    @param t The state.
    @return The word and the state.
    """
    word: uint256 = words.pack_ticket(t)
    return word, words.unpack_ticket(word)


@pure
@external
def pack_terms(hours: uint256, contest: uint256, claim: uint256, ruling: uint256) -> (uint256, uint256[4]):
    """
    @notice A terms word, and what is read from it.
    @param hours The opening hours.
    @param contest Contest window.
    @param claim Claim window.
    @param ruling Ruling window.
    @return The word and its four fields.
    """
    word: uint256 = words.pack_terms(hours, contest, claim, ruling)
    return word, [
        words.terms_hours(word),
        words.terms_contest_window(word),
        words.terms_claim_window(word),
        words.terms_ruling_window(word),
    ]


@pure
@external
def pack_targets(targets: uint256[3], worst_case: uint256) -> (uint256, uint256[4]):
    """
    @notice A targets word, and what is read from it.
    @param targets First reply, next reply, resolution.
    @param worst_case In units of the asset.
    @return The word and its four fields.
    """
    word: uint256 = words.pack_targets(targets, worst_case)
    return word, [words.target(word, 0), words.target(word, 1), words.target(word, 2), words.worst_case(word)]


@pure
@external
def pack_three(amounts: uint256[3]) -> (uint256, uint256[3]):
    """
    @notice A word of three amounts, and what is read from it.
    @param amounts In units of the asset.
    @return The word and its three fields.
    """
    word: uint256 = words.pack_three(amounts)
    return word, [words.one_of_three(word, 0), words.one_of_three(word, 1), words.one_of_three(word, 2)]


@pure
@external
def pack_bonds(contest_bond: uint256, fee: uint256) -> (uint256, uint256[2]):
    """
    @notice A bonds word, and what is read from it.
    @param contest_bond In units of the asset.
    @param fee In units of the asset.
    @return The word and its two fields.
    """
    word: uint256 = words.pack_bonds(contest_bond, fee)
    return word, [words.bonds_contest(word), words.bonds_fee(word)]


@pure
@external
def pack_incidents(t: words.IncidentTerms) -> (uint256, words.IncidentTerms):
    """
    @notice An incidents word, and what is read from it.
    @param t The terms.
    @return The word and the terms.
    """
    word: uint256 = words.pack_incidents(t)
    return word, words.unpack_incidents(word)


@pure
@external
def pack_coverage(fields: uint256[4]) -> (uint256, uint256[4]):
    """
    @notice A coverage word, and what is read from it.
    @param fields Until, places, used, priority.
    @return The word and its four fields.
    """
    word: uint256 = words.pack_coverage(fields[0], fields[1], fields[2], fields[3])
    read: uint256[4] = empty(uint256[4])
    read[0], read[1], read[2], read[3] = words.unpack_coverage(word)
    return word, read


@pure
@external
def pack_agent(fields: uint256[3], revoked: bool) -> (uint256, uint256[3], bool):
    """
    @notice An agent word, and what is read from it.
    @param fields Since, until, kind.
    @param revoked Whether it was revoked.
    @return The word and its four fields.
    """
    word: uint256 = words.pack_agent(fields[0], fields[1], fields[2], revoked)
    read: uint256[3] = empty(uint256[3])
    was_revoked: bool = False
    read[0], read[1], read[2], was_revoked = words.unpack_agent(word)
    return word, read, was_revoked


@pure
@external
def pack_channel(since: uint256, revoked_at: uint256) -> (uint256, uint256[2]):
    """
    @notice A channel word, and what is read from it.
    @param since The second of its publication.
    @param revoked_at The second of its revocation.
    @return The word and its two fields.
    """
    word: uint256 = words.pack_channel(since, revoked_at)
    read: uint256[2] = empty(uint256[2])
    read[0], read[1] = words.unpack_channel(word)
    return word, read


@pure
@external
def pack_halves(low: uint256, high: uint256) -> (uint256, uint256[2]):
    """
    @notice A word of two amounts, and what is read from it.
    @param low The lower half.
    @param high The upper half.
    @return The word and its two fields.
    """
    word: uint256 = words.pack_halves(low, high)
    return word, [words.low_half(word), words.high_half(word)]


@pure
@external
def pack_account(fields: uint256[3]) -> (uint256, uint256[3]):
    """
    @notice An account word, and what is read from it.
    @param fields Credited, first debt, debts.
    @return The word and its three fields.
    """
    word: uint256 = words.pack_account(fields[0], fields[1], fields[2])
    read: uint256[3] = empty(uint256[3])
    read[0], read[1], read[2] = words.unpack_account(word)
    return word, read


@pure
@external
def pack_panels(p: words.PanelState) -> (uint256, words.PanelState):
    """
    @notice A panels word, and what is read from it.
    @param p The state.
    @return The word and the state.
    """
    word: uint256 = words.pack_panels(p)
    return word, words.unpack_panels(word)


@pure
@external
def pack_dispute(d: words.DisputeState) -> (uint256, words.DisputeState):
    """
    @notice A dispute's word, and what is read from it.
    @param d The state.
    @return The word and the state.
    """
    word: uint256 = words.pack_dispute(d)
    return word, words.unpack_dispute(word)


@pure
@external
def pack_incident(fields: uint256[2]) -> (uint256, uint256[2]):
    """
    @notice An incident's word, and what is read from it.
    @param fields Asked, reserved.
    @return The word and its two fields.
    """
    word: uint256 = words.pack_incident(fields[0], fields[1])
    read: uint256[2] = empty(uint256[2])
    read[0], read[1] = words.unpack_incident(word)
    return word, read


@pure
@external
def pack_batch(b: words.BatchState) -> (uint256, words.BatchState):
    """
    @notice A batch's word, and what is read from it.
    @param b The state.
    @return The word and the state.
    """
    word: uint256 = words.pack_batch(b)
    return word, words.unpack_batch(word)


@pure
@external
def pack_places(counts: uint256[5], reserved: uint256) -> (uint256, uint256[6]):
    """
    @notice A places word, and what is read from it.
    @param counts Openings of urgent, high, normal, low tickets, and later entries.
    @param reserved In units of the asset.
    @return The word, its five ends and what is reserved.
    """
    word: uint256 = words.pack_places(counts, reserved)
    read: uint256[6] = empty(uint256[6])
    for i: uint256 in range(5):
        read[i] = words.place_end(word, i)
    read[5] = words.places_reserved(word)
    return word, read


@pure
@external
def change_reserved(word: uint256, reserved: uint256) -> uint256:
    """
    @notice `with_reserved`.
    @param word A places word.
    @param reserved In units of the asset.
    @return The word.
    """
    return words.with_reserved(word, reserved)


@pure
@external
def pack_proof(p: words.ProofState) -> (uint256, words.ProofState):
    """
    @notice A proof's word, and what is read from it.
    @param p The state.
    @return The word and the state.
    """
    word: uint256 = words.pack_proof(p)
    return word, words.unpack_proof(word)
