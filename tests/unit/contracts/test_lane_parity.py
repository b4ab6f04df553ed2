# SPDX-License-Identifier: Apache-2.0
"""Random histories on both lanes of one desk: with true stamps, anchored in time, they cost the same.

Each history is played on a direct ticket as it happens. The same events go into batches, each at most the
anchor lag after it; long after, every ticket is proven and all of it shown.
"""

import random
from dataclasses import dataclass, field
from typing import Any

import boa
import pytest
from batches import FOLLOWED_UP, LEFT_PENDING, REPLIED, SOLVES, Batches, Entry, Ticket
from house import CALENDAR, DAY, SOLVED, WEEKDAYS, House, Policy, deploy_house, now, travel, travel_to
from logs import events_named

GROUPS = 7
HISTORIES = 15
LAG = 900
CONTEST = 5 * 3_600
TARGETS = (
    (1_800, 1_200, 10_000),
    (3_600, 2_400, 20_000),
    (5_400, 1_800, 30_000),
    (7_200, 7_200, 60_000),
)


@dataclass
class History:
    """One ticket's events, and the two tickets that have them."""

    policy_id: int
    priority: int
    opened_at: int
    events: list[tuple[int, int]]  # act, time
    requesters: tuple[str, str]
    direct: bytes = b""
    ticket: Ticket | None = None
    taken: list[bool] = field(default_factory=list)


