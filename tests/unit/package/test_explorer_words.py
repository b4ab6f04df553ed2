# SPDX-License-Identifier: Apache-2.0
"""The explorer's sentences in both languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from makegood import channels
from makegood.errors import UsageError
from makegood.explorer import catalogs
from makegood.explorer.languages import Language, clean, language, plain_amount, token_of
from makegood.explorer.phrases import (
    Hex,
    Listed,
    Moment,
    Money,
    OpenTime,
    Percent,
    Relative,
    Sentence,
    Span,
    Token,
    counted,
    sentence,
)
from makegood.explorer.words import names
from makegood.explorer.words import ticket as words
from makegood.explorer.words.channel import refusal
from makegood.indexer.standing import standing
from makegood.policy import ChainPolicy

NOW = 1_795_521_300  # Tue 24 Nov 2026 11:55 UTC
ETH = Token("ETH", 18)
UNIT = 10**18
POLICY = ChainPolicy(
    hours=2**168 - 1,
    targets=((900, 1_800, 28_800),) * 4,
    compensation=((UNIT // 50, UNIT // 100, UNIT // 20),) * 4,
    contest_window=432_000,
    challenge_window=86_400,
    ruling_window=864_000,
    claim_window=7_776_000,
    anchor_lag=900,
    incident_cap=0,
    incident_bond_share=0,
    contest_bond=UNIT // 125,
    prove_bond=UNIT // 500,
    fee=6 * 10**15,
)


def ticket(**changes: object) -> dict[str, object]:
    """A row of `tickets`, open since half an hour and due in 2 h 10 min."""
    row: dict[str, object] = {
        "source": "chain",
        "status": 1,
        "priority": 0,
        "replied": False,
        "backed": True,
        "challenged": False,
        "breached": 0,
        "compensated": 0,
        "paid": 0,
        "reply_due": NOW + 7_800,
        "resolution_due": NOW + 20_000,
        "resolution_remaining": None,
        "solved_at": None,
        "first_reply_due": NOW + 7_800,
        "first_reply_at": None,
        "closed_at": None,
        "open_disputes": 0,
        "challenge_until": None,
        "provable_until": None,
    }
    return row | changes


def turn(code: str, now: int = NOW, **changes: object) -> str:
    row = ticket(**changes)
    return language(code).text(words.turn(row, standing(row, POLICY, now), ETH, now))


def worth(code: str, now: int = NOW, **changes: object) -> str:
    row = ticket(**changes)
    return language(code).text(words.worth(row, standing(row, POLICY, now), ETH, now))


def answered(code: str, now: int = NOW, **changes: object) -> str:
    row = ticket(**changes)
    return language(code).text(words.answered(row, standing(row, POLICY, now), now))


# ---------------------------------------------------------------- the catalog


def test_every_sentence_is_translated_and_none_is_left_over() -> None:
    assert list(catalogs.faults()) == []


def test_a_missing_a_fuzzy_and_a_left_over_sentence_are_found(tmp_path) -> None:  # type: ignore[no-untyped-def]
    text = catalogs.CATALOG.read_text("utf-8")
    whole = 'msgid "Close the ticket"\nmsgstr "关闭工单"\n'
    assert whole in text
    for changed, fault in (
        (text.replace(whole, ""), "missing: 'Close the ticket'"),
        (text.replace(whole, f"#, fuzzy\n{whole}"), "missing: 'Close the ticket'"),
        (
            text.replace(whole, whole.replace("关闭工单", "%(what)s")),
            "other places than []: 'Close the ticket'",
        ),
        (text + '\nmsgid "Nobody says this"\nmsgstr "没有人说"\n', "not said any more: 'Nobody says this'"),
    ):
        catalog = tmp_path / "zh.po"
        catalog.write_text(changed, "utf-8")
        assert list(catalogs.faults(catalog)) == [fault]


def test_chinese_has_no_punctuation_of_english() -> None:
    for text in catalogs.translated().values():
        assert not re.search(r"[一-鿿][,;?!]", text), text
        assert not re.search(r"[\u3000-\u303f\uff00-\uff65] | \uff08", text), text
        # What a reader typed, `(0)`, stays as it is.
        assert not re.search(r"[()]", re.sub(r"%\(\w+\)s|\(0\)", "", text)), text


# ---------------------------------------------------------------- the first line


def test_first_line_of_a_ticket_that_waits() -> None:
    assert turn("en", replied=True) == "The desk owes you a reply by Tue 24 Nov 14:05 UTC (in 2 h 10 min)."
    assert turn("zh", replied=True) == "客服应在 11月24日 周二 14:05 UTC 前回复您（还剩 2 小时 10 分）。"  # noqa: RUF001


@pytest.mark.parametrize(
    ("changes", "later", "english"),
    [
        ({}, 0, "The desk owes you a first reply by Tue 24 Nov 14:05 UTC (in 2 h 10 min)."),
        ({}, 7_800, "The desk owes you a first reply by Tue 24 Nov 14:05 UTC (now)."),
        (
            {},
            7_801,
            "The desk owes you a first reply and is late: it was due by Tue 24 Nov 14:05 UTC (1 s ago).",
        ),
        (
            {"status": 2, "reply_due": None},
            0,
            "The desk works on it and owes you a resolution by Tue 24 Nov 17:28 UTC (in 5 h 33 min).",
        ),
        (
            {"status": 3, "reply_due": None, "resolution_due": None, "resolution_remaining": 162_000},
            0,
            "It is your turn: the desk asked you something. The desk's clock stands still, with 45 h of open "
            "time left.",
        ),
        (
            {"status": 4, "reply_due": None, "resolution_due": None, "solved_at": NOW},
            0,
            "The desk says that it is solved. If it is not, say so by Sun 29 Nov 11:55 UTC (in 5 d).",
        ),
        (
            {"status": 4, "reply_due": None, "resolution_due": None, "solved_at": NOW},
            432_001,
            "The desk solved it, and nobody objected by Sun 29 Nov 11:55 UTC: anyone can close it.",
        ),
        ({"status": 5, "reply_due": None, "resolution_due": None}, 0, "Closed: no promise was broken."),
        (
            {"status": 5, "paid": UNIT // 50, "breached": 1, "compensated": 1},
            0,
            "Closed: a promise was broken, and 0.02 ETH was granted for it.",
        ),
    ],
)
def test_first_line_in_every_status(changes: dict[str, object], later: int, english: str) -> None:
    assert turn("en", NOW + later, **changes) == english
    assert re.search("[一-鿿]", turn("zh", NOW + later, **changes))


STATUSES = (
    {},
    {"replied": True},
    {"status": 2, "reply_due": None},
    {"status": 3, "reply_due": None, "resolution_due": None, "resolution_remaining": 162_000},
    {"status": 4, "reply_due": None, "resolution_due": None, "solved_at": NOW},
    {"status": 4, "reply_due": None, "resolution_due": None, "solved_at": NOW, "open_disputes": 1},
    {"status": 5, "reply_due": None, "resolution_due": None},
    {"challenged": True, "challenge_until": NOW + 50_000},
)


@pytest.mark.parametrize("later", [0, 30_000])
@pytest.mark.parametrize("changes", STATUSES)
def test_lists_say_whose_turn_it_is_to_whoever_reads_them(changes: dict[str, object], later: int) -> None:
    row = ticket(**changes)
    stands = standing(row, POLICY, NOW + later)
    told = words.told(row, stands, ETH, NOW + later)
    english, chinese = language("en").text(told), language("zh").text(told)
    assert not re.search(r"\byour?\b", english)
    assert "您" not in chinese
    # Who it waits for is named; at the end nobody is waited for.
    assert re.search("desk|requester|arbiters|Closed|anyone", english)


def test_answer_to_whether_it_was_answered_in_time() -> None:
    assert answered("en") == (
        "Not yet. The desk still has time for its first reply, until Tue 24 Nov 14:05 UTC (in 2 h 10 min)."
    )
    late = {"first_reply_due": NOW, "first_reply_at": NOW + 2_700, "status": 2, "reply_due": None}
    assert (
        answered("en", NOW + 9_000, **late)
        == "No: the first reply came at Tue 24 Nov 12:40 UTC, 45 min late."
    )
    early = late | {"first_reply_at": NOW - 60}
    assert answered("en", **early).startswith(
        "Yes: the first reply came at Tue 24 Nov 11:54 UTC, 1 min before"
    )
    assert answered("en", **early, breached=1) == (
        "No: a reply came at Tue 24 Nov 11:54 UTC, but it does not count as one. Why stands below."
    )
    assert answered("en", **early, breached=2) == (
        "Not always: the first reply came in time, at Tue 24 Nov 11:54 UTC, but a later one did not."
    )
    # A later reply that is overdue now, and recorded nowhere yet.
    owed = early | {"status": 1, "replied": True, "reply_due": NOW + 100}
    assert answered("en", NOW + 100, **owed).startswith("Yes: ")
    assert answered("en", NOW + 101, **owed).startswith("Not always: ")
    closed = {"status": 5, "reply_due": None, "resolution_due": None, "closed_at": NOW}
    assert answered("en", **closed) == "It was closed before a reply was due."
    assert answered("en", **closed, first_reply_due=NOW - 60, breached=1) == (
        "No: it was closed without a reply, and one was due by Tue 24 Nov 11:54 UTC."
    )
    assert answered("zh", NOW + 9_000, first_reply_due=NOW).startswith("没有")


def test_what_it_is_owed() -> None:
    assert worth("en") == "Nothing so far: no promise was broken. Up to 0.08 ETH if all are."
    assert worth("en", NOW + 8_000) == (
        "0.02 ETH can be claimed now, by anyone, and goes to you only. Broken: first reply."
    )
    assert worth("zh", NOW + 30_000).startswith("现在可申领 0.07 ETH")
    unproven = {"source": "leaves", "provable_until": NOW + 90_000}
    assert worth("en", NOW + 8_000, **unproven).startswith(
        "By the published leaves 0.02 ETH for first reply."
    )
    assert worth("en", NOW + 90_001, **unproven).startswith("Nothing any more: nobody proved it by")
    challenged = {"challenged": True, "challenge_until": NOW + 50_000}
    assert "unless the desk shows" in worth("en", NOW + 8_000, **challenged)
    assert "as soon as the challenge is ended" in worth("en", NOW + 50_001, **challenged)


# ---------------------------------------------------------------- what is no channel


REFUSED = [
    ("\N{CYRILLIC SMALL LETTER ES}upport.example", "is no plain letter, digit or sign", "不是普通的字母"),
    ("support\N{ZERO WIDTH SPACE}.example", "which is invisible", "看不见"),
    ("suppo\N{COMBINING ACUTE ACCENT}rt.example", "joins the character before it", "合并"),
    ("a\N{IDEOGRAPHIC SPACE}b.example", "is not the plain space", "不是普通空格"),
    ("a\x07b.example", "which is not for writing", "不是用来书写的"),
    ("t.me/some support", "a space, which a link cannot have", "空格"),
    ("t.me/ab", "A Telegram name has 4 to 32 characters; this has 2.", "应有 4 到 32 个字符"),
    ("http://desk.example/help", "can be changed on its way", "被篡改"),
    ("https://desk.example/a%2fb", 'is "%", which hides', "它掩盖了另一个字符"),
    ("some_support", "which network it is on", "属于哪个平台"),
    (
        "telegram: x.com/some_support",
        "written as an X name, not as a Telegram name",
        "写的是X 名称",
    ),
]


@pytest.mark.parametrize(("text", "english", "chinese"), REFUSED)
def test_what_is_no_channel_is_refused_in_both_languages(text: str, english: str, chinese: str) -> None:
    with pytest.raises(UsageError) as caught:
        channels.parse(text)
    said = refusal(caught.value.message)
    assert language("en").text(said) == caught.value.message
    assert english in caught.value.message
    assert chinese in language("zh").text(said)
    assert re.search("[一-鿿]", language("zh").text(refusal(caught.value.hint or "")))


def test_every_refusal_of_a_channel_is_in_the_catalogs() -> None:
    """As the package's source has them; what they put in stands as 7."""
    said = [text for path in sorted(Path(channels.__file__).parent.glob("*.py")) for text in _refusals(path)]
    assert len(said) > 70
    assert [text for text in said if isinstance(refusal(text), str)] == []
    assert refusal("<b>What nobody says.</b>") == "<b>What nobody says.</b>"


