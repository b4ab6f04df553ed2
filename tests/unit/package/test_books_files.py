# SPDX-License-Identifier: Apache-2.0
"""Days, and books as CSV and page: no text of others becomes a formula, a tag, or another line."""

from __future__ import annotations

import csv
import io
import re
from datetime import date
from html.parser import HTMLParser

import pytest
from small_index import AGENT, digest

from makegood.books.csv_file import COLUMNS, CsvFile, safe, whole
from makegood.books.ledger import Line, Position
from makegood.books.movements import Event, Movement, Part
from makegood.books.page import page_of
from makegood.books.report import Books, Breaches, Flows
from makegood.books.span import Closing, Span, span_of
from makegood.books.tickets import FLOW, REPLY, RESOLUTION, Row, TicketAccount
from makegood.books.words import LANGUAGES, words
from makegood.clock import Kind
from makegood.errors import UsageError
from makegood.explorer.phrases import Token

HOSTILE = '<script>alert("x")</script>\u202e\n=cmd'


def line(amount: int = 1_500_000) -> Line:
    event = Event("Collected", {"beneficiary": AGENT}, 7, 1_795_510_800, digest("transaction"), 2)
    part = Part(Movement.COLLECTED, amount, digest("ticket"), kinds=1, of=Movement.COMPENSATION)
    return Line(event, part, "credited", AGENT, AGENT, Position(funds=10, free=10))


def books(token: Token = Token("USDX", 6), name: str = HOSTILE) -> Books:  # noqa: B008
    flows = Flows()
    flows.take(line())
    counts = dict.fromkeys((*FLOW, *REPLY, *RESOLUTION), 0) | {"opened": 3, "remaining": 3, "late": 3}
    return Books(
        desk={"desk": AGENT, "pool": AGENT, "chain": 1, "name": name},
        token=token,
        span=Span(date(2026, 11, 1), date(2026, 11, 30)),
        closing=Closing(7, 1_795_510_800, digest("block"), 1_795_510_800, is_head=True),
        before=Position(funds=2_000_000, free=2_000_000),
        after=Position(funds=500_000, free=500_000, debt=7),
        flows=flows,
        tickets=TicketAccount((Row(2, 0, counts),), 4, 5, 6, 7),
        breaches=tuple(Breaches(int(kind), 1, 1, 1_500_000, 0) for kind in Kind),
    )


def test_the_books_say_it_in_the_words_of_the_docs() -> None:
    """As docs/*.zh-CN.md: 申领, 类别, 提交, 费用, 超时."""
    for text in words()["zh"].values():
        assert not re.search("索赔|种类|新开|开启|仲裁费|迟到|逾期", text), text
    assert words()["zh"]["repeated"] == "批次中未产生新工单的提交条目"


# ---------------------------------------------------------------- CSV


def written(token: Token, *lines: Line) -> str:
    file = io.StringIO(newline="")
    out = CsvFile(file, token)
    for number, each in enumerate(lines, 1):
        out.write(number, each)
    return file.getvalue()


def test_the_csv_is_what_rfc_4180_says() -> None:
    text = written(Token('a",b', 6), line(), line(1))
    assert text.endswith("\r\n")
    assert text.count("\r\n") == text.count("\n") == 3
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert {row["asset"] for row in rows} == {'a",b'}
    assert [row["amount"] for row in rows] == ["1.5", "0.000001"]
    assert [row["amount_units"] for row in rows] == ["1500000", "1"]
    assert rows[0]["kind"] == "first_reply"
    assert (rows[0]["from"], rows[0]["to"]) == ("credited", AGENT)


@pytest.mark.parametrize("begins", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx"])
def test_no_cell_is_a_formula(begins: str) -> None:
    assert safe(begins) == f"'{begins}"
    (row,) = csv.DictReader(io.StringIO(written(Token(begins, 6), line()), newline=""))
    assert row["asset"] == f"'{begins}"


@pytest.mark.parametrize(
    ("units", "decimals", "shown"),
    [(0, 18, "0"), (1, 0, "1"), (10**18, 18, "1"), (1_050, 3, "1.05"), (1, 18, f"0.{'0' * 17}1")],
)
def test_amounts_are_exact(units: int, decimals: int, shown: str) -> None:
    assert whole(units, decimals) == shown


# ---------------------------------------------------------------- the page


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.linked: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.linked += [name for name, _ in attrs if name in ("src", "href", "onclick", "onload")]


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_needs_nothing_else_and_runs_nothing(code: str) -> None:
    page = page_of(books(), code, 0)
    found = Tags()
    found.feed(page)
    assert not {"script", "link", "img", "iframe", "object"} & set(found.tags)
    assert not found.linked
    assert "default-src 'none'" in page
    assert HOSTILE not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page
    assert words()[code]["compared"] in page
    assert words()[code]["compared"] not in page_of(books(), code)
    assert "0.000005 " in page_of(books(), code, 5)


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_page_has_every_payment_and_the_sums(code: str) -> None:
    page = page_of(books(), code, 0)
    for shown in ("1.5", digest("ticket"), digest("transaction"), "2026-11-01", "2026-11-30", "0.000007"):
        assert shown in page
    assert words()[code]["first_reply"] in page


def test_both_languages_have_the_same_words() -> None:
    english, chinese = (words()[code] for code in LANGUAGES)
    assert english.keys() == chinese.keys()
    assert all(chinese.values())
    assert {name for name in english if english[name] == chinese[name]} == {"utc"}


# ---------------------------------------------------------------- days


def test_a_span_has_both_its_days() -> None:
    found = span_of("2026-11-24", "2026-11-24")
    assert found.since == 1_795_478_400
    assert found.until(2**40) == 1_795_478_400 + 86_399
    assert found.until(1_795_478_500) == 1_795_478_500
    assert span_of(None, None) == Span()


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        ("24.11.2026", None, "--from is no day"),
        (None, "2026-02-30", "--until is no day"),
        ("2026-11-24", "2026-11-23", "before --from"),
    ],
)
def test_what_is_no_span_is_refused(first: str | None, last: str | None, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        span_of(first, last)
