# SPDX-License-Identifier: Apache-2.0
"""The whole path, with the real things: a customer's page in django-helpdesk, anvil, Postgres, Chromium, and
our services as processes.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin

import postgres
import pytest
from queue_house import account
from real_helpdesk import INSTALL, PASSWORD, PYTHON, Helpdesk, helpdesk
from whole_desk import (
    CERTAIN,
    CHALLENGE,
    COMPENSATION,
    FIRST_REPLY,
    FUNDS,
    PROJECT,
    WholeDesk,
    deploy,
    dumped,
    on_chain,
    wait_for,
)

from benchmarks.node import anvil, ask
from checks.served import served
from makegood.explorer.catalogs import translated
from makegood.explorer.words.ticket import HELD_BY_DESK
from makegood.receipts import read

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LENA, OMAR = "lena@customers.example", "omar@customers.example"
QUESTIONS = {LENA: "Where are my twelve coins?", OMAR: "My withdrawal never arrived."}
HELD = "The desk holds the key of the address that is paid."
ANSWER = "They were sent again this morning."
SAYS = {
    (LENA, "en"): (
        "The desk says that it is solved.",
        "Yes: the first reply came at",
        "no promise was broken",
        "solved, of",
    ),
    (LENA, "zh"): ("客服表示已解决。", "首次回复于", "比期限早", "承诺均未违反", " 记载"),
    (OMAR, "en"): ("The desk owes you a first reply and is late", "0.003 ETH was paid for first reply."),
    (OMAR, "zh"): ("至今没有回复", "因首次回复违约赔付了 0.003 ETH。"),
}


@dataclass
class Teller:
    """Says each step when it is done."""

    began: float = field(default_factory=time.monotonic)

    def say(self, step: str) -> None:
        print(f"{time.monotonic() - self.began:6.1f} s  {step}", flush=True)


@dataclass
class Customer:
    """Somebody with a ticket, and the page that shows it to them."""

    name: str
    page: Page
    ticket: str = ""
    address: str = ""
    receipt: Path = Path()


@pytest.fixture
def whole(tmp_path: Path) -> Iterator[WholeDesk]:
    """A desk on a chain of its own, whose database and index are in Postgres."""
    if not PYTHON.exists():
        pytest.fail(INSTALL, pytrace=False)
    with (
        anvil("--slots-in-an-epoch", "2") as w3,
        postgres.server() as databases,
        served(tmp_path / "desk" / "published") as leaves,
    ):
        yield WholeDesk(deploy(w3), tmp_path / "desk", databases.fresh(), databases.fresh(), leaves)


def test_from_a_customer_s_page_to_what_is_paid(whole: WholeDesk, browser: Browser, tmp_path: Path) -> None:
    teller, folder = Teller(), tmp_path / "helpdesk"
    folder.mkdir()
    with helpdesk(folder, whole.hook) as there, whole.services(whole.settings(there.address)):
        teller.say("anvil, Postgres, django-helpdesk, Chromium and our services answer")
        keeper_had = whole.desk.w3.eth.get_balance(account(1).address)
        omar, lena = (written(browser, there, name) for name in (OMAR, LENA))
        teller.say("two customers have written")
        lena.address = named(lena)
        teller.say(f"one made a key in the browser, and named {lena.address}")
        for customer in (lena, omar):
            take_receipt(whole, customer, tmp_path)
            check(whole, customer)
            teller.say(f"anchored: the ticket {customer.ticket} has its receipt, which makegood verifies")
        assert read(lena.receipt).requester == lena.address
        omar.address = read(omar.receipt).requester
        for customer in (lena, omar):
            assert (HELD in customer.page.inner_text("body")) is (customer is omar)
            named_by = f"{customer.address.lower()}-*.json"
            wait_for(lambda name=named_by: list((whole.folder / "namings").glob(name)), "a naming")
        teller.say(f"the other's key is held by the desk, and that is said with its receipt: {omar.address}")
        assert whole.desk.w3.eth.get_balance(omar.address) == 0
        answer(browser, there, 2)
        wait_for(lambda: (whole.shown(lena.ticket) or {}).get("status") == "solved", "the answer, anchored")
        teller.say("an agent has answered one of them, and that is anchored")
        paid(whole, teller, omar, keeper_had)
        for code in ("en", "zh"):
            see(whole, lena, code)
            see(whole, omar, code)
            teller.say(f"both tickets are seen in the explorer ({code}): one in time, one compensated")
        check(whole, omar)
        assert whole.errors() == []
    teller.say("all services have ended in order")
    nothing_private(whole)
    teller.say("no address of e-mail and no text is on the chain, in the logs or in the index")


# ---------------------------------------------------------------- the helpdesk's pages


def written(browser: Browser, there: Helpdesk, name: str) -> Customer:
    """A customer fills in the public form, and sees the ticket."""
    page = browser.new_context().new_page()
    page.goto(f"{there.address}/tickets/submit/")
    page.select_option("#id_queue", label="Wallet")
    page.fill("#id_title", "Withdrawal")
    page.fill("#id_body", QUESTIONS[name])
    page.fill("#id_submitter_email", name)
    page.get_by_role("button", name="Submit Ticket").click()
    page.wait_for_url(re.compile("/view/"))
    assert QUESTIONS[name] in page.inner_text("body")
    return Customer(name, page)


def looked_for(page: Page, selector: str) -> str:
    """Where a link on the customer's page leads, once there is one."""

    def there() -> str | None:
        page.reload()
        found = page.query_selector(selector)
        return None if found is None else found.get_attribute("href")

    return wait_for(there, selector)


