# SPDX-License-Identifier: Apache-2.0
"""What the page that checks receipts is made of: its sentences, and what is on record of a ticket."""

from __future__ import annotations

import json
import re

import pytest
from asking import ask
from small_index import AGENT, CHAIN, DESK, REQUESTER, SmallIndex, digest

from makegood.explorer import Settings, create_app
from makegood.explorer.templating import FOLDER, STATIC
from makegood.indexer.store import Store, default_url

SCRIPTS = ("verify.js", "comparing.js", "receipt.js", "statements.js", "strict-json.js")
STEPS = ("file", "document", "ticket_id", "inclusion", "signatures", "recorded", "final", "standing", "worth")
OUTCOMES = ("passed", "failed", "waiting", "elsewhere", "needless")


def _sentences() -> dict[str, str]:
    text = (FOLDER / "templates" / "verify_words.html").read_text("utf-8")
    return dict(re.findall(r'<p data-word="([^"]+)">\{\{ _\((.*)\) \}\}</p>', text))


def _scripts() -> str:
    return "\n".join((STATIC / name).read_text("utf-8") for name in SCRIPTS)


def test_every_sentence_of_the_scripts_is_in_the_page() -> None:
    made = r'(?:passed|failed|waiting|elsewhere|needless|say|refuse|Refusal)\("([a-z0-9_-]+)"'
    said = set(re.findall(made, _scripts()))
    said |= set(re.findall(r'"((?:all|needs|signatures|worth|no)-[a-z0-9_-]+)"', _scripts()))
    said |= {f"step-{step}" for step in STEPS} | {f"outcome-{each}" for each in OUTCOMES}
    assert len(said) > 80
    assert said - set(_sentences()) == set()


def test_no_sentence_is_there_in_vain() -> None:
    then = {f"then-{outcome}-{step}" for step in STEPS for outcome in OUTCOMES}
    known = then | {f"step-{step}" for step in STEPS} | {f"outcome-{each}" for each in OUTCOMES}
    used = set(re.findall(r'"([a-z0-9_-]+)"', _scripts()))
    assert set(_sentences()) - known - used == set()


def test_scripts_put_nothing_into_the_page_as_markup() -> None:
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(", _scripts()
    )


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> SmallIndex:
    found = SmallIndex(Store(default_url(tmp_path_factory.mktemp("index"))))
    found.begin()
    found.reply(found.open("ticket"))
    found.anchor()
    return found


def test_what_is_on_record_of_a_ticket(index: SmallIndex) -> None:
    app = create_app(index.store, Settings(rate=0), lambda: index.at)
    answer = json.loads(ask(app, f"/api/v1/recorded/{CHAIN}/{DESK}/{digest('ticket')}?batch=1").text)
    opening = answer["opening"]
    assert opening["requester"] == REQUESTER
    assert opening["commitment"] == digest("ticket said")
    assert (opening["lane"], opening["policy_id"], opening["priority"]) == (0, 1, "urgent")
    assert opening["reply_due"] - opening["opened_at"] == 900
    assert opening["resolution_due"] - opening["opened_at"] == 28_800
    assert opening["block_hash"] == digest(f"block {opening['block_number']}")
    assert opening["transaction"] == digest(f"transaction {opening['block_number']}")
    assert [each["agent"] for each in answer["replies"]] == [AGENT]
    assert answer["replies"][0]["dids"] == [digest("did:key:z")]
    batch = answer["batch"]
    assert (batch["root"], batch["size"], batch["counts"]["low"]) == (digest("root"), 7, 2)
    assert batch["targets"]["urgent"] == [900, 28_800]
    assert answer["path"] == f"/ticket/{CHAIN}/{digest('ticket')}"
    assert answer["chain"]["head"] == index.number


@pytest.mark.parametrize(
    ("where", "known"),
    [
        (f"{CHAIN}/{DESK}/{digest('unknown')}", {"chain", "desk"}),
        (f"{CHAIN}/{AGENT}/{digest('ticket')}", {"chain"}),
        (f"1/{DESK}/{digest('ticket')}", set()),
    ],
)
def test_what_is_not_there_is_null_and_no_error(index: SmallIndex, where: str, known: set[str]) -> None:
    answer = ask(create_app(index.store, Settings(rate=0)), f"/api/v1/recorded/{where}?batch=9")
    assert answer.status == 200
    assert {name for name, value in json.loads(answer.text).items() if value} == known | (
        {"agents"} if "desk" in known else set()
    )


@pytest.mark.parametrize(
    "where", ["x/0x1/0x1", f"{CHAIN}/{DESK}/0x12", f"{CHAIN}/{DESK}/{digest('a')}?batch=-1"]
)
def test_what_is_no_question_is_refused(index: SmallIndex, where: str) -> None:
    answer = ask(create_app(index.store, Settings(rate=0)), f"/api/v1/recorded/{where}")
    assert answer.status == 404
    assert "asked for by chain" in json.loads(answer.text)["error"]["message"]


def test_the_page_loads_its_scripts_from_here() -> None:
    imports = re.findall(r'from "([^"]+)"', _scripts())
    assert imports
    assert all((STATIC / name).exists() and name.startswith("./") for name in imports)
