# SPDX-License-Identifier: Apache-2.0
"""The operator publishes policies, grants coverage and sets allowances."""

from typing import Any

from fuzz.encode import call, octets, text_words
from fuzz.model.policy import DAY, TEN_YEARS, Policy, from_flat
from fuzz.world import Action, Reasons, Transaction, World

Args = tuple[Any, ...]
WEEKDAYS = sum(1 << (day * 24 + hour) for day in range(5) for hour in range(8, 18))
TEXTS = ("", "standard", "a" * 32, "https://example.org/terms")
POLICY = "uint256,uint256[3][4],uint256[3][4]" + ",uint256" * 10


def hours(w: World) -> int:
    """All the week, weekdays, one hour, or any."""
    roll = w.r.random()
    if roll < 0.3:
        return 2**168 - 1
    if roll < 0.5:
        return WEEKDAYS
    if roll < 0.65:
        return 1 << int(w.r.random() * 168)
    return w.r.getrandbits(168) & w.r.getrandbits(168) or 1


def amount(w: World) -> int:
    """Of money: small mostly; none; the largest."""
    roll = w.r.random()
    if roll < 0.12:
        return 0
    return 1 + int(10 ** (w.r.random() * 6)) if roll < 0.98 else 2**85 - 1


def target(w: World) -> int:
    """Of time: from a second to months."""
    return 1 + int(10 ** (w.r.random() * 6.5)) if w.odds(0.97) else w.one_of((1, 3_600, TEN_YEARS // 40))


def policy(w: World) -> Policy:
    """One that can be kept."""
    r, notice = w.r, w.m.pool.notice
    challenge = 3 + int(r.random() * 7 * DAY) if w.odds(0.9) else w.one_of((3, 7 * DAY))
    fee = amount(w) if w.odds(0.7) else 0
    return Policy(
        hours(w),
        tuple(tuple(target(w) for _ in range(3)) for _ in range(4)),
        tuple(tuple(amount(w) for _ in range(3)) for _ in range(4)),
        min(notice, 1 + int(10 ** (r.random() * 6))) if w.odds(0.95) else notice,
        min(challenge, 7 * DAY),
        min(60 * DAY, 1 + int(10 ** (1 + r.random() * 6))),
        1 + int(10 ** (r.random() * 7)),
        max(1, int(r.random() * ((challenge - 1) // 2))),
        amount(w) * 3 if w.odds(0.95) else w.one_of((0, 2**96 - 1)),
        w.one_of((0, 1, 500, 10_000)),
        min(2**85 - 1, fee + amount(w) * w.one_of((0, 1))),
        amount(w) if w.odds(0.8) else 0,
        fee,
    )


EXTREMES = (
    0,
    2**32,
    2**85,
    2**96,
    2**168,
    10_001,
    60 * DAY + 1,
    7 * DAY + 1,
    TEN_YEARS,
    TEN_YEARS + 1,
    2**255,
    2**256 - 1,
)


def choose_publish(w: World) -> Args:
    numbers = policy(w).flat()
    if w.odds(0.5) and w.m.desk.policies:
        # Few are kept: what was published stays, and the walk goes on with it.
        for _ in range(w.one_of((1, 1, 2))):
            # Hours, windows and amounts of the whole policy as often as targets and compensations.
            i = int(w.r.random() * len(numbers)) if w.odds(0.5) else w.one_of((0, *range(25, 35)))
            extreme = w.one_of(EXTREMES) if w.odds(0.7) else 0
            # Any number up to 168 bits is hours that can be kept.
            numbers[i] = extreme << 168 & 2**256 - 1 if i == 0 else extreme
    return w.operator(), tuple(numbers), w.one_of(TEXTS), w.one_of(TEXTS), w.digest()


def send_publish(w: World, sender: int, numbers: Args, name: str, uri: str, terms: int) -> Transaction:
    data = call(
        f"publish_policy(({POLICY}),string,string,bytes32)",
        tuple(numbers),
        octets(name.encode()),
        octets(uri.encode()),
        terms,
    )
    return Transaction(sender, w.at.desk, data)


def predict_publish(w: World, sender: int, numbers: Args, name: str, uri: str, terms: int) -> Reasons:
    texts = (*text_words(name), *text_words(uri))
    return w.m.desk.publish(sender, from_flat(list(numbers)), terms, texts)


def grant(w: World) -> Args:
    """For whom, under what, how much, until when."""
    until = w.m.now + int(10 ** (5 + w.r.random() * 3))
    if w.odds(0.08):
        until = w.one_of((w.m.now, w.m.now - 1, w.m.now + 10, 2**40 - 1, 2**40, 2**256 - 1))
    places = 1 + int(w.r.random() * 6) if w.odds(0.95) else w.one_of((0, 65_535, 65_536, 2**256 - 1))
    who = w.one_of(
        (*w.cast.requesters, w.cast["wallet"], w.cast["delegated"], w.house.recipients["calls back"])
    )
    return (who if w.odds(0.98) else 0), w.policy_id(), w.priority(), places, until


def choose_grant(w: World) -> Args:
    return w.operator(), *grant(w)


def send_grant(w: World, sender: int, *args: int) -> Transaction:
    return Transaction(
        sender, w.at.desk, call("grant_coverage(address,uint256,uint256,uint256,uint256)", *args)
    )


def predict_grant(w: World, *args: int) -> Reasons:
    return w.m.desk.grant(*args)


def choose_redeem(w: World) -> Args:
    kept = w.memory.setdefault("vouchers", [])
    if kept and w.odds(0.3):
        # Again, or too late.
        return w.sender(), *w.one_of(kept)
    fields = (*grant(w), w.deadline())
    voucher = (*fields, w.flawed(w.signature(w.m.directory.owner, w.at.desk, "GrantCoverage", *fields)))
    kept.append(voucher)
    return w.sender(), *voucher


def send_redeem(w: World, sender: int, *args: Any) -> Transaction:
    *fields, signature = args
    data = call(
        "redeem_coverage(address,uint256,uint256,uint256,uint256,uint256,bytes)",
        *fields,
        octets(w.raw(signature)),
    )
    return Transaction(sender, w.at.desk, data)


def predict_redeem(w: World, _sender: int, *args: Any) -> Reasons:
    *fields, signature = args
    if signature.flaw == "too long":
        return {""}
    is_signed = w.is_good(signature, w.m.directory.owner, w.at.desk, "GrantCoverage", *fields)
    return w.m.desk.redeem(*fields, is_signed=is_signed)


def choose_allowance(w: World) -> Args:
    amount = w.one_of((10**7, 10**9, 10**14, 2**128, 2**256 - 1)) if w.odds(0.9) else w.one_of((0, 1, 10**4))
    return w.operator(), w.one_of((*w.cast.humans, *w.cast.bots, w.cast["wallet"])), amount


def send_allowance(w: World, sender: int, *args: int) -> Transaction:
    return Transaction(sender, w.at.desk, call("set_allowance(address,uint256)", *args))


def predict_allowance(w: World, *args: int) -> Reasons:
    return w.m.desk.set_allowance(*args)


ACTIONS = (
    Action("publish_policy", 0.7, choose_publish, send_publish, predict_publish),
    Action("grant_coverage", 2, choose_grant, send_grant, predict_grant),
    Action("redeem_coverage", 1.5, choose_redeem, send_redeem, predict_redeem),
    Action("set_allowance", 1, choose_allowance, send_allowance, predict_allowance),
)
