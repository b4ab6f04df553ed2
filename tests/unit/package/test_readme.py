# SPDX-License-Identifier: Apache-2.0
"""What the README says in figures that the build knows."""

import re
from pathlib import Path

import pytest

from makegood.artifacts import NAMES, load

PROJECT = Path(__file__).resolve().parents[3]
ROW = re.compile(r"^\| \[`(\w+)`\]\(contracts/\w+\.vy\) \|.*\| ([\d,]+) \|$", re.MULTILINE)


@pytest.mark.parametrize("page", ["README.md", "README.zh-CN.md"])
def test_the_code_of_each_contract_has_the_size_that_the_page_says(page: str) -> None:
    told = {
        name: int(size.replace(",", "")) for name, size in ROW.findall((PROJECT / page).read_text("utf-8"))
    }
    assert told == {name: load(name).runtime_size for name in NAMES}
