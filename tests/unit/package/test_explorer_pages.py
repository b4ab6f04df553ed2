# SPDX-License-Identifier: Apache-2.0
"""The explorer's pages, from a small index, asked in process."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from asking import Answer, ask
from explorer_house import SETTINGS, House, build
from small_index import (
    AGENT,
    CHAIN,
    CHANNEL,
    DESK,
    LANE,
    OPERATOR,
    PANEL,
    REQUESTER,
    SmallIndex,
    digest,
)

from makegood.explorer import Settings, create_app
from makegood.explorer.headers import HEADERS
from makegood.explorer.limits import Buckets, client_of
from makegood.explorer.pages import operator
from makegood.explorer.routes import PAGES
from makegood.indexer.store import Store, default_url

EVIL = '"><script>alert(1)</script><img src=x onerror=alert(2)>'


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build(tmp_path_factory.mktemp("index"))


def visible(answer: Answer) -> str:
    """What a page says, without its tags."""
    body = re.sub(r"</?(?:time|span|a|code)\b[^>]*>", "", answer.text)
    body = re.sub(r"(?s)<head>.*?</head>|<[^>]+>", " ", body)
    return " ".join(body.replace("&nbsp;", " ").replace("&#39;", "'").split())


# ---------------------------------------------------------------- every page


def test_every_page_is_asked_for(house: House) -> None:
    assert set(house.paths) == {page.name for page in PAGES}


@pytest.mark.parametrize("code", ["en", "zh"])
@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_every_page_in_both_languages(house: House, code: str, page: str) -> None:
    path = house.paths[page]
    answer = house.ask(f"/{code}{path}")
    assert answer.status == 200
    assert f'<html lang="{"en" if code == "en" else "zh-Hans"}"' in answer.text
    other = "zh" if code == "en" else "en"
    assert f'href="/{other}{path.replace("&", "&amp;")}"' in answer.text
    # Nothing that the policy of the headers would stop, and nothing from elsewhere.
    assert not re.search(r"<style|style=|<script>|\son[a-z]+=|javascript:", answer.text)
    for source in re.findall(r'(?:src|href|action)="([^"]*)"', answer.text):
        assert source.startswith(("/", "#")), source


@pytest.mark.parametrize("page", [page.name for page in PAGES])
def test_both_languages_have_the_same_things(house: House, page: str) -> None:
    """Tags, links, ids and amounts are the same: only words differ."""
    shapes = []
    for code in ("en", "zh"):
        text = house.ask(f"/{code}{house.paths[page]}").text.replace(f"/{code}/", "/xx/")
        body = text.partition("<main")[2].partition("</main>")[0]
        tags = re.findall(r"</?([a-z0-9]+)", body)
        shapes.append(
            (
                [tags.count(tag) for tag in ("table", "tr", "li", "form")],
                sorted(re.findall(r"0x[0-9a-fA-F]{8,}", body)),
                sorted(re.findall(r"[0-9.]+&nbsp;ETH", body)),
                sorted(re.findall(r'datetime="([^"]+)"', body)),
            )
        )
    assert shapes[0] == shapes[1]


def test_headers_on_every_answer(house: House) -> None:
    paths = [f"/en{path}" for path in house.paths.values()]
    for path in [
        *paths,
        "/",
        "/xx",
        "/en/desk/1/0x1",
        "/healthz",
        "/static/explorer.css",
        f"/en/ticket/1/{EVIL}",
    ]:
        headers = house.ask(path).headers
        for name, value in HEADERS.items():
            assert headers[name.lower()] == value, (path, name)
        assert "cache-control" in headers
    policy = HEADERS["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
    assert "unsafe" not in policy
    assert "data:" not in policy


# ---------------------------------------------------------------- what pages say


def test_ticket_says_whose_turn_it_is_and_what_it_is_owed(house: House) -> None:
    said = visible(house.ask(f"/en/ticket/{CHAIN}/{house.fresh}"))
    assert "The desk owes you a first reply by Tue 24 Nov 09:32 UTC (in 14 min)." in said
    assert "Not yet. The desk still has time for its first reply, until Tue 24 Nov 09:32 UTC" in said
    assert "Nothing so far: no promise was broken. Up to 0.08 ETH if all are." in said
    late = visible(house.ask(f"/en/ticket/{CHAIN}/{house.late}"))
    assert "No: the first reply came at Tue 24 Nov 09:16 UTC, 1 min late." in late
    assert "0.02 ETH was paid for first reply." in late
    assert "the requester disputes it: the arbiters' turn." in late
    for told in ("Opened by the requester", "Recorded as broken: first reply.", "says that it is solved."):
        assert told in late


def test_what_can_be_done_is_ready_to_send(house: House) -> None:
    house.now += 3_600
    answer = house.ask(f"/en/ticket/{CHAIN}/{house.fresh}")
    house.now -= 3_600
    said = visible(answer)
    assert "0.02 ETH can be claimed now, by anyone, and goes to you only." in said
    # claim(bytes32,bool) with this ticket and true.
    assert f"{house.fresh[2:]}{1:064x}" in answer.text
    assert f"&#34;claim(bytes32,bool)&#34; {house.fresh} true" in answer.text
    assert "&#34;primaryType&#34;: &#34;FollowUp&#34;" in answer.text


def test_desk_tells_promises_money_and_record(house: House) -> None:
    said = visible(house.ask(house.paths["desk"].join(("/en", ""))))
    assert "within 15 min, else 0.02 ETH" in said
    assert "The clocks always run: every day, all day." in said
    assert "first reply: 0% kept (0 of 1)" in said
    assert "leaves not fetched yet" in said


def test_operator_sees_what_falls_due(house: House) -> None:
    said = visible(house.ask(f"/en/operator/{CHAIN}/{DESK}"))
    assert "1 promise falls due in the next hour; none is late." in said
    assert "A requester has waited for 1 min." in said


@pytest.mark.parametrize(
    ("code", "late"), [("en", "late by 11 min"), ("zh", "已超时 11 分钟")], ids=["en", "zh"]
)
def test_operator_sees_how_late_a_promise_is(tmp_path: Path, code: str, late: str) -> None:
    index = SmallIndex(Store(default_url(tmp_path)))
    index.begin()
    index.open("late")
    app = create_app(index.store, SETTINGS, lambda: index.at + 900 + 11 * 60)
    said = visible(ask(app, f"/{code}/operator/{CHAIN}/{DESK}"))
    assert late in said
    assert "超时 11 分钟前" not in said


@pytest.mark.parametrize("path", [page.name for page in PAGES] + ["/channel?q=t.me/some_suppоrt"])  # noqa: RUF001
def test_chinese_sentences_follow_each_other_without_a_space(house: House, path: str) -> None:
    text = house.ask(f"/zh{house.paths.get(path, path)}").text
    assert re.findall(r"[^>]{0,9}[\u3000-\u303f\uff00-\uff65] [一-鿿]{1,9}", text) == []
    assert re.findall(r"[^>]{0,9}[一-鿿] ?\([^<\n]{1,9}", text) == []


def test_csv_of_what_falls_due(house: House) -> None:
    answer = house.ask(f"/en/operator/{CHAIN}/{DESK}/due.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["ticket_id"] for row in rows] == [house.fresh, house.fresh]
    assert [row["kind"] for row in rows] == ["first reply", "resolution"]
    assert rows[0]["costs"] == "0.02"
    assert rows[0]["seconds_left"] == "840"


def test_dispute_and_batch(house: House) -> None:
    dispute = visible(house.ask(f"/en{house.paths['dispute']}"))
    assert "The arbiters' turn: they can rule until" in dispute
    assert "1 of these 1 must sign." in dispute
    batch = visible(house.ask(f"/en{house.paths['batch']}"))
    assert "3 tickets are anchored in this batch" in batch


@pytest.mark.parametrize(
    ("asked", "answer"),
    [
        (CHANNEL, "Yes: a desk published this as its own."),
        ("https://T.me/Some_Support/", "Yes: a desk published this as its own."),
        ("t.me/some_supp0rt", "No desk in this index published this."),
        ("t.me/some_suppоrt", "This cannot be looked up, so it cannot be confirmed."),  # noqa: RUF001
    ],
)
def test_is_this_really_support(house: House, asked: str, answer: str) -> None:
    assert answer in visible(house.ask(f"/en/channel?q={quote(asked)}"))


@pytest.mark.parametrize(
    ("asked", "leads"),
    [
        (digest("fresh"), f"/ticket/{CHAIN}/{digest('fresh')}?as=ticket"),
        (digest("fresh")[2:].upper(), f"/ticket/{CHAIN}/{digest('fresh')}?as=ticket"),
        (digest("fresh said"), f"/ticket/{CHAIN}/{digest('fresh')}?as=commitment"),
        (REQUESTER, f"/address/{REQUESTER}?as=address"),
        ("did:key:z", f"/agent/{CHAIN}/{AGENT}?as=did"),
        (digest("root"), f"/batch/{CHAIN}/{LANE}/1?as=batch"),
        (CHANNEL, f"/channel?q={quote(CHANNEL)}&as=name"),
    ],
)
def test_search_recognises(house: House, asked: str, leads: str) -> None:
    answer = house.ask(f"/zh/search?q={quote(asked)}")
    assert (answer.status, answer.headers["location"]) == (303, f"/zh{leads}")
    assert "识别为" in house.ask(f"/zh{leads}").text


def test_search_for_a_transaction_tells_what_it_did(house: House) -> None:
    said = visible(house.ask(f"/en/search?q={digest('transaction 11')}"))
    assert "Recognised as a transaction." in said
    assert "Opened by the requester" in said


def test_search_that_finds_nothing_says_what_can_be_looked_up(house: House) -> None:
    for asked in ("", "0x12", "abc", digest("nobody's"), "did:key:unknown", "x" * 3_000):
        answer = house.ask(f"/en/search?q={quote(asked)}")
        assert answer.status == 200
        assert "You can look up: a ticket id" in visible(answer)


@pytest.mark.parametrize("asked", ["0x1234…abcd", "0x1234...abcd", "1234…abcd", "0x1234..abcd"])
def test_search_asks_for_the_whole_of_a_shortened_id(house: House, asked: str) -> None:
    assert "copy the whole id, 64 digits after 0x" in visible(house.ask(f"/en/search?q={quote(asked)}"))
    assert "请复制完整的编号" in visible(house.ask(f"/zh/search?q={quote(asked)}"))


@pytest.mark.parametrize("asked", ["receipt.json", "0xabc.JSON", "ticket-7.json"])
def test_search_for_a_file_leads_to_where_receipts_are_checked(house: House, asked: str) -> None:
    answer = house.ask(f"/en/search?q={quote(asked)}")
    assert (answer.status, "location" in answer.headers) == (200, False)
    assert "This is the name of a file." in visible(answer)
    assert 'href="/en/verify"' in answer.text
    assert "这是一个文件名。" in visible(house.ask(f"/zh/search?q={quote(asked)}"))


def test_search_takes_a_path_of_a_site_for_a_channel(house: House) -> None:
    assert house.ask("/en/search?q=example.com/receipt.json").status == 303


# ---------------------------------------------------------------- what is not there


@pytest.mark.parametrize(
    "path",
    [
        f"/ticket/{CHAIN}/{digest('unknown')}",
        f"/ticket/1/{digest('late')}",
        f"/ticket/{CHAIN}/0x12",
        f"/ticket/{'9' * 30}/{digest('late')}",
        f"/desk/{CHAIN}/{OPERATOR}",
        f"/desk/{CHAIN}/desk",
        f"/desk/x/{DESK}",
        f"/batch/{CHAIN}/{LANE}/2",
        f"/batch/{CHAIN}/{LANE}/{'9' * 40}",
        f"/dispute/{CHAIN}/{PANEL}/-1",
        f"/agent/{CHAIN}/{OPERATOR}",
        "/nothing/at/all",
    ],
)
def test_what_is_unknown_says_what_that_means_for_the_money(house: House, path: str) -> None:
    for code, money in (("en", "owed|stranger|prove|Check"), ("zh", "应得|陌生人|证明|核对")):
        answer = house.ask(f"/{code}{path}")
        assert answer.status == 404
        assert re.search(money, visible(answer))


def test_the_language_of_the_browser_decides_where_one_begins(house: House) -> None:
    for accepted, code in (
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("en-US,en;q=0.9,zh;q=0.8", "en"),
        ("fr", "en"),
        ("", "en"),
        ("de,zh-TW;q=0.3", "zh"),
        (";;q=x,\0,zh;q=nan" * 50, "en"),
    ):
        answer = house.ask("/", headers={"Accept-Language": accepted})
        assert (answer.status, answer.headers["location"]) == (307, f"/{code}/")


# ---------------------------------------------------------------- hostile


def test_nothing_that_others_wrote_is_taken_for_markup(tmp_path: Path) -> None:
    house = build(tmp_path, name=EVIL, policy_name=EVIL, uri=EVIL)
    paths = [*house.paths.values(), f"/search?q={quote(EVIL)}", f"/channel?q={quote(EVIL)}"]
    seen = 0
    for path in [*paths, f"/ticket/{quote(EVIL)}/{quote(EVIL)}", f"/channel?as={quote(EVIL)}"]:
        for code in ("en", "zh"):
            text = house.ask(f"/{code}{path}").text
            assert "<script>alert" not in text
            assert "<img" not in text
            seen += "&lt;script&gt;alert" in text
    assert seen > 10  # it is shown, as text


def test_a_name_in_a_spreadsheet_is_no_formula() -> None:
    assert [operator.cell(text) for text in ("=1+1", "+x", "-x", "@x", "ETH")] == [
        "'=1+1",
        "'+x",
        "'-x",
        "'@x",
        "ETH",
    ]


# ---------------------------------------------------------------- limits


def test_what_is_too_long_or_too_large_is_refused_politely(house: House) -> None:
    for path, given, status in (
        (f"/en/search?q={'x' * 5_000}", {}, 414),
        (f"/zh/{'x' * 600}", {}, 414),
        ("/en/verify", {"method": "POST", "headers": {"Content-Length": "70000"}}, 413),
        ("/en/verify", {"method": "POST", "headers": {"Content-Length": "9" * 40}}, 413),
        ("/en/verify", {"headers": {"Content-Length": "x"}}, 413),
        ("/zh/verify", {"method": "POST"}, 405),
        ("/api/v1/x", {"method": "DELETE"}, 405),
    ):
        answer = house.ask(path, **given)
        assert answer.status == status, path
        assert ("message" in answer.text) == path.startswith("/api/")
        assert ("<h1>" in answer.text) != path.startswith("/api/")


def test_a_bucket_fills_again() -> None:
    now = [0.0]
    buckets = Buckets(rate=2, burst=3, clock=lambda: now[0])
    assert [buckets.wait("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert buckets.wait("b") == 0
    now[0] = 0.5
    assert [buckets.wait("a") for _ in range(2)] == [0, 0.5]
    assert Buckets(rate=0, burst=1).wait("a") == 0


def test_a_client_that_asks_too_often_is_told_when_to_come_back(tmp_path: Path) -> None:
    house = build(tmp_path)
    app = create_app(house.index.store, Settings(rate=0.01, burst=2))
    answers = [ask(app, "/zh/about") for _ in range(3)]
    assert [answer.status for answer in answers] == [200, 200, 429]
    assert int(answers[2].headers["retry-after"]) > 1
    assert "短时间内" in answers[2].text
    assert ask(app, "/zh/about", client="192.0.2.2").status == 200
    assert ask(app, "/healthz").status == 200


def test_whose_request_it_is() -> None:
    def scope(client: str, forwarded: str = "") -> dict[str, Any]:
        return {
            "client": (client, 1),
            "headers": [(b"x-forwarded-for", forwarded.encode())] if forwarded else [],
        }

    assert client_of(scope("192.0.2.1", "203.0.113.9"), ()) == "192.0.2.1"
    assert client_of(scope("192.0.2.1", "10.0.0.1, 203.0.113.9"), ("192.0.2.1",)) == "203.0.113.9"
    assert client_of(scope("2001:db8::1"), ()) == client_of(scope("2001:db8::ffff"), ())
    assert client_of(scope("2001:db8::1"), ()) != client_of(scope("2001:db8:0:1::1"), ())


# ---------------------------------------------------------------- whether it works


def test_an_empty_index_is_not_ready_and_says_so(tmp_path: Path) -> None:
    app = create_app(Store(default_url(tmp_path)), SETTINGS)
    assert ask(app, "/healthz").status == 200
    assert ask(app, "/ready").status == 503
    assert "The index is empty" in visible(ask(app, "/en/"))


def test_a_database_that_is_gone_is_told(tmp_path: Path) -> None:
    store = Store(default_url(tmp_path), read_only=True)  # without tables
    app = create_app(store, SETTINGS)
    answer = ask(app, "/zh/")
    assert answer.status == 503
    assert "目前无法读取索引" in answer.text
    assert ask(app, "/ready").status == 503


def test_an_index_that_lags_is_told_on_every_page(tmp_path: Path) -> None:
    house = build(tmp_path)
    app = create_app(house.index.store, Settings(rate=0, stale_after=600), lambda: house.now)
    assert "behind" not in visible(ask(app, "/en/"))
    house.now += 1_000
    for path in house.paths.values():
        assert "This page may be behind" in visible(ask(app, f"/en{path}"))


def test_a_ticket_that_its_requester_closed_unanswered_had_no_reply(tmp_path: Path) -> None:
    house = build(tmp_path)
    ticket = house.index.open("left alone")
    house.index.close(ticket, later=100_000)
    house.now = house.index.at + 60
    said = visible(house.ask(f"/en/ticket/{CHAIN}/{ticket}"))
    assert "No: it was closed without a reply, and one was due by" in said
    assert "the first reply came" not in said
