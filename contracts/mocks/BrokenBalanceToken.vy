# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  BrokenBalanceToken
@author Makegood
@license AGPL-3.0-only
@notice Its balanceOf reverts once it is broken.
"""

from . import token_base

initializes: token_base
exports: (token_base.allowance, token_base.approve, token_base.mint)

is_broken: public(bool)


@deploy
def __init__(broken: bool):
    """
    @notice Starts whole or broken.
    @param broken Which of them.
    """
    self.is_broken = broken


@external
def set_broken(broken: bool):
    """
    @notice Breaks or mends balanceOf. Anyone.
    @param broken Whether it reverts.
    """
    self.is_broken = broken


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Moves the caller's tokens.
    @param to To whom.
    @param amount How many are asked for.
    @return True.
    """
    token_base.move(msg.sender, to, amount)
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
    token_base.move(owner, to, amount)
    return True


@view
@external
def balanceOf(account: address) -> uint256:
    """
    @notice What an account holds, unless broken.
    @param account Anyone.
    @return The balance.
    """
    assert not self.is_broken, "token: broken"
    return token_base.balanceOf[account]