@dataclass
class Anchoring:
    """What waits for a batch, and until when."""

    batches: Batches
    random: random.Random
    openings: list[tuple[int, Ticket]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    until: int | None = None

    def wait(self) -> None:
        """Something more waits."""
        if self.until is None:
            self.until = now() + self.random.choice((0, LAG, self.random.randrange(LAG + 1)))

    def travel_to(self, at: int) -> None:
        """Moves the clock on, and anchors whatever has to be by then."""
        if self.until is not None and self.until <= at:
            travel_to(self.until)
            self.anchor()
        travel_to(at)

    def anchor(self) -> None:
        """A batch for each policy with openings, or one of entries alone; the entries spread over them."""
        groups = sorted({policy_id for policy_id, _ in self.openings}) or [1]
        self.random.shuffle(self.entries)
        shares: dict[int, list[Entry]] = {group: [] for group in groups}
        for entry in self.entries:
            shares[self.random.choice(groups)].append(entry)
        for group, later in shares.items():
            tickets = [ticket for policy_id, ticket in self.openings if policy_id == group]
            if tickets or later:
                self.batches.anchor(tickets, later, policy_id=group)
        self.openings, self.entries, self.until = [], [], None


def _desk() -> House:
    terms: dict[str, Any] = {"targets": TARGETS, "contest_window": CONTEST, "anchor_lag": LAG}
    house = deploy_house(policy=Policy(**terms), funds=10_000_000)
    house.publish(Policy(hours=WEEKDAYS, **terms))
    assert house.policy.hours == CALENDAR
    return house


def _history(random_: random.Random, begin: int) -> History:
    at = begin + random_.randrange(2 * DAY)
    history = History(
        random_.choice((1, 2)),
        random_.randrange(4),
        at,
        [],
        (str(boa.env.generate_address()), str(boa.env.generate_address())),
    )
    longest = random_.choice((600, 2_000, 8_000, 30_000))
    for _ in range(random_.randrange(9)):
        at += random_.choice((0, 1, *(random_.randrange(longest) for _ in range(6))))
        act = random_.choice((REPLIED, REPLIED, LEFT_PENDING, SOLVES, FOLLOWED_UP, FOLLOWED_UP))
        history.events.append((act, at))
    return history


def _open(house: House, history: History, anchoring: Anchoring) -> None:
    direct, batched = history.requesters
    history.direct = house.desk.open_ticket_for(
        direct, history.policy_id, history.priority, house.digest(), sender=house.human
    )
    history.ticket = anchoring.batches.ticket(history.priority, batched)
    anchoring.openings.append((history.policy_id, history.ticket))


def _happen(house: House, history: History, act: int, anchoring: Anchoring) -> None:
    """On the direct lane it is done or refused; in the batch it stands in any case."""
    if act == FOLLOWED_UP:
        # What the desk then refuses has tests of its own; a refusal is slow to describe.
        found = house.desk.ticket(history.direct)
        done = found.status != SOLVED or now() <= found.solved_at + CONTEST
        if done:
            house.desk.follow_up(history.direct, house.digest(), sender=history.requesters[0])
    else:
        answer = (history.direct, act + 1, house.digest())
        done = house.desk.reply_many([answer], sender=house.human) == 1
    history.taken.append(done)
    assert history.ticket is not None
    anchoring.entries.append(anchoring.batches.entry(history.ticket, act))


def _prove_all(batches: Batches, history: History) -> None:
    ticket = history.ticket
    assert ticket is not None
    batches.prove(ticket)
    if ticket.entries:
        batches.show(ticket, ticket.entries)
        logged = events_named(batches.house.lane, "EntryShown")
        assert [entry["taken"] for entry in logged] == history.taken
        counted = [entry["at"] for entry in logged]
        assert counted == [entry.at for entry in ticket.entries]


def _state(house: House, ticket_id: bytes) -> tuple[Any, ...]:
    """All of a ticket but whose it is, which lane's, and where its contest window begins."""
    found = house.desk.ticket(ticket_id)
    assert not found.challenged
    return (
        found.policy_id,
        found.priority,
        found.status,
        found.replied,
        found.reply_due,
        found.resolution_due,
        found.resolution_remaining,
        found.breached,
        found.compensated,
        found.backed,
    )


@pytest.mark.parametrize("group", range(GROUPS))
def test_histories_cost_the_same_on_both_lanes(group: int) -> None:
    random_ = random.Random(f"lanes {group}")
    house = _desk()
    batches = Batches(house)
    anchoring = Anchoring(batches, random_)
    histories = [_history(random_, now()) for _ in range(HISTORIES)]
    steps = sorted(
        (at, number, place, act)
        for number, history in enumerate(histories)
        for place, (act, at) in enumerate([(-1, history.opened_at), *history.events])
    )
    for at, number, _, act in steps:
        anchoring.travel_to(at)
        if act == -1:
            _open(house, histories[number], anchoring)
        else:
            _happen(house, histories[number], act, anchoring)
        anchoring.wait()
    anchoring.travel_to(now() + LAG)
    assert not anchoring.entries
    assert not anchoring.openings

    travel(random_.randrange(2 * DAY, 30 * DAY))
    for history in histories:
        _prove_all(batches, history)
    travel(DAY + 1)
    tickets = [history.ticket.id for history in histories if history.ticket]
    bonds = {}
    for history in histories:
        assert history.ticket is not None
        batches.end(history.ticket)
        (ended,) = events_named(house.lane, "ChallengeEnded")
        bonds[history.ticket.id] = ended["bond"] if ended["returned"] else 0
        assert ended["returned"] == (
            ended["breached"] != 0
            or not any(
                taken and act != FOLLOWED_UP
                for taken, (act, _) in zip(history.taken, history.events, strict=True)
            )
        )
    house.desk.claim_many([history.direct for history in histories])
    house.desk.claim_many(tickets)

    breaches = set()
    for number, history in enumerate(histories):
        assert history.ticket is not None
        state = _state(house, history.ticket.id)
        assert state == _state(house, history.direct), f"history {number} of group {group}: {history}"
        breaches.add(state[7])
        # After a challenge it begins anew, whenever the ticket was solved.
        proof = house.lane.proof(history.ticket.id)
        until = proof.proven_at + house.policy.challenge_window if state[2] == SOLVED else 0
        assert house.desk.ticket(history.ticket.id).solved_at == until
        direct, batched = history.requesters
        paid = house.pool.collectable(batched) - bonds[history.ticket.id]
        assert paid == house.pool.collectable(direct)
    assert len(breaches) > 1
    books = house.pool.books()
    assert books.funds == books.reserved + books.credited + books.free
