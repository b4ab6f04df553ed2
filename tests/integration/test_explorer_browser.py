# SPDX-License-Identifier: Apache-2.0
"""The explorer in a real browser: Chromium without a window, through Playwright."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

import pytest
from hostile import PAYLOADS
from small_index import CHAIN, DESK, LANE
from sqlalchemy import update
from tampering import ASSETS, GOOD, GOOD_BY_AGENT, GOOD_BY_BATCH, OF_ANOTHER_CHAIN, TAMPERED
from web_site import Site, site

from makegood.identity import Curve, Key, Statement, StatementKind, base64url, issue
from makegood.indexer import schema

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

PROJECT = Path(__file__).resolve().parents[2]
AXE = PROJECT / "node_modules" / "axe-core" / "axe.min.js"
PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1_280, "height": 900}
_HELD = 2 << 20
PAGES = (
    *("front", "ticket", "open-ticket", "desk", "operator", "batch", "dispute"),
    *("agent", "address", "channel", "search", "verify", "about"),
)


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with site(tmp_path_factory.mktemp("site")) as found:
        yield found


@dataclass
class Visit:
    """A page, and what it should not do: log an error, ask another host, open a dialog."""

    page: Page
    address: str
    wrong: list[str] = field(default_factory=list)
    sent: list[tuple[str, str, str | None]] = field(default_factory=list)

    @property
    def asked(self) -> list[tuple[str, str, str | None]]:
        """What was sent, but for the page's own parts."""
        return [each for each in self.sent if "/static/" not in each[1]]

    def go(self, path: str, code: str = "en") -> Page:
        self.page.goto(f"{self.address}/{code}{path}")
        return self.page

    def watch(self) -> None:
        self.page.on(
            "console",
            lambda message: (
                self.wrong.append(f"{message.type}: {message.text}")
                if message.type in ("error", "warning")
                else None
            ),
        )
        self.page.on("pageerror", lambda error: self.wrong.append(f"thrown: {error}"))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)

    def _dialog(self, dialog: Any) -> None:
        self.wrong.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _request(self, request: Any) -> None:
        self.sent.append((request.method, request.url, request.post_data))
        if urlsplit(request.url).netloc != urlsplit(self.address).netloc:
            self.wrong.append(f"another host: {request.url}")


@contextmanager
def visiting(browser: Browser, explorer: Site, **options: Any) -> Iterator[Visit]:
    """A fresh browser; whatever went wrong in it fails the test."""
    context: BrowserContext = browser.new_context(**{"viewport": DESKTOP, **options})
    context.set_default_timeout(60_000)
    visit = Visit(context.new_page(), explorer.address)
    visit.watch()
    try:
        yield visit
        assert visit.wrong == []
    finally:
        context.close()


@pytest.fixture
def visit(browser: Browser, explorer: Site) -> Iterator[Visit]:
    with visiting(browser, explorer) as found:
        yield found


# ---------------------------------------------------------------- pages


@pytest.mark.parametrize(
    ("code", "width"),
    [("en", DESKTOP), ("en", PHONE), ("zh", PHONE)],
    ids=["desktop-en-zh", "phone-en", "phone-zh"],
)
def test_every_page_in_both_languages_and_widths(
    browser: Browser, explorer: Site, code: str, width: dict[str, int]
) -> None:
    """Nothing is logged, asked elsewhere, or wider than the window; on a phone no table scrolls sideways. The
    switch keeps page and query."""
    with visiting(browser, explorer, viewport=width) as visit:
        for name in PAGES:
            page = visit.go(explorer.paths[name], code)
            assert page.locator("h1").inner_text().strip(), name
            assert page.evaluate("document.documentElement.scrollWidth") <= width["width"], name
            if width is PHONE:
                assert page.locator(".scroll").evaluate_all(
                    "tables => tables.every((one) => one.scrollWidth <= one.clientWidth)"
                ), name
            if name == "front" or width is DESKTOP:
                page.locator("a.switch").click()
                other = "zh" if code == "en" else "en"
                page.wait_for_url(f"{explorer.address}/{other}{explorer.paths[name]}")
                assert page.locator("html").get_attribute("lang") == ("zh-Hans" if other == "zh" else "en")
                assert page.locator("h1").inner_text().strip(), name
                assert page.evaluate("document.documentElement.scrollWidth") <= width["width"], name


