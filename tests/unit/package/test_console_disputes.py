# SPDX-License-Identifier: Apache-2.0
"""Disputes in words, and who signs where nothing is connected to."""

import pytest
from eth_abi import encode
from eth_utils import keccak

from makegood import typed_data
from makegood.clock import Kind
from makegood.console.arbiters import proposal_words, threshold_of
from makegood.console.dispute_words import (
    CLAIMS,
    chain_documents,
    hash_rows,
    quorum_of,
    readable,
    waits_words,
)
from makegood.console.offline import Offline
from makegood.console.output import Output
from makegood.desk import Event, Proposal, Seats
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


@pytest.mark.parametrize(
    ("count", "given", "saying"),
    [
        (2, 1, "A panel of 2 decides by 2, not by 1."),
        (3, 1, "A panel of 3 decides by 2 or 3, not by 1."),
        (5, 6, "A panel of 5 decides by 3 to 5, not by 6."),
    ],
)
def test_a_threshold_is_refused_with_those_that_can_decide(count: int, given: int, saying: str) -> None:
    with pytest.raises(UsageError) as refusal:
        threshold_of(count, given)
    assert refusal.value.message == saying


def test_a_claim_is_worded_for_a_ticket_that_was_never_called_solved() -> None:
    assert CLAIMS[Kind.RESOLUTION] == "the request is not solved"


@pytest.mark.parametrize(
    ("epoch", "until", "words"),
    [
        (1, NOW + DAY, "the arbiters can rule until Wed 25 Nov 12:00 UTC (in 1 d)"),
        (1, NOW - DAY, "no ruling came by Mon 23 Nov 12:00 UTC (1 d ago), so the requester wins"),
        (
            0,
            NOW + DAY,
            "no arbiters, so silence decides for the requester after Wed 25 Nov 12:00 UTC (in 1 d)",
        ),
    ],
)
def test_an_open_dispute_tells_what_it_waits_for(epoch: int, until: int, words: str) -> None:
    assert waits_words(epoch, until, NOW) == words


def test_the_documents_of_a_history_are_told_by_what_they_are() -> None:
    digests = [bytes([number]) * 32 for number in range(4)]
    events = [
        event("TicketOpened", commitment=digests[0]),
        event("TicketReplied", digest=digests[1]),
        event("Contested", evidence_digest=digests[2]),
        event("BreachRecorded", kinds=1),
    ]
    when = "Tue 24 Nov 12:00 UTC"
    assert chain_documents(events, NOW) == {
        digests[0]: f"the opening of {when}",
        digests[1]: f"the reply of {when}",
        digests[2]: f"the evidence of the contest of {when}",
    }


def test_the_hashes_of_a_message_are_those_of_eip_712() -> None:
    message = typed_data.verdict(
        31_337,
        ARBITER,
        ticket_id=bytes(32),
        kind=1,
        outcome=1,
        amount=1,
        evidence_digest=bytes(32),
        dispute=1,
        epoch=1,
        deadline=NOW,
    )
    kind = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
    domain = keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [keccak(text=kind), keccak(text="Makegood"), keccak(text="1"), 31_337, ARBITER],
        )
    )
    fields = "bytes32 ticket_id,uint256 kind,uint256 outcome,uint256 amount,bytes32 evidence_digest,"
    fields += "uint256 dispute,uint256 epoch,uint256 deadline"
    values = [keccak(text=f"Verdict({fields})"), bytes(32), 1, 1, 1, bytes(32), 1, 1, NOW]
    types = ["bytes32", "bytes32", *["uint256"] * 3, "bytes32", *["uint256"] * 3]
    struct = keccak(encode(types, values))
    assert dict(hash_rows(message)) == {
        "domain hash": "0x" + domain.hex(),
        "message hash": "0x" + struct.hex(),
        "digest": "0x" + keccak(b"\x19\x01" + domain + struct).hex(),
    }


def event(name: str, **arguments: object) -> Event:
    return Event(name, arguments, ARBITER, 1, 0, bytes(32), NOW)


def test_offline_a_role_signs_for_a_development_chain() -> None:
    assert Offline(Output(), "arbiter-1").signer(31_337).address == ARBITER


def test_offline_a_public_chain_wants_an_account_of_ones_own() -> None:
    with pytest.raises(UsageError, match="On chain 1 the account that acts must be named"):
        Offline(Output(), "arbiter-1").signer(1)
    with pytest.raises(NotFound, match="There is no account"):
        Offline(Output(), "arbiter-1", "arbiter-1").signer(1)
