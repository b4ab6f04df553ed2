# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  BurnsGasToken
@author Makegood
@license AGPL-3.0-only
@notice Burns all the gas that a transfer is given, once it is switched on.
"""

from . import token_base

initializes: token_base
exports: (token_base.balanceOf, token_base.allowance, token_base.approve, token_base.mint)

is_burning: public(bool)


@external
def set_burning(burning: bool):
    """
    @notice Makes transfers burn their gas, or work. Anyone.
    @param burning Whether they burn.
    """
    self.is_burning = burning


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Moves the caller's tokens, unless burning.
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
    # An invalid opcode takes all gas with it.
    assert not self.is_burning, UNREACHABLE
    token_base.move(sender, to, amount)
