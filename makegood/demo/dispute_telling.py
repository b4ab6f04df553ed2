# SPDX-License-Identifier: Apache-2.0
"""The disputes of a demo as text: what was asked, how it was ruled, and everybody's money around it."""

from collections.abc import Iterator, Sequence
from textwrap import wrap

from makegood.console import words
from makegood.console.table import WIDTH, table
from makegood.demo.dispute import DisputeStory
from makegood.demo.story import Story
from makegood.desk import Books, DisputeState, Token
from makegood.policy import format_amount, from_units

_ETH = Token("ETH", 18)
_ENOUGH = 6  # decimals of a balance


def dispute_lines(story: Story) -> Iterator[str]:
    """A paragraph and a table for each dispute, then the fees."""
    script = story.script
    yield from wrap(
        f"{words.count(len(story.disputes), 'dispute')}. {len(script.arbiters)} arbiters, {script.threshold} "
        "of whom decide; they sign off chain and need no coin. A party's money is what it has in hand and, "
        "in the pool, what it can collect or is owed; the operator's there is the free funds, less the debt. "
        "Gas fees are apart.",
        WIDTH,
    )
    yield ""
    for dispute in sorted(story.disputes, key=lambda each: each.number):
        yield from _dispute(story, dispute)
        yield ""
    yield from _fees(story)
    yield ""


def ruling(dispute: DisputeStory) -> str:
    """How a dispute ended, such as `upheld by 3 arbiters`."""
    if dispute.state is DisputeState.DEFAULTED:
        return "upheld by default"
    return f"{dispute.state.name.lower()} by {words.count(len(dispute.signers), 'arbiter')}"


def _dispute(story: Story, dispute: DisputeStory) -> Iterator[str]:
    ticket = story.script.tickets[dispute.ticket]
    kind = dispute.claim.kind.labels[0].replace("_", " ")
    what = f"the {kind} of ticket {dispute.ticket} ({ticket.about})"
    yield from wrap(f"Dispute {dispute.number}: {what}, {ruling(dispute)}", WIDTH)
    yield from wrap(f"{_asked(dispute)} {_ended(dispute)}", WIDTH)
    yield from table(_headers(dispute), _rows(dispute), right=range(1, 6), wrap=0)
    yield ""
    yield from table(
        ("the pool's books", "funds", "= reserved", "+ credited", "+ bonded", "+ free", "debt"),
        [
            ("before", *_book_figures(dispute.contest.before.books)),
            ("contested", *_book_figures(dispute.contest.after.books)),
            ("after", *_book_figures(dispute.ruling.after.books)),
        ],
        right=range(1, 7),
        wrap=0,
    )


def _asked(dispute: DisputeStory) -> str:
    asked, bond = (
        words.amount(dispute.contested["amount"], _ETH),
        words.amount(dispute.contested["bond"], _ETH),
    )
    line = f"{dispute.claim.requester.capitalize()} asks {asked} with a bond of {bond}"
    if dispute.claim.is_incident:
        line += f"; the pool sets {words.amount(dispute.contested['reserved'], _ETH)} aside"
    return line + f" ({dispute.contest.outcome.gas_used:,} gas)."


def _ended(dispute: DisputeStory) -> str:
    gas = f"({dispute.ruling.outcome.gas_used:,} gas)"
    if dispute.state is DisputeState.DEFAULTED:
        gets = words.amount(dispute.worth, _ETH)
        return f"No verdict came in the ruling window: the requester gets {gets} and its bond {gas}."
    who = _listed(dispute.signers)
    fee = f"each can collect {words.amount(dispute.ruled['fee_share'], _ETH)}"
    if dispute.state is DisputeState.REJECTED:
        return f"{who} sign against it, {fee}; the rest of the bond is free {gas}."
    return f"{who} sign for {words.amount(dispute.worth, _ETH)}, {fee}; the bond returns {gas}."


def _listed(names: Sequence[str]) -> str:
    *others, last = (name.removeprefix("arbiter ") for name in names)
    return f"Arbiters {', '.join(others)} and {last}" if others else f"Arbiter {last}"


def _headers(dispute: DisputeStory) -> tuple[str, ...]:
    between = ("meanwhile",) if dispute.meanwhile else ()
    return ("money, in ETH", "before", "contest", *between, "ruling", "after")


def _rows(dispute: DisputeStory) -> list[tuple[str, ...]]:
    before, after = dispute.contest.before.shares, dispute.ruling.after.shares
    steps = [dispute.contest.changes, dispute.ruling.changes]
    if dispute.meanwhile:
        steps.insert(1, dispute.meanwhile)
    # A balance from before the demo can be finer than what changes. What is cut off of it is the same before
    # and after, so that lines and columns add up as shown. --json has every wei.
    shares = (*before.values(), *after.values())
    decimals = max(
        *(_decimals(wei) for step in steps for wei in step.values()),
        *(min(_decimals(wei), _ENOUGH) for wei in shares),
    )
    unit = 10 ** (18 - decimals)
    rows = [
        (name, share // unit * unit, [step.get(name, 0) for step in steps], after[name] // unit * unit)
        for name, share in before.items()
    ]
    columns = zip(*(changes for _, _, changes, _ in rows), strict=True)
    sums = [sum(column) for column in columns]
    rows.append(("together", sum(row[1] for row in rows), sums, sum(row[3] for row in rows)))
    return [
        (name, _fixed(first, decimals), *(_change(wei, decimals) for wei in changes), _fixed(last, decimals))
        for name, first, changes, last in rows
    ]


def _book_figures(books: Books) -> tuple[str, ...]:
    figures = (books.funds, books.reserved, books.credited, books.bonded, books.free, books.debt)
    decimals = max(_decimals(value) for value in figures)
    return tuple(_fixed(value, decimals) for value in figures)


def _fees(story: Story) -> Iterator[str]:
    yield "Fees, collected by anyone for each arbiter, in ETH:"
    rows = []
    for name in story.script.arbiters:
        address = story.addresses[name]
        shares = [each.ruled["fee_share"] for each in story.disputes if name in each.signers]
        collected = story.collected(address)
        rows.append(
            (
                name,
                str(len(shares)),
                " + ".join(words.amount(share, _ETH) for share in shares) or "·",
                words.amount(collected, _ETH),
                words.amount(story.after[name], _ETH),
            )
        )
    headers = ("arbiter", "verdicts signed", "shares", "collected", "has now")
    yield from table(headers, rows, right=(1, 2, 3, 4), wrap=0)


def _decimals(wei: int) -> int:
    return len(format_amount(from_units(abs(wei), 18)).partition(".")[2])


def _fixed(wei: int, decimals: int) -> str:
    sign = "-" if wei < 0 else ""
    whole, fraction = divmod(abs(wei), 10**18)
    digits = f"{fraction:018d}"[:decimals]
    return f"{sign}{whole:,}" + (f".{digits}" if digits else "")


def _change(wei: int, decimals: int) -> str:
    if wei == 0:
        return "·"
    return f"+{_fixed(wei, decimals)}" if wei > 0 else _fixed(wei, decimals)
