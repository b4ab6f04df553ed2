# SPDX-License-Identifier: Apache-2.0
"""Peers beside ours: the ratio, the table, and what stands there where nothing was measured."""

from pathlib import Path

import pytest

from benchmarks import eas, gas, npm, peers, uma
from benchmarks.peers import Beside, compare, lines
from makegood.errors import NotFound

MEASURED = Beside("claim", "UMA", "assert + settle", 300, erc20=True)
PUBLISHED = Beside("claim", "Kleros", "one dispute", 50, published=True)


def test_each_stands_beside_ours_in_its_asset() -> None:
    dear, cheap = compare((MEASURED, PUBLISHED), {"claim": 100}, {"claim": 120})
    assert (dear.our_gas, dear.ratio) == (120, 2.5)
    assert (cheap.our_gas, cheap.ratio) == (100, 0.5)


def test_the_table_says_what_was_measured_and_what_was_published() -> None:
    table = lines(compare((MEASURED, PUBLISHED), {"claim": 100}, {"claim": 120}))
    assert [" ".join(line.split()) for line in table[2:4]] == [
        "claim (ERC-20) 120 UMA: assert + settle 300 2.50 this run",
        "claim 100 Kleros: one dispute 50 0.50 published figure",
    ]
    assert tuple(table[-2:]) == peers.NOTES


def test_all_that_is_compared_is_an_operation_of_ours() -> None:
    ours = {each.name for each in (*gas.TICKETS, *gas.DISPUTES)}
    compared = (*peers.measured(eas.EasGas("EAS", 1, 2, 3), uma.UmaGas("UMA", 4, 5)), *peers.PUBLISHED)
    assert {each.ours for each in compared} <= ours
    assert [each.gas for each in compared[:5]] == [1, 2, 3, 4, 5]


def test_a_package_that_is_not_installed_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"npm package @uma/contracts-node is missing\. Run `make bench`"):
        npm.version(tmp_path / "@uma" / "contracts-node")