def test_what_is_unknown_is_told_in_words(browser: Browser, explorer: Site) -> None:
    with visiting(browser, explorer) as visit:
        page = visit.go(explorer.paths["unknown"])
        assert "Nothing that you are owed depends on this page" in page.locator("main").inner_text()
        # The browser itself logs the answer's status.
        visit.wrong = [each for each in visit.wrong if "404 (Not Found)" not in each]


def test_search_leads_to_what_it_recognised(visit: Visit, explorer: Site) -> None:
    page = visit.go("/")
    page.locator("#q").fill(explorer.late)
    page.get_by_role("button", name="Search").click()
    page.wait_for_url(f"**/en/ticket/{CHAIN}/{explorer.late}?as=ticket")
    assert "Recognised as" in page.locator(".note").inner_text()
    assert "1 min late" in page.locator("main").inner_text()
    page.locator("#q").fill("no such thing")
    page.locator("#q").press("Enter")
    page.wait_for_url("**/en/search?q=*")
    assert "You can look up" in page.locator("main").inner_text()


def test_a_block_shows_up_by_itself(visit: Visit, explorer: Site) -> None:
    page = visit.go(explorer.paths["open-ticket"])
    page.locator('#live[data-state="on"]').wait_for()
    entries = page.locator(".timeline > li")
    before = entries.count()
    page.locator(".timeline details summary").first.click()
    explorer.index.reply(explorer.fresh)
    entries.nth(before).wait_for()
    assert page.locator(".timeline details[open]").count() == 1  # what the reader opened stays open
    assert [url for _, url, _ in visit.sent if "/live?" in url]


@pytest.mark.parametrize("code", ["en", "zh"])
def test_a_time_has_the_same_form_in_utc_and_in_the_readers_own(
    browser: Browser, explorer: Site, code: str
) -> None:
    with visiting(browser, explorer, timezone_id="UTC") as visit:
        page = visit.go(explorer.paths["ticket"], code)
        page.wait_for_selector("time[data-local]")
        times = page.eval_on_selector_all(
            "time[data-local]", "all => all.map(each => [each.textContent, each.dataset.local])"
        )
        assert len(times) > 3
        for shown, own in times:
            assert shown.endswith(" UTC")
            assert own.startswith(shown.removesuffix("UTC")), (shown, own)


def test_without_javascript_every_page_reads(browser: Browser, explorer: Site) -> None:
    with visiting(browser, explorer, java_script_enabled=False) as visit:
        for code in ("en", "zh"):
            for name in PAGES:
                page = visit.go(explorer.paths[name], code)
                assert page.locator("h1").inner_text().strip(), name
        page = visit.go("/verify")
        assert "needs JavaScript" in page.locator("noscript").inner_text()
        assert "makegood verify receipt.json" in page.locator("main").inner_text()
        page.locator("#q").fill(explorer.late)
        page.locator("#q").press("Enter")
        page.wait_for_url(f"**/ticket/{CHAIN}/{explorer.late}?as=ticket")


def test_with_the_keyboard_alone(visit: Visit, explorer: Site) -> None:
    """What a key does is waited for: a link within the page, for one, is followed after the key's press."""
    page = visit.go("/about")
    page.keyboard.press("Tab")
    page.locator(".skip:focus").wait_for()
    page.keyboard.press("Enter")
    page.locator("#page:focus").wait_for()
    page = visit.go("/")
    page.locator("#q:focus").wait_for()
    page.keyboard.type(explorer.late)
    page.keyboard.press("Enter")
    page.wait_for_url("**/ticket/**")
    _tab_to(page, ".timeline summary")
    page.keyboard.press("Enter")
    page.locator(".timeline details[open]").wait_for()
    page = visit.go("/verify")
    # The browser is told to hand over its dialogue long before the key that opens it, or it may open its own.
    with page.expect_file_chooser() as chosen:
        _tab_to(page, "#receipt")
        page.keyboard.press("Enter")
    chosen.value.set_files(ASSETS / f"{GOOD}.json")
    page.locator('#verify[data-outcome="passed"]').wait_for()


def _tab_to(page: Page, what: str) -> None:
    for _ in range(80):
        if page.locator(f"{what}:focus").count():
            return
        page.keyboard.press("Tab")
        # Where one is has to be seen.
        seen = "element => getComputedStyle(element).outlineStyle !== 'none' || element.id === 'page'"
        focused = page.locator(":focus")
        assert not focused.count() or focused.evaluate(seen)
    pytest.fail(f"{what} cannot be reached with the Tab key")


