# SPDX-License-Identifier: Apache-2.0
"""The asset turns on the pool; money is forced upon it; payers take their approval back."""

from typing import Any

from fuzz.encode import call
from fuzz.house import ENOUGH
from fuzz.model.asset import ONE
from fuzz.world import Action, Reasons, Transaction, World

Args = tuple[Any, ...]

SWITCHES = {
    "PausableToken": "set_paused(bool)",
    "BurnsGasToken": "set_burning(bool)",
    "BrokenBalanceToken": "set_broken(bool)",
    "TrueOnFailureToken": "switch_off()",
}


def choose_switch(w: World) -> Args | None:
    """On and off again; off for good only where nothing else is possible, and late."""
    if w.asset.kind not in SWITCHES:
        return None
    if w.asset.kind == "TrueOnFailureToken":
        return (w.sender(), True) if w.odds(0.01) else None
    is_on = w.asset.is_off or w.asset.is_broken
    return w.sender(), not is_on if w.odds(0.9 if is_on else 0.15) else is_on


def send_switch(w: World, sender: int, on: bool) -> Transaction:
    signature = SWITCHES[w.asset.kind]
    data = call(signature) if signature.endswith("()") else call(signature, int(on))
    return Transaction(sender, w.house.token, data)


def predict_switch(w: World, _sender: int, on: bool) -> Reasons:
    if w.asset.kind == "BrokenBalanceToken":
        w.asset.is_broken = on
    else:
        w.asset.is_off = on
    return set()


def choose_block(w: World) -> Args | None:
    if w.asset.kind != "BlocklistToken":
        return None
    if w.asset.blocked and w.odds(0.6):
        return w.sender(), w.one_of(sorted(w.asset.blocked)), False
    return w.sender(), w.one_of((w.at.pool, *w.cast.requesters, *w.cast.arbiters)), True


def send_block(w: World, sender: int, account: int, on: bool) -> Transaction:
    return Transaction(sender, w.house.token, call("set_blocked(address,bool)", account, int(on)))


def predict_block(w: World, _sender: int, account: int, on: bool) -> Reasons:
    if on:
        w.asset.blocked.add(account)
    else:
        w.asset.blocked.discard(account)
    return set()


def choose_fee(w: World) -> Args | None:
    if w.asset.kind != "FeeOnTransferToken" or w.odds(0.7):
        return None
    return w.sender(), w.one_of((0, 1, 100, 5_000, 9_999, 10_000))


def send_fee(w: World, sender: int, fee: int) -> Transaction:
    return Transaction(sender, w.house.token, call("set_fee(uint256)", fee))


def predict_fee(w: World, _sender: int, fee: int) -> Reasons:
    w.asset.fee = fee
    return set()


def choose_rebase(w: World) -> Args | None:
    if w.asset.kind != "RebasingToken" or w.odds(0.2):
        return None
    factor = ONE + int(ONE * (w.r.random() - 0.5) * w.one_of((0.01, 0.5, 1.9)))
    return w.sender(), factor if w.odds(0.8) else ONE


def send_rebase(w: World, sender: int, factor: int) -> Transaction:
    return Transaction(sender, w.house.token, call("rebase(uint256)", factor))


def predict_rebase(w: World, _sender: int, factor: int) -> Reasons:
    before = w.asset.held()
    w.asset.factor = factor
    w.outside += w.asset.held() - before
    return set()


def choose_confiscate(w: World) -> Args | None:
    if w.asset.kind != "ConfiscatingToken" or w.odds(0.2):
        return None
    return w.sender(), int(w.asset.held() * w.one_of((0.01, 0.3, 0.9, 1.0)))


def send_confiscate(w: World, sender: int, amount: int) -> Transaction:
    return Transaction(sender, w.house.token, call("confiscate(address,uint256)", w.at.pool, amount))


def predict_confiscate(w: World, _sender: int, amount: int) -> Reasons:
    if amount > w.asset.held():
        return {""}
    w.asset.raw[w.at.pool] -= amount
    w.outside -= amount
    return set()


def choose_feed(w: World) -> Args:
    if w.is_rich and w.asset.held() < 2**127:
        return (2**128 - 1 - w.asset.held() - int(w.r.random() * 10**5),)
    return (int(10 ** (w.r.random() * 5)) if w.odds(0.995) else 2**128,)


def send_feed(w: World, amount: int) -> Transaction:
    """A token is minted to the pool; ETH is forced upon it, as a selfdestruct could."""
    if w.asset.is_token:
        return Transaction(w.cast["carrier"], w.house.token, call("mint(address,uint256)", w.at.pool, amount))
    w.chain.set_balance(w.at.pool, w.asset.held() + amount)
    return Transaction(w.cast["carrier"], w.cast["wallet"], bytes(164))


def predict_feed(w: World, amount: int) -> Reasons:
    before = w.asset.held()
    w.asset.raw[w.at.pool] += amount
    w.outside += w.asset.held() - before
    return set()


def choose_approve(w: World) -> Args | None:
    if not w.asset.is_token:
        return None
    who = w.one_of(w.cast.senders)
    if w.asset.approved[who] < ENOUGH // 2 and w.odds(0.8):
        return who, ENOUGH
    return who, w.one_of((0, 1, int(10 ** (w.r.random() * 6))))


def send_approve(w: World, sender: int, amount: int) -> Transaction:
    return Transaction(sender, w.house.token, call("approve(address,uint256)", w.at.pool, amount))


def predict_approve(w: World, sender: int, amount: int) -> Reasons:
    w.asset.approved[sender] = amount
    return set()


def choose_called(w: World) -> Args | None:
    if w.asset.kind != "ReentrantToken":
        return None
    return w.sender(), w.house.recipients["calls back"] if w.odds(0.8) else w.sender()


def send_called(w: World, sender: int, party: int) -> Transaction:
    return Transaction(sender, w.house.token, call("set_called(address)", party))


def predict_called(w: World, _sender: int, party: int) -> Reasons:
    w.asset.called.add(party)
    return set()


ACTIONS = (
    Action("switch", 0.4, choose_switch, send_switch, predict_switch),
    Action("block", 0.4, choose_block, send_block, predict_block),
    Action("set_fee", 0.6, choose_fee, send_fee, predict_fee),
    Action("rebase", 1, choose_rebase, send_rebase, predict_rebase),
    Action("confiscate", 1, choose_confiscate, send_confiscate, predict_confiscate),
    Action("feed", 0.3, choose_feed, send_feed, predict_feed),
    Action("approve", 0.6, choose_approve, send_approve, predict_approve),
    Action("set_called", 0.5, choose_called, send_called, predict_called),
)
