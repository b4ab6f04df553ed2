# SPDX-License-Identifier: Apache-2.0
"""A walk: one episode by its seed, step by step, until something differs or it is long enough."""

from bisect import bisect
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import accumulate
from random import Random
from typing import Any

from fuzz import audit
from fuzz.actions import actions
from fuzz.build import MOCKS, Build
from fuzz.cast import cast
from fuzz.chain import Recorder
from fuzz.clock import next_time
from fuzz.house import Setting
from fuzz.world import Failure, Step, World

TOKENS = tuple(name.removeprefix("mocks/") for name in MOCKS if name.endswith("Token"))
ASSETS = ("ETH", *TOKENS)
MONDAY = 1_799_020_800  # 2027-01-04 00:00:00 UTC
DAY = 86_400
LATE = 0.08  # the share of episodes that go on where 32 bits end, in 2106
LOOK_AROUND = 250  # after so many steps all tickets are compared
RICH = 0.08  # the share in which the pool holds nearly 2**128 units

# How an episode is furnished before chance takes over.
FURNITURE = (
    *("register_agent",) * 8,
    *("publish_policy",) * 5,
    *("set_allowance",) * 6,
    *("grant_coverage",) * 10,
    *("fund",) * 4,
)


def asset_of(number: int, assets: Sequence[str]) -> str:
    """Of an episode: every fourth is in ETH, which alone calls its recipients; the tokens take turns."""
    tokens = [one for one in assets if one != "ETH"]
    if len(tokens) in (0, len(assets)):
        return assets[number % len(assets)]
    quarter, rest = divmod(number, 4)
    return tokens[(3 * quarter + rest - 1) % len(tokens)] if rest else "ETH"


@dataclass
class Tally:
    """What a walk came by."""

    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    pairs: set[Any] = field(default_factory=set)  # (action, what came of it, state)
    episodes: int = 0
    looks: int = 0  # views asked at the end of episodes; not counted as transactions

    def add(self, other: "Tally") -> None:
        """Take in another's."""
        self.done += other.done
        self.refused += other.refused
        self.reasons += other.reasons
        self.pairs |= other.pairs
        self.episodes += other.episodes
        self.looks += other.looks

    @property
    def total(self) -> int:
        """Transactions."""
        return self.done.total() + self.refused.total()


@dataclass
class Walked:
    """An episode: what it began with, what was done, and how it failed."""

    setting: Setting
    steps: list[Step]
    failure: Failure | None = None


def setting(r: Random, asset: str) -> Setting:
    """Chance decides what an episode begins with."""
    people = cast()
    count = int(r.random() * 8)
    arbiters = tuple(sorted(r.sample(people.arbiters, count)))
    threshold = count // 2 + 1 + int(r.random() * (count - count // 2)) if count else 0
    token = {"fee": r.choice((0, 1, 100, 2_500)), "decimals": r.choice((2, 6, 18, 24))}
    return Setting(
        asset=asset,
        start=MONDAY + int(r.random() * 7 * DAY),
        notice=r.choice((DAY, DAY, 7 * DAY, 30 * DAY)),
        arbiters=arbiters,
        threshold=threshold,
        token=token,
    )


class Chooser:
    """Actions by weight."""

    def __init__(self) -> None:
        self._actions = list(actions().values())
        self._sums = list(accumulate(one.weight for one in self._actions))

    def pick(self, r: Random) -> Any:
        """Any of them."""
        return self._actions[bisect(self._sums, r.random() * self._sums[-1])]


def walk(
    build: Build, seed: str, asset: str, length: int, tally: Tally, recorder: Recorder | None = None
) -> Walked:
    """One episode. Its seed is that of the run and its number in it: 7.12."""
    r = Random(f"{seed} {asset}")
    walked = Walked(setting(r, asset), [])
    world = World(build, walked.setting, recorder)
    world.r = r
    late, world.is_rich = r.random() < LATE, r.random() < RICH
    chooser, by_name = Chooser(), actions()
    tally.episodes += 1
    now = walked.setting.start
    try:
        riches = ("feed", "sync") if world.is_rich else ()
        for name in (*FURNITURE, *riches):
            _step(world, by_name[name], now, walked.steps, tally)
        if late:
            now = 2**32 - int(r.random() ** 2 * 60 * DAY)
        while len(walked.steps) < length:
            now = next_time(world, now)
            _step(world, chooser.pick(r), now, walked.steps, tally)
            if len(walked.steps) % LOOK_AROUND == 0 and (stray := audit.stray_word(world)):
                raise Failure("stray", stray)
        for name, args in list(audit.everything(world)):
            walked.steps.append((now, name, args))
            world.perform(by_name[name], now, args)
            tally.looks += 1
    except Failure as failure:
        walked.failure = failure
    return walked


def _step(world: World, action: Any, now: int, steps: list[Step], tally: Tally) -> None:
    world.m.now = now
    args = action.choose(world)
    if args is None:
        return
    steps.append((now, action.name, args))
    state = state_of(world, action, args)
    reason = world.perform(action, now, args)
    (tally.refused if reason else tally.done)[action.name] += 1
    if reason:
        tally.reasons[reason] += 1
    tally.pairs.add((action.name, reason, state))


def state_of(world: World, action: Any, args: tuple[Any, ...]) -> Any:
    """What matters of the state to an action, as one value: of its ticket, else of the pool."""
    pool, now = world.m.pool, world.m.now
    money = (
        pool.free > 0,
        pool.debt > 0,
        pool.payable() > 0,
        pool.bonded > 0,
        pool.asset.is_broken or pool.asset.is_off,
        pool.asset.is_token,
    )
    t = world.m.tickets.get(args[action.ticket]) if action.ticket is not None else None
    if t is None:
        announced = 0 if pool.announced is None else 1 + (now >= pool.announced[1])
        return (*money, announced, world.m.panel.proposed > 0)
    return (
        *money[:3],
        t.status,
        t.replied,
        t.breached,
        t.compensated,
        t.overdue(now),
        t.is_over(now),
        t.backed,
        t.holds_place,
        t.proven,
        t.challenged,
        sum(one.state << kind for kind, one in t.disputes.items()),
    )
