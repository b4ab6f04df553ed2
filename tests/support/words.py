# SPDX-License-Identifier: Apache-2.0
"""A ticket's storage word, put together from the layout in the design, not by the code under test."""

from house import OPEN


def ticket_word(
    requester: str,
    *,
    clock: int = 0,
    resolution: int = 0,
    policy_id: int = 1,
    priority: int = 0,
    status: int = OPEN,
    replied: bool = False,
    breached: int = 0,
    compensated: int = 0,
    backed: bool = True,
    holds_place: bool = True,
    proven: bool = False,
    disputed: bool = False,
    challenged: bool = False,
) -> int:
    """The fields from bit 0 up.

    requester 160, clock 32, resolution 32, policy 13, priority 2, status 3, replied 1, breached 4,
    compensated 4, backed 1, holds place 1, proven 1, disputed 1, challenged 1.
    """
    return (
        int(str(requester), 16)
        + clock * 2**160
        + resolution * 2**192
        + policy_id * 2**224
        + priority * 2**237
        + status * 2**239
        + replied * 2**242
        + breached * 2**243
        + compensated * 2**247
        + backed * 2**251
        + holds_place * 2**252
        + proven * 2**253
        + disputed * 2**254
        + challenged * 2**255
    )
