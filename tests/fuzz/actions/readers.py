# SPDX-License-Identifier: Apache-2.0
"""Every view, and what it must say."""

from collections.abc import Callable
from dataclasses import astuple
from typing import Any

from fuzz.actions.batches import number_of, stories
from fuzz.chain import CHAIN_ID
from fuzz.encode import array, call, number
from fuzz.model.disputes import UNDER_DISPUTE, Verdict
from fuzz.model.people import MAX_UNTIL
from fuzz.model.pool import USABLE
from fuzz.model.ticket import HOLD, OPEN, SOLVED
from fuzz.model.tree import implied_root, leaf_hash
from fuzz.world import Action, Reasons, Transaction, World

Args = tuple[Any, ...]
Says = Callable[..., tuple[int, ...] | Reasons]


def view(
    name: str, place: str, types: str, choose: Callable[[World], Args], says: Says, title: str = ""
) -> Action:
    """`says` gives the words of the answer, or the reasons of a refusal."""
    signature = f"{name}({types})"

    def send(w: World, *args: Any) -> Transaction:
        # A list is a path.
        parts = [array(list(one)) if isinstance(one, list) else one for one in args]
        return Transaction(w.cast["carrier"], getattr(w.at, place), call(signature, *parts))

    def predict(w: World, *args: Any) -> Reasons:
        answer = says(w, *args)
        if isinstance(answer, set):
            return answer
        w.m.out = tuple(int(one) for one in answer)
        return set()

    weight = 0.3 if name in ("due", "left", "policy") else 0.12
    return Action(f"read_{title or name}", weight, choose, send, predict, is_view=True)


# ---------------------------------------------------------------- tickets


def ticket(w: World, ticket_id: int) -> tuple[int, ...]:
    t = w.m.tickets.get(ticket_id)
    if t is None:
        return (0,) * 16
    runs = t.status <= HOLD
    return (
        t.requester,
        t.policy_id,
        t.priority,
        t.status,
        t.replied,
        t.clock if t.status == OPEN else 0,
        t.clock if t.status == SOLVED else 0,
        t.resolution if runs else 0,
        0 if runs else t.resolution,
        t.breached,
        t.compensated,
        t.backed,
        t.holds_place,
        t.disputed,
        t.proven,
        t.challenged,
    )


def claimable(w: World, ticket_id: int) -> tuple[int, int]:
    kinds = w.m.desk.claimable(ticket_id)
    return kinds, w.m.tickets[ticket_id].amount(kinds) if kinds else 0


def ticket_word(w: World, ticket_id: int) -> tuple[int]:
    t = w.m.tickets.get(ticket_id)
    return (t.word() if t else 0,)


def nonce(w: World, ticket_id: int) -> tuple[int]:
    t = w.m.tickets.get(ticket_id)
    return (t.nonce if t else 0,)


def proof(w: World, ticket_id: int) -> tuple[int, ...]:
    t = w.m.tickets.get(ticket_id)
    if t is None or t.proof is None:
        return (0, 0, 0, 0, t.requester if t else 0, 0, 0)
    p = t.proof
    return p.at, p.batch, p.sequence, p.last_at, p.prover, p.bond, p.answered


def dispute(w: World, ticket_id: int, kind: int) -> tuple[int, ...]:
    d = w.m.panel.find(ticket_id, kind)
    if d is None:
        return (32, *(0,) * 9, 320, 0)
    is_open = d.state == UNDER_DISPUTE
    return (
        32, d.number, d.state, d.epoch, d.rules_until, d.asked, d.reserved, d.evidence,
        d.money if is_open else 0, 0 if is_open else d.money, 320, len(d.signers), *d.signers,
    )  # fmt: skip


def choose_ticket(w: World) -> Args:
    return (w.ticket_id(0.7),)


def choose_kind(w: World) -> Args:
    disputes = w.m.panel.disputes
    if disputes and w.odds(0.9):
        one = w.one_of(disputes)
        return one.ticket_id, one.kind
    return w.ticket_id(), w.one_of((0, 1, 2, 4, 8))


# ---------------------------------------------------------------- policies and people


def policy(w: World, policy_id: int) -> tuple[int, ...] | Reasons:
    p = w.m.desk.policy(policy_id)
    return tuple(p.flat()) if p else {"policy: unknown"}


def lane_terms(w: World, policy_id: int) -> tuple[int, int]:
    p = w.m.desk.policy(policy_id)
    return (p.challenge_window, p.anchor_lag) if p else (0, 0)


