# SPDX-License-Identifier: Apache-2.0
"""Pages that stay true: what a stream says, and that nothing is lost between a page and its stream."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from small_index import CHAIN, DESK, SmallIndex

from makegood.explorer import live
from makegood.explorer.reading import Reader
from makegood.indexer.store import Store, default_url


@pytest.fixture
def index(tmp_path: Path) -> SmallIndex:
    found = SmallIndex(Store(default_url(tmp_path)))
    found.begin()
    return found


def version(index: SmallIndex, topic: str) -> str:
    with index.store.reading() as connection:
        return live.version(Reader(connection, index.at), topic)


def test_of_a_ticket_only_what_concerns_it_counts(index: SmallIndex) -> None:
    mine, other = index.open("mine"), index.open("other")
    # What makes it final concerns it too.
    for _ in range(6):
        index.emit("pool", "Synced", funds=1)
    topic = f"ticket/{CHAIN}/{mine}"
    before, desk_before = version(index, topic), version(index, f"desk/{CHAIN}/{DESK}")
    index.reply(other)
    assert version(index, topic) == before
    assert version(index, f"desk/{CHAIN}/{DESK}") != desk_before
    index.reply(mine)
    assert version(index, topic) != before
    seen = version(index, topic)
    for _ in range(6):
        index.emit("pool", "Synced", funds=1)
    assert version(index, topic) != seen  # final by now


@pytest.mark.parametrize(
    "topic", ["", "ticket", "ticket/x/y", f"ticket/{'9' * 40}/0x", "x/" * 40, "ticket/1/'--"]
)
def test_any_topic_has_a_version(index: SmallIndex, topic: str) -> None:
    assert version(index, topic) == f"{CHAIN}:{index.number}"


def told(index: SmallIndex, since: str, change: bool = True) -> list[str]:
    """The first events of a stream of the front page, while something happens."""

    async def go() -> list[str]:
        async def current() -> str:
            return version(index, "")

        gone = asyncio.Event()

        async def closing() -> bool:
            return gone.is_set()

        pulse = live.Pulse(current)
        found: list[str] = []
        async for event in live.stream(pulse, current, since, closing):
            found.append(event)
            if len(found) == 2:
                gone.set()
            if change and len(found) == 1:
                await asyncio.sleep(0)
                asyncio.get_running_loop().call_later(0.1, index.open, "new")
        assert pulse.listeners == 0
        return found

    return asyncio.run(asyncio.wait_for(go(), 30))


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "POLL", 0.02)
    monkeypatch.setattr(live, "PAUSE", 0.0)
    monkeypatch.setattr(live, "HEARTBEAT", 0.2)


def test_a_stream_says_when_the_index_changes(index: SmallIndex) -> None:
    before = version(index, "")
    first, second = told(index, before)
    assert first == "retry: 2000\n\n"
    assert second.startswith(f"id: {CHAIN}:")
    assert f"\nevent: changed\ndata: {CHAIN}:" in second
    assert before not in second


def test_a_stream_that_was_cut_resumes_with_what_it_missed(index: SmallIndex) -> None:
    before = version(index, "")
    index.open()
    _, second = told(index, before, change=False)
    assert second == f"id: {version(index, '')}\nevent: changed\ndata: {version(index, '')}\n\n"


def test_a_silent_stream_says_that_it_lives(index: SmallIndex) -> None:
    assert told(index, version(index, ""), change=False)[1] == ": alive\n\n"
