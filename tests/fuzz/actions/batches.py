# SPDX-License-Identifier: Apache-2.0
"""Agents anchor batches; requesters and keepers prove tickets; anyone shows entries and ends challenges."""

from typing import Any

from fuzz.actions.agent import agent
from fuzz.encode import Tail, array, call, encode, octets, structs, text_words
from fuzz.model.batches import Shown
from fuzz.model.ticket import CLOSED, FOLLOWED_UP, Ticket
from fuzz.model.tree import Entry
from fuzz.stories import Place, Stories, Story
from fuzz.world import Action, Reasons, Transaction, World

Args = tuple[Any, ...]
SHOWN = "(uint256,uint256,address,bytes32,uint256,uint256,bytes32[])"
URIS = ("", "https://example.org/leaves", "x" * 33)
MAX_SHOWN = 16


def stories(w: World) -> Stories:
    """Kept with the episode."""
    kept = w.memory.setdefault("stories", [])
    if not kept:
        kept.append(Stories())
    return kept[0]


def number_of(w: World, root: int) -> int:
    """The last batch with a root; 0 where it was not anchored."""
    numbers, batches = w.memory.setdefault("numbers", [{}, 0]), w.m.lane.batches
    for i in range(numbers[1], len(batches)):
        numbers[0][int.from_bytes(batches[i].root, "big")] = i + 1
    numbers[1] = len(batches)
    return numbers[0].get(root, 0)


# ---------------------------------------------------------------- anchoring


def opening(w: World, by: int) -> Entry:
    """A new ticket's, or now and then one that was anchored before."""
    told = stories(w)
    if told.openings and w.odds(0.03):
        return w.one_of(told.openings).entry
    who = (
        w.one_of(w.cast.requesters)
        if w.odds(0.9)
        else w.one_of((w.cast["wallet"], *w.house.recipients.values()))
    )
    commitment = w.digest()
    ticket_id = w.m.desk.ticket_id(2, who, commitment)
    at = w.m.now - int(10 ** (w.r.random() * 4)) + 1 if w.odds(0.97) else w.one_of((w.m.now + 1, 0))
    story = Story(ticket_id, who, commitment, by, last_at=at)
    told.by_id[ticket_id] = story
    told.recent.append(story)
    return (ticket_id, 0, 0, at, who, commitment)


def later(w: World, story: Story) -> Entry:
    """The next entry of a story."""
    now, roll = w.m.now, w.r.random()
    act = w.one_of((1, 2, 3, 3, FOLLOWED_UP, FOLLOWED_UP)) if w.odds(0.97) else w.one_of((0, 5, 2**255))
    at = now if roll < 0.2 else now - int(10 ** (w.r.random() * 4))
    if roll > 0.9:
        at = w.one_of((story.last_at, now + 1, story.last_at - 1, 2**256 - 1, 0))
    actor = story.requester if act == FOLLOWED_UP else w.one_of(w.cast.humans)
    if w.odds(0.05):
        actor = w.one_of((*w.cast.bots, *w.cast.senders))
    story.last_at = max(story.last_at, min(at, now))
    story.next += 1
    return (story.ticket_id, story.next - 1, act, max(0, at), actor, w.digest())


def take_back(w: World, story: Story) -> None:
    """Entries whose batch was refused are told anew."""
    told = stories(w)
    while story.next > 1:
        places = told.entries.get((story.ticket_id, story.next - 1), ())
        if any(number_of(w, place.root) for place in places):
            break
        story.next -= 1


def story_of(w: World, by: int, focus: Story | None) -> Story | None:
    """One of those whose openings this agent anchored, mostly."""
    told = stories(w)
    if focus and w.odds(0.5):
        return focus
    for _ in range(5):
        story = told.some(w.r)
        if story is None or story.agent == by:
            break
    return story


def is_able(w: World, one: int) -> bool:
    """Whether an agent can anchor."""
    return bool(w.m.directory.standing(one) and w.m.desk.allowances.get(one))


def choose_anchor(w: World) -> Args:
    told = stories(w)
    challenged = w.such_ticket(lambda t: t.challenged and w.m.now <= ends_at(t)) if w.odds(0.7) else None
    focus = told.by_id.get(challenged.id) if challenged else None
    by = focus.agent if focus and is_able(w, focus.agent) and w.odds(0.9) else agent(w)
    counts = [int(w.r.random() ** 3 * 5) for _ in range(4)]
    leaves = [opening(w, by) for count in counts for _ in range(count)]
    begun = {entry[0] for entry in leaves}
    for _ in range(int(w.r.random() ** 2 * 14) + (not leaves)):
        story = story_of(w, by, focus)
        if story is None:
            break
        if story.ticket_id not in begun:
            begun.add(story.ticket_id)
            take_back(w, story)
        entry = later(w, story)
        leaves.append(entry)
        if w.odds(0.1):
            # Two stories of one ticket.
            leaves.append((*entry[:5], entry[5] ^ 1))
            told.twice.append(entry[:2])
    counts.append(len(leaves) - sum(counts))
    root = told.plant(leaves, sum(counts[:4])) if leaves else w.digest()
    if w.odds(0.08):
        i, most = int(w.r.random() * 5), 2**24 - 1
        others = sum(counts) - counts[i]
        counts[i] = w.one_of((0, 300, 300, 70_000, most - others, most - others + 1, 2**24, 2**255))
    elif sum(counts[:4]) and w.odds(0.1):
        # An opening among the later entries.
        i = next(p for p in (3, 2, 1, 0) if counts[p])
        counts[i], counts[4] = counts[i] - 1, counts[4] + 1
    elif counts[4] and w.odds(0.1):
        # The reverse.
        counts[3], counts[4] = counts[3] + 1, counts[4] - 1
    if w.odds(0.01):
        root = 0
    return by, w.policy_id(), root, tuple(counts), w.one_of(URIS), w.odds(0.2)


