# pragma version 0.4.3
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  token_base
@author Makegood
@license AGPL-3.0-only
@notice What every test token has: balances, approvals, and a mint that anyone can use. What a token does that others
        do not stands in the token.
"""

from ethereum.ercs import IERC20

balanceOf: public(HashMap[address, uint256])
allowance: public(HashMap[address, HashMap[address, uint256]])


@external
def mint(to: address, amount: uint256):
    """
    @notice Makes tokens out of nothing. Anyone.
    @param to Who gets them.
    @param amount How many.
    """
    self.balanceOf[to] += amount
    log IERC20.Transfer(sender=empty(address), receiver=to, value=amount)


@external
def approve(spender: address, amount: uint256) -> bool:
    """
    @notice Lets somebody take the caller's tokens.
    @param spender Who may.
    @param amount How many; replaces what was allowed.
    @return True.
    """
    self.allowance[msg.sender][spender] = amount
    log IERC20.Approval(owner=msg.sender, spender=spender, value=amount)
    return True


@internal
def spend(owner: address, amount: uint256):
    """
    @notice Uses up an approval of the caller's; reverts where it does not reach.
    @param owner Who approved.
    @param amount How many.
    """
    self.allowance[owner][msg.sender] -= amount


@internal
def move(sender: address, to: address, amount: uint256):
    """
    @notice Moves tokens; reverts where there are too few.
    @param sender From whom.
    @param to To whom.
    @param amount How many.
    """
    self.balanceOf[sender] -= amount
    self.balanceOf[to] += amount
    log IERC20.Transfer(sender=sender, receiver=to, value=amount)


@internal
def burn(owner: address, amount: uint256):
    """
    @notice Destroys tokens; reverts where there are too few.
    @param owner Whose.
    @param amount How many.
    """
    self.balanceOf[owner] -= amount
    log IERC20.Transfer(sender=owner, receiver=empty(address), value=amount)
