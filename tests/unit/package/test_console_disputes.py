# SPDX-License-Identifier: Apache-2.0
"""Disputes in words, and who signs where nothing is connected to."""

import pytest

from makegood.clock import Kind
from makegood.console.arbiters import proposal_words, threshold_of
from makegood.console.dispute_words import CLAIMS, quorum_of, readable
from makegood.console.offline import Offline
from makegood.console.output import Output
from makegood.desk import Proposal, Seats
from makegood.errors import NotFound, UsageError

DAY = 86_400
# 2026-11-24 12:00 UTC.
NOW = 1_795_521_600
ARBITER = "0x14dC79964da2C08b23698B3D3cc7Ca32193d9955"


def test_every_kind_has_its_claim() -> None:
    assert set(CLAIMS) == set(Kind)


def test_a_quorum_is_told_in_numbers() -> None:
    assert quorum_of(Seats((ARBITER,), 1)) == "1 of 1 arbiter"
    assert quorum_of(Seats((), 0)) == "no panel: silence decides for the requester"


def test_anothers_text_moves_no_cursor_and_ends() -> None:
    assert readable("a\x1b[2J\nb\r") == "a�[2J\nb�"
    assert readable("x" * 10, 4) == "xxxx …"


def test_a_proposal_tells_from_when_and_until_when() -> None:
    usable = Proposal(2, NOW + DAY, NOW + 8 * DAY)
    assert proposal_words(usable, NOW) == (
        "epoch 2, can be adopted from Wed 25 Nov 12:00 UTC (in 1 d) to Wed 2 Dec 12:00 UTC (in 8 d)"
    )
    assert proposal_words(usable, NOW + 9 * DAY) == "epoch 2, lapsed Wed 2 Dec 12:00 UTC (1 d ago)"


@pytest.mark.parametrize(("count", "given", "needed"), [(3, None, 2), (3, 3, 3), (0, None, 0), (1, 1, 1)])
def test_a_threshold_is_a_majority_unless_it_is_given(count: int, given: int | None, needed: int) -> None:
    assert threshold_of(count, given) == needed


@pytest.mark.parametrize(("count", "given"), [(3, 1), (3, 4), (4, 2), (0, 1), (3, 0), (3, -1)])
def test_a_threshold_that_cannot_decide_is_refused(count: int, given: int) -> None:
    with pytest.raises(UsageError):
        threshold_of(count, given)


def test_offline_a_role_signs_for_a_development_chain() -> None:
    assert Offline(Output(), "arbiter-1").signer(31_337).address == ARBITER


def test_offline_a_public_chain_wants_an_account_of_ones_own() -> None:
    with pytest.raises(UsageError, match="On chain 1 the account that acts must be named"):
        Offline(Output(), "arbiter-1").signer(1)
    with pytest.raises(NotFound, match="There is no account"):
        Offline(Output(), "arbiter-1", "arbiter-1").signer(1)
