# SPDX-License-Identifier: Apache-2.0
"""Policies that can be published: the largest, and any."""

import random
from collections.abc import Callable
from typing import Any

from house import CALENDAR, DAY, Policy

TEN_YEARS = 315_576_000
WEEK = 7 * DAY
MAX_AMOUNT = 2**85 - 1
MAX_CAP = 2**96 - 1


def policy_at_all_maxima() -> Policy:
    """One whose every field is the largest that can be published, at a notice of ten years."""
    return Policy(
        hours=CALENDAR,
        targets=((TEN_YEARS,) * 3,) * 4,
        compensation=((MAX_AMOUNT,) * 3,) * 4,
        contest_window=TEN_YEARS,
        challenge_window=WEEK,
        ruling_window=60 * DAY,
        claim_window=TEN_YEARS,
        anchor_lag=302_399,
        incident_cap=MAX_CAP,
        incident_bond_share=10_000,
        contest_bond=MAX_AMOUNT,
        prove_bond=MAX_AMOUNT,
        fee=MAX_AMOUNT,
    )


def random_policy(random_: random.Random) -> Policy:
    """One that can be published at a notice of thirty days."""

    def table(draw: Callable[[], int]) -> Any:
        return tuple(tuple(draw() for _ in range(3)) for _ in range(4))

    challenge = random_.randrange(3, WEEK + 1)
    contest_bond = random_.randrange(MAX_AMOUNT + 1)
    return Policy(
        hours=random_.randrange(1, CALENDAR + 1),
        targets=table(lambda: random_.randrange(1, 3_000_000)),
        compensation=table(lambda: random_.randrange(MAX_AMOUNT + 1)),
        contest_window=random_.randrange(1, 30 * DAY + 1),
        challenge_window=challenge,
        ruling_window=random_.randrange(1, 60 * DAY + 1),
        claim_window=random_.randrange(1, TEN_YEARS + 1),
        anchor_lag=random_.randrange(1, (challenge + 1) // 2),
        incident_cap=random_.randrange(MAX_CAP + 1),
        incident_bond_share=random_.randrange(10_001),
        contest_bond=contest_bond,
        prove_bond=random_.randrange(MAX_AMOUNT + 1),
        fee=random_.randrange(contest_bond + 1),
    )