# In the dark only colours are others, and these are the same in both languages.
_RULES = {
    "light": {"en": "", "zh": "rules: { 'color-contrast': { enabled: false } }"},
    "dark": {"en": "runOnly: ['color-contrast']"},
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, explorer: Site, scheme: str) -> None:
    if not AXE.exists():
        pytest.fail("needs axe-core: npm ci", pytrace=False)
    found = []
    # Only this test goes past the policy, to put axe into the page.
    with visiting(browser, explorer, bypass_csp=True, color_scheme=scheme) as visit:
        for code, rules in _RULES[scheme].items():
            for name in PAGES:
                page = visit.go(explorer.paths[name], code)
                if name == "verify":
                    _check(page, ASSETS / f"{GOOD}.json")
                page.add_script_tag(path=AXE)
                result = page.evaluate(f"axe.run({{ resultTypes: ['violations'], {rules} }})")
                assert result["passes"], name
                found += [
                    f"{code} {name}: {each['id']} ({each['impact']}) {each['nodes'][0]['html'][:200]}"
                    for each in result["violations"]
                    if each["impact"] in ("serious", "critical")
                ]
    assert found == []


# ---------------------------------------------------------------- receipts


def _check(page: Page, file: Path | dict[str, Any]) -> dict[str, str]:
    """What came of each step."""
    if isinstance(file, Path) and file.stat().st_size < _HELD:
        # Of a path both the browser and Playwright tell the page, which would then take the file twice.
        file = {"name": file.name, "mimeType": "application/json", "buffer": file.read_bytes()}
    page.locator("#receipt").set_input_files(file)  # type: ignore[arg-type]
    page.locator('#verify[data-outcome]:not([data-outcome=""])').wait_for()
    rows = page.locator("#verify-steps tbody tr").evaluate_all(
        "rows => rows.map((row) => [row.dataset.step, row.dataset.outcome])"
    )
    return dict(rows)


def _file(receipt: dict[str, Any], name: str = "receipt.json") -> dict[str, Any]:
    return {"name": name, "mimeType": "application/json", "buffer": json.dumps(receipt).encode()}


@pytest.mark.parametrize("code", ["en", "zh"])
@pytest.mark.parametrize("name", [GOOD, GOOD_BY_AGENT, GOOD_BY_BATCH])
def test_a_good_receipt_passes(visit: Visit, explorer: Site, name: str, code: str) -> None:
    page = visit.go("/verify", code)
    visit.sent.clear()
    steps = _check(page, ASSETS / f"{name}.json")
    assert steps["file"] == steps["ticket_id"] == steps["recorded"] == "passed"
    assert "failed" not in steps.values()
    assert steps["inclusion"] == ("passed" if name == GOOD_BY_BATCH else "needless")
    signed = "passed" if name != GOOD_BY_AGENT else "needless"
    assert (steps["document"], steps["signatures"]) == (signed, signed)
    assert steps["worth"] == "elsewhere"
    # Nothing of the file was sent but where its ticket is.
    receipt = json.loads((ASSETS / f"{name}.json").read_text("utf-8"))
    batch = f"?batch={receipt['batch']}" if "batch" in receipt else ""
    where = f"{receipt['chain_id']}/{receipt['desk'].lower()}/{receipt['ticket_id']}{batch}"
    assert visit.asked == [("GET", f"{explorer.address}/api/v1/recorded/{where}", None)]
    said = page.locator("#verify-outcome").inner_text()
    assert ("This receipt is good" if code == "en" else "有效") in said
    link = page.locator("#verify-outcome a")
    if link.count():
        link.click()
        page.wait_for_url(f"**/{code}/ticket/{receipt['chain_id']}/{receipt['ticket_id']}")


def test_a_good_receipt_that_waits_says_what_to_do(visit: Visit) -> None:
    """Nothing of a valid receipt is shown as waiting without saying what for, and what to do."""

    def without_final(route: Any) -> None:
        answer = route.fetch()
        told = answer.json()
        told["chain"]["final"] = 0
        route.fulfill(response=answer, json=told)

    page = visit.go("/verify")
    page.route("**/api/v1/recorded/**", without_final)
    for name in (GOOD, GOOD_BY_AGENT, GOOD_BY_BATCH):
        steps = _check(page, ASSETS / f"{name}.json")
        assert steps["final"] == "waiting"
        assert "failed" not in steps.values()
        for step in (step for step, outcome in steps.items() if outcome == "waiting"):
            assert page.locator(f'tr[data-step="{step}"] td:last-child p').count() == 2, step
        said = page.locator("#verify-outcome").inner_text()
        assert "This receipt is good" in said
        assert "You need not do anything" in said