def timed(w: World, policy_id: int, one: int, other: int, says: Callable[[Any], int]) -> tuple[int] | Reasons:
    p, why = w.m.desk.policy(policy_id), set()
    if p is None:
        why.add("policy: unknown")
    if max(one, other) > MAX_UNTIL:
        why.add("desk: time out of range")
    return why or (says(p.table),)


def due(w: World, policy_id: int, at: int, need: int) -> tuple[int] | Reasons:
    return timed(w, policy_id, at, need, lambda table: table.due(at, need))


def left(w: World, policy_id: int, at: int, end: int) -> tuple[int] | Reasons:
    return timed(w, policy_id, at, end, lambda table: table.left(at, end))


def choose_need(w: World) -> Args:
    need = int(10 ** (w.r.random() * 9)) if w.odds(0.95) else w.one_of((0, 2**40 - 1, 2**40, 2**255))
    at = w.m.now + int(w.r.random() * 10**6) if w.odds(0.9) else w.one_of((0, 2**40 - 1, 2**40))
    return w.policy_id(), at, need


def choose_span(w: World) -> Args:
    policy_id, at, length = choose_need(w)
    return policy_id, at, at + length if w.odds(0.8) and length < 2**40 else length


def coverage(w: World, who: int, policy_id: int) -> tuple[int, ...]:
    c = w.m.desk.coverages.get((who, policy_id))
    return (c.priority, c.places, c.used, c.until) if c else (0, 0, 0, 0)


def choose_coverage(w: World) -> Args:
    return w.one_of(list(w.m.desk.coverages)) if w.m.desk.coverages else (1, 1)


def person(w: World) -> Args:
    return (w.one_of((*w.cast.senders, *w.cast.requesters, *w.house.recipients.values())),)


def agent(w: World, who: int) -> tuple[int, ...]:
    a = w.m.directory.agents.get(who)
    return (a.kind, a.did, a.credential, a.since, a.until, a.revoked) if a else (0,) * 6


def choose_moment(w: World) -> Args:
    known = list(w.m.directory.agents)
    who = w.one_of(known) if known else 1
    a = w.m.directory.agents.get(who)
    times = (a.since, a.since - 1, a.until, a.until + 1, w.m.now) if a else (w.m.now,)
    return who, w.one_of(times)


def choose_pair(w: World) -> Args:
    pairs = tuple(w.m.directory.predecessors.items())
    if pairs and w.odds(0.5):
        return w.one_of(pairs)
    known = [*w.m.directory.predecessors, *w.m.directory.predecessors.values(), 0, *w.cast.humans]
    return w.one_of(known), w.one_of(known)


# ---------------------------------------------------------------- batches, disputes, money


def batch(w: World, n: int) -> tuple[int, ...]:
    b = w.m.lane.batch(n)
    if b is None:
        return (0,) * 12
    ends = [sum(b.counts[: i + 1]) for i in range(5)]
    return b.agent, b.policy_id, number(b.root), *ends, b.anchored_at, b.expires_at, b.backed, b.reserved


def choose_inclusion(w: World) -> Args:
    places = stories(w).openings[-50:]
    if not places:
        return 1, 0, (0,) * 6, []
    place = w.one_of(places)
    return number_of(w, place.root), place.index + (w.odds(0.1)), place.entry, [*stories(w).path(place)]


def inclusion(w: World, n: int, index: int, entry: Args, path: list[int]) -> tuple[int]:
    b = w.m.lane.batch(n)
    hashes = [one.to_bytes(32, "big") for one in path]
    if b is None:
        return (0,)
    return (implied_root(leaf_hash(tuple(entry)), index, sum(b.counts), hashes) == b.root,)


def choose_digest(w: World) -> Args:
    verdict = Verdict(w.digest(), 1, 2, 3, w.digest(), 4, 5, w.m.now)
    return (astuple(verdict),)


def verdict_digest(w: World, fields: Args) -> tuple[int]:
    return (number(w.signature(0, w.at.panel, "Verdict", *fields).digest(CHAIN_ID)),)


def seats(w: World, epoch: int) -> tuple[int, ...]:
    s = w.m.panel.seats.get(epoch)
    return (32, 64, s.threshold, len(s.arbiters), *s.arbiters) if s else (32, 64, 0, 0)


def proposal(w: World) -> tuple[int, ...]:
    p = w.m.panel
    return (p.proposed, p.usable_from, p.usable_from + USABLE) if p.proposed else (0, 0, 0)


def withdrawal(w: World) -> tuple[int, ...]:
    a = w.m.pool.announced
    return (a[0], a[1], a[1] + USABLE) if a else (0, 0, 0)


def nothing(_w: World) -> Args:
    return ()


VERDICT = "(bytes32,uint256,uint256,uint256,bytes32,uint256,uint256,uint256)"
ENTRY = "(bytes32,uint256,uint256,uint256,address,bytes32)"

