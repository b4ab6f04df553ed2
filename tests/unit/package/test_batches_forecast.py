# SPDX-License-Identifier: Apache-2.0
"""What a challenge comes to if nothing more is shown, and what no reply can avert any more."""

from dataclasses import replace
from pathlib import Path

import pytest

from makegood import policy as policies
from makegood.batches.forecast import Forecast, forecast
from makegood.clock import Kind, Priority, Status, TicketState
from makegood.desk import Proof
from makegood.policy import ChainPolicy

PROVEN = 1_800_000_000
HALF, END = PROVEN + 43_200, PROVEN + 86_400
BOTH = Kind.FIRST_REPLY | Kind.RESOLUTION
FIRST, RESOLUTION = 2 * 10**16, 5 * 10**16  # of an urgent ticket under the example policy
PROOF = Proof(
    proven_at=PROVEN, batch=1, sequence=1, last_at=0, prover="0x" + "11" * 20, bond=1, answered=False
)
LATE = TicketState(
    requester="0x" + "11" * 20,
    clock=PROVEN - 1,
    resolution=END - 1,
    policy_id=1,
    priority=Priority.URGENT,
    status=Status.OPEN,
    proven=True,
    challenged=True,
)


@pytest.fixture(scope="module")
def policy() -> ChainPolicy:
    found = policies.read(Path(__file__).resolve().parents[3] / "examples" / "policy.yaml").to_chain()
    assert found.challenge_window == END - PROVEN
    return found


def at(policy: ChainPolicy, now: int, **changes: object) -> Forecast:
    return forecast(replace(LATE, **changes), policy, now, PROOF)  # type: ignore[arg-type]


def test_what_is_late_by_the_end_counts_although_it_is_not_yet(policy: ChainPolicy) -> None:
    found = at(policy, PROVEN)
    assert (found.half, found.until) == (HALF, END)
    assert (found.kinds, found.amount) == (BOTH, FIRST + RESOLUTION)
    assert at(policy, PROVEN, resolution=END).kinds == Kind.FIRST_REPLY


def test_without_a_proof_it_is_that_of_a_ticket_proven_now(policy: ChainPolicy) -> None:
    assert forecast(LATE, policy, PROVEN) == forecast(LATE, policy, PROVEN, PROOF)


def test_in_the_first_half_only_what_is_recorded_is_certain(policy: ChainPolicy) -> None:
    assert at(policy, HALF).certain == Kind(0)
    assert at(policy, HALF).avertable == BOTH
    recorded = at(policy, HALF, breached=Kind.FIRST_REPLY)
    assert (recorded.certain, recorded.certain_amount) == (Kind.FIRST_REPLY, FIRST)
    assert recorded.avertable == Kind.RESOLUTION


def test_in_the_second_half_a_reply_counts_at_most_the_lag_before_it(policy: ChainPolicy) -> None:
    soonest = HALF + 1 - policy.anchor_lag
    assert at(policy, HALF + 1, clock=soonest).certain == Kind(0)
    assert at(policy, HALF + 1, clock=soonest - 1).certain == Kind.FIRST_REPLY
    # Later in that half no more is certain: it can have been anchored at its beginning.
    assert at(policy, END, clock=soonest).certain == Kind(0)


def test_after_the_window_all_that_is_late_is_certain(policy: ChainPolicy) -> None:
    over = at(policy, END + 1)
    assert over.certain == over.kinds == BOTH
    assert at(policy, END + 10, resolution=END + 9).certain == BOTH
    assert at(policy, END + 10, resolution=END + 10).certain == Kind.FIRST_REPLY


def test_what_was_compensated_is_at_stake_no_more(policy: ChainPolicy) -> None:
    paid = at(policy, END + 1, breached=BOTH, compensated=Kind.FIRST_REPLY)
    assert (paid.kinds, paid.amount) == (Kind.RESOLUTION, RESOLUTION)
