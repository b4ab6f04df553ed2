# SPDX-License-Identifier: Apache-2.0
"""Functions that the contracts keep for each other, called by anybody; money and calls that nobody takes."""

from typing import Any

from fuzz.encode import array, call
from fuzz.world import Action, Reasons, Transaction, World

Args = tuple[Any, ...]

# Contract, function with how many words it takes, why it refuses.
HOOKS = (
    ("desk", "begin_dispute(bytes32,uint256,address,uint256)", 4, "desk: caller is not the panel"),
    ("desk", "rule(bytes32,uint256,bool,uint256)", 4, "desk: caller is not the panel"),
    ("desk", "report(bytes32,uint256)", 2, "desk: caller is not the panel"),
    ("desk", "begin_batch(address,uint256,uint256[5],bool)", 8, "desk: caller is not the lane"),
    ("desk", "prove_ticket(bytes32,address,uint256,uint256,uint256,bool)", 6, "desk: caller is not the lane"),
    ("desk", "apply_entry(bytes32,uint256,uint256,uint256)", 4, "desk: caller is not the lane"),
    ("desk", "end_challenge(bytes32,uint256)", 2, "desk: caller is not the lane"),
    ("desk", "breach_clocks(bytes32)", 1, "desk: caller is not the lane"),
    ("pool", "reserve(uint256)", 1, "pool: caller is not the desk"),
    ("pool", "release(uint256)", 1, "pool: caller is not the desk"),
    ("pool", "pay(address,uint256,bool,bool)", 4, "pool: caller is not the desk"),
    ("pool", "reserve_up_to(uint256)", 1, "pool: caller is not the panel"),
    ("pool", "take_bond(address,uint256)", 2, "pool: caller is not panel or lane"),
    ("pool", "settle(address,uint256,uint256,uint256,uint256,bool)", 6, "pool: caller is not panel or lane"),
)


def choose_hook(w: World) -> Args:
    i = int(w.r.random() * len(HOOKS))
    # Ones and zeros fit every type.
    words = tuple(w.one_of((0, 1)) for _ in range(HOOKS[i][2]))
    if HOOKS[i][1].startswith(("rule", "report", "end_ch", "breach", "apply")):
        words = (w.ticket_id(), *words[1:])
    return w.sender(), i, words


def send_hook(w: World, sender: int, i: int, words: Args) -> Transaction:
    place, signature, _, _ = HOOKS[i]
    return Transaction(sender, getattr(w.at, place), call(signature, tuple(words)))


def predict_hook(_w: World, _sender: int, i: int, _words: Args) -> Reasons:
    return {HOOKS[i][3]}


def choose_initialize(w: World) -> Args:
    return (w.sender(),)


def send_initialize(w: World, sender: int) -> Transaction:
    data = call(
        "initialize(address,address,address,address[],uint256)", sender, sender, sender, array([sender]), 1
    )
    return Transaction(sender, w.at.panel, data)


def predict_initialize(_w: World, _sender: int) -> Reasons:
    return {"panel: initialized already"}


PLACES = ("desk", "pool", "panel", "lane", "directory")
UNPAYABLE = ("", "sync()", "close(bytes32)", "adopt_panel()", "release_batch(uint256)", "accept_ownership()")


def choose_send(w: World) -> Args:
    return w.sender(), w.one_of(PLACES), w.one_of(UNPAYABLE), w.one_of((1, 10**6))


def send_send(w: World, sender: int, place: str, signature: str, value: int) -> Transaction:
    data = call(signature, (0,) * signature.count("(b") or (0,)) if signature else b""
    return Transaction(sender, getattr(w.at, place), data, value)


def predict_send(_w: World, *_: Any) -> Reasons:
    return {""}


def choose_nothing(w: World) -> Args:
    return w.sender(), w.one_of(PLACES), w.r.getrandbits(32) if w.odds(0.5) else 0


def send_nothing(w: World, sender: int, place: str, selector: int) -> Transaction:
    return Transaction(sender, getattr(w.at, place), selector.to_bytes(4, "big") if selector else b"")


ACTIONS = (
    Action("call_hook", 0.8, choose_hook, send_hook, predict_hook),
    Action("initialize", 0.05, choose_initialize, send_initialize, predict_initialize),
    Action("send_money", 0.2, choose_send, send_send, predict_send),
    Action("call_nothing", 0.1, choose_nothing, send_nothing, predict_send),
)
