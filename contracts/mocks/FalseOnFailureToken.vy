# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  FalseOnFailureToken
@author Makegood
@license AGPL-3.0-only
@notice Returns false where another token reverts.
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
    @return False, and nothing done, where there are too few.
    """
    return self._try(msg.sender, to, amount)


@external
def transferFrom(owner: address, to: address, amount: uint256) -> bool:
    """
    @notice The same with another's tokens, who approved it.
    @param owner From whom.
    @param to To whom.
    @param amount How many are asked for.
    @return False, and nothing done, where there are too few.
    """
    if token_base.allowance[owner][msg.sender] < amount:
        return False
    if not self._try(owner, to, amount):
        return False
    token_base.spend(owner, amount)
    return True


@internal
def _try(sender: address, to: address, amount: uint256) -> bool:
    if token_base.balanceOf[sender] < amount:
        return False
    token_base.move(sender, to, amount)
    return True
