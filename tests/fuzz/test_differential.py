# SPDX-License-Identifier: Apache-2.0
"""Another build answers as the project's does, and one that does not is found."""

import pytest

from fuzz.build import Code, built, mocks
from fuzz.differential import ALL, Variant, main, play_on, recorded, with_pragmas
from fuzz.trace import Trace, play

pytestmark = pytest.mark.xdist_group("fuzz differential")

# `make differential` plays more, on all.
TRANSACTIONS = 2_000
FARTHEST = Variant("none", "paris")
"""From the project's build, gas/cancun: nothing optimised, and the lock in storage."""


@pytest.fixture(scope="module")
def trace() -> Trace:
    return recorded(seed=3, transactions=TRANSACTIONS, assets=("ETH", "PlainToken"))


def test_the_farthest_build_answers_alike(trace: Trace) -> None:
    played = play_on(FARTHEST, trace, mocks())
    assert played.difference is None
    assert played.size > len(built()["SupportDesk"].initcode)


def test_each_walk_ends_with_views_that_are_answered(trace: Trace) -> None:
    for episode in trace:
        answers = [operation[7] for operation in episode[-200:] if operation[6]]
        assert len(answers) > 100
        assert any(any(answer) for answer in answers)


def test_another_word_in_a_refusal_is_a_difference(trace: Trace) -> None:
    project = built()
    code = project["SupportDesk"]
    changed = code.blueprint.replace(b"desk: ticket unknown", b"desk: ticket Unknown")
    assert changed != code.blueprint
    difference = play(project | {"SupportDesk": Code(code.initcode, changed)}, trace)
    assert difference is not None
    assert b"Unknown".hex() in difference.what


def test_every_source_that_names_a_version_gets_the_variants() -> None:
    source = "# pragma version 0.4.3\n# pragma evm-version cancun\n# SPDX\n"
    assert with_pragmas(source, FARTHEST) == (
        "# pragma version 0.4.3\n# pragma evm-version paris\n# pragma optimize none\n# SPDX\n"
    )
    assert len(ALL) == 9


def test_an_unknown_variant_is_a_usage_error() -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["--only", "fast/future"])
