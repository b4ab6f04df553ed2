# SPDX-License-Identifier: Apache-2.0
"""Fifty texts that would run in a reader's browser, wherever somebody else chooses a text."""

from __future__ import annotations

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import quote, unquote

import pytest
from asking import Answer, ask
from explorer_house import SETTINGS, House, build
from hostile import PAYLOADS
from small_index import CHAIN, DESK, POLICY, digest
from sqlalchemy import insert, update

from makegood.explorer import create_app
from makegood.explorer.routes import PAGES
from makegood.indexer import schema
from makegood.indexer.store import Store, default_url

HARMLESS = "harmless"
# What a page is made of. Neither iframes nor images, forms of others' or anything that plays.
TAGS = frozenset(
    (
        *("html", "head", "meta", "title", "link", "script", "body", "header", "main", "nav", "footer"),
        *("aside", "article", "section", "div", "p", "a", "h1", "h2", "h3", "span", "strong", "em", "small"),
        *("time", "pre", "code", "br", "ul", "ol", "li", "dl", "dt", "dd", "details", "summary"),
        *("table", "caption", "thead", "tbody", "tr", "th", "td", "figure", "figcaption"),
        *("form", "label", "input", "button", "template", "output", "noscript"),
        *("svg", "g", "rect", "line", "text", "desc"),
    )
)
LEADS = ("href", "src", "action", "formaction", "data", "hx-get", "hx-sse:connect", "xlink:href")


