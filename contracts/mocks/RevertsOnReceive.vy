# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  RevertsOnReceive
@author Makegood
@license AGPL-3.0-only
@notice Refuses all ETH.
"""

@external
@payable
def __default__():
    """
    @notice Always reverts.
    """
    raise "recipient: no ETH"
