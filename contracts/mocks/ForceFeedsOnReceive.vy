# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  ForceFeedsOnReceive
@author Makegood
@license AGPL-3.0-only
@notice Forces ETH back into who paid it, by a selfdestruct that no contract can refuse.
"""

amount: public(immutable(uint256))
last_feeder: public(address)


@deploy
@payable
def __init__(amount_: uint256):
    """
    @notice Fixes what is forced back at each payment.
    @param amount_ In wei.
    """
    amount = amount_


@external
@payable
def __default__():
    """
    @notice Creates a contract with the amount, whose initcode is PUSH20 caller, SELFDESTRUCT.
    """
    self.last_feeder = raw_create(concat(0x73, convert(msg.sender, bytes20), 0xff), value=amount)
