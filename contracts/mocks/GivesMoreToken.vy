# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  GivesMoreToken
@author Makegood
@license AGPL-3.0-only
@notice Gives the receiver a tenth on top of the amount, out of nothing.
"""

from . import token_base

initializes: token_base
exports: (token_base.balanceOf, token_base.allowance, token_base.approve, token_base.mint)


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Moves the amount and gives its receiver more.
    @param to To whom.
    @param amount How many are asked for.
    @return True.
    """
    self._move(msg.sender, to, amount)
    return True


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @notice The same with another's tokens, who approved it.
    @param owner From whom.
    @param to To whom.
    @param amount How many are asked for.
    @return True.
    """
    token_base.spend(owner, amount)
    self._move(owner, to, amount)
    return True


@internal
def _move(sender: address, to: address, amount: uint256):
    token_base.move(sender, to, amount)
    token_base.balanceOf[to] += amount // 10
