# SPDX-License-Identifier: Apache-2.0
"""Every receipt that was tampered with is refused at its step, in words that say what is wrong."""

import pytest
from receipt_house import cached_house
from tampering import (
    ASSETS,
    GOOD,
    GOOD_BY_AGENT,
    GOOD_BY_BATCH,
    OF_ANOTHER_CHAIN,
    TAMPERED,
    Tampered,
    files,
)

from makegood.errors import UsageError
from makegood.receipts import Outcome, verify_file
from makegood.receipts.step import STEPS

OFFLINE = ("file", "document", "ticket_id", "inclusion", "signatures")
# What a failed step keeps from being taken.
KEPT = {
    "file": set(STEPS[1:]),
    "document": set(),
    "ticket_id": {"signatures", "recorded", "standing", "worth"},
    "inclusion": {"recorded", "standing", "worth"},
    "signatures": {"standing"},
    "recorded": {"standing", "worth"},
    "standing": set(),
}
IDS = [one.name for one in TAMPERED]


def test_there_are_a_hundred_and_all_differ() -> None:
    contents = [one.path.read_bytes() for one in TAMPERED]
    assert len(set(contents)) == len(contents) >= 100


@pytest.mark.parametrize("good", [GOOD, GOOD_BY_BATCH])
def test_every_member_of_a_receipt_is_tampered_with(good: str) -> None:
    members = files(cached_house())[f"{good}.json"]
    names = {line.split('"')[1] for line in members.decode().splitlines() if line.startswith('  "')}
    missing = [name for name in names if not any(one.name.startswith(_stem(name)) for one in TAMPERED)]
    assert not missing


def _stem(name: str) -> str:
    return name.replace("_", "-")


def test_the_files_are_those_that_the_generator_writes() -> None:
    written = {path.name: path.read_bytes() for path in ASSETS.glob("*.json")}
    assert written == files(cached_house()), "the contracts changed? python tests/support/tampering.py"


@pytest.mark.parametrize("tampered", TAMPERED, ids=IDS)
def test_a_tampered_receipt_is_refused_at_its_step(tampered: Tampered) -> None:
    house = cached_house()
    found = verify_file(tampered.path, house.w3, now=house.now)
    assert found.failed is not None
    assert found.failed.name == tampered.step
    assert tampered.words in found.failed.why + " " + (found.failed.hint or "")
    assert found.failed.hint
    assert not found.verified


@pytest.mark.parametrize("tampered", TAMPERED, ids=IDS)
def test_what_depends_on_the_refused_step_is_skipped_and_says_so(tampered: Tampered) -> None:
    house = cached_house()
    found = verify_file(tampered.path, house.w3, now=house.now)
    for step in found:
        if step.name == "inclusion" and not tampered.of_batch and tampered.step != "file":
            assert step.why == "No batch opened this ticket."
        elif step.name in KEPT[tampered.step]:
            assert step.outcome is Outcome.SKIPPED
            assert "Not checked, since" in step.why or "holds no signed statement" in step.why
    assert [step.name for step in found] == list(STEPS)


@pytest.mark.parametrize("tampered", TAMPERED, ids=IDS)
def test_offline_what_needs_no_chain_is_refused_all_the_same(tampered: Tampered) -> None:
    found = verify_file(tampered.path, now=0)
    if tampered.step in OFFLINE:
        assert found.failed is not None
        assert found.failed.name == tampered.step
    else:
        assert found.failed is None
        assert found.verified is None
        assert found[tampered.step].outcome is Outcome.SKIPPED


def test_one_that_is_moved_to_another_chain_is_not_verified_at_this_one() -> None:
    house = cached_house()
    found = verify_file(OF_ANOTHER_CHAIN.path, house.w3, now=house.now)
    refusal = found.refusal()
    assert isinstance(refusal, UsageError)
    assert OF_ANOTHER_CHAIN.words in refusal.message
    assert found.verified is False
    assert {step.name for step in found if step.outcome is not Outcome.PASSED} == {
        "inclusion",
        "signatures",
        "recorded",
        "standing",
        "worth",
    }


@pytest.mark.parametrize("name", [GOOD, GOOD_BY_AGENT, GOOD_BY_BATCH])
def test_what_they_are_made_from_is_verified(name: str) -> None:
    house = cached_house()
    found = verify_file(ASSETS / f"{name}.json", house.w3, now=house.now)
    assert found.verified
    outcomes = {step.name: step.outcome for step in found}
    skipped = {step for step, outcome in outcomes.items() if outcome is Outcome.SKIPPED}
    by_agent = {"document", "inclusion", "signatures", "standing"}
    assert skipped == {GOOD: {"inclusion"}, GOOD_BY_AGENT: by_agent, GOOD_BY_BATCH: set()}[name]