def _refusals(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "refused":
            for each in node.args:
                yield from _texts(each)


def _texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.IfExp):
        yield from _texts(node.body)
    elif isinstance(node, ast.JoinedStr) and "_danger" not in ast.dump(node):
        yield "".join(str(each.value) if isinstance(each, ast.Constant) else "7" for each in node.values)


# ---------------------------------------------------------------- things in sentences


def test_times_in_the_readers_form() -> None:
    english, chinese = language("en"), language("zh")
    assert english.calendar(NOW, NOW) == "Tue 24 Nov 11:55 UTC"
    assert chinese.calendar(NOW, NOW) == "11月24日 周二 11:55 UTC"
    assert english.calendar(NOW - 86_400 * 400, NOW) == "Mon 20 Oct 2025 11:55 UTC"
    assert chinese.calendar(NOW - 86_400 * 400, NOW) == "2025年10月20日 周一 11:55 UTC"
    assert english.calendar(2**40, NOW) == "after the year 9999"
    assert english.text(Relative(NOW, NOW + 93_600)) == "1 d 2 h ago"
    assert chinese.text(Span(45)) == "45 秒"
    assert english.text(OpenTime(162_000)) == "45 h"
    html = english.html(Moment(NOW, NOW))
    assert html == '<time datetime="2026-11-24T11:55:00Z">Tue 24 Nov 11:55 UTC</time>'


