# SPDX-License-Identifier: Apache-2.0
"""The demo on a local chain, told as tables of 100 columns."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from makegood import policy as policies
from makegood.clock import Kind
from makegood.console import words
from makegood.console.accounts import ROLES, signer_of
from makegood.console.run import Run
from makegood.console.table import table
from makegood.demo import Script, Stage, Story, play, read_script
from makegood.demo.story import Account, Breach, TicketStory, as_fields
from makegood.desk import ETH, KeySigner, Signer, Token
from makegood.errors import UsageError

_ETH = Token("ETH", 18)
_TEST_ACCOUNTS = 10


def demonstrate(run: Run, tickets: Path, policy_path: Path) -> None:
    """Play the script under the policy and print what came of it."""
    script = read_script(tickets)
    policy = policies.read(policy_path)
    if not run.chain.local:
        raise UsageError("The demo moves the chain's clock, so it runs on a local chain only.")
    if run.dry_run:
        run.output.result(
            {"dry_run": True, "tickets": len(script.tickets), "acts": len(script.acts)},
            [f"The demo would play {len(script.tickets)} tickets in {len(script.acts)} acts."],
        )
        return
    run.output.say(f"Playing {len(script.tickets)} tickets in {len(script.acts)} acts …")
    stage = Stage(run.chain.w3, run.chain.travel_to, _cast(run, script))
    story = play(stage, script, policy, lambda done, total: run.output.progress(done, total, "acts"))
    run.output.result(as_fields(story), _told(story))


def _cast(run: Run, script: Script) -> dict[str, Signer]:
    """Test accounts for the roles and the requesters; who has no coin has a fresh key."""
    cast: dict[str, Signer] = {
        role: signer_of(run.chain, role, role) for role in ROLES if role != "requester"
    }
    taken = {index for role, index in ROLES.items() if role != "requester"}
    free = iter(index for index in range(_TEST_ACCOUNTS) if index not in taken)
    for name in script.requesters:
        if "without coin" in name:
            seed = f"{run.chain.identity} {name}".encode()
            cast[name] = KeySigner.from_key(hashlib.sha256(seed).digest())
        else:
            index = next(free, None)
            if index is None:
                raise UsageError("The tickets have more requesters than there are test accounts.")
            cast[name] = signer_of(run.chain, f"TEST::{index}", "requester")
    return cast


# ---------------------------------------------------------------- as text


def _told(story: Story) -> Iterator[str]:
    tickets = story.tickets()
    paid = sum(each.compensation for each in tickets)
    breached = sum(1 for each in tickets if each.breaches)
    yield (
        f"{len(tickets)} tickets, {breached} of them breached: {words.money(paid, _ETH)} of compensation, "
        "paid by the contract."
    )
    yield ""
    yield from table(
        ("#", "priority", "what happened, and why it pays", "gas", "gets ETH"),
        [_ticket_row(story, each) for each in tickets],
        right=(0, 3, 4),
        wrap=2,
    )
    yield f"Together: {sum(each.gas for each in tickets):,} gas, {words.money(paid, _ETH)}."
    yield ""
    yield "Refused by the contracts, with nothing changed:"
    yield from table(
        ("when", "who", "what", "reason"),
        [_refusal_row(story, index) for index in range(len(story.refusals))],
    )
    yield ""
    yield "Everybody's money, in ETH:"
    yield from table(
        ("party", "before", "gas fees", "paid in", "received", "after"),
        [*(_account_row(each) for each in story.accounts()), _account_row(_sum(story.accounts()))],
        right=(1, 2, 3, 4, 5),
        wrap=0,
    )
    yield ""
    yield from _books(story)
    yield ""
    yield "What it cost:"
    yield from table(
        ("function", "calls", "median gas", "most gas"),
        [
            (name, str(calls), f"{median:,}", f"{most:,}")
            for name, (calls, median, most) in story.gas().items()
        ],
        right=(1, 2, 3),
        wrap=0,
    )


def _ticket_row(story: Story, each: TicketStory) -> tuple[str, str, str, str, str]:
    opener = {"agent": "an agent for", "anyone": "a relayer for"}.get(each.opened_by, "")
    about = each.ticket.about if each.ticket.about.endswith(("?", "!", ".")) else f"{each.ticket.about}."
    lines = [f"{about} Opened by {f'{opener} ' if opener else ''}{each.ticket.requester}."]
    course = " → ".join(status.label for status in each.course)
    if each.bots:
        course += f" ({words.count(each.bots, 'bot message')} stopped no clock)"
    lines.append(course)
    if not each.state.backed:
        lines.append(
            "Not backed when opened: its breach became debt, paid when the operator funded the pool."
        )
    lines += [_why(story, each, breach) for breach in each.breaches]
    if not each.breaches:
        lines.append("Everything in time.")
    return (
        str(each.ticket.number),
        each.ticket.priority.label,
        "\n".join(lines),
        f"{each.gas:,}",
        words.amount(each.compensation, _ETH),
    )


def _why(story: Story, each: TicketStory, breach: Breach) -> str:
    label = " ".join(breach.kind.labels).replace("_", " ")
    due = _when(story, breach.due)
    came = (
        f"came {words.span(breach.done - breach.due)} late"
        if breach.done
        else "had not come when it was claimed"
    )
    pays = story.policy.compensation[each.ticket.priority][_index(breach.kind)]
    return f"{label.capitalize()} due {due}, {came}: {words.amount(pays, _ETH)}"


def _index(kind: Kind) -> int:
    return int(kind).bit_length() - 1


def _when(story: Story, at: int) -> str:
    week = (at - story.monday) // (7 * policies.DAY) + 1
    day = words.calendar(at, at).split()
    return f"{day[0]} {day[3]}" if week == 1 else f"{day[0]} {day[3]} of week {week}"


def _refusal_row(story: Story, index: int) -> tuple[str, str, str, str]:
    each = story.refusals[index]
    what = each.act.replace("_", " ") + (f" ticket {each.ticket}" if each.ticket else "")
    return _when(story, each.at), each.who, what, each.reason


def _account_row(each: Account) -> tuple[str, ...]:
    figures = (each.before, -each.fees, -each.paid_in, each.received, each.after)
    return (each.name, *(_figure(value) for value in figures))


def _figure(wei: int) -> str:
    # Six decimals: a line's figures add up but for the last digit. --json has every wei.
    return "·" if wei == 0 else f"{wei / 10**18:,.6f}"


def _sum(accounts: tuple[Account, ...]) -> Account:
    def total(field: str) -> int:
        return sum(getattr(each, field) for each in accounts)

    return Account(
        "together", ETH, total("before"), total("fees"), total("paid_in"), total("received"), total("after")
    )


def _books(story: Story) -> Iterator[str]:
    books = story.books()
    funded, collected, withdrawn = (story.total(name) for name in ("Funded", "Collected", "Withdrawn"))
    yield (
        f"The pool, in ETH: {words.amount(funded, _ETH)} came in, {words.amount(collected, _ETH)} went to "
        f"requesters, {words.amount(withdrawn, _ETH)} back to the operator; left are"
    )
    yield (
        f"{words.amount(books.funds, _ETH)}: {words.amount(books.reserved, _ETH)} reserved, "
        f"{words.amount(books.credited, _ETH)} credited and not yet collected, "
        f"{words.amount(books.debt, _ETH)} debt, {words.amount(books.free, _ETH)} free."
    )
