# SPDX-License-Identifier: Apache-2.0
"""Receipts that are not there yet, and those that nobody can be given, cost one commit for many."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from bridge_house import CUSTOMER, NOW, SECRET, Bridge, build
from sqlalchemy import event, select

from makegood.bridge.kept import Delivery
from makegood.bridge.returning import Returner
from makegood.bridge.schema import returns

COUNT = 60  # more than one round looks at


def waiting(bridge: Bridge) -> None:
    """Tickets whose receipts the keeper has not written."""
    said = {"author": "customer", "at": NOW - 60, "customer": CUSTOMER, "text": "It does not arrive."}
    arrived = []
    for number in range(COUNT):
        body = json.dumps({"ticket": f"A-{number}", "message": str(number), **said}).encode()
        arrived.append(Delivery("generic", str(number), NOW, body))
    bridge.kept.store(arrived)
    bridge.worker.until_idle()


def commits_of(bridge: Bridge, returner: Returner) -> int:
    counted = []
    engine = bridge.kept.database.engine
    event.listen(engine, "commit", lambda connection: counted.append(connection.info.get("writes")))
    assert returner.send(NOW) == 0
    return sum(counted)


def states(bridge: Bridge) -> Counter[tuple[str, int]]:
    with bridge.kept.database.reading() as connection:
        return Counter(
            (state, next_at)
            for state, next_at in connection.execute(select(returns.c.state, returns.c.next_at))
        )


def test_without_a_way_back_all_are_done_with_at_once(tmp_path: Path) -> None:
    bridge = build(tmp_path)
    waiting(bridge)
    assert commits_of(bridge, Returner(bridge.kept, bridge.settings)) == 1
    assert states(bridge) == {("ignored", NOW): COUNT}


def test_those_without_a_receipt_yet_are_put_off_together(tmp_path: Path) -> None:
    helpdesks = {"generic": {"kind": "generic", "secret": SECRET, "callback": "http://127.0.0.1:9/back"}}
    bridge = build(tmp_path, mapping="generic: {}\n", receipts="receipts", helpdesks=helpdesks)
    waiting(bridge)
    assert commits_of(bridge, Returner(bridge.kept, bridge.settings)) == 1
    found = states(bridge)
    assert {state for state, _ in found} == {"waiting"}
    put_off = {next_at: count for (_, next_at), count in found.items() if next_at > NOW}
    assert len(put_off) == 1
    assert 1 < sum(put_off.values()) < COUNT
