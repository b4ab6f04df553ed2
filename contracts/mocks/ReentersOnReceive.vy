# pragma version 0.4.3
# pragma evm-version cancun
# SPDX-License-Identifier: AGPL-3.0-only
"""
@title  ReentersOnReceive
@author Makegood
@license AGPL-3.0-only
@notice Makes its planned calls when it is called with nothing but ETH, or by a token with a callback.
"""

MAX_CALLS: constant(uint256) = 24
MAX_DATA: constant(uint256) = 1_024

struct Call:
    target: address
    amount: uint256             # of ETH, in wei
    data: Bytes[MAX_DATA]

_plan: DynArray[Call, MAX_CALLS]
# Bit i: call i of the plan went through.
succeeded: public(uint256)
# How often the plan was run.
runs: public(uint256)
_running: bool


@external
def plan(calls: DynArray[Call, MAX_CALLS]):
    """
    @notice Sets what is called. Anyone.
    @param calls In this order.
    """
    self._plan = calls


@external
@payable
def call(target: address, data: Bytes[MAX_DATA]):
    """
    @notice Calls somebody with all the ETH sent. Anyone.
    @param target Who is called.
    @param data With what.
    """
    raw_call(target, data, value=msg.value)


@external
@payable
def __default__():
    """
    @notice Runs the plan, and notes which calls went through; not while it runs already.
    """
    if self._running:
        return
    self._running = True
    self.runs += 1
    self.succeeded = 0
    for i: uint256 in range(len(self._plan), bound=MAX_CALLS):
        c: Call = self._plan[i]
        if raw_call(c.target, c.data, value=c.amount, revert_on_failure=False):
            self.succeeded |= 1 << i
    self._running = False
