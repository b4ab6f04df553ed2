# SPDX-License-Identifier: Apache-2.0
"""Anyone claims and closes."""

from typing import Any

from fuzz.actions.requester import party
from fuzz.encode import array, call
from fuzz.model.ticket import CLOSED
from fuzz.world import Action, Reasons, Transaction, World

Args = tuple[Any, ...]


def breached(w: World) -> int:
    """A ticket with something to claim, mostly."""
    one = w.such_ticket(lambda t: t.status != CLOSED and t.unpaid(w.m.now) != 0)
    return one.id if one and w.odds(0.95) else w.ticket_id()


def choose_claim(w: World) -> Args | None:
    ticket_id = breached(w)
    if not w.m.desk.claimable(ticket_id) and w.odds(0.7):
        return None
    return w.sender(), ticket_id, w.one_of((None, False, True, True)) if w.odds(0.99) else 2


def send_claim(w: World, sender: int, ticket_id: int, collect: bool | int | None) -> Transaction:
    if collect is None:
        return Transaction(sender, w.at.desk, call("claim(bytes32)", ticket_id))
    return Transaction(sender, w.at.desk, call("claim(bytes32,bool)", ticket_id, int(collect)))


def predict_claim(w: World, _sender: int, ticket_id: int, collect: bool | int | None) -> Reasons:
    # No boolean has the value 2.
    return {""} if collect == 2 else w.m.desk.claim(ticket_id, bool(collect))


def some_tickets(w: World, one: Any) -> Args:
    count = int(w.r.random() ** 3 * 12) if w.odds(0.99) else w.one_of((100, 101))
    return tuple(one(w) for _ in range(count))


def choose_claim_many(w: World) -> Args:
    return w.sender(), some_tickets(w, breached)


def send_claim_many(w: World, sender: int, ids: Args) -> Transaction:
    return Transaction(sender, w.at.desk, call("claim_many(bytes32[])", array(list(ids))))


def predict_claim_many(w: World, _sender: int, ids: Args) -> Reasons:
    return {""} if len(ids) > 100 else w.m.desk.claim_many(list(ids))


def closable(w: World) -> int:
    """A ticket that is over, where there is one."""
    one = w.such_ticket(lambda t: t.is_over(w.m.now) and not t.challenged)
    return one.id if one and w.odds(0.8) else w.ticket_id()


def choose_close(w: World) -> Args:
    ticket_id = closable(w)
    return (party(w, ticket_id) if w.odds(0.35) else w.sender()), ticket_id


def send_close(w: World, sender: int, ticket_id: int) -> Transaction:
    return Transaction(sender, w.at.desk, call("close(bytes32)", ticket_id))


def predict_close(w: World, *args: int) -> Reasons:
    return w.m.desk.close(*args)


def choose_close_many(w: World) -> Args:
    return w.sender(), some_tickets(w, closable)


def send_close_many(w: World, sender: int, ids: Args) -> Transaction:
    return Transaction(sender, w.at.desk, call("close_many(bytes32[])", array(list(ids))))


def predict_close_many(w: World, sender: int, ids: Args) -> Reasons:
    return {""} if len(ids) > 100 else w.m.desk.close_many(sender, list(ids))


ACTIONS = (
    Action("claim", 7, choose_claim, send_claim, predict_claim, 1),
    Action("claim_many", 1, choose_claim_many, send_claim_many, predict_claim_many),
    Action("close", 5, choose_close, send_close, predict_close, 1),
    Action("close_many", 1, choose_close_many, send_close_many, predict_close_many),
)
