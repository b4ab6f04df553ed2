# SPDX-License-Identifier: Apache-2.0
"""The policies of a desk to which random things happen: short enough that much falls due."""

from __future__ import annotations

from makegood.policy import DAY, ChainPolicy

HOUR = 3_600
FAR = 2**32 - 1
"""A time that does not come."""
UNIT = 10**15
"""Of money: what a contest and a proof cost."""
WEEKDAYS = sum(1 << 24 * day + hour for day in range(5) for hour in range(8, 18))


def policy(hours: int) -> ChainPolicy:
    """All of them but for the opening hours, which are a set of the week's."""
    return ChainPolicy(
        hours=hours,
        targets=((HOUR, 2 * HOUR, 8 * HOUR),) * 4,
        compensation=((3 * UNIT, 2 * UNIT, 5 * UNIT), (UNIT, UNIT, UNIT), (1, 2, 3), (0, 0, 0)),
        contest_window=DAY,
        challenge_window=6 * HOUR,
        ruling_window=3 * HOUR,
        claim_window=DAY,
        anchor_lag=900,
        incident_cap=5 * UNIT,
        incident_bond_share=500,
        contest_bond=UNIT,
        prove_bond=UNIT,
        fee=UNIT,
    )
