# SPDX-License-Identifier: Apache-2.0
"""The operator's and the beneficiaries' money: funding, collecting, withdrawing."""

from collections.abc import Sequence

from makegood.console import words
from makegood.console.run import Run, Step
from makegood.desk import ETH
from makegood.errors import ChainRevert, MakegoodError

_NOTHING = "pool: nothing to collect"


def fund(run: Run, amount: str) -> None:
    """Add to the pool's funds; an ERC-20 is approved first where it has to be."""
    units = words.parse_money(amount, run.token)
    payment = run.pool.fund(units)
    shown = run.money(units)
    if run.pool.asset == ETH or run.pool.approved(run.signer.address) >= units:
        if run.act(f"fund the pool with {shown}", payment) is None:
            return
    else:
        held = run.pool.balance_of(run.signer.address)
        if held < units:
            # Before the approval, which would stand although nothing came of it.
            raise MakegoodError(f"The account holds only {run.money(held)}.", hint=f"It needs {shown}.")
        approval = run.pool.approve(units)
        if not run.goes_ahead([Step(f"approve {shown}", approval), Step(f"fund the pool with {shown}")]):
            return
        run.send(f"approve {shown}", approval)
        run.send(f"fund the pool with {shown}", payment)
    _tell_books(run, {"received": str(_received(run))}, [("received", run.money(_received(run)))])


def sync(run: Run) -> None:
    """Make the books' funds equal to the real balance."""
    if run.act("adopt the pool's real balance", run.pool.sync()) is not None:
        _tell_books(run, {}, [])


def collect(run: Run, beneficiary: str | None) -> None:
    """Send somebody what the pool has for them."""
    to = run.address(beneficiary) if beneficiary else run.signer.address
    try:
        outcome = run.act(f"send {to} what the pool has for it", run.pool.collect(to))
    except ChainRevert as error:
        if error.reason != _NOTHING:
            raise
        whose = "For somebody else give their address, or their --account." if beneficiary is None else ""
        raise ChainRevert(
            f"Nothing can be collected for {to} now.",
            reason=_NOTHING,
            hint=f"{whose} `ape run status --account {to}` shows what is credited and owed.".strip(),
        ) from error
    if outcome is None:
        return
    paid = sum(event["amount"] for event in outcome.all("Collected"))
    left = run.pool.collectable(to)
    owed = run.pool.owed(to)
    run.done(
        {"beneficiary": to, "collected": str(paid), "collectable": str(left), "owed": str(owed)},
        [
            ("collected", f"{run.money(paid)} for {to}"),
            ("still to collect", run.money(left)),
            ("owed when funds come in", run.money(owed)),
        ],
    )


def announce_withdrawal(run: Run, amount: str) -> None:
    """Announce that free funds will be taken out."""
    units = words.parse_money(amount, run.token)
    free = run.pool.free()
    if units > free:
        run.output.say(
            f"Only {run.money(free)} is free now. The announcement may be for more, but no more than what is "
            "free then can be withdrawn."
        )
    outcome = run.act(
        f"announce a withdrawal of at most {run.money(units)}", run.pool.announce_withdrawal(units)
    )
    if outcome is not None:
        _tell_withdrawal(run)


def cancel_withdrawal(run: Run) -> None:
    """Take the announcement back."""
    if run.act("cancel the announced withdrawal", run.pool.cancel_withdrawal()) is not None:
        _tell_books(run, {}, [("withdrawal", "cancelled")])


def withdraw(run: Run, amount: str, to: str | None) -> None:
    """Take out free funds as announced."""
    units = words.parse_money(amount, run.token)
    announced = run.pool.withdrawal()
    now = run.chain.now()
    if announced.amount:
        run.output.say(
            f"Announced: at most {run.money(announced.amount)}, usable from "
            f"{words.moment(announced.usable_from, now)} to {words.moment(announced.usable_until, now)}; "
            f"free now: {run.money(run.pool.free())}"
        )
    recipient = run.address(to) if to else run.signer.address
    outcome = run.act(f"withdraw {run.money(units)} to {recipient}", run.pool.withdraw(units, recipient))
    if outcome is None:
        return
    moved = outcome.event("Withdrawn")["amount"]
    _tell_books(
        run,
        {"withdrawn": str(moved), "to": recipient},
        [("withdrawn", f"{run.money(moved)} to {recipient}")],
    )


def set_allowance(run: Run, agent: str, amount: str) -> None:
    """Set what an agent may bind by opening tickets for others."""
    address = run.address(agent)
    units = 0 if amount == "0" else words.parse_money(amount, run.token)
    outcome = run.act(
        f"let {address} bind up to {run.money(units)} of worst cases", run.desk.set_allowance(address, units)
    )
    if outcome is not None:
        run.done(
            {"agent": address, "allowance": str(units)},
            [("agent", address), ("may bind", run.money(units))],
        )


def _received(run: Run) -> int:
    return int(run.sent[-1][1].event("Funded")["amount"])


def _tell_withdrawal(run: Run) -> None:
    announced = run.pool.withdrawal()
    now = run.chain.now()
    run.done(
        {
            "amount": str(announced.amount),
            "usable_from": words.iso(announced.usable_from),
            "usable_until": words.iso(announced.usable_until),
        },
        [
            ("announced", f"at most {run.money(announced.amount)}"),
            ("usable from", words.moment(announced.usable_from, now)),
            ("lapses after", words.moment(announced.usable_until, now)),
        ],
    )


def _tell_books(run: Run, data: dict[str, str], rows: Sequence[tuple[str, str]]) -> None:
    books = run.pool.books()
    fields = ("funds", "reserved", "credited", "bonded", "debt", "free")
    run.done(
        {**data, "books": {field: str(getattr(books, field)) for field in fields}, "asset": run.token.symbol},
        [*rows, *((field, run.money(getattr(books, field))) for field in fields)],
    )