class Shape(HTMLParser):
    """The tags of a page with the names of their attributes, and where they lead."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.leads: list[str] = []
        self.scripts: list[str] = []
        self._in_script = False
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        self.leads += [value or "" for name, value in attrs if name in LEADS]
        self._in_script = tag == "script"

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.scripts.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._in_script = self._in_script and tag != "script"


def hostile(house: House, text: str) -> None:
    """Put a text into every column that somebody else chooses, and into an event of a transaction."""
    short = text.replace("\0", "\ufffd")  # as the indexer does: no database takes it
    with house.index.store.writing() as connection:
        for table, columns in (
            (schema.desks, ("name", "asset_symbol")),
            (schema.policies, ("name", "uri")),
            (schema.batches, ("uri",)),
        ):
            connection.execute(update(table).values(dict.fromkeys(columns, short)))
        connection.execute(schema.leaf_files.delete())
        connection.execute(
            insert(schema.leaf_files).values(
                chain=CHAIN,
                desk=DESK, batch=1, root=digest("root"), state="wrong", reason=short,
                tries=1, tried_at=1, next_at=1,
            )
        )  # fmt: skip


def logged(house: House, number: int, text: str) -> str:
    """A policy whose name and address are the text, as its desk logged it; returns the transaction."""
    given = {"terms_digest": digest("terms"), "policy": POLICY}
    return house.index.emit("desk", "PolicyPublished", policy_id=number, name=text, uri=text, **given)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build(tmp_path_factory.mktemp("index"))


@pytest.fixture(scope="module")
def shapes(house: House) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """The tags of every page in a harmless world."""
    hostile(house, HARMLESS)
    return {path: Shape(house.ask(f"/en{path}").text).tags for path in house.paths.values()}


def check(answer: Answer, text: str) -> None:
    """Nothing that somebody else wrote is more than text."""
    kind = answer.headers.get("content-type", "")
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "script-src 'self';" in answer.headers["content-security-policy"]
    assert not any("\r" in value or "\n" in value for value in answer.headers.values())
    assert "set-cookie" not in answer.headers
    if 300 <= answer.status < 400:
        assert re.match(r"/[a-z]{2}/", answer.headers["location"])
        return
    if kind.startswith("application/json"):
        json.loads(answer.text)
        assert not set(answer.text) & set("<>&")
        return
    if kind.startswith("text/html"):
        found = Shape(answer.text)
        assert {tag for tag, _ in found.tags} <= TAGS
        assert not [
            name for _, names in found.tags for name in names if name.startswith(("on", "style", "hx-on"))
        ]
        assert all(lead.startswith(("/", "#", "?")) and not lead.startswith("//") for lead in found.leads)
        assert found.scripts == []
        assert text not in answer.text or not set(text) & set("<>\"'")
        return
    # What is neither is not rendered by any browser.
    assert kind.startswith(("text/csv", "text/plain", "text/event-stream"))


def test_a_page_with_a_script_in_it_is_noticed() -> None:
    headers = {
        "content-type": "text/html",
        "x-content-type-options": "nosniff",
        "content-security-policy": "script-src 'self';",
    }
    check(Answer(200, headers, b"<p>&lt;script&gt;</p>"), PAYLOADS[0])
    for text in PAYLOADS:
        if "<" in text and not text.endswith("<b>") and "<i>" not in text:
            with pytest.raises(AssertionError):
                check(Answer(200, headers, f"<p>{text}</p>".encode()), text)


@pytest.mark.parametrize("place", range(len(PAYLOADS)))
def test_no_text_of_others_is_markup(
    house: House, shapes: dict[str, list[tuple[str, tuple[str, ...]]]], place: int
) -> None:
    text, code = PAYLOADS[place], ("en", "zh")[place % 2]
    hostile(house, text)
    for path in house.paths.values():
        answer = house.ask(f"/{code}{path}")
        check(answer, text)
        # Not one tag or attribute more than in a harmless world.
        assert Shape(answer.text).tags == shapes[path], path
        if path not in ("/verify", "/about"):
            answer = house.ask(f"/api/v1{'/front' if path == '/' else path}")
            assert answer.headers["content-type"] == "application/json"
            check(answer, text)
    csv = house.ask(f"/{code}{house.paths['operator']}/due.csv")
    assert csv.headers["content-disposition"].startswith("attachment;")
    for path in ("/metrics", f"/{code}{house.paths['operator']}/due.csv"):
        check(house.ask(path), text)


@pytest.mark.parametrize("place", range(len(PAYLOADS)))
def test_no_text_of_a_question_is_markup(house: House, place: int) -> None:
    text, code = quote(PAYLOADS[place], safe=""), ("en", "zh")[place % 2]
    receipt = quote(json.dumps({"ticket": PAYLOADS[place], "chain": PAYLOADS[place]}), safe="")
    for asked in (text, f"did:key:{text}", receipt, f"0x{text}", f"t.me/{text}", f"https://{text}/"):
        for path in (f"/{code}/search?q={asked}", f"/{code}/channel?q={asked}"):
            answer = house.ask(path)
            check(answer, unquote(asked))
            assert answer.status in (200, 303)
    for name in ("search", "channel"):
        check(house.ask(f"/api/v1/{name}?q={text}"), PAYLOADS[place])
    for page in PAGES:
        path = re.sub(r"{\w+}", text, page.path)
        for before in (f"/{code}", "/api/v1", f"/{text}", ""):
            check(house.ask(f"{before}{path}?as={text}&lang={text}&q={text}&{text}={text}"), PAYLOADS[place])


def test_what_an_event_says_is_text(house: House) -> None:
    shapes = set()
    hostile(house, HARMLESS)
    for number, text in enumerate((HARMLESS, *PAYLOADS), start=2):
        transaction = logged(house, number, text)
        answer = house.ask(f"/en/search?q={transaction}")
        assert "PolicyPublished" in answer.text
        check(answer, text)
        shapes.add(tuple(Shape(answer.text).tags))
        check(house.ask(f"/api/v1/search?q={transaction}"), text)
    assert len(shapes) == 1


def test_headers_of_a_question_are_no_headers_of_an_answer(house: House) -> None:
    for text in PAYLOADS:
        named = text.encode().decode("latin-1").replace("\r", "").replace("\n", "").replace("\0", "")
        headers = {"Accept-Language": named, "Last-Event-ID": named, "Host": named, "X-Forwarded-Host": named}
        for path in ("/", "/en", "/en/", "/xx", "/api/v1/front"):
            answer = house.ask(path, headers=headers)
            if answer.status in (307, 308):
                assert answer.headers["location"] in ("/en/", "/zh/")
            else:
                check(answer, text)


def test_an_error_page_is_text_too(tmp_path: Path) -> None:
    app = create_app(Store(default_url(tmp_path), read_only=True), SETTINGS)
    for text in PAYLOADS:
        for path in (f"/en/search?q={quote(text)}", f"/api/v1/search?q={quote(text)}", f"/zh/{quote(text)}"):
            answer = ask(app, path)
            assert answer.status in (404, 503)
            check(answer, text)
