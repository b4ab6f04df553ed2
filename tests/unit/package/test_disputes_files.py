# SPDX-License-Identifier: Apache-2.0
"""The files that arbiters pass around: what is written is read again, and nothing else is."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from eth_abi import encode
from eth_account import Account
from eth_utils import keccak

from makegood.clock import Kind
from makegood.desk import Ruling, Token, Verdict
from makegood.disputes import CaseFile, VerdictFile, read_case_file, read_verdict
from makegood.errors import DocumentError, NotFound, SignatureRefused, UsageError

ARBITERS = tuple(Account.from_key(keccak(text=f"arbiter {n}")).address for n in range(3))
DESK = "0x5FbDB2315678afecb367f032d93F642f64180aa3"
PANEL = "0xe7f1725E7734CE288F8367e1Bb143E90bb3F0512"
TICKET = bytes(range(32))
EVIDENCE = bytes(range(32, 64))
UNTIL = 1_800_000_000

VERDICT = Verdict(TICKET, Kind.INCIDENT, Ruling.UPHELD, 2**60, EVIDENCE, 3, 1, UNTIL)
SIGNED = VerdictFile(31_337, DESK, PANEL, VERDICT, ARBITERS[0], b"\x01" * 65)
CASE = CaseFile(
    chain_id=31_337,
    desk=DESK,
    panel=PANEL,
    ticket_id=TICKET,
    requester=ARBITERS[2],
    kind=Kind.INCIDENT,
    dispute=3,
    asked=1_000,
    evidence_digest=EVIDENCE,
    epoch=1,
    arbiters=ARBITERS,
    threshold=2,
    deadline=UNTIL,
    read_at=UNTIL - 100,
    token=Token("ETH", 18),
)
CLOCK = replace(CASE, kind=Kind.RESOLUTION)
REPORT = replace(CLOCK, dispute=0, evidence_digest=None)


def written(tmp_path: Path, content: Any) -> Path:
    path = tmp_path / "file.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


# ---------------------------------------------------------------- signed verdicts


def test_a_verdict_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    assert read_verdict(written(tmp_path, SIGNED.text())) == SIGNED


def test_a_verdict_file_has_words_and_decimal_strings() -> None:
    fields = SIGNED.fields()
    assert (fields["type"], fields["kind"], fields["outcome"], fields["amount"]) == (
        "makegood/verdict/1",
        "incident",
        "upheld",
        str(2**60),
    )


def test_what_was_signed_is_computed_from_the_fields() -> None:
    domain = keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [
                keccak(
                    text="EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
                ),
                keccak(text="Makegood"),
                keccak(text="1"),
                31_337,
                PANEL,
            ],
        )
    )
    verdict_type = (
        "Verdict(bytes32 ticket_id,uint256 kind,uint256 outcome,uint256 amount,bytes32 evidence_digest,"
        "uint256 dispute,uint256 epoch,uint256 deadline)"
    )
    struct = keccak(
        encode(
            ["bytes32", "bytes32", "uint256", "uint256", "uint256", "bytes32", *["uint256"] * 3],
            [keccak(text=verdict_type), TICKET, 8, 1, 2**60, EVIDENCE, 3, 1, UNTIL],
        )
    )
    assert SIGNED.digest() == keccak(b"\x19\x01" + domain + struct)


@pytest.mark.parametrize(
    ("name", "value", "saying"),
    [
        ("chain_id", "31337", "is no whole number"),
        ("chain_id", True, "is no whole number"),
        ("chain_id", 1.0, "is no whole number"),
        ("chain_id", -1, "is no whole number"),
        ("chain_id", 2**53, "is no whole number"),
        ("desk", "0x12", "is no address"),
        ("desk", 5, "is no address"),
        ("panel", PANEL[:-1] + "3", "is an address that fails its checksum"),
        ("ticket_id", "0x" + "11" * 31, "has 31 bytes, not 32"),
        ("ticket_id", "11" * 32, "is not 0x and lower-case hexadecimal digits"),
        ("ticket_id", "0x" + "AA" * 32, "is not 0x and lower-case hexadecimal digits"),
        ("kind", "solved", "is none of first_reply, next_reply, resolution, incident"),
        ("kind", 8, "is no string"),
        ("outcome", "UPHELD", "is none of upheld, rejected"),
        ("amount", 5, "is no string"),
        ("amount", "-5", "is no amount in smallest units"),
        ("amount", "05", "is no amount in smallest units"),
        ("amount", "1.5", "is no amount in smallest units"),
        ("amount", "٣", "is no amount in smallest units"),
        ("amount", "9" * 41, "is no amount in smallest units"),
        ("evidence_digest", None, "is no string"),
        ("dispute", None, "is no whole number"),
        ("signature", "0x", "has 0 bytes, not 1 to 1024"),
        ("signature", "0x" + "11" * 1_025, "has 1025 bytes, not 1 to 1024"),
        ("digest", "0x" + "11" * 32, "is not known here"),
    ],
)
def test_a_member_that_is_wrong_is_refused_with_its_place(
    tmp_path: Path, name: str, value: Any, saying: str
) -> None:
    path = written(tmp_path, {**SIGNED.fields(), name: value})
    with pytest.raises(DocumentError) as refusal:
        read_verdict(path)
    assert refusal.value.place == f"$.{name}"
    assert f"$.{name} {saying}" in str(refusal.value)
    assert str(path) in str(refusal.value)
    assert refusal.value.hint


@pytest.mark.parametrize("name", [name for name in SIGNED.fields() if name != "type"])
def test_a_member_that_is_missing_is_refused(tmp_path: Path, name: str) -> None:
    fields = SIGNED.fields()
    del fields[name]
    with pytest.raises(DocumentError, match=rf"\$\.{name} is missing"):
        read_verdict(written(tmp_path, fields))


@pytest.mark.parametrize(
    ("content", "saying"),
    [
        (SIGNED.text().replace('"epoch": 1,', '"epoch": 1, "epoch": 2,'), 'has the key "epoch" twice'),
        ("[]", 'no file of the type "makegood/verdict/1"'),
        (SIGNED.text().replace("verdict/1", "verdict/2"), 'no file of the type "makegood/verdict/1"'),
        (CASE.text(), 'no file of the type "makegood/verdict/1"'),
        ("{", "The file is not JSON"),
        (SIGNED.text() + " " * 16_384, "more than 16,384 bytes"),
        ("[" * 5_000, "nested deeper"),
        (SIGNED.text().replace('"epoch": 1', '"epoch": NaN'), "NaN is no JSON number"),
    ],
)
def test_a_file_that_is_no_verdict_is_refused(tmp_path: Path, content: str, saying: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(DocumentError) as refusal:
        read_verdict(path)
    assert saying in str(refusal.value)
    assert str(path) in str(refusal.value)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "file.json"
    path.write_bytes(b"\xff\xfe{}")
    with pytest.raises(DocumentError, match="not UTF-8"):
        read_verdict(path)


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="There is no file"):
        read_verdict(tmp_path / "absent.json")


def test_a_member_of_control_characters_is_not_printed(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as refusal:
        read_verdict(written(tmp_path, {**SIGNED.fields(), "\x1b[2J": 1}))
    assert "\x1b" not in str(refusal.value)


# ---------------------------------------------------------------- cases


@pytest.mark.parametrize("case", [CASE, CLOCK, REPORT], ids=["incident", "clock", "report"])
def test_a_case_file_is_read_as_it_was_written(tmp_path: Path, case: CaseFile) -> None:
    assert read_case_file(written(tmp_path, case.text())) == case


@pytest.mark.parametrize(
    ("name", "value", "saying"),
    [
        ("arbiters", "none", "is no list of at most 15 addresses"),
        ("arbiters", list(ARBITERS) * 6, "is no list of at most 15 addresses"),
        ("threshold", 16, "is no whole number from 0 to 15"),
        ("symbol", "E\x1b[2J", "is no printable text"),
        ("symbol", "E" * 17, "is no printable text"),
        ("decimals", 256, "is no whole number from 0 to 255"),
        ("evidence_digest", None, "is null in a report"),
        ("dispute", 0, None),
    ],
)
def test_a_case_that_is_wrong_is_refused(tmp_path: Path, name: str, value: Any, saying: str | None) -> None:
    with pytest.raises(DocumentError) as refusal:
        read_case_file(written(tmp_path, {**CASE.fields(), name: value}))
    assert (saying or "is null in a report") in str(refusal.value)


def test_an_address_among_the_arbiters_is_refused_with_its_place(tmp_path: Path) -> None:
    fields = {**CASE.fields(), "arbiters": [ARBITERS[0], "0x"]}
    with pytest.raises(DocumentError, match=r"\$\.arbiters\[1\] is no address"):
        read_case_file(written(tmp_path, fields))


def test_only_an_arbiter_of_the_case_is_taken() -> None:
    CASE.check_arbiter(ARBITERS[1])
    with pytest.raises(SignatureRefused, match=f"{DESK} is no arbiter of epoch 1"):
        CASE.check_arbiter(DESK)


@pytest.mark.parametrize(
    ("case", "outcome", "amount", "worth"),
    [
        (CASE, Ruling.UPHELD, None, 1_000),
        (CASE, Ruling.UPHELD, 1, 1),
        (CASE, Ruling.REJECTED, None, 0),
        (CLOCK, Ruling.UPHELD, None, 1_000),
        (CLOCK, Ruling.UPHELD, 1_000, 1_000),
    ],
)
def test_a_verdict_takes_what_the_case_says(
    case: CaseFile, outcome: Ruling, amount: int | None, worth: int
) -> None:
    assert case.verdict(outcome, amount) == Verdict(TICKET, case.kind, outcome, worth, EVIDENCE, 3, 1, UNTIL)


def test_a_report_names_its_own_evidence() -> None:
    verdict = REPORT.verdict(Ruling.UPHELD, evidence_digest=EVIDENCE)
    assert (verdict.dispute, verdict.evidence_digest) == (0, EVIDENCE)


@pytest.mark.parametrize(
    ("sign", "saying"),
    [
        (lambda: CASE.verdict(Ruling.UPHELD, 1_001), "not from more than 0 to what was asked"),
        (lambda: CASE.verdict(Ruling.UPHELD, 0), "not from more than 0 to what was asked"),
        (lambda: CLOCK.verdict(Ruling.UPHELD, 999), "of a clock kind is the policy's"),
        (lambda: CASE.verdict(Ruling.REJECTED, 1), "A rejection has no amount"),
        (lambda: CASE.verdict(Ruling.UPHELD, None, UNTIL + 1), "later than the ruling window's end"),
        (lambda: CASE.verdict(Ruling.UPHELD, None, UNTIL - 101), "The deadline is past"),
        (lambda: CASE.verdict(Ruling.UPHELD, None, None, TICKET), "about other evidence"),
        (lambda: REPORT.verdict(Ruling.UPHELD), "A report names what the arbiters go by"),
        (
            lambda: REPORT.verdict(Ruling.UPHELD, evidence_digest=bytes(32)),
            "A report names what the arbiters go by",
        ),
        (lambda: REPORT.verdict(Ruling.REJECTED, evidence_digest=EVIDENCE), "can only be upheld"),
    ],
)
def test_what_the_panel_would_refuse_is_not_signed(sign: Callable[[], Verdict], saying: str) -> None:
    with pytest.raises(UsageError, match=saying):
        sign()
