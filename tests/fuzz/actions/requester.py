# SPDX-License-Identifier: Apache-2.0
"""A requester opens, follows up, closes and contests."""

from typing import Any

from fuzz.encode import Signature, call, octets
from fuzz.model.ticket import CLOSED, INCIDENT
from fuzz.world import Action, Reasons, Transaction, World

Args = tuple[Any, ...]


def holder(w: World) -> int:
    """Somebody with coverage, mostly."""
    if w.m.desk.coverages and w.odds(0.95):
        return w.one_of(list(w.m.desk.coverages))[0]
    return w.one_of((*w.cast.requesters, w.cast["wallet"], w.cast["delegated"], 0))


def commitment(w: World) -> int:
    """A new one, mostly; else one that was used before."""
    used = w.memory.setdefault("commitments", [])
    if used and w.odds(0.04):
        return w.one_of(used)
    one = w.digest()
    used.append(one)
    return one


def covered(w: World) -> tuple[int, int, int]:
    """A holder, and policy and priority that the coverage is for, mostly."""
    if w.m.desk.coverages and w.odds(0.9):
        coverages = list(w.m.desk.coverages.items())
        for _ in range(4):
            (who, policy_id), coverage = w.one_of(coverages)
            if coverage.until >= w.m.now and coverage.used < coverage.places:
                break
        return who, policy_id, min(3, coverage.priority + int(w.r.random() * 4))
    return holder(w), w.policy_id(), w.priority()


def choose_open(w: World) -> Args:
    who, policy_id, priority = covered(w)
    if who not in w.cast.senders:
        who = w.one_of(w.cast.requesters)
    return who, policy_id, priority, commitment(w)


def send_open(w: World, sender: int, policy_id: int, priority: int, digest: int) -> Transaction:
    return Transaction(
        sender, w.at.desk, call("open_ticket(uint256,uint256,bytes32)", policy_id, priority, digest)
    )


def predict_open(w: World, *args: int) -> Reasons:
    return w.m.desk.open(*args)


def choose_open_signed(w: World) -> Args:
    who, policy_id, priority = covered(w)
    fields = (who, policy_id, priority, commitment(w), w.deadline())
    return w.sender(), *fields, w.flawed(w.signature(who, w.at.desk, "OpenTicket", *fields))


def send_open_signed(w: World, sender: int, *args: Any) -> Transaction:
    *fields, signature = args
    data = call(
        "open_ticket_signed(address,uint256,uint256,bytes32,uint256,bytes)",
        *fields,
        octets(w.raw(signature)),
    )
    return Transaction(sender, w.at.desk, data)


def predict_open_signed(w: World, _sender: int, *args: Any) -> Reasons:
    *fields, signature = args
    if signature.flaw == "too long":
        return {""}
    is_signed = w.is_good(signature, fields[0], w.at.desk, "OpenTicket", *fields)
    return w.m.desk.open_signed(*fields, is_signed=is_signed)


def party(w: World, ticket_id: int) -> int:
    """The ticket's requester, mostly."""
    ticket = w.m.tickets.get(ticket_id)
    if ticket and ticket.requester in w.cast.senders and w.odds(0.95):
        return ticket.requester
    return w.sender()


def own_ticket(w: World) -> int:
    """A ticket of somebody who can send transactions, mostly."""
    one = w.such_ticket(lambda t: t.status != CLOSED and t.requester in w.cast.senders)
    return one.id if one and w.odds(0.95) else w.ticket_id()


def choose_follow_up(w: World) -> Args:
    ticket_id = own_ticket(w)
    return party(w, ticket_id), ticket_id, w.digest()


def send_follow_up(w: World, sender: int, ticket_id: int, digest: int) -> Transaction:
    return Transaction(sender, w.at.desk, call("follow_up(bytes32,bytes32)", ticket_id, digest))


def predict_follow_up(w: World, *args: int) -> Reasons:
    return w.m.desk.follow_up(*args)


def choose_follow_up_signed(w: World) -> Args:
    ticket_id = w.ticket_id()
    ticket = w.m.tickets.get(ticket_id)
    nonce = ticket.nonce if ticket else 0
    if w.odds(0.06):
        nonce += w.one_of((1, 2**255)) if not nonce or w.odds(0.5) else -1
    digest, deadline = w.digest(), w.deadline()
    signer = ticket.requester if ticket else w.sender()
    signature = w.signature(signer, w.at.desk, "FollowUp", ticket_id, digest, nonce, deadline)
    return w.sender(), ticket_id, digest, deadline, w.flawed(signature)


def send_follow_up_signed(
    w: World, sender: int, ticket_id: int, digest: int, deadline: int, signature: Signature
) -> Transaction:
    data = call(
        "follow_up_signed(bytes32,bytes32,uint256,bytes)",
        ticket_id,
        digest,
        deadline,
        octets(w.raw(signature)),
    )
    return Transaction(sender, w.at.desk, data)


def predict_follow_up_signed(
    w: World, _sender: int, ticket_id: int, digest: int, deadline: int, signature: Signature
) -> Reasons:
    if signature.flaw == "too long":
        return {""}
    ticket = w.m.tickets.get(ticket_id)
    is_signed = ticket is not None and w.is_good(
        signature, ticket.requester, w.at.desk, "FollowUp", ticket_id, digest, ticket.nonce, deadline
    )
    return w.m.desk.follow_up_signed(ticket_id, digest, deadline, is_signed=is_signed)


def choose_contest(w: World) -> Args | None:
    one = w.such_ticket(
        lambda t: t.status != CLOSED and t.requester in w.cast.senders and not t.is_over(w.m.now)
    )
    if one is None or w.odds(0.03):
        ticket_id, kind = w.ticket_id(), w.one_of((0, 1, 2, 3, 4, 8, 16))
        return party(w, ticket_id), ticket_id, kind, w.r.getrandbits(8), w.digest(), 0
    kind = w.one_of((1, 2, 4)) if one.replied and w.odds(0.6) else INCIDENT
    if w.odds(0.03):
        kind = w.one_of((0, 1, 2, 3, 4, 5, 7, 9, 16, 2**255))
    policy = one.policy
    if kind == INCIDENT:
        amount = w.near(1 + int(policy.incident_cap * w.r.random() ** 2))
        if w.odds(0.1):
            amount = policy.incident_cap + w.one_of((0, 1))
        bond = policy.contest_bond + amount * policy.bond_share // 10_000
    else:
        amount, bond = w.near(one.amount(kind & 7)), policy.contest_bond
    value = 0 if w.asset.is_token else min(w.near(bond, 2**96), 2**100)
    if w.asset.is_token and w.odds(0.01):
        value = 1
    return party(w, one.id), one.id, kind, amount, w.digest(), value


def send_contest(
    w: World, sender: int, ticket_id: int, kind: int, amount: int, evidence: int, value: int
) -> Transaction:
    data = call("contest(bytes32,uint256,uint256,bytes32)", ticket_id, kind, amount, evidence)
    return Transaction(sender, w.at.panel, data, value)


def predict_contest(w: World, *args: int) -> Reasons:
    return w.m.panel.contest(*args)


ACTIONS = (
    Action("open_ticket", 7, choose_open, send_open, predict_open),
    Action("open_ticket_signed", 2, choose_open_signed, send_open_signed, predict_open_signed),
    Action("follow_up", 8, choose_follow_up, send_follow_up, predict_follow_up, 1),
    Action(
        "follow_up_signed", 3, choose_follow_up_signed, send_follow_up_signed, predict_follow_up_signed, 1
    ),
    Action("contest", 5, choose_contest, send_contest, predict_contest, 1),
)
