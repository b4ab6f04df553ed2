# SPDX-License-Identifier: Apache-2.0
"""The batch benchmark on anvil, small: every proof in it holds, or the chain would refuse it."""

import json
import shutil
from pathlib import Path

import pytest

from benchmarks import batch, batch_log, batch_peers, eas
from benchmarks.node import PROJECT
from makegood.policy import read as read_policy
from makegood.replay import read_log

EXAMPLES = PROJECT / "examples"


def test_a_small_batch_is_anchored_proven_and_released(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--tickets", "1000", "--json", "--without", "log", "--without", "peers"]
    assert batch.main(arguments) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["gas_per_ticket"] == found["anchor_gas"] / 1_000
    gas = {each["operation"]: each["gas"] for each in found["operations"]}
    dearest = [used for name, used in gas.items() if name.startswith("prove_ticket") and "dearest" in name]
    assert len(dearest) == 2
    assert found["prove_gas"] == max(dearest)
    assert gas["prove_entries, sixteen"] > 10 * (gas["prove_entries, one"] - 60_000)
    assert "release_batch" in gas


def test_a_log_costs_on_both_lanes() -> None:
    log = read_log(EXAMPLES / "log.csv")
    figures = batch_log.measure(log, read_policy(EXAMPLES / "policy.yaml"))
    assert figures.tickets == 2
    assert figures.rows == len(log.rows)
    assert figures.batches == len(list(batch_log.spans(log.rows)))
    assert figures.batch_gas >= figures.batches * figures.batch_gas_median / 2
    assert figures.direct_gas is not None
    assert figures.direct_gas > 30_000 * figures.rows


@pytest.mark.skipif(shutil.which("node") is None, reason="needs Node.js")
@pytest.mark.parametrize("package", [batch_peers._OPENZEPPELIN, eas.EAS], ids=lambda one: one.name)
def test_peers_are_measured(package: Path) -> None:
    if not package.is_dir():
        pytest.skip("needs the npm packages that `make bench` installs")
    if package == eas.EAS:
        assert batch_peers.measure_timestamps().name == "EAS 1.4.0"
    else:
        assert batch_peers.measure_tree_peer(64).leaves == 64
