# SPDX-License-Identifier: Apache-2.0
"""A desk: what it promises, whether it has the money, how it kept its word, and who is behind it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from makegood.explorer import attaining
from makegood.explorer.attaining import WEEK
from makegood.explorer.charts import Column, Piece, bar, columns
from makegood.explorer.fetching import Found
from makegood.explorer.languages import clean
from makegood.explorer.pages import desk_lists, lists
from makegood.explorer.pages.desk_lists import SHOWN, AgentLine, BatchLine, ChannelLine
from makegood.explorer.phrases import Hex, Moment, Money, Percent, Sentence, sentence
from makegood.explorer.reading import DeskRow, Reader, person, shown_address
from makegood.explorer.words import names
from makegood.explorer.words import policy as policy_words
from makegood.explorer.words.policy import PromiseRow
from makegood.indexer import schema
from makegood.indexer.queries import Attainment
from makegood.indexer.standing import Money as Books
from makegood.indexer.standing import money
from makegood.indexer.terms import read

DAY = 86_400
_DAYS_BACK = 84
_STRETCHES = _DAYS_BACK // WEEK


@dataclass(frozen=True, slots=True)
class PolicyView:
    """A published policy in words."""

    number: int
    name: str
    uri: str
    terms_digest: Hex
    published: Moment
    hours: list[Sentence]
    promises: list[PromiseRow]
    terms: list[Sentence]


@dataclass(frozen=True, slots=True)
class Share:
    """How many promises of a kind and priority were kept; `priority` None: all together."""

    kind: Sentence
    priority: Sentence | None
    kept: int
    breached: int
    rate: Percent


@dataclass(frozen=True, slots=True)
class KindOverTime:
    """How one kind of promise was kept over time."""

    kind: Sentence
    kept: int
    breached: int
    rate: Percent
    columns: list[Column]


@dataclass(frozen=True, slots=True)
class DeskView:
    """The page of a desk."""

    chain: int
    address: str
    name: str
    operator: Hex | None
    asset: str
    opened: int
    by_status: list[tuple[Sentence, int]]
    parts: list[tuple[Sentence, str]]
    books: Books
    solvency: list[Piece]
    solvent: Sentence
    debt: Money
    free: Money
    withdrawal: Sentence | None
    policy: PolicyView | None
    older: list[PolicyView]
    shares: list[Share]
    over_time: list[KindOverTime]
    breaches: list[lists.BreachLine]
    tickets: list[lists.TicketLine]
    disputes: list[lists.DisputeRow]
    agents: list[AgentLine]
    channels: list[ChannelLine]
    batches: list[BatchLine]
    arbiters: list[Hex]
    threshold: int
    checks: list[str]


def build(reader: Reader, chain: int, address: str) -> DeskView:
    """Raises NotIndexed."""
    desk = reader.desk(chain, address)
    row = desk.row
    books = money(row)
    published = _policies(reader, desk)
    arbiters, threshold = desk_lists.panel(reader, desk)
    now = reader.now(chain)
    found = attaining.by_week(reader, desk, now // DAY - _DAYS_BACK + 1, now)
    return DeskView(
        chain=chain,
        address=shown_address(address),
        name=desk.name,
        operator=person(row["operator"], chain) if row["operator"] else None,
        asset=desk.token.symbol,
        opened=row["tickets"],
        by_status=desk_lists.by_status(reader, desk),
        parts=desk_lists.parts(desk),
        books=books,
        solvency=solvency(desk, books),
        solvent=_solvent(desk, books),
        debt=Money(books.debt, desk.token),
        free=Money(books.free, desk.token),
        withdrawal=_withdrawal(reader, desk, now),
        policy=published[0] if published else None,
        older=published[1:],
        shares=_shares(found),
        over_time=_over_time(found, now // DAY),
        breaches=desk_lists.breaches(reader, desk),
        tickets=desk_lists.tickets(reader, desk),
        disputes=desk_lists.disputes(reader, desk),
        agents=desk_lists.agents(reader, desk, now),
        channels=desk_lists.channels(reader, desk),
        batches=desk_lists.batches(reader, desk),
        arbiters=arbiters,
        threshold=threshold,
        checks=desk_lists.checks(desk),
    )


# ---------------------------------------------------------------- money


def solvency(desk: DeskRow, books: Books) -> list[Piece]:
    """What the pool holds, by whom it is for."""
    token = desk.token
    return bar(
        [
            ("free", sentence("free"), Money(books.free, token)),
            ("reserved", sentence("set aside for tickets"), Money(books.reserved, token)),
            ("credited", sentence("granted, not yet collected"), Money(books.credited, token)),
            ("bonded", sentence("bonds of disputes and proofs"), Money(books.bonded, token)),
        ]
    )


def _solvent(desk: DeskRow, books: Books) -> Sentence:
    token = desk.token
    if books.debt:
        return sentence(
            "The desk owes %(debt)s more than it has. New tickets are not backed until that is paid.",
            debt=Money(books.debt, token),
        )
    return sentence(
        "The pool holds %(funds)s; all that is promised for open tickets is set aside, and %(free)s is free "
        "for new ones.",
        funds=Money(books.funds, token),
        free=Money(books.free, token),
    )


def _withdrawal(reader: Reader, desk: DeskRow, now: int) -> Sentence | None:
    row = desk.row
    if not row["withdrawal_amount"] or now > row["withdrawal_until"]:
        return None
    return sentence(
        "The operator announced that it will withdraw %(amount)s of the free funds, from %(start)s on. What "
        "is "
        "set aside for tickets cannot be withdrawn.",
        amount=Money(row["withdrawal_amount"], desk.token),
        start=reader.moment(desk.chain, row["withdrawal_from"]),
    )


# ---------------------------------------------------------------- promises


def _policies(reader: Reader, desk: DeskRow) -> list[PolicyView]:
    return [
        _policy(reader, desk, row)
        for row in desk_lists.listed(reader, desk, schema.policies, "-policy_id", most=SHOWN)
    ]


def _policy(reader: Reader, desk: DeskRow, row: Found) -> PolicyView:
    policy = read(row["terms"])
    return PolicyView(
        number=row["policy_id"],
        name=clean(row["name"], 120),
        uri=clean(row["uri"], 300),
        terms_digest=Hex(row["terms_digest"]),
        published=reader.moment(desk.chain, row["published_at"]),
        hours=policy_words.hours(policy.hours),
        promises=policy_words.promises(policy, desk.token),
        terms=policy_words.terms(policy, desk.token),
    )


def _shares(found: Sequence[Attainment]) -> list[Share]:
    sums: dict[tuple[int, int], list[int]] = defaultdict(lambda: [0, 0])
    for each in found:
        for key in ((each.kind, -1), (each.kind, each.priority)):
            sums[key][0] += each.kept
            sums[key][1] += each.breached
    return [
        Share(
            names.KINDS[kind],
            None if priority < 0 else names.PRIORITIES[priority],
            kept,
            breached,
            Percent(kept, kept + breached),
        )
        for (kind, priority), (kept, breached) in sorted(sums.items())
        if kept + breached
    ]


def _over_time(found: Sequence[Attainment], today: int) -> list[KindOverTime]:
    first = today - _DAYS_BACK + 1
    told = []
    for kind in (1, 2, 4):
        counts = [[0, 0] for _ in range(_STRETCHES)]
        for each in found:
            place = (each.day - first) // WEEK
            if each.kind == kind and 0 <= place < _STRETCHES:
                counts[place][0] += each.kept
                counts[place][1] += each.breached
        kept, breached = (sum(one[side] for one in counts) for side in (0, 1))
        if not kept + breached:
            continue
        stretches = [
            (first + at * WEEK, first + (at + 1) * WEEK - 1, one[0], one[1]) for at, one in enumerate(counts)
        ]
        told.append(
            KindOverTime(
                names.KINDS[kind], kept, breached, Percent(kept, kept + breached), columns(stretches)
            )
        )
    return told