def send_anchor(
    w: World, sender: int, policy_id: int, root: int, counts: Args, uri: str, must_back: bool
) -> Transaction:
    data = call(
        "anchor_batch(uint256,bytes32,uint256[5],string,bool)",
        policy_id,
        root,
        tuple(counts),
        octets(uri.encode()),
        int(must_back),
    )
    return Transaction(sender, w.at.lane, data)


def predict_anchor(
    w: World, sender: int, policy_id: int, root: int, counts: Args, uri: str, must_back: bool
) -> Reasons:
    return w.m.lane.anchor(sender, policy_id, root, tuple(counts), text_words(uri), must_back)


# ---------------------------------------------------------------- proving


def unproven(w: World) -> Place | None:
    """An opening that can be proven, mostly."""
    told = stories(w)
    if told.openings and w.odds(0.04):
        return w.one_of(told.openings)
    for _ in range(6 if told.openings else 0):
        place = told.openings[-1 - int(len(told.openings) * w.r.random() ** 2)]
        batch = w.m.lane.batch(number_of(w, place.root))
        if batch and w.m.now <= batch.expires_at and place.entry[0] not in w.m.tickets:
            return place
    return w.one_of(told.openings) if told.openings and w.odds(0.2) else None


def prover(w: World, requester: int) -> int:
    """The requester or its keeper, mostly."""
    keeper = w.m.directory.keepers.get(requester, 0)
    sender = requester if requester in w.cast.senders and w.odds(0.8) else keeper
    return sender if sender in w.cast.senders and w.odds(0.97) else w.sender()


def choose_prove(w: World) -> Args | None:
    place = unproven(w)
    if place is None:
        return None
    _, _, _, at, requester, commitment = place.entry
    number, index, path = number_of(w, place.root), place.index, stories(w).path(place)
    roll = w.r.random()
    if roll < 0.02:
        at = max(0, at + w.one_of((1, -1)))
    elif roll < 0.04:
        index = w.one_of((index + 1, 2**256 - 1, 0))
    elif roll < 0.06 and path:
        path = w.one_of((path[1:], (*path, 0), (path[0] ^ 1, *path[1:])))
    elif roll < 0.07:
        number += w.one_of((1, 2**255))
    batch = w.m.lane.batch(number)
    value = min(w.near(batch.policy.prove_bond), 2**100) if batch and not w.asset.is_token else 0
    return prover(w, requester), number, index, path, requester, commitment, at, value


def send_prove(w: World, sender: int, *args: Any) -> Transaction:
    number, index, path, requester, commitment, at, value = args
    data = call(
        "prove_ticket(uint256,uint256,bytes32[],address,bytes32,uint256)",
        number,
        index,
        array(list(path)),
        requester,
        commitment,
        at,
    )
    return Transaction(sender, w.at.lane, data, value)


def predict_prove(w: World, sender: int, *args: Any) -> Reasons:
    return w.m.lane.prove(sender, *args)


def shown(w: World, place: Place, number: int) -> Shown:
    """An entry with its path; now and then not quite."""
    _, _, act, at, actor, digest = place.entry
    path, index = stories(w).path(place), place.index
    if w.odds(0.03):
        return Shown(act, at, actor, digest ^ 1, number, index, path)
    if w.odds(0.02):
        number = w.one_of((0, number + 1, 2**256 - 1))
    if w.odds(0.02):
        index += 1
    return Shown(act, at, actor, digest, number, index, path)


def ends_at(ticket: Ticket) -> int:
    """The last second of a challenge."""
    return ticket.proof.at + ticket.policy.challenge_window


def choose_show(w: World) -> Args | None:
    ticket = w.such_ticket(lambda t: t.challenged and (w.m.now <= ends_at(t) or w.odds(0.05)), 30)
    if ticket is None:
        return (w.sender(), w.ticket_id(), 1, ()) if w.odds(0.05) else None
    told, sequence = stories(w), ticket.proof.sequence
    first = sequence if w.odds(0.85) else max(1, sequence - 1 - int(w.r.random() * 2))
    if w.odds(0.06):
        first = w.one_of((sequence + 1, 0, 2**255))
    entries, at = [], first
    while len(entries) < w.one_of((1, 2, 4, MAX_SHOWN)):
        places = told.entries.get((ticket.id, at), ())
        places = [one for one in places if number_of(w, one.root)]
        if not places:
            break
        place = w.one_of(places)
        entries.append(shown(w, place, number_of(w, place.root)))
        at += 1
    if w.odds(0.01):
        entries += [*told_openings(w)]
    if not entries and w.odds(0.9):
        return None
    return (
        (ticket.proof.prover if w.odds(0.2) and ticket.proof.prover in w.cast.senders else w.sender()),
        ticket.id,
        first,
        tuple(entries),
    )


