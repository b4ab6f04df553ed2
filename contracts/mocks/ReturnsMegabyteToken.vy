# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  ReturnsMegabyteToken
@author Makegood
@license AGPL-3.0-only
@notice Moves what it is asked to, and returns a megabyte.
"""

from . import token_base

initializes: token_base
exports: (token_base.balanceOf, token_base.allowance, token_base.approve, token_base.mint)

# A megabyte.
WORDS: constant(uint256) = 2**20 // 32


@external
def transfer(to: address, amount: uint256) -> uint256[WORDS]:
    """
    @notice Moves the caller's tokens.
    @param to To whom.
    @param amount How many.
    @return A megabyte of zeros.
    """
    token_base.move(msg.sender, to, amount)
    return empty(uint256[WORDS])


@external
def transferFrom(owner: address, to: address, amount: uint256) -> uint256[WORDS]:
    """
    @notice Moves another's tokens, who approved it.
    @param owner From whom.
    @param to To whom.
    @param amount How many.
    @return A megabyte of zeros.
    """
    token_base.spend(owner, amount)
    token_base.move(owner, to, amount)
    return empty(uint256[WORDS])
