# SPDX-License-Identifier: Apache-2.0
"""Funds come in, are adopted, collected and withdrawn."""

from typing import Any

from fuzz.encode import call
from fuzz.model.pool import USABLE
from fuzz.world import Action, Reasons, Transaction, World

Args = tuple[Any, ...]


def choose_fund(w: World) -> Args:
    amount = int(10 ** (w.r.random() * 7)) if w.odds(0.98) else w.one_of((0, 1, 2**256 - 1))
    if w.m.pool.debt and w.odds(0.5):
        amount = w.one_of((w.m.pool.debt, 1 + w.m.pool.debt // 2, w.m.pool.debt + 1))
    value = 0 if w.asset.is_token else min(amount, 2**100)
    if w.odds(0.03):
        value += 1
    return w.sender(), amount, value


def send_fund(w: World, sender: int, amount: int, value: int) -> Transaction:
    return Transaction(sender, w.at.pool, call("fund(uint256)", amount), value)


def predict_fund(w: World, *args: int) -> Reasons:
    return w.m.pool.fund(*args)


def choose_sync(w: World) -> Args:
    return (w.sender(),)


def send_sync(w: World, sender: int) -> Transaction:
    return Transaction(sender, w.at.pool, call("sync()"))


def predict_sync(w: World, _sender: int) -> Reasons:
    return w.m.pool.sync()


def creditor(w: World) -> int:
    """Somebody with something in the account, mostly."""
    pool = w.m.pool
    people = list(pool.credit_of)
    for _ in range(6 if people else 0):
        one = w.one_of(people)
        if pool.credit_of[one] or pool.first_debt.get(one, 0) < len(pool.debts_of.get(one, ())):
            return one
    return w.one_of((*w.cast.requesters, w.sender(), 0))


def choose_collect(w: World) -> Args | None:
    person = creditor(w)
    if w.m.pool.account(person)[0] == 0 and w.odds(0.7):
        return None
    return w.sender(), person


def send_collect(w: World, sender: int, person: int) -> Transaction:
    return Transaction(sender, w.at.pool, call("collect(address)", person))


def predict_collect(w: World, _sender: int, person: int) -> Reasons:
    return w.m.pool.collect(person)


def choose_announce(w: World) -> Args | None:
    amount = w.one_of((0, 1, w.m.pool.free, 10**6, 10**6, 2**127, 2**256 - 1))
    if w.m.pool.announced and w.m.now <= w.m.pool.announced[1] + USABLE and w.odds(0.8):
        return None
    return w.operator(), amount


def send_announce(w: World, sender: int, amount: int) -> Transaction:
    return Transaction(sender, w.at.pool, call("announce_withdrawal(uint256)", amount))


def predict_announce(w: World, *args: int) -> Reasons:
    return w.m.pool.announce(*args)


def choose_cancel(w: World) -> Args:
    return (w.operator(),)


def send_cancel(w: World, sender: int) -> Transaction:
    return Transaction(sender, w.at.pool, call("cancel_withdrawal()"))


def predict_cancel(w: World, sender: int) -> Reasons:
    return w.m.pool.cancel(sender)


def choose_withdraw(w: World) -> Args | None:
    announced = w.m.pool.announced
    is_usable = announced is not None and 0 <= w.m.now - announced[1] <= USABLE
    if not is_usable and w.odds(0.85):
        return None
    most = min(announced[0] if announced else 5, w.m.pool.free)
    amount = w.one_of((most, most, 1 + int(most * w.r.random()), w.near(most), w.m.pool.free + 1))
    to = w.one_of((*w.cast.operators, *w.cast.requesters, *w.house.recipients.values()))
    if w.odds(0.15):
        to = w.one_of((0, w.at.pool, w.at.desk))
    return w.operator(), amount, to


def send_withdraw(w: World, sender: int, *args: int) -> Transaction:
    return Transaction(sender, w.at.pool, call("withdraw(uint256,address)", *args))


def predict_withdraw(w: World, *args: int) -> Reasons:
    return w.m.pool.withdraw(*args)


ACTIONS = (
    Action("fund", 4, choose_fund, send_fund, predict_fund),
    Action("sync", 1, choose_sync, send_sync, predict_sync),
    Action("collect", 4, choose_collect, send_collect, predict_collect),
    Action("announce_withdrawal", 1.5, choose_announce, send_announce, predict_announce),
    Action("cancel_withdrawal", 0.25, choose_cancel, send_cancel, predict_cancel),
    Action("withdraw", 2.5, choose_withdraw, send_withdraw, predict_withdraw),
)