def named(customer: Customer) -> str:
    """The page that the desk's message leads to makes a key; its address is sent."""
    page = customer.page.context.new_page()
    page.goto(looked_for(customer.page, 'a[href*="/claim/"]'))
    page.click("#make")
    address = page.inner_text("#address")
    page.check("#kept")
    page.click("#send")
    page.wait_for_selector("#outcome code")
    page.close()
    return address


def take_receipt(whole: WholeDesk, customer: Customer, folder: Path) -> None:
    """The receipt is in the ticket, as a link to the explorer and as a file."""
    page = customer.page
    link = looked_for(page, f'a[href^="{whole.explorer}/en/ticket/"]')
    customer.ticket = link.rpartition("/")[2]
    # The helpdesk keeps its message first, then what is attached to it.
    file = looked_for(page, '.attachments a[href*="receipt-0x"]')
    answer = page.request.get(urljoin(page.url, file))
    assert answer.ok
    customer.receipt = folder / f"{customer.ticket}.json"
    customer.receipt.write_bytes(answer.body())
    assert QUESTIONS[customer.name] in customer.receipt.read_text("utf-8")


def answer(browser: Browser, there: Helpdesk, ticket: int) -> None:
    """One of the staff logs in, answers and resolves."""
    page = browser.new_context().new_page()
    page.goto(f"{there.address}/login/?next=/tickets/{ticket}/")
    page.fill("#username", "ann")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url(re.compile(f"/tickets/{ticket}/"))
    page.click("#respond-tab")
    page.fill("#commentBox", ANSWER)
    page.check("#st_resolved")
    page.click("#ticket-respond-form button[type=submit]")
    page.wait_for_selector(f"text={ANSWER}")
    page.context.close()


# ---------------------------------------------------------------- what becomes of it


def check(whole: WholeDesk, customer: Customer) -> None:
    """`makegood verify` finds nothing wrong with a receipt."""
    words = ("verify", str(customer.receipt), "--rpc", whole.rpc)
    done = subprocess.run(
        [sys.executable, "-m", "makegood", *words], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def pass_time(whole: WholeDesk, seconds: int) -> None:
    ask(whole.desk.w3, "evm_increaseTime", seconds)


def paid(whole: WholeDesk, teller: Teller, late: Customer, keeper_had: int) -> None:
    """The keeper proves what nobody answered, and claims it: all coins are accounted for."""
    desk, w3 = whole.desk, whole.desk.w3
    pass_time(whole, FIRST_REPLY + CERTAIN)
    wait_for(lambda: list(desk.lane.events(("TicketProven",))), "the proof")
    assert desk.directory.keeper(late.address) == account(1).address
    teller.say("the other's time is over: the keeper has proven the ticket, with a bond")
    pass_time(whole, CHALLENGE)
    wait_for(lambda: w3.eth.get_balance(late.address), "what is owed")  # type: ignore[arg-type]
    wait_for(lambda: w3.eth.get_balance(desk.pool.address) == FUNDS - COMPENSATION, "the bond, given back")
    assert w3.eth.get_balance(late.address) == COMPENSATION  # type: ignore[arg-type]
    # Beside the gas, all that the keeper gave has come back.
    last = w3.eth.block_number
    assert keeper_had - w3.eth.get_balance(account(1).address, last) == on_chain(w3, last)[1]
    teller.say(f"the keeper has claimed it, and {late.address} was paid {COMPENSATION:,} wei")
    wait_for(lambda: (whole.shown(late.ticket) or {}).get("paid") == str(COMPENSATION), "the index")


def see(whole: WholeDesk, customer: Customer, code: str) -> None:
    """What the explorer says of their ticket."""
    page = customer.page
    page.goto(f"{whole.explorer}/{code}/ticket/{whole.desk.chain_id}/{customer.ticket}")
    shown = " ".join(page.inner_text("main").split())
    for sentence in SAYS[customer.name, code]:
        assert sentence in shown, shown
    held = HELD_BY_DESK.text if code == "en" else translated()[HELD_BY_DESK.text]
    assert (held in shown) is (customer.name == OMAR)


def nothing_private(whole: WholeDesk) -> None:
    """Who wrote, and what was written, is nowhere but in the bridge's own database."""
    w3 = whole.desk.w3
    own, index, chain = dumped(whole.database), dumped(whole.index), on_chain(w3, w3.eth.block_number)[0]
    files = [path for path in whole.folder.rglob("*") if path.is_file()]
    assert {"receipts", "published", "namings"} <= {path.parent.name for path in files}
    assert whole.log in files
    for word in (LENA, OMAR, *QUESTIONS.values(), ANSWER):
        raw = word.encode()
        # Here it is, so it would be found there.
        assert raw.hex() in own
        assert word not in index
        assert raw.hex() not in index
        assert raw not in chain
        assert [path.name for path in files if raw in path.read_bytes()] == []