def test_minutes_alone_are_written_out_in_chinese() -> None:
    english, chinese = language("en"), language("zh")
    assert chinese.text(Relative(NOW - 600, NOW)) == "10 分钟前"
    assert english.text(Relative(NOW - 600, NOW)) == "10 min ago"
    assert chinese.text(Span(7_800)) == "2 小时 10 分"
    assert chinese.text(OpenTime(600)) == "10 分钟"
    assert chinese.text(OpenTime(4_200)) == "1 小时 10 分"


@pytest.mark.parametrize("left", ["裁定", "营业时间", "开启", "凭据", "接受服务"])
def test_chinese_has_one_word_for_one_thing(left: str) -> None:
    assert [text for text in catalogs.translated().values() if left in text] == []


@pytest.mark.parametrize(("word", "said"), [("document", "文档"), ("file", "文件"), ("credential", "证书")])
def test_a_word_is_the_same_wherever_it_stands(word: str, said: str) -> None:
    said_of = {str(english): text for english, text in catalogs.translated().items()}
    fits = {english: text for english, text in said_of.items() if re.search(rf"\b{word}s?\b", english)}
    assert len(fits) > 2
    assert [english for english, text in fits.items() if said not in text] == []


def test_amounts_are_exact() -> None:
    assert plain_amount(1, 18) == "0.000000000000000001"
    assert plain_amount(1_234_567_890_000_000_000_000, 18) == "1,234.56789"
    assert plain_amount(5, 0) == "5"
    assert plain_amount(2**256 - 1, 0).replace(",", "") == str(2**256 - 1)


