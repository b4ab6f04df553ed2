# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  RebasingToken
@author Makegood
@license AGPL-3.0-only
@notice Every balance grows and shrinks with one factor that its issuer sets.
"""

from . import token_base

initializes: token_base
exports: (token_base.allowance, token_base.approve, token_base.mint)

ONE: constant(uint256) = 10**18

factor: public(uint256)


@deploy
def __init__():
    """
    @notice Starts with balances as they were minted.
    """
    self.factor = ONE


@external
def rebase(factor: uint256):
    """
    @notice Changes all balances at once. Anyone.
    @param factor Times 10**18; not zero.
    """
    self.factor = factor


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Moves the caller's tokens.
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


@view
@external
def balanceOf(account: address) -> uint256:
    """
    @notice What an account holds by the factor of now.
    @param account Anyone.
    @return The balance.
    """
    return token_base.balanceOf[account] * self.factor // ONE


@internal
def _move(sender: address, to: address, amount: uint256):
    token_base.move(sender, to, amount * ONE // self.factor)
