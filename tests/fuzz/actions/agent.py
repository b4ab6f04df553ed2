# SPDX-License-Identifier: Apache-2.0
"""Agents open tickets for others and answer."""

from typing import Any

from fuzz.actions.requester import commitment
from fuzz.encode import call, rows
from fuzz.model.ticket import CLOSED, SOLVED
from fuzz.world import Action, Reasons, Transaction, World

Args = tuple[Any, ...]


def agent(w: World) -> int:
    """One of the agents, mostly."""
    if w.odds(0.96):
        for _ in range(4):
            one = w.one_of((*w.cast.humans, *w.cast.bots))
            if w.m.directory.standing(one) and w.m.desk.allowances.get(one):
                return one
    return w.sender()


def human(w: World) -> int:
    """A human agent that stands, mostly."""
    if w.odds(0.95):
        for _ in range(3):
            one = w.one_of(w.cast.humans)
            if w.m.directory.standing(one) == 1:
                return one
    return agent(w)


def somebody(w: World) -> int:
    """Anyone who can be owed something."""
    roll = w.r.random()
    if roll < 0.7:
        return w.one_of(w.cast.requesters)
    if roll < 0.9:
        return w.one_of((*w.house.recipients.values(), w.house.recipients["calls back"]))
    return w.one_of((*w.cast.some("wallet", "delegated", "mute"), w.at.pool, w.sender(), 0))


def choose_open_for(w: World) -> Args:
    return agent(w), somebody(w), w.policy_id(), w.priority(), commitment(w)


def send_open_for(w: World, sender: int, *args: int) -> Transaction:
    data = call("open_ticket_for(address,uint256,uint256,bytes32)", *args)
    return Transaction(sender, w.at.desk, data)


def predict_open_for(w: World, *args: int) -> Reasons:
    return w.m.desk.open_for(*args)


def unanswered(w: World) -> int:
    """A ticket that can be answered, mostly."""
    one = w.such_ticket(lambda t: t.status not in (SOLVED, CLOSED) and not t.challenged, 4)
    return one.id if one and w.odds(0.7) else w.ticket_id()


def status(w: World) -> int:
    """One of a reply, mostly."""
    return w.one_of((2, 3, 4)) if w.odds(0.98) else w.one_of((0, 1, 5, 6, 2**256 - 1))


def choose_reply(w: World) -> Args:
    return human(w), unanswered(w), status(w), w.digest()


def send_reply(w: World, sender: int, *args: int) -> Transaction:
    return Transaction(sender, w.at.desk, call("reply(bytes32,uint256,bytes32)", *args))


def predict_reply(w: World, *args: int) -> Reasons:
    return w.m.desk.reply(*args)


def choose_reply_many(w: World) -> Args:
    count = int(w.r.random() ** 3 * 12) if w.odds(0.99) else 101
    return human(w), tuple((unanswered(w), status(w), w.digest()) for _ in range(count))


def send_reply_many(w: World, sender: int, replies: Args) -> Transaction:
    return Transaction(sender, w.at.desk, call("reply_many((bytes32,uint256,bytes32)[])", rows(replies)))


def predict_reply_many(w: World, sender: int, replies: Args) -> Reasons:
    return {""} if len(replies) > 100 else w.m.desk.reply_many(sender, replies)


def choose_bot_reply(w: World) -> Args:
    return (w.one_of(w.cast.bots) if w.odds(0.9) else agent(w)), w.ticket_id(), w.digest()


def send_bot_reply(w: World, sender: int, *args: int) -> Transaction:
    return Transaction(sender, w.at.desk, call("bot_reply(bytes32,bytes32)", *args))


def predict_bot_reply(w: World, *args: int) -> Reasons:
    return w.m.desk.bot_reply(*args)


ACTIONS = (
    Action("open_ticket_for", 8, choose_open_for, send_open_for, predict_open_for),
    Action("reply", 18, choose_reply, send_reply, predict_reply, 1),
    Action("reply_many", 1.5, choose_reply_many, send_reply_many, predict_reply_many),
    Action("bot_reply", 2, choose_bot_reply, send_bot_reply, predict_bot_reply, 1),
)