def test_a_share_is_never_rounded_up_to_all() -> None:
    english = language("en")
    assert english.text(Percent(9_999, 10_000)) == "99.9%"
    assert english.text(Percent(1, 10_000)) == "0.1%"
    assert english.text(Percent(3, 3)) == "100%"
    assert english.text(Percent(0, 3)) == "0%"


def test_counts_and_lists() -> None:
    told = [
        counted("1 arbiter rejected %(d)s.", "%(count)s arbiters rejected %(d)s.", n, d="it") for n in (1, 3)
    ]
    assert [Language("en").text(one) for one in told] == ["1 arbiter rejected it.", "3 arbiters rejected it."]
    kinds = names.kinds(7)
    assert language("en").text(kinds) == "first reply, next reply and resolution"
    assert language("zh").text(kinds) == "首次回复、后续回复、解决"
    assert language("en").text(Listed(())) == ""


# ---------------------------------------------------------------- what somebody else wrote


def test_what_others_wrote_is_escaped_in_sentences() -> None:
    evil = '<script>alert("1")</script>'
    for code in ("en", "zh"):
        html = language(code).html(sentence("Desk %(name)s", name=evil))
        assert "<script" not in html
        assert "&lt;script&gt;" in html
    money = language("en").html(Money(5, token_of(evil, 0)))
    assert "<script" not in money
    assert "<b>" not in language("en").html(Hex("<b>" * 10, '"><b>'))
    assert language("en").html(Sentence("%(name)s", {"name": "%(name)s & <i>"})) == "%(name)s &amp; &lt;i&gt;"


def test_names_cannot_reorder_or_break_the_line() -> None:
    assert clean("good\N{RIGHT-TO-LEFT OVERRIDE}live\n\n\x00desk", 60) == "good live desk"
    assert clean("x" * 90, 10) == "xxxxxxxxx…"
    assert token_of("E\u202eTH", 18) == Token("E TH", 18)
    assert token_of(None, None) == Token("units", 0)
    assert token_of("ETH", None) == Token("ETH", 0)
