# SPDX-License-Identifier: Apache-2.0
"""The check of credentials: few runs of it here, and that it tells what goes wrong."""

import random

import pytest

from checks import identity
from checks.malformed_credentials import MUTATIONS, Mutation
from makegood.identity import Claims, Key, issue


def test_thirty_short_processes_end_well() -> None:
    assert identity.short_processes(30) == {"": 30}


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


def test_malformed_credentials_are_refused_without_a_connection() -> None:
    result = identity.malformed(300, seed=7)
    assert (result.refused, result.unchecked_failed, result.connections) == (300, 0, 0)
    assert result.faults == []


@pytest.mark.parametrize("mutation", MUTATIONS, ids=lambda one: one.__name__.strip("_"))
def test_mutations_of_one_seed_are_the_same_and_alter(mutation: Mutation) -> None:
    text = issue(Claims("Probe", "urn:probe:1", {"a": "b"}, identity.NOW), Key.generate())
    first, second = ([mutation(chance, text, 9) for _ in range(20)] for chance in (_seeded(), _seeded()))
    assert first == second
    assert sum(one != text for one in first) >= 15


@pytest.mark.parametrize(
    ("result", "fault"),
    [
        (identity.Refusals(accepted=["a.b.c"]), "1 were accepted, such as 'a.b.c'."),
        (identity.Refusals(other_errors=["KeyError: 'x'"]), "1 raised another error, such as KeyError: 'x'."),
        (identity.Refusals(slowest=5.2), "One took 5.2 seconds."),
        (identity.Refusals(unchecked_failed=2), "The didkit process failed 2 times."),
        (identity.Refusals(connections=3), "3 connections were made."),
    ],
)
def test_each_fault_is_told(result: identity.Refusals, fault: str) -> None:
    assert result.faults == [fault]


def test_counts_are_printed_and_a_good_run_ends_with_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert identity.main(["--processes", "1", "--malformed", "20", "--seed", "3"]) == 0
    printed = capsys.readouterr().out
    assert "short processes: 1, of which 1 ended well" in printed
    assert "malformed credentials (seed 3): 20 refused, 0 accepted, 0 other errors" in printed


def _seeded() -> random.Random:
    return random.Random(5)