def told_openings(w: World) -> Any:
    """Openings, shown as later entries; or too many of them."""
    places = [one for one in stories(w).openings[-20:] if number_of(w, one.root)]
    if places:
        place = w.one_of(places)
        yield from [shown(w, place, number_of(w, place.root))] * w.one_of((1, 17))


def encoded(one: Shown) -> bytes:
    """As the chain takes it."""
    return encode(one.act, one.at, one.actor, one.digest, one.batch, one.index, array(list(one.path)))


def send_show(w: World, sender: int, ticket_id: int, first: int, entries: Args) -> Transaction:
    tail = structs([encoded(one) for one in entries])
    return Transaction(
        sender, w.at.lane, call(f"prove_entries(bytes32,uint256,{SHOWN}[])", ticket_id, first, tail)
    )


def predict_show(w: World, sender: int, ticket_id: int, first: int, entries: Args) -> Reasons:
    if len(entries) > MAX_SHOWN:
        return {""}
    return w.m.lane.show(sender, ticket_id, first, list(entries))


def choose_end(w: World) -> Args | None:
    ticket = w.such_ticket(lambda t: t.challenged and (w.m.now > ends_at(t) or w.odds(0.1)), 30)
    if ticket is None and w.odds(0.95):
        return None
    return w.sender(), ticket.id if ticket else w.ticket_id(), w.odds(0.4), w.odds(0.5)


def send_end(w: World, sender: int, ticket_id: int, claim: bool, collect: bool) -> Transaction:
    data = call("end_challenge(bytes32,bool,bool)", ticket_id, int(claim), int(collect))
    return Transaction(sender, w.at.lane, data)


def predict_end(w: World, _sender: int, ticket_id: int, claim: bool, collect: bool) -> Reasons:
    return w.m.lane.end(ticket_id, claim, collect)


def told_twice(w: World) -> tuple[int, int] | None:
    """A ticket and a sequence of which there are two stories, mostly of a proven one."""
    told = stories(w)
    for _ in range(20 if told.twice else 0):
        ticket_id, sequence = w.one_of(told.twice)
        ticket = w.m.tickets.get(ticket_id)
        if (ticket and (ticket.status != CLOSED or w.odds(0.2))) or w.odds(0.01):
            return ticket_id, sequence
    story = told.some(w.r)
    return (story.ticket_id, int(w.r.random() * story.next)) if story and w.odds(0.2) else None


def choose_equivocation(w: World) -> Args | None:
    found = told_twice(w)
    places = stories(w).entries.get(found, ()) if found else ()
    if found is None or not places:
        return None
    pair = w.r.sample(places, 2) if len(places) > 1 and w.odds(0.95) else [places[0]] * 2
    return w.sender(), *found, *(shown(w, place, number_of(w, place.root)) for place in pair)


def send_equivocation(
    w: World, sender: int, ticket_id: int, sequence: int, one: Shown, other: Shown
) -> Transaction:
    data = call(
        f"prove_equivocation(bytes32,uint256,{SHOWN},{SHOWN})",
        ticket_id,
        sequence,
        Tail(encoded(one)),
        Tail(encoded(other)),
    )
    return Transaction(sender, w.at.lane, data)


def predict_equivocation(w: World, _sender: int, *args: Any) -> Reasons:
    return w.m.lane.equivocation(*args)


def choose_release(w: World) -> Args | None:
    batches = w.m.lane.batches
    if not batches:
        return None
    over = [i + 1 for i, one in enumerate(batches) if one.reserved and w.m.now > one.expires_at]
    number = w.one_of(over) if over and w.odds(0.9) else int(w.r.random() * (len(batches) + 2))
    return w.sender(), number


def send_release(w: World, sender: int, number: int) -> Transaction:
    return Transaction(sender, w.at.lane, call("release_batch(uint256)", number))


def predict_release(w: World, _sender: int, number: int) -> Reasons:
    return w.m.lane.release(number)


ACTIONS = (
    Action("anchor_batch", 4, choose_anchor, send_anchor, predict_anchor),
    Action("prove_ticket", 5, choose_prove, send_prove, predict_prove),
    Action("prove_entries", 10, choose_show, send_show, predict_show, 1),
    Action("end_challenge", 4, choose_end, send_end, predict_end, 1),
    Action("prove_equivocation", 1, choose_equivocation, send_equivocation, predict_equivocation, 1),
    Action("release_batch", 0.8, choose_release, send_release, predict_release),
)
