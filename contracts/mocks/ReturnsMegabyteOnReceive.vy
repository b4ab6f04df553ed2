# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  ReturnsMegabyteOnReceive
@author Makegood
@license AGPL-3.0-only
@notice Takes ETH and returns a megabyte.
"""

MEGABYTE: constant(uint256) = 2**20


@external
@payable
@raw_return
def __default__() -> Bytes[MEGABYTE]:
    """
    @notice Takes the ETH.
    @return A megabyte of zeros.
    """
    return abi_encode(empty(uint256[MEGABYTE // 32]))
