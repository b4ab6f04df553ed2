# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  NoReturnToken
@author Makegood
@license AGPL-3.0-only
@notice Returns nothing where an ERC-20 returns true.
"""

from . import token_base

initializes: token_base
exports: (token_base.balanceOf, token_base.allowance, token_base.approve, token_base.mint)


@external
def transfer(to: address, amount: uint256):
    """
    @notice Moves the caller's tokens.
    @param to To whom.
    @param amount How many.
    """
    token_base.move(msg.sender, to, amount)


@external
def transferFrom(owner: address, to: address, amount: uint256):
    """
    @notice Moves another's tokens, who approved it.
    @param owner From whom.
    @param to To whom.
    @param amount How many.
    """
    token_base.spend(owner, amount)
    token_base.move(owner, to, amount)
