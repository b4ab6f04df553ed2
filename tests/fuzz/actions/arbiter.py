# SPDX-License-Identifier: Apache-2.0
"""Arbiters' verdicts and reports, rulings by default, fees."""

from collections.abc import Callable
from dataclasses import astuple, replace
from typing import Any

from fuzz.encode import Tail, call, encode, octets, rows, structs
from fuzz.model.disputes import UNDER_DISPUTE, Dispute, Verdict
from fuzz.model.ticket import CLOSED, INCIDENT
from fuzz.world import Action, Reasons, Transaction, World

Args = tuple[Any, ...]
VERDICT = "(bytes32,uint256,uint256,uint256,bytes32,uint256,uint256,uint256)"


def dispute(w: World, is_such: Callable[[Dispute], bool]) -> Dispute | None:
    """Such a one; now and then another."""
    disputes = w.m.panel.disputes
    for _ in range(12 if disputes else 0):
        one = disputes[-1 - int(len(disputes) * w.r.random() ** 2)]
        if is_such(one):
            return one
    return w.one_of(disputes) if disputes and w.odds(0.05) else None


def signatures(w: World, verdict: Verdict, epoch: int) -> Args:
    """A quorum's, mostly."""
    seats = w.m.panel.seats[epoch]
    count = seats.threshold + int(w.r.random() * (len(seats.arbiters) - seats.threshold + 1))
    if w.odds(0.06):
        count = max(0, seats.threshold - 1)
    who = sorted(w.r.sample(seats.arbiters, min(count, len(seats.arbiters))))
    fields = astuple(verdict)
    made = [w.signature(one, w.at.panel, "Verdict", *fields) for one in who]
    if made and w.odds(0.1):
        made[0] = w.flawed(made[0])
    if made and w.odds(0.06):
        roll = w.r.random()
        if roll < 0.3:
            made.append(made[-1])
        elif roll < 0.6:
            made.reverse()
        else:
            made[-1] = w.signature(w.one_of(w.cast.arbiters), w.at.panel, "Verdict", *fields)
    # Whose seat is claimed stands beside the signature.
    return tuple(
        (one if w.odds(0.995) else w.sender(), made[i]) for i, one in enumerate(s.signer for s in made)
    )


def altered(w: World, verdict: Verdict) -> Verdict:
    """As it should be, mostly."""
    if w.odds(0.8):
        return verdict
    name = w.one_of(("outcome", "amount", "amount", "evidence", "dispute", "epoch", "kind", "deadline"))
    if name == "outcome":
        return replace(verdict, outcome=w.one_of((0, 3, 2**255)))
    if name == "deadline":
        return replace(verdict, deadline=w.m.now - 1)
    return replace(verdict, **{name: max(0, getattr(verdict, name) + w.one_of((1, -1)))})