ACTIONS = (
    view("ticket", "desk", "bytes32", choose_ticket, ticket),
    view("ticket_word", "desk", "bytes32", choose_ticket, ticket_word),
    view("claimable", "desk", "bytes32", choose_ticket, claimable),
    view("follow_up_nonce", "desk", "bytes32", choose_ticket, nonce),
    view("policy", "desk", "uint256", lambda w: (w.policy_id(),), policy),
    view("policy_count", "desk", "", nothing, lambda w: (len(w.m.desk.policies),)),
    view("lane_terms", "desk", "uint256", lambda w: (w.policy_id(),), lane_terms),
    view("due", "desk", "uint256,uint256,uint256", choose_need, due),
    view("left", "desk", "uint256,uint256,uint256", choose_span, left),
    view("coverage", "desk", "address,uint256", choose_coverage, coverage),
    view("allowance", "desk", "address", person, lambda w, who: (w.m.desk.allowances.get(who, 0),)),
    view(
        "compute_ticket_id",
        "desk",
        "uint256,address,bytes32",
        lambda w: (w.one_of((0, 1, 2)), *person(w), w.digest()),
        lambda w, *args: (w.m.desk.ticket_id(*args),),
    ),
    view("pool", "desk", "", nothing, lambda w: (w.at.pool,)),
    view("panel", "desk", "", nothing, lambda w: (w.at.panel,)),
    view("books", "pool", "", nothing, lambda w: w.m.pool.books()),
    view("free", "pool", "", nothing, lambda w: (w.m.pool.free,)),
    view("collectable", "pool", "address", person, lambda w, who: w.m.pool.account(who)[:1]),
    view("owed", "pool", "address", person, lambda w, who: w.m.pool.account(who)[1:]),
    view("withdrawal", "pool", "", nothing, withdrawal),
    view("notice", "pool", "", nothing, lambda w: (w.m.pool.notice,)),
    view("asset", "pool", "", nothing, lambda w: (w.house.token,)),
    view("dispute", "panel", "bytes32,uint256", choose_kind, dispute),
    view("dispute_count", "panel", "", nothing, lambda w: (len(w.m.panel.disputes),)),
    view(
        "has_open_dispute",
        "panel",
        "bytes32",
        choose_ticket,
        lambda w, one: (w.m.panel.has_open_dispute(one),),
    ),
    view("epoch", "panel", "", nothing, lambda w: (w.m.panel.epoch,)),
    view(
        "panel", "panel", "uint256", lambda w: (int(w.r.random() * (w.m.panel.newest + 2)),), seats, "seats"
    ),
    view("proposal", "panel", "", nothing, proposal),
    view("verdict_digest", "panel", VERDICT, choose_digest, verdict_digest),
    view("batch", "lane", "uint256", lambda w: (int(w.r.random() * (len(w.m.lane.batches) + 2)),), batch),
    view("batch_count", "lane", "", nothing, lambda w: (len(w.m.lane.batches),)),
    view("proof", "lane", "bytes32", choose_ticket, proof),
    view("verify_inclusion", "lane", f"uint256,uint256,{ENTRY},bytes32[]", choose_inclusion, inclusion),
    view("standing", "directory", "address", person, lambda w, who: (w.m.directory.standing(who),)),
    view(
        "standing_at",
        "directory",
        "address,uint256",
        choose_moment,
        lambda w, *a: (w.m.directory.standing_at(*a),),
    ),
    view("agent", "directory", "address", person, agent),
    view(
        "channel",
        "directory",
        "bytes32",
        lambda w: (int(w.r.random() * 4),),
        lambda w, c: w.m.directory.channels.get(c, (0, 0)),
    ),
    view(
        "is_official",
        "directory",
        "bytes32",
        lambda w: (int(w.r.random() * 4),),
        lambda w, c: (w.m.directory.is_official(c),),
    ),
    view(
        "succeeds", "directory", "address,address", choose_pair, lambda w, *a: (w.m.directory.succeeds(*a),)
    ),
    view(
        "predecessor",
        "directory",
        "address",
        person,
        lambda w, who: (w.m.directory.predecessors.get(who, 0),),
    ),
    view("keeper", "directory", "address", person, lambda w, who: (w.m.directory.keepers.get(who, 0),)),
    view(
        "keeper_nonce",
        "directory",
        "address",
        person,
        lambda w, who: (w.m.directory.keeper_nonces.get(who, 0),),
    ),
    view("owner", "directory", "", nothing, lambda w: (w.m.directory.owner,)),
    view("pending_owner", "directory", "", nothing, lambda w: (w.m.directory.pending_owner,)),
)
