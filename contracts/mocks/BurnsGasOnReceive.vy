# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  BurnsGasOnReceive
@author Makegood
@license AGPL-3.0-only
@notice Burns all the gas that comes with ETH.
"""

@external
@payable
def __default__():
    """
    @notice Ends in an invalid opcode, which takes all gas with it.
    """
    raise UNREACHABLE
