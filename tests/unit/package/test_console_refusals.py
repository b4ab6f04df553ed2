# SPDX-License-Identifier: Apache-2.0
"""The contracts' reasons in words."""

import re
from importlib.resources import files
from pathlib import Path

from makegood.console.refusals import REASONS, explained
from makegood.errors import ChainRevert

CONTRACTS = Path(__file__).resolve().parents[3] / "contracts"


def reasons_of_the_contracts() -> set[str]:
    sources = [*CONTRACTS.glob("*.vy"), *(CONTRACTS / "modules").glob("*.vy")]
    pattern = r'"((?:desk|pool|panel|lane|directory|policy|coverage|factory): [^"]+)"'
    return {reason for source in sources for reason in re.findall(pattern, source.read_text())}


def reasons_of_snekmate() -> set[str]:
    """Those that a command can meet: an owner is changed in two steps only, and never renounced."""
    auth = files("snekmate") / "auth"
    found = re.findall(r'"(ownable(?:_2step)?: caller [^"]+)"', (auth / "ownable.vy").read_text("utf-8"))
    return {*found, *re.findall(r'"(ownable_2step: [^"]+)"', (auth / "ownable_2step.vy").read_text("utf-8"))}


def test_every_reason_of_the_contracts_is_explained_and_no_other() -> None:
    assert reasons_of_the_contracts() | reasons_of_snekmate() == set(REASONS)


def test_an_explanation_is_a_sentence_and_a_remedy() -> None:
    for sentence, hint in REASONS.values():
        assert re.fullmatch(r"[A-Z0-9].*\.", sentence)
        assert re.fullmatch(r"[A-Z`].*\.", hint)


def test_an_explained_refusal_keeps_its_reason_and_exit_code() -> None:
    refusal = explained(ChainRevert("…", reason="desk: nothing to claim"))
    assert str(refusal) == (
        "Nothing of this ticket is breached and unpaid now (desk: nothing to claim). "
        "`ape run status TICKET` says what is due when."
    )
    assert (refusal.reason, refusal.exit_code) == ("desk: nothing to claim", 5)


def test_a_reason_of_somebody_else_stays_as_it_is() -> None:
    refusal = ChainRevert("The chain refuses fund: paused.", reason="paused")
    assert explained(refusal) is refusal


def test_of_several_calls_the_refused_one_is_named() -> None:
    refusal = explained(ChainRevert("…", reason="desk: nothing to claim", step="claim 0x12"))
    assert refusal.message.startswith("claim 0x12: Nothing of this ticket is breached")


def test_a_refusal_that_was_foreseen_keeps_its_words_and_names_the_reason() -> None:
    reason = "lane: challenge window still runs"
    refusal = explained(ChainRevert("It runs until noon.", reason=reason, hint="Wait."))
    assert str(refusal) == f"It runs until noon ({reason}). Wait."
    assert refusal.reason == reason
