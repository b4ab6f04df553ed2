# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  CreateAddressHarness
@author Makegood
@license AGPL-3.0-only
@notice Shows the module create_address.
"""

from ..modules import create_address


@pure
@external
def at(creator: address, nonce: uint256) -> address:
    """
    @notice The address of the contract that `creator` creates with `nonce`.
    @param creator A contract.
    @param nonce 1 .. 2**32 - 1.
    @return The address.
    """
    return create_address.at(creator, nonce)
