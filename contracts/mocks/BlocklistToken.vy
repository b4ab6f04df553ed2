# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  BlocklistToken
@author Makegood
@license AGPL-3.0-only
@notice Moves nothing from or to those on its issuer's list.
"""

from . import token_base

initializes: token_base
exports: (token_base.balanceOf, token_base.allowance, token_base.approve, token_base.mint)

is_blocked: public(HashMap[address, bool])


@external
def set_blocked(account: address, blocked: bool):
    """
    @notice Puts an account on the list, or takes it off. Anyone.
    @param account Whose transfers are refused.
    @param blocked Whether they are.
    """
    self.is_blocked[account] = blocked


@external
def transfer(to: address, amount: uint256) -> bool:
    """
    @notice Moves the caller's tokens, unless a party is blocked.
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
    assert not self.is_blocked[sender] and not self.is_blocked[to], "token: account is blocked"
    token_base.move(sender, to, amount)