# Their desk is none that the explorer follows, so that it cannot say more: it never calls them good.
UNFOLLOWED = {"desk-nobody-forged-recorded", "desk-pool-forged-recorded"}


def test_every_tampered_receipt_fails_at_its_step(visit: Visit) -> None:
    page = visit.go("/verify")
    wrong = []
    for one in TAMPERED:
        steps = _check(page, one.path)
        first = next((step for step, outcome in steps.items() if outcome == "failed"), None)
        expected = None if one.name in UNFOLLOWED else one.step
        if first != expected:
            wrong.append(f"{one.name}: {first}, not {expected}")
        elif re.search(r"This receipt is good", page.locator("#verify-outcome").inner_text()):
            wrong.append(f"{one.name}: called good")
    assert wrong == []


def test_a_receipt_of_another_chain_is_not_called_good(visit: Visit) -> None:
    page = visit.go("/verify")
    steps = _check(page, OF_ANOTHER_CHAIN.path)
    assert steps["recorded"] == "elsewhere"
    assert "Ask a node" in page.locator("#verify-outcome").inner_text()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b"# Makegood\n\nSupport promises that pay.\n", "not JSON"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "not UTF-8"),
        (b"%PDF-1.7\nsome text", "not JSON"),
        (b'{"type": "another/thing/1"}', "not the one of a receipt"),
        (b"[" * 500_000, "nested too deeply"),
        (b" " * (1 << 20) + b"{}", "more than 1,048,576 bytes"),
        (b"9" * (40 << 20), "more than 1,048,576 bytes"),
    ],
    ids=["empty", "readme", "picture", "pdf", "other-json", "deep", "large", "huge"],
)
def test_a_foreign_or_huge_file_is_refused(visit: Visit, tmp_path: Path, content: bytes, words: str) -> None:
    page = visit.go("/verify")
    visit.sent.clear()
    file = tmp_path / "file.json"
    file.write_bytes(content)
    steps = _check(page, file)
    assert steps["file"] == "failed"
    assert {steps[name] for name in steps if name != "file"} == {"elsewhere"}
    assert words in page.locator('tr[data-step="file"]').inner_text()
    assert visit.asked == []
    # No advice on steps that no file was there for.
    rest = page.locator('#verify-steps tbody tr:not([data-step="file"]) td:last-child')
    assert set(rest.all_inner_texts()) == {"Not checked, since the file is no receipt."}


def _signed(good: dict[str, Any], key: Key) -> str:
    """A statement on the receipt's ticket, by a key that no agent of its desk has."""
    ticket, digest = (bytes.fromhex(good[name][2:]) for name in ("ticket_id", "commitment"))
    claims = Statement(StatementKind.REPLY, ticket, digest).claims(issued_at=good["opened_at"])
    return issue(claims, key)


def _other_half(signature: str) -> str:
    """As good a signature for the mathematics, which a strict reader refuses."""
    found = base64url.decode(signature)
    order = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
    return base64url.encode(found[:32] + (order - int.from_bytes(found[32:])).to_bytes(32))


def test_signatures_of_both_curves_are_checked_here(visit: Visit) -> None:
    page = visit.go("/verify")
    good = json.loads((ASSETS / f"{GOOD}.json").read_text("utf-8"))
    row = page.locator('tr[data-step="signatures"]')
    for curve in Curve:
        key = Key.generate(curve)
        head, payload, signature = _signed(good, key).split(".")
        stranger = _signed(good, Key.generate(curve)).split(".")[2]
        refused = [stranger] + ([_other_half(signature)] if curve is Curve.SECP256K1 else [])
        cases = [(signature, "passed"), *((each, "failed") for each in refused)]
        for each, outcome in cases:
            steps = _check(page, _file({**good, "statements": [f"{head}.{payload}.{each}"]}))
            assert steps["signatures"] == outcome, (curve, outcome)
        assert "its signature is not its issuer's" in row.inner_text()
        assert "not every signature was found right" in page.locator('tr[data-step="standing"]').inner_text()


