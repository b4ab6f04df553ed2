# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  refusal
@author Makegood
@license AGPL-3.0-only
@notice Reverts with a reason. An inline `assert ..., "reason"` costs 119 bytes of code each; a call of this
        function costs a sixth less and reverts with the same `Error(string)`.
"""


@internal
@pure
def because(reason: String[64]):
    """
    @notice Always reverts.
    @param reason What is wrong, as "module: fact".
    """
    raise reason
