# SPDX-License-Identifier: Apache-2.0
"""Pictures of every page of a running explorer, in both languages, into docs/screenshots.

    make explore                      # in another shell
    python -m checks.screenshots [--address http://127.0.0.1:8000]

Pages are found by following links from the first one, as a reader does. Needs Chromium and fonts-noto-cjk;
with pngquant, Debian's too, the pictures are a third as large.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from makegood.receipts import TYPE

if TYPE_CHECKING:
    from playwright.sync_api import FilePayload, Page

PROJECT = Path(__file__).resolve().parents[1]
FOLDER = PROJECT / "docs" / "screenshots"
LANGUAGES = ("en", "zh")
WIDTH, MOST_HEIGHT = 1_120, 1_700
PHONE = 360
ON_PHONE = ("front", "ticket", "verify")
LOOKED_THROUGH = 30
"""Tickets among which one is looked for that is late, and of which something can be claimed."""


def found(page: Page, kind: str) -> list[str]:
    """Addresses without the language of the links of a kind, in the page's order."""
    links = page.locator(f'main a[href*="/{kind}/"]').evaluate_all(
        "links => links.map((link) => link.getAttribute('href'))"
    )
    return list(dict.fromkeys(str(each)[3:] for each in links if not str(each).endswith(".csv")))


def paths(page: Page, address: str) -> dict[str, str]:
    """Every kind of page by its name."""
    page.goto(f"{address}/en/")
    desks = found(page, "desk")
    if not desks:
        raise SystemExit("The explorer shows no desk yet. Wait until its index has read one.")
    page.goto(f"{address}/en{desks[0]}")
    kinds = {kind: found(page, kind) for kind in ("ticket", "batch", "dispute", "agent")}
    named = {"front": "/", "desk": desks[0], "operator": desks[0].replace("/desk/", "/operator/")}
    named |= {kind: each[0] for kind, each in kinds.items() if each}
    for ticket in kinds["ticket"][:LOOKED_THROUGH]:
        page.goto(f"{address}/en{ticket}")
        is_direct = page.locator('main a[href*="/batch/"]').count() == 0
        if is_direct and page.locator(".title.late").count() and page.locator("article.action").count() > 1:
            named["ticket"] = ticket
            break
    people = found(page, "address")
    named |= {"address": people[0]} if people else {}
    return named | {
        "search": "/search?q=0x12",
        "channel": "/channel?q=t.me/wallet_example_support",
        "verify": "/verify",
        "about": "/about",
    }


def receipt_of(page: Page, address: str, named: dict[str, str]) -> FilePayload:
    """The receipt of the ticket that is shown, from what the explorer has on record of it."""
    _, _, chain, ticket = named["ticket"].split("/")
    desk = named["desk"].rpartition("/")[2]
    answer = page.request.get(f"{address}/api/v1/recorded/{chain}/{desk}/{ticket}").json()
    fields = {"type": TYPE, "chain_id": int(chain), "desk": desk, "ticket_id": ticket, **answer["opening"]}
    return {
        "name": "receipt.json",
        "mimeType": "application/json",
        "buffer": json.dumps(fields).encode(),
    }


def shoot(
    page: Page, address: str, named: dict[str, str], receipt: FilePayload, ending: str
) -> Iterator[Path]:
    """A picture of each page in each language."""
    for name, path in named.items():
        for code in LANGUAGES:
            page.goto(f"{address}/{code}{path}")
            if name == "verify":
                page.locator("#receipt").set_input_files(receipt)
                page.locator('#verify[data-outcome]:not([data-outcome=""])').wait_for()
            size = page.viewport_size or {"width": WIDTH}
            height = min(MOST_HEIGHT, int(page.evaluate("document.documentElement.scrollHeight")))
            target = FOLDER / f"{name}{ending}-{code}.png"
            page.screenshot(
                path=target,
                full_page=True,
                clip={"x": 0, "y": 0, "width": size["width"], "height": height},
            )
            shrink(target)
            yield target


def shrink(picture: Path) -> None:
    """Down to 256 colours, which a page hardly exceeds."""
    tool = shutil.which("pngquant")
    if tool is not None:
        subprocess.run(
            [tool, "--force", "--strip", "--speed=1", "--output", picture, "--", picture], check=True
        )


def main() -> int:
    """Write them; 0 where each page was found."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--address", default="http://127.0.0.1:8000", help="of the explorer")
    given = parser.parse_args()
    binary = shutil.which("chromium")
    if binary is None:
        sys.stderr.write("This needs Chromium: apt-get install chromium fonts-noto-cjk\n")
        return 1
    from playwright.sync_api import sync_playwright

    FOLDER.mkdir(parents=True, exist_ok=True)
    address = given.address.rstrip("/")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=binary)
        page = browser.new_page(viewport={"width": WIDTH, "height": 900})
        named = paths(page, address)
        receipt = receipt_of(page, address, named)
        for target in shoot(page, address, named, receipt, ""):
            sys.stdout.write(f"{target.relative_to(PROJECT)}\n")
        phone = browser.new_page(viewport={"width": PHONE, "height": 740})
        small = {name: path for name, path in named.items() if name in ON_PHONE}
        for target in shoot(phone, address, small, receipt, "-phone"):
            sys.stdout.write(f"{target.relative_to(PROJECT)}\n")
        browser.close()
    missing = {"ticket", "batch", "dispute", "agent", "address"} - set(named)
    if missing:
        sys.stderr.write(f"The first desk links to no {', '.join(sorted(missing))}.\n")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