def choose_verdict(w: World) -> Args | None:
    one = dispute(
        w, lambda d: (d.state == UNDER_DISPUTE and w.m.now <= d.rules_until and d.epoch != 0) or w.odds(0.01)
    )
    if one is None:
        return None
    outcome = w.one_of((1, 2))
    amount = 0
    if outcome == 1:
        amount = w.m.tickets[one.ticket_id].amount(one.kind)
        if one.kind == INCIDENT:
            amount = w.one_of((one.asked, 1, 1 + one.asked // 2, one.reserved, one.reserved + 1))
    verdict = Verdict(
        one.ticket_id, one.kind, outcome, amount, one.evidence, one.number, one.epoch, w.deadline()
    )
    verdict = altered(w, verdict)
    return w.sender(), verdict, signatures(w, verdict, one.epoch), w.one_of((None, False, True))


def signed_tail(w: World, signed: Args) -> Tail:
    """The array of signatures."""
    return structs([encode(who, octets(w.raw(one))) for who, one in signed])


def send_verdict(w: World, sender: int, verdict: Verdict, signed: Args, collect: bool | None) -> Transaction:
    types, parts = f"{VERDICT},(address,bytes)[]", [astuple(verdict), signed_tail(w, signed)]
    if collect is not None:
        types, parts = types + ",bool", [*parts, int(collect)]
    return Transaction(sender, w.at.panel, call(f"submit_verdict({types})", *parts))


def judged(w: World, verdict: Verdict, signed: Args) -> list[tuple[int, bool]]:
    """Who is said to have signed, and whether it is so."""
    fields = astuple(verdict)
    return [(who, w.is_good(one, who, w.at.panel, "Verdict", *fields)) for who, one in signed]


def is_unreadable(signed: Args) -> bool:
    """Whether no contract can take it in."""
    return len(signed) > 15 or any(one.flaw == "too long" for _, one in signed)


def predict_verdict(w: World, _sender: int, verdict: Verdict, signed: Args, collect: bool | None) -> Reasons:
    if is_unreadable(signed):
        return {""}
    return w.m.panel.submit(verdict, judged(w, verdict, signed), bool(collect))


def choose_report(w: World) -> Args | None:
    one = w.such_ticket(lambda t: t.status != CLOSED and t.replied and not t.is_over(w.m.now))
    if one is None:
        return None
    kind = w.one_of((1, 2, 4)) if w.odds(0.9) else w.one_of((0, 3, 8, 8))
    verdict = Verdict(one.id, kind, 1, one.amount(kind), w.digest(), 0, w.m.panel.epoch, w.deadline())
    verdict = altered(w, verdict)
    return w.sender(), verdict, signatures(w, verdict, w.m.panel.epoch)


def send_report(w: World, sender: int, verdict: Verdict, signed: Args) -> Transaction:
    types = f"{VERDICT},(address,bytes)[]"
    data = call(f"report_breach({types})", astuple(verdict), signed_tail(w, signed))
    return Transaction(sender, w.at.panel, data)


def predict_report(w: World, _sender: int, verdict: Verdict, signed: Args) -> Reasons:
    if is_unreadable(signed):
        return {""}
    return w.m.panel.report(verdict, judged(w, verdict, signed))


def choose_default(w: World) -> Args | None:
    one = dispute(w, lambda d: (d.state == UNDER_DISPUTE and w.m.now > d.rules_until) or w.odds(0.02))
    if one is None:
        return None
    kind = one.kind if w.odds(0.97) else w.one_of((0, 1, 2, 4, 8, 16))
    return w.sender(), one.ticket_id, kind, w.one_of((None, False, True))


def send_default(w: World, sender: int, ticket_id: int, kind: int, collect: bool | None) -> Transaction:
    if collect is None:
        data = call("rule_by_default(bytes32,uint256)", ticket_id, kind)
    else:
        data = call("rule_by_default(bytes32,uint256,bool)", ticket_id, kind, int(collect))
    return Transaction(sender, w.at.panel, data)


def predict_default(w: World, _sender: int, ticket_id: int, kind: int, collect: bool | None) -> Reasons:
    return w.m.panel.default(ticket_id, kind, bool(collect))


def choose_fees(w: World) -> Args | None:
    count = w.one_of((1, 1, 2, 4))
    ruled = [one for one in (dispute(w, lambda d: bool(d.signers)) for _ in range(count)) if one]
    if not ruled:
        return None
    who = w.one_of(ruled[0].signers) if ruled[0].signers and w.odds(0.95) else w.one_of(w.cast.arbiters)
    names = [(one.ticket_id, one.kind) for one in ruled]
    if w.odds(0.005):
        names *= 101
    return w.sender(), who, tuple(names)


def send_fees(w: World, sender: int, who: int, names: Args) -> Transaction:
    return Transaction(
        sender, w.at.panel, call("collect_fees(address,(bytes32,uint256)[])", who, rows(names))
    )


def predict_fees(w: World, _sender: int, who: int, names: Args) -> Reasons:
    return {""} if len(names) > 100 else w.m.panel.collect_fees(who, [tuple(one) for one in names])


ACTIONS = (
    Action("submit_verdict", 5, choose_verdict, send_verdict, predict_verdict),
    Action("report_breach", 1, choose_report, send_report, predict_report),
    Action("rule_by_default", 2, choose_default, send_default, predict_default, 1),
    Action("collect_fees", 1.5, choose_fees, send_fees, predict_fees),
)
