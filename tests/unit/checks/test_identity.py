# SPDX-License-Identifier: Apache-2.0
"""The check of credentials and receipts: few runs of it here, and that it tells what goes wrong."""

import random
from functools import partial

import pytest

from checks import identity, malformed_receipts, refusals
from checks.good_receipt import Good


def test_a_dozen_short_processes_end_well() -> None:
    assert identity.short_processes(12) == {"": 12}


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "exit code -11"),
        ("import sys; print(1, file=sys.stderr)", "it wrote to stderr"),
        ("import os; print(os.getppid())", "its didkit process was left behind"),
    ],
)
def test_short_process_that_does_not_end_well_is_told(code: str, fault: str) -> None:
    assert identity.short_process(code) == fault


def test_counts_are_printed_and_a_good_run_ends_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert identity.main(["--processes", "1", "--malformed", "34", "--seed", "3"]) == 0
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["seed", "3"] in printed
    assert ["short", "processes:", "1,", "of", "which", "1", "ended", "well"] in printed
    assert [line[:3] for line in printed if line[:1] == ["all"]] == [["all", "34", "34"]] * 2


def test_one_receipt_that_is_accepted_ends_it_with_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unharmed(_: random.Random, good: Good, __: int) -> bytes:
        return good.data

    planted = [*malformed_receipts.MUTATIONS, unharmed]
    monkeypatch.setattr(refusals, "receipts", partial(refusals.receipts, mutations=planted))
    assert identity.main(["--processes", "1", "--malformed", str(len(planted))]) == 1
    assert capsys.readouterr().err.startswith("1 receipts were accepted, such as by unharmed: b'{")
