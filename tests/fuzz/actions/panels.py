# SPDX-License-Identifier: Apache-2.0
"""The operator changes the panel."""

from typing import Any

from fuzz.encode import array, call
from fuzz.model.pool import USABLE
from fuzz.world import Action, Reasons, Transaction, World

Args = tuple[Any, ...]


def choose_propose(w: World) -> Args:
    count = 1 + int(w.r.random() * 7)
    seats = sorted(w.r.sample(w.cast.arbiters, count))
    threshold = count // 2 + 1 + int(w.r.random() * (count - count // 2))
    if w.odds(0.08):
        threshold = w.one_of((0, count // 2, count + 1, 2**255))
    if w.odds(0.12):
        seats = w.one_of(([], seats[::-1], [*seats, seats[-1]], [0, *seats]))
    if w.odds(0.03):
        seats = list(range(1, w.one_of((16, 17))))
        threshold = len(seats)
    return w.operator(), tuple(seats), threshold


def send_propose(w: World, sender: int, seats: Args, threshold: int) -> Transaction:
    data = call("propose_panel(address[],uint256)", array(list(seats)), threshold)
    return Transaction(sender, w.at.panel, data)


def predict_propose(w: World, sender: int, seats: Args, threshold: int) -> Reasons:
    return {""} if len(seats) > 15 else w.m.panel.propose(sender, tuple(seats), threshold)


def choose_alone(w: World) -> Args:
    return (w.operator(),)


def send_cancel(w: World, sender: int) -> Transaction:
    return Transaction(sender, w.at.panel, call("cancel_panel()"))


def predict_cancel(w: World, sender: int) -> Reasons:
    return w.m.panel.cancel(sender)


def choose_adopt(w: World) -> Args | None:
    panel = w.m.panel
    is_usable = panel.proposed and 0 <= w.m.now - panel.usable_from <= USABLE
    return (w.operator(),) if is_usable or w.odds(0.15) else None


def send_adopt(w: World, sender: int) -> Transaction:
    return Transaction(sender, w.at.panel, call("adopt_panel()"))


def predict_adopt(w: World, sender: int) -> Reasons:
    return w.m.panel.adopt(sender)


ACTIONS = (
    Action("propose_panel", 0.5, choose_propose, send_propose, predict_propose),
    Action("cancel_panel", 0.15, choose_alone, send_cancel, predict_cancel),
    Action("adopt_panel", 1.5, choose_adopt, send_adopt, predict_adopt),
)
