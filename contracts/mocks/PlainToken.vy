# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  PlainToken
@author Makegood
@license AGPL-3.0-only
@notice An ERC-20 as it should be, with any number of decimals.
"""

from . import token_base

initializes: token_base
exports: (token_base.balanceOf, token_base.allowance, token_base.approve, token_base.mint)

decimals: public(immutable(uint8))


@deploy
def __init__(decimals_: uint8):
    """
    @notice Fixes the decimals, which no contract here reads.
    @param decimals_ How many.
    """
    decimals = decimals_


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
