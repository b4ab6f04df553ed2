# SPDX-License-Identifier: Apache-2.0
"""Collecting: which files together make a ruling, and why others do not."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from case_house import EVIDENCE, MILLI, CaseHouse
from eth_account import Account
from eth_utils import to_checksum_address
from web3 import Web3

from makegood.clock import Kind
from makegood.desk import DisputeState, KeySigner, Ruling, Seats, Verdict
from makegood.disputes import Case, Quorum, Source, collect, same_verdict
from makegood.errors import MakegoodError, NotFound, SignatureRefused, UsageError

DAY = 86_400
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
# Returns the word of ERC-1271 to whoever asks: PUSH4 0x1626ba7e, shifted to the front, returned.
YES_CODE = "631626ba7e60e01b60005260206000f3"
NO_CODE = "60006000fd"


@pytest.fixture
def case(house: CaseHouse) -> Case:
    """A contested resolution."""
    house.fund()
    ticket_id = house.open()
    house.contest(ticket_id)
    return house.case(ticket_id)


def collected(house: CaseHouse, case: Case, sources: Sequence[Source]) -> Quorum:
    return collect(house.w3, case, sources, house.now)


def refused(
    house: CaseHouse, case: Case, sources: Sequence[Source], error: type[MakegoodError], saying: str
) -> bool:
    with pytest.raises(error) as refusal:
        collected(house, case, sources)
    assert type(refusal.value) is error
    assert saying in str(refusal.value)
    return True


# ---------------------------------------------------------------- what counts


def test_three_of_five_rule_the_dispute(house: CaseHouse, case: Case) -> None:
    verdict = house.verdict(case)
    quorum = collected(house, case, list(reversed(house.sources(verdict))))
    quorum.require()
    assert quorum.signed == tuple(one.address for one in house.arbiters[:3])
    assert quorum.missing == tuple(one.address for one in house.arbiters[3:])
    house.desk.panel.submit_verdict(verdict, quorum.signatures).send(house.stranger)
    assert house.desk.panel.dispute(case.ticket_id, case.kind).state is DisputeState.UPHELD


def test_two_of_five_lack_one(house: CaseHouse, case: Case) -> None:
    quorum = collected(house, case, house.sources(house.verdict(case), 2))
    assert quorum.lacking == 1
    with pytest.raises(SignatureRefused) as refusal:
        quorum.require()
    first, second, third = (arbiter.address for arbiter in house.arbiters[2:])
    assert refusal.value.message.endswith(f"; 1 more of these must sign: {first}, {second} or {third}.")


def test_where_all_others_must_sign_no_choice_is_told(house: CaseHouse, case: Case) -> None:
    quorum = collected(house, case, house.sources(house.verdict(case), 1))
    few = replace(quorum, seats=Seats(tuple(one.address for one in house.arbiters[:3]), 3))
    with pytest.raises(SignatureRefused) as refusal:
        few.require()
    second, third = (arbiter.address for arbiter in house.arbiters[1:3])
    assert refusal.value.message.endswith(f"; 2 more of these must sign: {second} and {third}.")


def test_a_second_file_of_an_arbiter_is_left_out_by_name(house: CaseHouse, case: Case) -> None:
    verdict = house.verdict(case)
    again = house.source(verdict, house.arbiters[0], "again.json")
    quorum = collected(house, case, [*house.sources(verdict, 2), again])
    assert quorum.left_out == ("again.json",)
    assert quorum.lacking == 1


def test_a_contract_signs_by_its_own_word(house: CaseHouse, case: Case) -> None:
    wallet = deploy(house, YES_CODE)
    source = as_arbiter(house, case, wallet, b"any words")
    assert collected(house, source[0], [source[1]]).signed == (wallet,)


@pytest.mark.parametrize("code", [NO_CODE, "60206000f3"], ids=["reverts", "answers otherwise"])
def test_a_contract_that_does_not_say_yes_has_not_signed(house: CaseHouse, case: Case, code: str) -> None:
    seated, source = as_arbiter(house, case, deploy(house, code), b"any words")
    assert refused(house, seated, [source], SignatureRefused, "is not")


def test_an_arbiter_without_code_signs_with_ecdsa_only(house: CaseHouse, case: Case) -> None:
    source = signed_bytes(house, case, b"any words")
    assert refused(house, case, [source], SignatureRefused, "over what the file says")


def test_a_report_is_collected_by_todays_panel(house: CaseHouse) -> None:
    case = house.case(house.open())
    verdict = case.file().verdict(Ruling.UPHELD, evidence_digest=EVIDENCE)
    quorum = collected(house, case, house.sources(verdict))
    house.desk.panel.report_breach(verdict, quorum.signatures).send(house.stranger)
    assert Kind.RESOLUTION in house.desk.ticket(case.ticket_id).breached


# ---------------------------------------------------------------- what does not


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("outcome", {"outcome": Ruling.REJECTED}),
        ("amount", {"amount": 1}),
        ("deadline", {"deadline": 5}),
        ("evidence_digest", {"evidence_digest": bytes(32)}),
        ("dispute", {"dispute": 9}),
        ("epoch", {"epoch": 2}),
        ("kind", {"kind": Kind.FIRST_REPLY}),
        ("ticket_id", {"ticket_id": bytes(32)}),
    ],
)
def test_files_of_two_verdicts_are_refused_with_field_and_file(
    house: CaseHouse, case: Case, field: str, change: dict[str, Any]
) -> None:
    verdict = house.verdict(case)
    other = house.source(replace(verdict, **change), house.arbiters[1], "other.json")
    with pytest.raises(UsageError) as refusal:
        same_verdict([house.source(verdict, house.arbiters[0], "first.json"), other])
    assert f"one verdict: {field} is " in refusal.value.message
    assert "in first.json" in refusal.value.message
    assert "in other.json" in refusal.value.message


def test_no_file_is_refused() -> None:
    with pytest.raises(UsageError, match="There is no file"):
        same_verdict([])


def test_a_tampered_amount_is_no_longer_signed(house: CaseHouse) -> None:
    ticket_id = house.open()
    house.contest(ticket_id, Kind.INCIDENT, 20 * MILLI)
    case = house.case(ticket_id, Kind.INCIDENT)
    source = house.source(house.verdict(case, amount=5 * MILLI), house.arbiters[0], "mine.json")
    raised = replace(source, file=replace(source.file, verdict=house.verdict(case)))
    assert refused(house, case, [raised], SignatureRefused, "The signature in mine.json is not")


def test_a_stranger_is_no_arbiter(house: CaseHouse, case: Case) -> None:
    source = house.source(house.verdict(case), Account.create(), "stranger.json")
    assert refused(house, case, [source], SignatureRefused, "stranger.json is by")


def test_anothers_signature_is_not_the_arbiters(house: CaseHouse, case: Case) -> None:
    source = house.source(house.verdict(case), house.arbiters[0])
    borrowed = replace(source, file=replace(source.file, arbiter=house.arbiters[1].address))
    assert refused(house, case, [borrowed], SignatureRefused, f"is not {house.arbiters[1].address}'s")


def test_a_signature_of_high_s_is_refused_as_the_chain_does(house: CaseHouse, case: Case) -> None:
    low = house.source(house.verdict(case), house.arbiters[0]).file.signature
    s = ORDER - int.from_bytes(low[32:64], "big")
    high = low[:32] + s.to_bytes(32, "big") + bytes([55 - low[64]])
    assert refused(house, case, [signed_bytes(house, case, high)], SignatureRefused, "is not")


def test_a_v_of_0_or_1_is_refused_as_the_chain_does(house: CaseHouse, case: Case) -> None:
    good = house.source(house.verdict(case), house.arbiters[0]).file.signature
    short = good[:64] + bytes([good[64] - 27])
    assert refused(house, case, [signed_bytes(house, case, short)], SignatureRefused, "is not")


def test_a_verdict_expired_by_a_second_is_refused(house: CaseHouse, case: Case) -> None:
    verdict = case.file().verdict(Ruling.UPHELD, deadline=house.now + 10)
    sources = house.sources(verdict)
    assert collect(house.w3, case, sources, verdict.deadline).lacking == 0
    with pytest.raises(SignatureRefused, match="has expired"):
        collect(house.w3, case, sources, verdict.deadline + 1)


def test_after_the_ruling_window_no_verdict_counts(house: CaseHouse, case: Case) -> None:
    sources = house.sources(house.verdict(case))
    assert collect(house.w3, case, sources, case.deadline).lacking == 0
    with pytest.raises(SignatureRefused, match="ruling window of dispute 1 is over"):
        collect(house.w3, case, sources, case.deadline + 1)


def test_a_ruled_dispute_takes_no_second_verdict(house: CaseHouse, case: Case) -> None:
    verdict = house.verdict(case)
    sources = house.sources(verdict)
    quorum = collected(house, case, sources)
    house.desk.panel.submit_verdict(verdict, quorum.signatures).send(house.stranger)
    ruled = house.case(case.ticket_id)
    assert refused(house, ruled, sources, SignatureRefused, "was ruled before, for the requester")


@pytest.mark.parametrize(
    ("change", "error", "saying"),
    [
        ({"dispute": 2}, SignatureRefused, "is on dispute 2, and this one is 1"),
        ({"epoch": 2}, SignatureRefused, "is of epoch 2; the panel of epoch 1 decides"),
        ({"evidence_digest": bytes(32)}, SignatureRefused, "other evidence than the dispute's"),
        ({"amount": 4 * MILLI}, SignatureRefused, "cannot count: The amount of a clock kind"),
        ({"amount": 0}, SignatureRefused, "cannot count: its amount is not the case's"),
        ({"outcome": Ruling.REJECTED}, SignatureRefused, "cannot count: A rejection has no amount"),
        ({"kind": Kind.FIRST_REPLY}, NotFound, "another ticket or kind"),
        ({"dispute": 0}, UsageError, "was contested: dispute 1"),
    ],
)
def test_a_verdict_on_something_else_is_refused(
    house: CaseHouse, case: Case, change: dict[str, Any], error: type[MakegoodError], saying: str
) -> None:
    verdict = replace(house.verdict(case), **change)
    assert refused(house, case, house.sources(verdict), error, saying)


@pytest.mark.parametrize("place", ["chain_id", "desk", "panel"])
def test_a_file_for_another_place_is_refused(house: CaseHouse, case: Case, place: str) -> None:
    value: Any = 1 if place == "chain_id" else house.stranger.address
    sources = [
        replace(source, file=replace(source.file, **{place: value}))
        for source in house.sources(house.verdict(case))
    ]
    assert refused(house, case, sources, NotFound, "The files are for the desk")


def test_a_verdict_on_what_nobody_contested_is_refused(house: CaseHouse, case: Case) -> None:
    other = house.case(house.open())
    verdict = replace(house.verdict(case), ticket_id=other.ticket_id)
    assert refused(house, other, house.sources(verdict), NotFound, "was not contested")


# ---------------------------------------------------------------- wallets


def deploy(house: CaseHouse, code: str) -> str:
    # Copies what follows the first twelve bytes, and returns it as the code.
    size = len(code) // 2
    initcode = f"60{size:02x}600c60003960{size:02x}6000f3" + code
    sender = Web3.to_checksum_address(house.operator.address)
    sent = house.w3.eth.send_transaction({"from": sender, "data": Web3.to_hex(hexstr="0x" + initcode)})  # type: ignore[typeddict-item]
    made = house.w3.eth.wait_for_transaction_receipt(sent)["contractAddress"]
    assert made
    return to_checksum_address(made)


def as_arbiter(house: CaseHouse, case: Case, wallet: str, signature: bytes) -> tuple[Case, Source]:
    """The case with a wallet on the panel, and that wallet's file."""
    seated = replace(case, seats=replace(case.seats, arbiters=(*case.seats.arbiters, wallet)))
    source = house.source(house.verdict(case), house.arbiters[0])
    return seated, replace(source, file=replace(source.file, arbiter=wallet, signature=signature))


def signed_bytes(house: CaseHouse, case: Case, signature: bytes) -> Source:
    """The first arbiter's file with another signature in it."""
    source = house.source(house.verdict(case), house.arbiters[0])
    return replace(source, file=replace(source.file, signature=signature))


def test_the_contract_computes_the_same_digest(house: CaseHouse, case: Case) -> None:
    verdict: Verdict = house.verdict(case)
    source = house.source(verdict, house.arbiters[0])
    assert house.desk.panel.verdict_digest(verdict) == source.file.digest()
    assert KeySigner(house.arbiters[0]).address == source.file.arbiter
