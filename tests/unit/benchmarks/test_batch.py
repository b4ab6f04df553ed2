# SPDX-License-Identifier: Apache-2.0
"""The small parts of the batch benchmark; none is asked for its time."""

import json
from pathlib import Path

import pytest

from benchmarks import batch, batch_peers
from benchmarks.batch_chain import LEAST_TICKETS, ChainFigures, Cost, measure_chain
from benchmarks.batch_log import LogFigures, measure_log, spans
from benchmarks.batch_peers import TimestampPeer, TreePeer, timestamp_lines, tree_lines
from makegood.errors import NotFound, UsageError
from makegood.replay import parse_log

LOG = """ticket,event,at,priority
A,opened,2026-01-05T08:00:00Z,urgent
A,replied,2026-01-05T08:09:59Z,
B,opened,2026-01-05T08:10:00Z,low
B,solved,2026-01-05T11:00:01Z,
"""
EIGHT = 1_767_600_000  # 2026-01-05T08:00:00Z


def _chain(anchor_gas: int, *operations: Cost) -> ChainFigures:
    return ChainFigures(1_000_000, anchor_gas, 139_000, operations)


def test_spans_have_the_rows_of_ten_minutes_and_no_empty_ones() -> None:
    found = [(over_at - EIGHT, [row.line for row in rows]) for over_at, rows in spans(parse_log(LOG).rows)]
    assert found == [(600, [2, 3]), (1_200, [4]), (11_400, [5])]


def test_gas_per_ticket_is_the_dearest_anchoring_shared() -> None:
    assert _chain(150_000).fields()["gas_per_ticket"] == 0.15
    assert _chain(150_000).lines()[-1] == "The dearest anchoring is 0.150 gas a ticket."


def test_a_cost_at_its_limit_is_within_it_and_one_beyond_is_told() -> None:
    figures = _chain(1, Cost("at", 10, 10), Cost("beyond", 11, 10), Cost("free", 12))
    assert figures.too_much == ("beyond",)
    marks = {line.split()[0]: line.split()[-1] for line in figures.lines()[2:5]}
    assert marks == {"at": "ok", "beyond": "MUCH", "free": "12"}


def test_too_few_tickets_are_a_usage_error() -> None:
    with pytest.raises(UsageError, match=f"127 tickets are too few.*Take {LEAST_TICKETS}"):
        measure_chain(127)


def test_a_log_that_is_not_there_is_left_out(tmp_path: Path) -> None:
    assert measure_log(tmp_path / "data") is None


def test_a_log_is_shared_by_its_tickets_on_both_lanes() -> None:
    figures = LogFigures(tickets=4, rows=10, batches=5, batch_gas=1_000, batch_gas_median=200, direct_gas=600)
    assert figures.fields()["gas_per_ticket"] == 250
    assert figures.fields()["direct_gas_per_ticket"] == 150
    assert [line.split()[-3:] for line in figures.lines()[2:]] == [
        ["5", "1,000", "250"],
        ["10", "600", "150"],
    ]


def test_a_peer_that_is_not_installed_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_peers, "_OPENZEPPELIN", tmp_path / "@openzeppelin" / "merkle-tree")
    with pytest.raises(
        NotFound, match=r"npm package @openzeppelin/merkle-tree is missing\. Run `make bench`"
    ):
        batch_peers.measure_tree_peer(10)


def test_peers_stand_beside_ours() -> None:
    tree = tree_lines(TreePeer("theirs", 100_000, 20.04, 30.0), (1.0, 2.0))
    assert [line.split()[-2:] for line in tree[2:]] == [["1.0", "2.0"], ["20.0", "30.0"]]
    gas = timestamp_lines(TimestampPeer("EAS", 45_000, 24_000), 0.15, 1_000_000)
    assert [line.split()[-2:] for line in gas[2:]] == [
        ["0.150", "1"],
        ["45,000", "300,000"],
        ["24,000", "160,000"],
    ]


def test_the_tree_alone_has_its_keys(capsys: pytest.CaptureFixture[str]) -> None:
    without = [word for part in batch.PARTS for word in ("--without", part)]
    assert batch.main(["--tickets", "300", "--json", *without]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["tickets"] == 300
    assert {"tree_seconds", "receipts_seconds", "peak_mb"} <= set(found)