def test_a_signature_that_is_not_looked_at_is_not_called_wrong(visit: Visit) -> None:
    page = visit.go("/verify")
    good = json.loads((ASSETS / f"{GOOD}.json").read_text("utf-8"))
    steps = _check(page, _file({**good, "statements": [_unseen(good, "desk.example")]}))
    assert (steps["signatures"], steps["standing"]) == ("elsewhere", "elsewhere")
    found = page.locator('tr[data-step="standing"] td:last-child').inner_text()
    assert found == "Not checked, since a signature could not be checked here."


def test_a_receipt_can_be_dropped(visit: Visit) -> None:
    page = visit.go("/verify")
    text = (ASSETS / f"{GOOD}.json").read_text("utf-8")
    held = page.evaluate_handle(
        """(text) => {
          const held = new DataTransfer();
          held.items.add(new File([text], "receipt.json", { type: "application/json" }));
          return held;
        }""",
        text,
    )
    page.dispatch_event("#verify", "drop", {"dataTransfer": held})
    page.locator('#verify[data-outcome="passed"]').wait_for()


def test_an_explorer_that_does_not_answer_leaves_the_step_out(visit: Visit) -> None:
    page = visit.go("/verify")
    page.route("**/api/**", lambda route: route.fulfill(status=200, body="no JSON"))
    steps = _check(page, ASSETS / f"{GOOD}.json")
    assert (steps["ticket_id"], steps["recorded"]) == ("passed", "elsewhere")
    assert "did not answer" in page.locator('tr[data-step="recorded"]').inner_text()


# ---------------------------------------------------------------- hostile


def test_no_payload_runs(visit: Visit, explorer: Site) -> None:
    """Through every text that an outsider chooses: names, addresses of files, queries, receipts."""
    good = json.loads((ASSETS / f"{GOOD}.json").read_text("utf-8"))
    assert len(PAYLOADS) >= 50
    with explorer.index.store.reading() as connection:
        desk = connection.execute(schema.desks.select().where(schema.desks.c.desk == DESK)).mappings().one()
    page = visit.page
    # Two at a time: each page with each payload is looked at in test_explorer_hostile.py, without a browser.
    for turn, (first, second) in enumerate(zip(PAYLOADS[::2], PAYLOADS[1::2], strict=True)):
        _name(explorer, first, second)
        asked = quote(first, safe="")
        others = (f"/batch/{CHAIN}/{LANE}/1", f"/search?q={asked}", f"/channel?q={asked}")
        for path in (explorer.paths["desk"], others[turn % 3]):
            visit.go(path)
            _check_unmarked(page, f"{first} {second}")
    visit.go("/verify")
    for payload in PAYLOADS:
        for receipt in ({**good, payload: 1}, {**good, "statements": [_unseen(good, payload)]}):
            steps = _check(page, _file(receipt, f"{payload[:40]}.json"))
            assert steps["file"] == "failed" or steps["signatures"] in ("failed", "elsewhere"), payload
        _check_unmarked(page, payload)
    _name(explorer, desk["name"], desk["asset_symbol"])


def _check_unmarked(page: Page, payload: str) -> None:
    """A dialog, a log or another host fails the visit; what was taken for markup need not do any of it."""
    assert (
        page.locator("main").locator("script, iframe, img, object, embed, base, meta, link").count() == 0
    ), payload


def _unseen(good: dict[str, Any], payload: str) -> str:
    """A statement about the receipt's ticket, whose signer's name is shown: its key is not asked for."""
    did = f"did:web:{''.join(payload.split())}"
    subject = {"id": f"urn:ticket:{good['ticket_id']}", "digest": good["commitment"]}
    vc = {
        "@context": ["https://www.w3.org/2018/credentials/v1"],
        "type": ["VerifiableCredential", "ReplyStatement"],
        "credentialSubject": subject,
    }
    parts = ({"alg": "EdDSA", "kid": f"{did}#key"}, {"iss": did, "nbf": good["opened_at"], "vc": vc})
    signed = ".".join(base64url.encode(json.dumps(each).encode()) for each in parts)
    return f"{signed}.{base64url.encode(bytes(64))}"


def _name(explorer: Site, name: str, symbol: str) -> None:
    with explorer.index.store.writing() as connection:
        connection.execute(
            update(schema.desks).where(schema.desks.c.desk == DESK).values(name=name, asset_symbol=symbol)
        )
        connection.execute(
            update(schema.policies).where(schema.policies.c.desk == DESK).values(name=symbol, uri=name)
        )
        connection.execute(update(schema.batches).where(schema.batches.c.desk == DESK).values(uri=symbol))
