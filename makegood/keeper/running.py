# SPDX-License-Identifier: Apache-2.0
"""The keeper's rounds: every duty looks, then what is in the outbox is brought onto the chain."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from threading import Event

from makegood.desk.contract import connect
from makegood.errors import IndexBehind, MakegoodError
from makegood.keeper.duties import Duty, duties_of
from makegood.keeper.world import World
from makegood.logs import fields
from makegood.sending import Lane, Worked

log = logging.getLogger(__name__)

_LONGEST_PAUSE = 15.0  # so that, with an answer waited for in vain, work goes on within a minute


@dataclass
class Health:
    """What the last rounds came to. Times are of the monotonic clock, in seconds."""

    began: float = field(default_factory=time.monotonic)
    whole_at: float | None = None
    rounds: int = 0
    failing: dict[str, str] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    found: Counter[str] = field(default_factory=Counter)
    sent: Counter[str] = field(default_factory=Counter)
    short: bool = False
    dear: bool = False
    mine: bool = True

    def age(self) -> float:
        """How long ago the last round was in which nothing failed."""
        return time.monotonic() - (self.began if self.whole_at is None else self.whole_at)


class Keeper:
    """Of one desk. A round waits for nothing but answers; what is on its way the next one looks after."""

    def __init__(self, world: World, lane: Lane, *, clock: Callable[[], float] = time.monotonic) -> None:
        self.world = world
        self.health = Health()
        self._lane = lane
        self._duties = duties_of(world)
        self._clock = clock
        self._last: dict[str, float] = {}

    def run(self, stop: Event) -> None:
        """Rounds until `stop` is set; the one that runs then is finished."""
        pause = every = self.world.settings.every
        while not stop.is_set():
            pause = every if self.round() else min(_LONGEST_PAUSE, max(every, pause * 2))
            stop.wait(pause)

    def round(self) -> bool:
        """One round; whether it was of use. What fails is told, and tried again in the next.

        Where only the index is behind, the next round need not wait any longer.
        """
        self.world.new_round()
        failing: dict[str, MakegoodError] = {}
        self._attempt("chain", self._check_chain, failing)
        if not failing:
            for duty in self._duties:
                if self._is_due(duty):
                    self._attempt(duty.name, partial(self._look, duty), failing)
            self._attempt("send", self._send, failing)
        health = self.health
        health.rounds += 1
        health.failing = {name: error.message for name, error in failing.items()}
        if not failing:
            health.whole_at = time.monotonic()
        return all(isinstance(error, IndexBehind) for error in failing.values())

    # ------------------------------------------------------------ internal

    def _check_chain(self) -> None:
        connect(self.world.desk.w3, self.world.outbox.chain)

    def _is_due(self, duty: Duty) -> bool:
        now = self._clock()
        last = self._last.get(duty.name)
        if duty.slow and last is not None and now - last < self.world.settings.slow_every:
            return False
        self._last[duty.name] = now
        return True

    def _look(self, duty: Duty) -> None:
        self.health.found[duty.name] += duty.do()

    def _send(self) -> None:
        done = self._lane.work()
        health = self.health
        for name in ("sent", "replaced", "mined", "final", "refused", "reverted", "taken_back"):
            health.sent[name] += getattr(done, name)
        if done.mine:
            self._tell_of_money(done)
        health.mine, health.short, health.dear = done.mine, done.short, done.dear

    def _tell_of_money(self, done: Worked) -> None:
        account = fields(account=self.world.account)
        if done.short and not self.health.short:
            log.error("too little for gas: what waits goes on waiting", extra=account)
        if done.dear and not self.health.dear:
            log.warning("gas costs more than is allowed: what waits goes on waiting", extra=account)

    def _attempt(self, name: str, do: Callable[[], None], failing: dict[str, MakegoodError]) -> None:
        try:
            do()
        except MakegoodError as error:
            failing[name] = error
            self.health.failures[name] += 1
            if isinstance(error, IndexBehind):
                log.debug("duty put off", extra=fields(duty=name, why=error))
            elif self.health.failing.get(name) != error.message:
                log.warning("duty put off", extra=fields(duty=name, why=error))
        except Exception as error:
            # The others go on: what one of them stumbles over must not keep the desk from answering.
            failing[name] = MakegoodError(f"This failed here, on our side ({type(error).__name__}).")
            self.health.failures[name] += 1
            if self.health.failing.get(name) != failing[name].message:
                log.exception("duty failed", extra=fields(duty=name))
