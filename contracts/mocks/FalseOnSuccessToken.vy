# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  FalseOnSuccessToken
@author Makegood
@license AGPL-3.0-only
@notice Moves what it is asked to, and returns false.
"""

from . import token_base

initializes: token_base
exports: (token_base.balanceOf, token_base.allowance, token_base.approve, token_base.mint)


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Moves the caller's tokens.
    @param to To whom.
    @param amount How many are asked for.
    @return False.
    """
    token_base.move(msg.sender, to, amount)
    return False


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @notice The same with another's tokens, who approved it.
    @param owner From whom.
    @param to To whom.
    @param amount How many are asked for.
    @return False.
    """
    token_base.spend(owner, amount)
    token_base.move(owner, to, amount)
    return False
