# SPDX-License-Identifier: Apache-2.0
"""Handing a desk to another operator: the old one offers it, the new one accepts."""

from makegood.console.keepers import NOBODY
from makegood.console.run import Run
from makegood.errors import ChainRevert, UsageError

_ZERO = "0x" + "00" * 20


def offered_to(run: Run) -> str | None:
    """Who may accept the desk; None where it is not offered."""
    pending = run.desk.directory.pending_owner()
    return pending if int(pending, 16) else None


def offer(run: Run, new_operator: str) -> None:
    """Offer the desk to another address, in the place of whom it was offered to before; or to nobody."""
    address = _ZERO if new_operator == NOBODY else run.address(new_operator)
    owner = run.desk.directory.owner()
    if address == owner:
        raise UsageError(
            f"{address} is the desk's operator already.", hint="Give the new operator's address."
        )
    what = "take the offer of the desk back" if address == _ZERO else f"offer the desk to {address}"
    if run.act(what, run.desk.directory.transfer_ownership(address)) is None:
        return
    offered = offered_to(run)
    run.done(
        {"operator": owner, "offered_to": offered},
        [
            ("operator", f"{owner}, until it is accepted" if offered else owner),
            ("offered to", offered or "nobody any more"),
            *([("then", "`ape run transfer_ownership --accept` from that account")] if offered else []),
        ],
    )


def accept(run: Run) -> None:
    """Become the operator of a desk that was offered to the acting account."""
    before, offered = run.desk.directory.owner(), offered_to(run)
    if offered != run.signer.address:
        to = f"it is offered to {offered}" if offered else "it is offered to nobody"
        raise ChainRevert(
            f"The desk is not offered to {run.signer.address}: {to}.",
            reason="ownable_2step: caller is not the new owner",
            hint="The operator offers it: `ape run transfer_ownership ADDRESS`. Or give the right --account.",
        )
    if run.act(f"become the operator of {run.desk.address}", run.desk.directory.accept_ownership()) is None:
        return
    now = run.desk.directory.owner()
    run.done(
        {"operator": now, "was": before, "offered_to": None},
        [("operator", now), ("was", f"{before}, who can do nothing here any more")],
    )
