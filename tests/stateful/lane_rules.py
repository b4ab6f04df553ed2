# SPDX-License-Identifier: Apache-2.0
"""The batch lane's part of the random histories: what agents anchor, and what becomes of it."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice, takewhile
from typing import Any

import boa
from batches import FOLLOWED_UP, LEFT_PENDING, OPENED, REPLIED, SOLVES, Entry, Tree
from house import ETH, House
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule
from lane_model import LaneDesk, Shown
from logs import events_named

LANE_BATCH = 2
MOST_BATCHES = 7
MOST_PROOFS = 6
MOST_TICKETS = 14

Opening = tuple[str, int, bytes, int]
Note = tuple[int, int, str, int, int]

picks = st.integers(0, 30)
requesters = st.sampled_from(("first", "first", "second", "refuser"))
# Few, so that a request is anchored twice at times.
commitments = st.integers(1, 5).map(lambda number: number.to_bytes(32, "little"))
# How long before its anchoring an entry says it was made; the policies' lags and beside them.
ages = st.sampled_from((0, 0, 0, 1, 59, 600, 601, 900, 901, 3_600, 3_601, 30_000, -1))
acts = st.sampled_from((REPLIED, LEFT_PENDING, SOLVES, SOLVES, FOLLOWED_UP) * 3 + (OPENED, FOLLOWED_UP + 1))
authors = st.sampled_from(("right",) * 8 + ("second human", "second human", "bot", "stranger", "first"))
# 0: the ticket's next entry; else another story of an earlier one.
stories = st.sampled_from((0, 0, 0, 0, 0, 1, 2))
notes = st.tuples(picks, acts, authors, ages, stories)
openings = st.tuples(requesters, st.integers(0, 3), commitments, ages)
anchoring = st.sampled_from(("human",) * 6 + ("second human", "second human", "bot", "stranger"))
# Openings that are said to be more or fewer than they are.
lies = st.sampled_from((0,) * 10 + (1, -1))


class LaneRules:
    """Rules of the batch lane; `test_desk` has the machine, and what is annotated here."""

    house: House
    model: LaneDesk
    people: dict[str, str]
    pockets: dict[str, int]
    trees: list[Tree]
    emptied: set[int | bytes]  # batches and proofs that hold nothing any more
    happens: Callable[[Callable[[], Any], Callable[[], Any]], bool]
    travel: Callable[[int], None]
    holds: Callable[[], None]
    wins: Callable[[str, int], None]
    fund: Callable[[str, int], None]
    a_policy: Callable[[int], int]
    only_operator: Callable[[str, str, Callable[[], Any]], Callable[[], Any]]

    # ------------------------------------------------------------ the beginning

    def begin_lane(
        self, opened: list[Opening], noted: list[Note], proven: list[int], *, is_funded: bool
    ) -> None:
        """A batch, and some tickets proven out of it."""
        self.trees, self.emptied = [], set()
        self.anchor_batch("human", len(noted), opened, noted, 0, False, is_funded)
        for pick in proven:
            self.prove_ticket(pick, "requester", "none", "now")

    # ------------------------------------------------------------ anchoring

    @precondition(lambda self: len(self.model.batches) < MOST_BATCHES)
    @rule(
        agent=anchoring,
        pick=picks,
        opened=st.lists(openings, max_size=3),
        noted=st.lists(notes, max_size=4),
        lie=lies,
        must_back=st.booleans(),
        is_funded=st.booleans(),
    )
    def anchor_batch(
        self,
        agent: str,
        pick: int,
        opened: list[Opening],
        noted: list[Note],
        lie: int,
        must_back: bool,
        is_funded: bool,
    ) -> None:
        """Openings by several requesters, and later entries of known tickets."""
        leaves = [self.an_opening(one) for one in sorted(opened, key=lambda one: one[1])]
        counts = [sum(one[1] == priority for one in opened) for priority in range(4)]
        for note in noted:
            leaves += self.an_entry(note, self.batch_tickets(leaves), leaves)
        counts.append(len(leaves) - len(opened))
        if min(counts[3] + lie, counts[4] - lie) >= 0:
            counts[3], counts[4] = counts[3] + lie, counts[4] - lie
        policy_id = self.a_policy(pick)
        if is_funded and policy_id <= len(self.model.policies):
            policy, books = self.model.policies[policy_id - 1], self.model.pool.books()
            worst = sum(policy.worst_case(priority) * counts[priority] for priority in range(4))
            self.fund("stranger", max(0, worst + books.debt - books.free))
        self.anchored(self.people[agent], policy_id, leaves, tuple(counts), must_back)

    def anchored(
        self, agent: str, policy_id: int, leaves: list[Entry], counts: tuple[int, ...], must_back: bool
    ) -> None:
        """One batch."""
        tree = Tree([leaf.data for leaf in leaves])
        root = tree.root if leaves else b"\1" * 32
        if self.happens(
            lambda: self.model.anchor_batch(agent, policy_id, leaves, counts, must_back),
            lambda: self.house.lane.anchor_batch(policy_id, root, counts, "", must_back, sender=agent),
        ):
            self.trees.append(tree)

    @precondition(lambda self: self.model.batches)
    @rule(pick=picks, moment=st.sampled_from(("now", "now", "last", "late")))
    def release_batch(self, pick: int, moment: str) -> None:
        """Anyone frees what an expired batch still holds."""
        number = 1 + pick % (len(self.model.batches) + (pick == 30))
        if number <= len(self.model.batches) and moment != "now":
            self.travel(self.model.batches[number - 1].expires_at + (moment == "late"))
        self.happens(
            lambda: self.model.release_batch(number),
            lambda: self.house.lane.release_batch(number, sender=self.people["stranger"]),
        )

    # ------------------------------------------------------------ people

    @rule(who=requesters, keeper=st.sampled_from(("keeper", "keeper", "second")))
    def name_keeper(self, who: str, keeper: str) -> None:
        """Another address may prove somebody's tickets."""
        requester, named = self.people[who], self.people[keeper]
        self.happens(
            lambda: self.model.keepers.update({requester: named}),
            lambda: self.house.directory.name_keeper(named, sender=requester),
        )

    @precondition(lambda self: len(self.model.predecessors) < 2)
    @rule(
        who=st.sampled_from(("operator", "operator", "operator", "stranger")),
        agent=st.sampled_from(("human", "human", "second human", "bot")),
        successor=st.sampled_from(("second human", "human", "bot")),
    )
    def name_successor(self, who: str, agent: str, successor: str) -> None:
        """What one agent anchors counts for another's tickets."""
        named = self.people[agent], self.people[successor]
        self.happens(
            self.only_operator(who, "ownable", lambda: self.model.name_successor(*named)),
            lambda: self.house.directory.name_successor(*named, sender=self.people[who]),
        )

    # ------------------------------------------------------------ proofs

    @precondition(lambda self: self.model.batches and self.has_room_for_a_proof())
    @rule(
        pick=picks,
        who=st.sampled_from(("requester",) * 6 + ("keeper", "keeper", "stranger")),
        flaw=st.sampled_from(("none",) * 10 + ("path", "index", "time", "short", "more")),
        moment=st.sampled_from(("now",) * 6 + ("last", "late")),
    )
    def prove_ticket(self, pick: int, who: str, flaw: str, moment: str) -> None:
        """A ticket that a batch opened comes onto the chain, rarely something else."""
        places = [self.as_opening(place) for place in self.places()]
        unproven = [one for one in places if self.is_provable(one)]
        those = unproven if unproven and pick < 27 else places
        if not those:
            return
        opening = those[pick % len(those)]
        batch, requester = self.model.batches[opening.batch - 1], opening.entry.actor
        if moment != "now":
            self.travel(batch.expires_at + (moment == "late"))
        sender = requester if who == "requester" else self.people[who]
        if who == "keeper":
            sender = self.model.keepers.get(requester, sender)
        path = self.path(opening)
        if flaw == "path":
            opening, path = replace(opening, is_path_good=False), [b"\1" * 32, *path[1:]]
        if flaw == "index":
            opening = replace(opening, index=opening.index + 1, is_path_good=False)
        if flaw == "time":
            opening = replace(opening, entry=replace(opening.entry, at=opening.entry.at + 1))
        bond = batch.policy.prove_bond
        self.proven(sender, opening, path, {"short": max(0, bond - 1), "more": bond + 1}.get(flaw, bond))

    def proven(self, sender: str, opening: Shown, path: list[bytes], sent: int) -> None:
        """One proof, for which the sender has just the bond."""
        house, entry = self.house, opening.entry
        if house.asset == ETH:
            boa.env.set_balance(sender, boa.env.get_balance(sender) + sent)
        else:
            house.asset.mint(sender, sent)
            house.asset.approve(house.pool.address, sent, sender=sender)
        free, taken = house.pool.free(), 0
        if self.happens(
            lambda: self.model.prove_ticket(sender, opening, sent),
            lambda: house.lane.prove_ticket(
                opening.batch,
                opening.index,
                path,
                entry.actor,
                entry.digest,
                entry.at,
                value=sent if house.asset == ETH else 0,
                sender=sender,
            ),
        ):
            taken = self.model.prove_bond_of(opening.batch)
            assert house.pool.free() == free, "neither a bond nor a proven ticket moves free funds"
        self.pockets[sender] = self.pockets.get(sender, 0) + sent - taken

    @precondition(lambda self: self.model.proofs)
    @rule(
        pick=picks,
        who=st.sampled_from(("human", "human", "stranger", "requester", "keeper")),
        choice=picks,
        written=st.lists(notes, max_size=3),
        moment=st.sampled_from(
            ("now",) * 4 + ("half", "past half", "written past half", "until", "written until", "over")
        ),
        flaw=st.sampled_from(("none",) * 10 + ("path", "gap", "again", "again")),
    )
    def prove_entries(
        self, pick: int, who: str, choice: int, written: list[Note], moment: str, flaw: str
    ) -> None:
        """The next entries of a challenged ticket, some of them anchored just before."""
        ticket_id = self.a_proven_ticket(pick)
        proof, requester = self.model.proofs[ticket_id], self.model.tickets[ticket_id].requester
        half, until = proof.half, proof.until
        self.travel({"written past half": half + 1, "written until": until}.get(moment, 0))
        self.write(ticket_id, written)
        self.travel({"half": half, "past half": half + 1, "until": until, "over": until + 1}.get(moment, 0))
        first = {"gap": proof.sequence + 1, "again": 1}.get(flaw, proof.sequence)
        following = (self.places_of(ticket_id, sequence) for sequence in range(first, 99))
        chosen = [places[choice % len(places)] for places in takewhile(len, islice(following, 16))]
        paths = [self.path(one) for one in chosen]
        if flaw == "path" and chosen:
            chosen[-1] = replace(chosen[-1], is_path_good=False)
            paths[-1] = [*paths[-1], b"\1" * 32]
        sender = requester if who == "requester" else self.people[who]
        self.happens(
            lambda: self.model.prove_entries(sender, ticket_id, first, chosen),
            lambda: self.house.lane.prove_entries(
                ticket_id, first, [*map(on_chain, chosen, paths)], sender=sender
            ),
        )

    @precondition(lambda self: self.model.proofs)
    @rule(
        pick=picks,
        moment=st.sampled_from(("now", "until", "over", "over", "reply", "resolution")),
        claim=st.sampled_from((False, False, True)),
        collect=st.booleans(),
    )
    def end_challenge(self, pick: int, moment: str, claim: bool, collect: bool) -> None:
        """Anyone ends a challenge, at once or when more is breached."""
        ticket_id = self.a_proven_ticket(pick)
        ticket, proof = self.model.tickets[ticket_id], self.model.proofs[ticket_id]
        late = {"reply": ticket.reply_due, "resolution": ticket.resolution_due}.get(moment) or 0
        if moment != "now":
            self.travel(max(proof.until, late) + (moment != "until"))
        before = self.house.lane.proof(ticket_id)
        if self.happens(
            lambda: self.model.end_challenge(ticket_id, claim, collect),
            lambda: self.house.lane.end_challenge(ticket_id, claim, collect, sender=self.people["stranger"]),
        ):
            ended = events_named(self.house.lane, "ChallengeEnded")[0]
            assert ended["returned"] == (ended["breached"] != 0 or not before.answered)
            if ended["returned"]:
                self.wins(before.prover, before.bond)

    @precondition(lambda self: self.model.proofs)
    @rule(
        pick=picks,
        choice=picks,
        told=st.lists(notes, max_size=1),
        flaw=st.sampled_from(("none",) * 6 + ("same", "path")),
    )
    def prove_equivocation(self, pick: int, choice: int, told: list[Note], flaw: str) -> None:
        """Anyone shows two stories of one ticket, or the same one twice."""
        tickets = self.batch_tickets([])
        ticket_id = self.a_proven_ticket(pick, all_of_them=True)
        if pick == 30:
            ticket_id = tickets[choice % len(tickets)][0]
        self.write(ticket_id, [(0, act, author, age, 1) for _, act, author, age, _ in told])
        known = [places for n in range(99) if (places := self.places_of(ticket_id, n))]
        differing = [places for places in known if len({place.entry for place in places}) > 1]
        those = differing if differing and flaw != "same" else known
        places = those[choice % len(those)]
        one, other = places[0], places[0 if flaw == "same" else -1]
        paths = [self.path(one), self.path(other)]
        if flaw == "path":
            other, paths[1] = replace(other, is_path_good=False), [*paths[1], b"\1" * 32]
        sequence = one.entry.sequence
        self.happens(
            lambda: self.model.prove_equivocation(ticket_id, sequence, (one, other)),
            lambda: self.house.lane.prove_equivocation(
                ticket_id,
                sequence,
                on_chain(one, paths[0]),
                on_chain(other, paths[1]),
                sender=self.people["stranger"],
            ),
        )

    @precondition(lambda self: len(self.model.batches) < MOST_BATCHES and self.has_room_for_a_proof())
    @rule(
        pick=picks,
        opened=st.lists(openings, min_size=1, max_size=2),
        noted=st.lists(notes, min_size=1, max_size=3),
        waits=st.tuples(st.sampled_from((1, 0, 600, 7_200)), st.sampled_from((0, 600, 30_000))),
        who=st.sampled_from(("human", "human", "stranger", "requester")),
        is_shown_at_once=st.booleans(),
        written=st.lists(notes, max_size=2),
        moments=st.tuples(
            st.sampled_from(("past half", "now", "half", "written past half", "until")),
            st.sampled_from(("over", "over", "until", "reply", "resolution")),
        ),
        claim=st.booleans(),
    )
    def go_through_a_challenge(
        self,
        pick: int,
        opened: list[Opening],
        noted: list[Note],
        waits: tuple[int, int],
        who: str,
        is_shown_at_once: bool,
        written: list[Note],
        moments: tuple[str, str],
        claim: bool,
    ) -> None:
        """From the opening to the end of the challenge."""
        self.anchor_batch("human", pick % 30, opened, noted, 0, False, pick % 2 == 0)
        self.travel(self.model.now + waits[0])
        unproven = sum(map(self.is_provable, map(self.as_opening, self.places())))
        if not unproven:
            return
        proofs = len(self.model.proofs)
        self.prove_ticket(unproven - 1, "requester", "none", "now")
        self.travel(self.model.now + waits[1])
        self.holds()
        if len(self.model.proofs) > proofs:
            last = sum(self.model.tickets[one].challenged for one in self.model.proofs) - 1
            if is_shown_at_once:
                self.prove_entries(last, who, pick, [], "now", "none")
            self.prove_entries(last, who, pick, written, moments[0], "none")
            self.holds()
            self.end_challenge(last, moments[1], claim, collect=False)

    # ------------------------------------------------------------ after every step

    def lane_is_as_predicted(self) -> int:
        """Each batch and proof; gives what the chain says is set aside for them.

        What holds nothing any more cannot change: it is looked at once more, then left alone.
        """
        lane, aside = self.house.lane, 0
        for number, batch in enumerate(self.model.batches, 1):
            if number in self.emptied:
                continue
            shown = lane.batch(number)
            assert (shown.agent, shown.policy_id) == (batch.agent, batch.policy_id)
            assert (shown.anchored_at, shown.expires_at) == (batch.anchored_at, batch.expires_at)
            assert (shown.backed, shown.reserved) == (batch.backed, batch.reserved())
            aside += shown.reserved
            if not shown.reserved:
                self.emptied.add(number)
        for ticket_id, proof in self.model.proofs.items():
            if ticket_id in self.emptied:
                continue
            shown = lane.proof(ticket_id)
            assert (shown.proven_at, shown.batch, shown.prover) == (proof.at, proof.batch, proof.prover)
            assert (shown.sequence, shown.last_at) == (proof.sequence, proof.last_at)
            assert (shown.bond, shown.answered) == (proof.bond, proof.answered)
            aside += shown.bond
            if not self.model.tickets[ticket_id].challenged:
                self.emptied.add(ticket_id)
        return aside

    # ------------------------------------------------------------ what rules share

    def lane_edges(self) -> set[int]:
        """Seconds at which the lane's rules change."""
        waiting = [proof for one, proof in self.model.proofs.items() if self.model.tickets[one].challenged]
        edges = {edge for proof in waiting for edge in (proof.half, proof.until)}
        return edges | {batch.expires_at for batch in self.model.batches if batch.reserved()}

    def has_room_for_a_proof(self) -> bool:
        """Whether one more ticket keeps the histories small."""
        return len(self.model.proofs) < MOST_PROOFS and len(self.model.tickets) < MOST_TICKETS

    def an_opening(self, opening: Opening) -> Entry:
        """An opening, in time or stamped late."""
        name, _, commitment, age = opening
        requester = self.people[name]
        ticket_id = self.house.ticket_id(LANE_BATCH, requester, commitment)
        return Entry(ticket_id, 0, OPENED, self.model.now - age, requester, commitment)

    def an_entry(self, note: Note, tickets: list[tuple[bytes, str]], beside: list[Entry]) -> list[Entry]:
        """A later entry of a ticket that a batch opens, none where there is no such ticket."""
        pick, act, author, age, story = note
        if not tickets:
            return []
        ticket_id, requester = tickets[pick % len(tickets)]
        anchored = [place.entry for place in self.places()] + beside
        last = max(one.sequence for one in anchored if one.ticket_id == ticket_id)
        right = requester if act == FOLLOWED_UP else self.people["human"]
        actor = right if author == "right" else self.people[author]
        sequence = max(1, last + 1 - story)
        digest = bytes([act, sequence, story, len(anchored)]) * 8
        return [Entry(ticket_id, sequence, act, self.model.now - age, actor, digest)]

    def write(self, ticket_id: bytes, noted: list[Note]) -> None:
        """The agent that opened a ticket, or mostly so, anchors further entries of it."""
        if not noted or len(self.model.batches) >= MOST_BATCHES:
            return
        tickets = [one for one in self.batch_tickets([]) if one[0] == ticket_id]
        leaves: list[Entry] = []
        for note in noted:
            leaves += self.an_entry(note, tickets, leaves)
        proof = self.model.proofs.get(ticket_id)
        opened_by = self.model.batches[proof.batch - 1].agent if proof else self.people["human"]
        agent = self.people["second human"] if noted[0][0] > 25 else opened_by
        self.anchored(agent, 1, leaves, (0, 0, 0, 0, len(leaves)), False)

    def places(self) -> list[Shown]:
        """All anchored entries where they stand."""
        return [
            Shown(entry, number, index)
            for number, batch in enumerate(self.model.batches, 1)
            for index, entry in enumerate(batch.leaves.entries)
        ]

    def places_of(self, ticket_id: bytes, sequence: int) -> list[Shown]:
        """Where an entry of a ticket was anchored, and other stories of it."""
        return [
            place
            for place in self.places()
            if (place.entry.ticket_id, place.entry.sequence) == (ticket_id, sequence)
        ]

    def batch_tickets(self, beside: list[Entry]) -> list[tuple[bytes, str]]:
        """The tickets that batches open, with their requesters; and those that these entries open."""
        entries = [place.entry for place in self.places()] + beside
        return [*{one.ticket_id: (one.ticket_id, one.actor) for one in entries if one.sequence == 0}.values()]

    def as_opening(self, place: Shown) -> Shown:
        """What a place would have to be for somebody to prove it as an opening."""
        entry = place.entry
        ticket_id = self.house.ticket_id(LANE_BATCH, entry.actor, entry.digest)
        return replace(place, entry=replace(entry, ticket_id=ticket_id, sequence=0, act=OPENED))

    def is_provable(self, opening: Shown) -> bool:
        """Whether an opening waits to be proven."""
        batch = self.model.batches[opening.batch - 1]
        return (
            opening.entry == batch.leaves.entries[opening.index]
            and opening.entry.ticket_id not in self.model.tickets
            and self.model.now <= batch.expires_at
        )

    def path(self, place: Shown) -> list[bytes]:
        """The path from a leaf up."""
        return self.trees[place.batch - 1].path(place.index)

    def a_proven_ticket(self, pick: int, *, all_of_them: bool = False) -> bytes:
        """A ticket under challenge where there is one and mostly, else any that was proven."""
        proven = [*self.model.proofs]
        challenged = [one for one in proven if self.model.tickets[one].challenged]
        those = challenged if challenged and pick < 27 and not all_of_them else proven
        return those[pick % len(those)]


def on_chain(shown: Shown, path: list[bytes]) -> tuple[Any, ...]:
    """In the order of IBatchLane.Shown."""
    entry = shown.entry
    return (entry.act, entry.at, entry.actor, entry.digest, shown.batch, shown.index, path)
