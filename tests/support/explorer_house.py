# SPDX-License-Identifier: Apache-2.0
"""An explorer over a small index that has something of everything."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from asking import Answer, ask
from small_index import AGENT, CHAIN, CHANNEL, DESK, LANE, PANEL, REQUESTER, SmallIndex

from makegood.clock import Priority
from makegood.explorer import Settings, create_app
from makegood.indexer.store import Store, default_url

SETTINGS = Settings(rate=0, stale_after=0)


@dataclass
class House:
    """An index with something of everything, and its explorer."""

    index: SmallIndex
    late: str
    fresh: str
    paths: dict[str, str]
    now: int
    app: Any = None

    def ask(self, path: str, **given: Any) -> Answer:
        return ask(self.app, path, **given)


def build(folder: Path, **evil: str) -> House:
    store = Store(default_url(folder))
    index = SmallIndex(store)
    index.begin(**evil)
    late = index.open("late")
    index.reply(late, later=1_000)
    index.claim(late)
    index.reply(late, "solved")
    index.contest(late)
    index.anchor(evil.get("uri", "https://desk.example/leaves"))
    fresh = index.open("fresh", Priority.LOW)
    paths = {
        "front": "/",
        "ticket": f"/ticket/{CHAIN}/{late}",
        "desk": f"/desk/{CHAIN}/{DESK}",
        "operator": f"/operator/{CHAIN}/{DESK}",
        "batch": f"/batch/{CHAIN}/{LANE}/1",
        "dispute": f"/dispute/{CHAIN}/{PANEL}/1",
        "agent": f"/agent/{CHAIN}/{AGENT}",
        "address": f"/address/{REQUESTER}",
        "channel": f"/channel?q={quote(CHANNEL)}",
        "search": "/search?q=nothing",
        "verify": "/verify",
        "about": "/about",
    }
    # What pages say depends on the world's time, which here stands a minute after the last block.
    found = House(index, late, fresh, paths, index.at + 60)
    found.app = create_app(store, SETTINGS, lambda: found.now)
    return found
