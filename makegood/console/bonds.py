# SPDX-License-Identifier: Apache-2.0
"""Transactions that put down a bond: in ETH it is sent along, an ERC-20's is approved to the pool first."""

from collections.abc import Callable
from typing import Any

from makegood.console.run import Run, Step
from makegood.desk import ETH, Call, Outcome
from makegood.errors import ChainRevert, MakegoodError


def value_of(run: Run, bond: int) -> int:
    """What of a bond is sent along, in wei."""
    return bond if run.pool.asset == ETH else 0


def needs_approval(run: Run, bond: int) -> bool:
    """Whether the bond must be approved to the pool first."""
    return run.pool.asset != ETH and bond > 0 and run.pool.approved(run.signer.address) < bond


def check(run: Run, call: Call[Any], bond: int) -> None:
    """Raise what the chain would refuse, before an approval that would stand although nothing came of it."""
    if not needs_approval(run, bond):
        call.simulate(run.signer.address)
        return
    held = run.pool.balance_of(run.signer.address)
    if held < bond:
        raise MakegoodError(
            f"The account holds only {run.money(held)}.", hint=f"The bond is {run.money(bond)}."
        )
    try:
        call.simulate(run.signer.address)
    except ChainRevert as error:
        # Only the bond is refused for want of an approval; what the contracts before it refuse stands.
        if error.reason.startswith(("desk:", "panel:", "lane:")):
            raise


def sent(
    run: Run, what: str, call: Call[Any], bond: int, before: Callable[[], None] | None = None
) -> Outcome | None:
    """Send the call, with an approval before it where one is needed; None where it was a dry run."""
    if not needs_approval(run, bond):
        return run.act(what, call, before)
    shown = run.money(bond)
    approval = run.pool.approve(bond)
    if not run.goes_ahead([Step(f"approve {shown}", approval), Step(what)]):
        return None
    if before is not None:
        before()
    run.send(f"approve {shown}", approval)
    return run.send(what, call)
