# SPDX-License-Identifier: Apache-2.0
"""The explorer's JSON: the same views as the pages, as the OpenAPI document says."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote

import pytest
from explorer_house import House, build
from jsonschema import Draft202012Validator
from small_index import CHAIN, CHANNEL, DESK, OPERATOR, digest

from makegood.explorer.api.document import DOCUMENT, ROOT, VIEWS, document, path_of, served
from makegood.explorer.routes import PAGES
from makegood.explorer.settings import LANGUAGES

UNKNOWN = digest("nobody's")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build(tmp_path_factory.mktemp("index"))


def path_in_api(path: str, **query: str) -> str:
    path = "/front" if path == "/" else path
    more = "&".join(f"{name}={value}" for name, value in query.items())
    return f"{ROOT}{path}{('&' if '?' in path else '?') + more if more else ''}"


def faults(name: str, status: int, content: Any) -> list[str]:
    """Where an answer is not as the document says."""
    told = document()
    operation = next(each["get"] for each in told["paths"].values() if each["get"]["operationId"] == name)
    answer = operation["responses"][str(status)]
    if "$ref" in answer:
        answer = told["components"]["responses"][answer["$ref"].rpartition("/")[2]]
    schema = {**answer["content"]["application/json"]["schema"], "components": told["components"]}
    Draft202012Validator.check_schema(schema)
    return [
        f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(content)
    ]


def test_the_document_is_served_and_has_every_page_that_asks_the_index(house: House) -> None:
    answer = house.ask(DOCUMENT)
    assert answer.headers["content-type"] == "application/json"
    told = json.loads(answer.text)
    assert told == json.loads(json.dumps(document()))
    assert told["openapi"].startswith("3.1")
    assert {page.name for page in PAGES} - set(VIEWS) == {"verify", "about"}
    routes = {route.path for route in house.app.routes if route.path.startswith(ROOT)}
    assert routes == {*told["paths"], DOCUMENT}


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", list(VIEWS))
def test_every_answer_is_as_the_document_says(house: House, name: str, code: str) -> None:
    answer = house.ask(path_in_api(house.paths[name], lang=code))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert faults(name, 200, json.loads(answer.text)) == []


@pytest.mark.parametrize("name", ["ticket", "desk", "operator", "batch", "dispute", "agent", "search"])
def test_a_fault_in_an_answer_is_noticed(house: House, name: str) -> None:
    content = json.loads(house.ask(path_in_api(house.paths[name])).text)
    for broken in (
        {**content, "view": {**content["view"], "more": 1}},
        {**content, "view": dict(list(content["view"].items())[1:])},
        {**content, "view": dict.fromkeys(content["view"])},
    ):
        assert faults(name, 200, broken)


def test_a_ticket_tells_what_its_page_tells(house: House) -> None:
    content = json.loads(house.ask(path_in_api(f"/ticket/{CHAIN}/{house.fresh}")).text)
    view = content["view"]
    assert (view["status"], view["whose_turn"], view["late"], view["claimable"]) == (
        "open",
        "desk",
        False,
        "0",
    )
    assert view["due"] == house.index.states[house.fresh].clock
    assert view["turn"] == "The desk owes you a first reply by Tue 24 Nov 09:32 UTC (in 14 min)."
    first = view["kinds"][0]
    assert first["pays"] == {
        "units": "20000000000000000",
        "symbol": "ETH",
        "decimals": 18,
        "text": "0.02 ETH",
    }
    assert first["due"] == {"unix": view["due"], "utc": "2026-11-24T09:32:40Z"}
    assert first["left"] == {"seconds": 840, "text": "in 14 min"}
    assert view["desk"] == {"label": "Demo", "path": f"/desk/{CHAIN}/{DESK}"}
    assert [entry["event"] for entry in view["timeline"]] == ["TicketOpened"]
    assert content["index"]["chains"][0]["chain"] == CHAIN


def test_words_are_in_the_language_that_was_asked_for(house: House) -> None:
    path = f"/ticket/{CHAIN}/{house.fresh}"
    english, chinese = (json.loads(house.ask(path_in_api(path, lang=code)).text) for code in ("en", "zh"))
    assert english["view"]["turn"] != chinese["view"]["turn"]
    assert re.search("[\u4e00-\u9fff]", chinese["view"]["turn"])
    assert house.ask(path_in_api(path)).text == house.ask(path_in_api(path, lang="en")).text

    def plain(content: dict[str, Any]) -> dict[str, Any]:
        """What is not said in words."""
        return {
            name: value
            for name, value in content["view"].items()
            if isinstance(value, int) or (isinstance(value, str) and value.isascii())
        }

    same = plain(english).keys() & plain(chinese).keys()
    assert {"ticket_id", "status", "due", "claimable"} <= same
    assert all(english["view"][name] == chinese["view"][name] for name in same)


def test_links_lead_to_pages_and_to_the_api(house: House) -> None:
    seen = 0
    for name in VIEWS:
        text = house.ask(path_in_api(house.paths[name])).text
        for path in set(re.findall(r'"path":"(/[^"]+)"', text)):
            assert house.ask(f"/en{path}").status == 200
            assert house.ask(path_in_api(path)).status == 200
            seen += 1
    assert seen > 8


@pytest.mark.parametrize(
    ("path", "name", "status"),
    [
        (f"/ticket/{CHAIN}/{UNKNOWN}", "ticket", 404),
        (f"/ticket/{CHAIN}/0x12", "ticket", 404),
        (f"/desk/x/{DESK}", "desk", 404),
        (f"/desk/{CHAIN}/{OPERATOR}", "desk", 404),
        (f"/batch/{CHAIN}/{OPERATOR}/1", "batch", 404),
        (f"/dispute/{CHAIN}/{OPERATOR}/1", "dispute", 404),
        (f"/agent/{CHAIN}/{OPERATOR}", "agent", 404),
        ("/front?lang=fr", "front", 400),
        ("/front?lang=", "front", 400),
        ("/front?lang=en&lang=zh", "front", 400),
        (f"/search?q={'x' * 2_049}", "search", 400),
        (f"/channel?q={'x' * 4_096}", "channel", 414),
    ],
)
def test_what_is_refused_says_why(house: House, path: str, name: str, status: int) -> None:
    answer = house.ask(f"{ROOT}{path}")
    content = json.loads(answer.text)
    assert answer.status == content["error"]["status"] == status
    assert faults(name, status, content) == []


def test_a_search_says_where_it_leads(house: House) -> None:
    for asked, path in (
        (house.fresh, f"/ticket/{CHAIN}/{house.fresh}"),
        (CHANNEL, f"/channel?q={quote(CHANNEL)}"),
        ("nothing", ""),
    ):
        content = json.loads(house.ask(path_in_api(f"/search?q={quote(asked)}")).text)
        assert content["view"]["path"] == path


def test_every_page_names_its_json(house: House) -> None:
    for page in served():
        text = house.ask(f"/en{house.paths[page.name]}").text
        (found,) = re.findall(r'<link rel="alternate" type="application/json" href="([^"]+)"', text)
        assert house.ask(found.replace("&amp;", "&")).status == 200
        assert found.startswith(path_of(page).partition("{")[0])
