# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  FeeOnTransferToken
@author Makegood
@license AGPL-3.0-only
@notice Keeps a share of every transfer; the share can be switched on later.
"""

from . import token_base

initializes: token_base
exports: (token_base.balanceOf, token_base.allowance, token_base.approve, token_base.mint)

BASIS_POINTS: constant(uint256) = 10_000

fee: public(uint256)


@deploy
def __init__(fee: uint256):
    """
    @notice Starts with a fee.
    @param fee In basis points of what is sent.
    """
    self.fee = fee


@external
def set_fee(fee: uint256):
    """
    @notice Changes the fee. Anyone.
    @param fee In basis points of what is sent.
    """
    self.fee = fee


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Takes the amount from the caller; less arrives.
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
    kept: uint256 = amount * self.fee // BASIS_POINTS
    token_base.move(sender, to, amount)
    token_base.burn(to, kept)
