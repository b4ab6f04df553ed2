# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  ReentrantToken
@author Makegood
@license AGPL-3.0-only
@notice Calls both parties of a transfer, as ERC-777 does: the sender before, the recipient after.
"""

from . import token_base

initializes: token_base
exports: (token_base.balanceOf, token_base.allowance, token_base.approve, token_base.mint)

is_called: public(HashMap[address, bool])


@external
def set_called(party: address):
    """
    @notice Has a party called at each of its transfers. Anyone.
    @param party A contract that takes an empty call.
    """
    self.is_called[party] = True


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Moves the caller's tokens, with a call before and after.
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
    if self.is_called[sender]:
        raw_call(sender, b"")
    token_base.move(sender, to, amount)
    if self.is_called[to]:
        raw_call(to, b"")
