# SPDX-License-Identifier: Apache-2.0
"""The tables of books, in a language: for the page, and for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from makegood.books import tickets
from makegood.books.ledger import Position
from makegood.books.movements import COMING_IN, GOING_OUT, Held, Movement
from makegood.books.report import Books
from makegood.clock import Kind
from makegood.explorer.languages import clean, iso, plain_amount

Words = Mapping[str, str]

_NAME_MOST = 64
_WITHDRAWN = {"withdrawn": "withdrawn_by"}  # a ticket by its requester; money has the word already


@dataclass(frozen=True, slots=True)
class Table:
    """Columns `right` are numbers, `hexes` ids; rows `sums` are totals."""

    caption: str
    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    right: Sequence[int] = ()
    hexes: Sequence[int] = ()
    sums: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """Tables about one thing."""

    title: str
    tables: Sequence[Table]


def name_of(books: Books) -> str:
    """The desk's name, which is others' text."""
    return clean(str(books.desk["name"]), _NAME_MOST) or str(books.desk["desk"])


def days_of(books: Books, w: Words) -> str:
    """The days of the span."""
    span = books.span
    if span.first is None and span.last is None:
        return w["all"]
    return f"{span.first or '…'} - {span.last or '…'} ({w['utc']})"


def compared_of(books: Books, w: Words, beyond: int | None) -> str:
    """What a comparison with the chain came to; `beyond` is what the pool holds beyond its books."""
    if beyond is None:
        return w["not_compared"]
    amount = f"{plain_amount(beyond, books.token.decimals)} {books.token.symbol}"
    return w["compared_beyond"].format(amount=amount) if beyond else w["compared"]


def facts_of(books: Books, w: Words) -> list[tuple[str, str]]:
    """What the books are of."""
    end, name, address = books.closing, name_of(books), str(books.desk["desk"])
    return [
        (w["desk"], address if name == address else f"{name}, {address}"),
        (w["pool"], str(books.desk["pool"])),
        (w["chain"], str(books.desk["chain"])),
        (w["asset"], books.token.symbol),
        (w["span"], days_of(books, w)),
        (w["up_to"], f"{iso(end.moment)}, {w['block']} {end.block:,}"),
    ]


def sections_of(books: Books, w: Words) -> Iterator[Section]:
    """All but the payments."""
    yield Section(w["money"], [_flows(books, w), _held(books, w), _collected(books, w)])
    yield Section(w["breaches"], [_breaches(books, w)])
    yield Section(w["ticket_title"], list(_tickets(books, w)))


def payments_of(books: Books, w: Words) -> Section:
    """Each payment, in order."""
    rows = []
    for line in books.flows.payments:
        part = line.part
        assert part.of is not None  # noqa: S101
        kinds = ", ".join(w[label] for label in Kind(part.kinds).labels)
        what = w[part.of.value] + (f": {kinds}" if kinds else "")
        amount = plain_amount(part.amount, books.token.decimals)
        rows.append((iso(line.event.time), line.person, what, amount, part.ticket, line.event.transaction))
    heads = [w[each] for each in ("time", "to", "for", "amount", "ticket", "transaction")]
    return Section(w["payments"], [Table("", heads, rows, right=(3,), hexes=(0, 1, 4, 5))])


# ---------------------------------------------------------------- money


def _flows(books: Books, w: Words) -> Table:
    def shown(units: int) -> str:
        return plain_amount(units, books.token.decimals)

    moved = books.flows.moved
    rows = [(w["opening"], shown(books.before.funds))]
    rows += [(f"+ {w[each.value]}", shown(moved[each])) for each in COMING_IN if moved[each]]
    rows += [(f"- {w[each.value]}", shown(moved[each])) for each in GOING_OUT if moved[each]]
    rows.append((w["closing"], shown(books.after.funds)))
    heads = (w["what"], f"{w['amount']} ({books.token.symbol})")
    return Table("", heads, rows, right=(1,), sums=(0, len(rows) - 1))


def _held(books: Books, w: Words) -> Table:
    columns = [_parts(each) for each in (books.before, books.after)]
    rows = [
        (w[name], *(plain_amount(column[name], books.token.decimals) for column in columns))
        for name in columns[0]
        if name in ("free", "tickets", "credited") or any(column[name] for column in columns)
    ]
    funds = [plain_amount(each.funds, books.token.decimals) for each in (books.before, books.after)]
    rows.append((w["sum"], funds[0], funds[1]))
    sums = (len(rows) - 1,)
    if books.before.debt or books.after.debt:
        debts = [plain_amount(each.debt, books.token.decimals) for each in (books.before, books.after)]
        rows.append((w["debt"], debts[0], debts[1]))
    return Table(w["held"], (w["what"], w["before"], w["after"]), rows, right=(1, 2), sums=sums)


def _parts(position: Position) -> dict[str, int]:
    held = dict(zip(Held, position.held, strict=True))
    return {
        "free": position.free,
        **{each.value: held[each] for each in Held if each is not Held.SETTLING},
        "credited": position.credited,
        "open_bonds": position.bonds - position.fees,
        "fees": position.fees,
        "short": -position.short,
    }


def _collected(books: Books, w: Words) -> Table:
    causes = (Movement.COMPENSATION, Movement.BOND_RETURNED, Movement.FEE, Movement.FEE_REFUNDED)
    collected, decimals = books.flows.collected, books.token.decimals
    rows = [(w[each.value], plain_amount(collected[each], decimals)) for each in causes]
    rows.append((w["sum"], plain_amount(sum(collected.values()), decimals)))
    sums = (len(rows) - 1,)
    if kept := books.flows.moved[Movement.BOND_KEPT]:
        rows.append((w["bond kept"], plain_amount(kept, decimals)))
    return Table(w["collected_for"], (w["what"], w["amount"]), rows, right=(1,), sums=sums)


def _breaches(books: Books, w: Words) -> Table:
    decimals = books.token.decimals
    rows = [
        (
            w[Kind(each.kind).labels[0]],
            f"{each.recorded:,}",
            f"{each.paid:,}",
            plain_amount(each.credited, decimals),
            plain_amount(each.owed, decimals),
        )
        for each in books.breaches
    ]
    sums = [sum(getattr(each, name) for each in books.breaches) for name in ("recorded", "paid")]
    amounts = [sum(getattr(each, name) for each in books.breaches) for name in ("credited", "owed")]
    shown = [f"{count:,}" for count in sums] + [plain_amount(each, decimals) for each in amounts]
    rows.append((w["sum"], shown[0], shown[1], shown[2], shown[3]))
    heads = [w[each] for each in ("kind", "recorded", "paid", "credit", "owed")]
    return Table("", heads, rows, right=(1, 2, 3, 4), sums=(len(rows) - 1,))


# ---------------------------------------------------------------- tickets


def _tickets(books: Books, w: Words) -> Iterator[Table]:
    found = books.tickets
    for caption, names in (
        ("flow", tickets.FLOW),
        ("reply", tickets.REPLY),
        ("resolved", tickets.RESOLUTION),
    ):
        rows = [
            (w[f"priority_{priority}"], *(f"{found.total(name, priority=priority):,}" for name in names))
            for priority in range(4)
        ]
        rows.append((w["sum"], *(f"{found.total(name):,}" for name in names)))
        heads = (w["priority"], *(w[_WITHDRAWN.get(name, name)] for name in names))
        yield Table(w[caption], heads, rows, right=range(1, len(heads)), sums=(4,))
    names = tickets.FLOW
    rows = [
        (w[f"lane_{lane}"], *(f"{found.total(name, lane=lane):,}" for name in names)) for lane in range(3)
    ]
    rows.append((w["sum"], *(f"{found.total(name):,}" for name in names)))
    yield Table("", (w["lane"], *(w[name] for name in names)), rows, right=range(1, 6), sums=(3,))
    yield Table("", (w["what"], w["amount"]), list(_beside(books, w)), right=(1,))


def _beside(books: Books, w: Words) -> Iterator[tuple[str, str]]:
    found = books.tickets
    yield w["unpublished"], f"{found.unpublished:,}"
    yield w["repeated"], f"{found.repeated:,}"
    if found.late is not None and found.late_amount is not None:
        amount = plain_amount(found.late_amount, books.token.decimals)
        yield w["contingent"], f"{found.late:,}; {amount} {books.token.symbol}"
