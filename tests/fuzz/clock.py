# SPDX-License-Identifier: Apache-2.0
"""When the next transaction comes: at once, soon, or a second before, at or after something falls due."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fuzz.world import World

HOUR, DAY = 3_600, 86_400
USABLE = 7 * DAY
FURTHEST = 100 * DAY


def next_time(w: "World", now: int) -> int:
    """Never earlier."""
    roll = w.r.random()
    if roll < 0.62:
        return now
    if roll < 0.84:
        return now + 1 + int(10 ** (w.r.random() * 3))
    if roll < 0.94:
        ahead = [at for at in (_due(w) for _ in range(4)) if at is not None and now < at < now + FURTHEST]
        if not ahead:
            return now + 1
        # The next of them, mostly: a far one leaves the others behind.
        at = min(ahead) if w.odds(0.85) else ahead[0]
        if at > now + DAY and w.odds(0.7):
            return now + 1
        return max(now, at + w.one_of((-1, 0, 1)))
    if roll < 0.999:
        return now + int(HOUR * 20 * w.r.random() ** 2)
    return now + int(DAY * (1 + 30 * w.r.random() ** 4))


def _due(w: "World") -> int | None:
    # A time at which something ends.
    roll = w.r.random()
    if roll < 0.65:
        ticket = w.ticket()
        return _of_ticket(w, ticket) if ticket else None
    if roll < 0.85:
        announced = w.m.pool.announced
        return announced[1] + w.one_of((0, USABLE)) if announced else None
    if roll < 0.9:
        panel = w.m.panel
        return panel.usable_from + w.one_of((0, USABLE)) if panel.proposed else None
    if roll < 0.96:
        batches = w.m.lane.batches
        return w.one_of(batches).expires_at if batches else None
    if roll < 0.98:
        coverages = list(w.m.desk.coverages.values())
        return w.one_of(coverages).until if coverages else None
    agents = list(w.m.directory.agents.values())
    return w.one_of(agents).until if agents and w.odds(0.1) else None


def _of_ticket(w: "World", t) -> int:
    policy = t.policy
    if t.challenged:
        proof = t.proof
        return proof.at + w.one_of((policy.challenge_window // 2, policy.challenge_window))
    times = [t.clock + policy.contest_window] if t.status == 4 else []
    if t.status == 1:
        times.append(t.clock)
    if t.status <= 2:
        times.append(t.resolution)
    times += [one.rules_until for one in t.disputes.values() if one.state == 1]
    return w.one_of(times) if times else 0
