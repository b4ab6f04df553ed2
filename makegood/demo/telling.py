# SPDX-License-Identifier: Apache-2.0
"""What came of a demo, told as tables of 100 columns."""

from collections.abc import Iterator

from makegood import policy as policies
from makegood.clock import Kind
from makegood.console import words
from makegood.console.table import facts, table
from makegood.demo.dispute import DisputeStory
from makegood.demo.dispute_telling import dispute_lines, ruling
from makegood.demo.story import Account, Breach, Story, TicketStory
from makegood.desk import ETH, Token

_ETH = Token("ETH", 18)
_SHOWN = 10**12  # wei that the sixth decimal counts


def told(story: Story) -> Iterator[str]:
    """The lines of a story: its tickets, disputes, refusals, everybody's money, the gas, and where it was."""
    yield from _tickets(story)
    yield ""
    if story.disputes:
        yield from dispute_lines(story)
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
    yield ""
    yield from facts([("desk", story.desk.address), ("factory", story.factory)])


def _tickets(story: Story) -> Iterator[str]:
    tickets = story.tickets()
    paid = sum(each.compensation for each in tickets)
    breached = sum(1 for each in tickets if each.state.breached)
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
    lines += [_ruled(dispute) for dispute in each.disputes]
    if not each.state.breached:
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


def _ruled(dispute: DisputeStory) -> str:
    label = dispute.claim.kind.labels[0].replace("_", " ").capitalize()
    pays = f": {words.amount(dispute.worth, _ETH)}" if dispute.worth else "."
    return f"{label} contested, {ruling(dispute)} (dispute {dispute.number}){pays}"


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
    if wei == 0:
        return "·"
    return f"{wei / 10**18:,.6f}" if abs(wei) >= _SHOWN // 2 else "< 0.000001"


def _sum(accounts: tuple[Account, ...]) -> Account:
    def total(field: str) -> int:
        return sum(getattr(each, field) for each in accounts)

    return Account(
        "together", ETH, total("before"), total("fees"), total("paid_in"), total("received"), total("after")
    )


def _books(story: Story) -> Iterator[str]:
    books = story.books()
    funded, bonded, collected, withdrawn = (
        words.amount(story.total(name), _ETH) for name in ("Funded", "Bonded", "Collected", "Withdrawn")
    )
    yield (
        f"The pool, in ETH: {funded} came in from the operator and {bonded} in bonds; {collected} went to "
        "requesters"
    )
    yield (
        f"and arbiters, {withdrawn} back to the operator; left are {words.amount(books.funds, _ETH)}: "
        f"{words.amount(books.reserved, _ETH)} reserved, {words.amount(books.credited, _ETH)} credited,"
    )
    yield (
        f"{words.amount(books.bonded, _ETH)} bonded, {words.amount(books.debt, _ETH)} debt, "
        f"{words.amount(books.free, _ETH)} free."
    )
