# SPDX-License-Identifier: Apache-2.0
"""A recipient that calls back: what it plans, what it does for itself, what it does while it is paid."""

from typing import Any

from fuzz.encode import call, octets, structs
from fuzz.encode import encode as encoded
from fuzz.model.ticket import CLOSED
from fuzz.world import Action, Reasons, Transaction, World

Args = tuple[Any, ...]
Call = tuple[str, Args]  # which action, with what; the recipient is the sender


def itself(w: World) -> int:
    """The recipient's address."""
    return w.house.recipients["calls back"]


def own_ticket(w: World) -> int:
    """One of its tickets, mostly."""
    me = itself(w)
    one = w.such_ticket(lambda t: t.requester == me and t.status != CLOSED, 30)
    return one.id if one and w.odds(0.9) else w.ticket_id()


def covered(w: World) -> Args:
    """What it could open."""
    me = itself(w)
    mine = [(p, c) for (who, p), c in w.m.desk.coverages.items() if who == me]
    policy_id, priority = (mine[0][0], mine[0][1].priority) if mine else (1, 3)
    return me, policy_id, priority, w.digest()


def some_call(w: World) -> Call:
    """What it may try: most of it is locked while the pool pays."""
    from fuzz.actions.money import creditor

    me, ticket_id = itself(w), own_ticket(w)
    t = w.m.tickets.get(ticket_id)
    kind = w.one_of((1, 2, 4, 8))
    amount = t.amount(kind) if t and kind < 8 else 1
    choices: tuple[Call, ...] = (
        ("sync", (me,)),
        ("fund", (me, 1, 0)),
        ("collect", (me, creditor(w))),
        ("collect", (me, me)),
        ("withdraw", (me, 1, me)),
        ("claim", (me, ticket_id, w.odds(0.5))),
        ("claim_many", (me, (ticket_id, w.ticket_id()))),
        ("close", (me, ticket_id)),
        ("close_many", (me, (ticket_id, w.ticket_id()))),
        ("follow_up", (me, ticket_id, w.digest())),
        ("open_ticket", covered(w)),
        ("open_ticket", covered(w)),
        ("contest", (me, ticket_id, kind, amount, w.digest(), 0)),
        ("rule_by_default", (me, ticket_id, kind, w.odds(0.5))),
        ("end_challenge", (me, ticket_id, w.odds(0.5), w.odds(0.5))),
        ("prove_entries", (me, ticket_id, 1, ())),
        ("release_batch", (me, 1 + int(w.r.random() * (len(w.m.lane.batches) + 1)))),
        ("name_keeper", (me, w.one_of(w.cast.requesters))),
        ("collect_fees", (me, w.one_of(w.cast.arbiters), ((ticket_id, kind),))),
    )
    return w.one_of(choices)


def choose_plan(w: World) -> Args:
    return w.sender(), tuple(some_call(w) for _ in range(int(w.r.random() * 6)))


def inner(w: World, one: Call) -> Transaction:
    """The transaction that it would be by itself."""
    from fuzz.actions import actions

    return actions()[one[0]].send(w, *one[1])


def send_plan(w: World, sender: int, calls: tuple[Call, ...]) -> Transaction:
    sent = [inner(w, one) for one in calls]
    tail = structs([encoded(one.to, 0, octets(one.data)) for one in sent])
    return Transaction(sender, itself(w), call("plan((address,uint256,bytes)[])", tail))


def predict_plan(w: World, _sender: int, calls: tuple[Call, ...]) -> Reasons:
    w.plan = list(calls)
    return set()


def choose_through(w: World) -> Args | None:
    name, args = some_call(w)
    if name == "contest":
        t = w.m.tickets.get(args[1])
        bond = t.policy.contest_bond if t else 0
        value = 0 if w.asset.is_token else bond
        args = (*args[:5], value)
    elif name == "fund":
        args = (*args[:2], 0 if w.asset.is_token else args[1])
    return w.sender(), name, args


def send_through(w: World, sender: int, name: str, args: Args) -> Transaction:
    sent = inner(w, (name, args))
    data = call("call(address,bytes)", sent.to, octets(sent.data))
    return Transaction(sender, itself(w), data, sent.value)


def predict_through(w: World, _sender: int, name: str, args: Args) -> Reasons:
    from fuzz.actions import actions

    reasons = actions()[name].predict(w, *args)
    w.m.out = None
    return reasons


def choose_poke(w: World) -> Args:
    return w.sender(), int(w.r.random() * 3)


def send_poke(w: World, sender: int, value: int) -> Transaction:
    return Transaction(sender, itself(w), b"", value)


def predict_poke(w: World, _sender: int, _value: int) -> Reasons:
    w.run_plan(itself(w))
    return set()


def choose_result(_w: World) -> Args:
    return ()


def send_result(w: World) -> Transaction:
    return Transaction(w.cast["carrier"], itself(w), call("succeeded()"))


def predict_result(w: World) -> Reasons:
    w.m.out = (w.succeeded,)
    return set()


ACTIONS = (
    Action("plan_calls", 1, choose_plan, send_plan, predict_plan),
    Action("act_through", 1.5, choose_through, send_through, predict_through),
    Action("poke", 0.3, choose_poke, send_poke, predict_poke),
    Action("read_succeeded", 0.3, choose_result, send_result, predict_result, is_view=True),
)
