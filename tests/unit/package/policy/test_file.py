# SPDX-License-Identifier: Apache-2.0
"""A policy file: what is read of it, and texts that are not what their key asks for."""

from decimal import Decimal
from pathlib import Path

import pytest
from policy_file import GOOD, MINIMAL, assert_refused, edited, refusal

from makegood import policy
from makegood.clock import Priority
from makegood.errors import NotFound, PolicyError

REFUSED = {
    "name empty": ("Wallet support", '""', 1, "The name is empty"),
    "uri without a scheme": ("https://wallet", "wallet", 12, "is no URI"),
    "uri with a space": ("terms-1", "terms 1", 12, "is no URI"),
    "digest too short": ("00000ff", "ff", 12, "A SHA-256 is 64 hex digits"),
}


def test_every_value_is_read(good: policy.Policy) -> None:
    weekday = sum(1 << hour for hour in (8, 9, 10, 11, 13, 14, 15, 16, 17))
    saturday = sum(1 << hour for hour in (20, 21, 22, 23))
    assert good.name == "Wallet support"
    assert good.hours == sum(weekday << 24 * day for day in range(5)) | saturday << 120
    assert good.targets[Priority.URGENT] == policy.Targets(
        900, 1800, 28_800, policy.Compensation(Decimal("0.02"), Decimal("0.01"), Decimal("0.05"))
    )
    assert good.targets[Priority.NORMAL].next_reply == 5400
    assert good.targets[Priority.NORMAL].compensation.resolution == 1
    assert good.targets[Priority.LOW].resolution == 3661
    assert good.windows == policy.Windows(432_000, 86_400, 907_200, 7_776_000, 900)
    assert good.incident == policy.Incident(Decimal("2.5"), 250)
    assert good.bonds == policy.Bonds(Decimal("0.008"), Decimal("0.002"))
    assert good.fee == Decimal("0.006")
    assert good.terms == policy.Terms("https://wallet.example/terms-1.html", bytes(31) + b"\xff")


def test_optional_keys_have_defaults(required_only: policy.Policy) -> None:
    assert required_only.incident == policy.Incident(Decimal(0), 0)
    assert required_only.bonds == policy.Bonds(Decimal(0), Decimal(0))
    assert required_only.fee == 0
    assert required_only.terms == policy.Terms("", bytes(32))


def test_bond_of_a_contest_is_the_fee_unless_given() -> None:
    assert policy.parse(MINIMAL + 'fee: "0.5"\n').bonds.contest == Decimal("0.5")
    assert policy.parse(MINIMAL + 'fee: "0.5"\nbonds: {prove: 1}\n').bonds == policy.Bonds(
        Decimal("0.5"), Decimal(1)
    )


def test_bond_share_of_an_incident_is_five_percent_unless_given() -> None:
    assert policy.parse(MINIMAL + "incident: {cap: 3}\n").incident == policy.Incident(Decimal(3), 500)


def test_terms_may_have_no_digest() -> None:
    assert policy.parse(MINIMAL + "terms: {uri: ipfs:abc}\n").terms == policy.Terms("ipfs:abc", bytes(32))


def test_key_knows_its_line(good: policy.Policy) -> None:
    assert (good.lines["name"], good.lines["targets.low.compensation.next_reply"], good.lines["fee"]) == (
        1,
        7,
        11,
    )


def test_file_is_read_with_its_name_in_errors(tmp_path: Path) -> None:
    path = tmp_path / "sla.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert policy.read(path) == policy.parse(GOOD)
    path.write_text(edited("15m", "15x"))
    with pytest.raises(PolicyError, match=r"sla\.yaml, line 4: targets\.urgent\.first_reply: "):
        policy.read(path)


def test_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match=r"There is no file .*none\.yaml\."):
        policy.read(tmp_path / "none.yaml")


def test_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="cannot be read"):
        policy.read(tmp_path)


def test_file_that_is_not_utf8_is_refused_with_the_line(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_bytes(b"# fine\nname: caf\xe9\n")
    with pytest.raises(PolicyError, match=r"line 2: The file is not UTF-8"):
        policy.read(path)


def test_example_is_a_policy(project: Path) -> None:
    example = policy.read(project / "examples" / "policy.yaml")
    assert example.to_chain(18).targets[Priority.URGENT][0] == 900


def test_helpdesk_policy_is_a_policy(shared: Path) -> None:
    helpdesk = policy.read(shared / "data" / "helpdesk-policy.yaml")
    assert helpdesk.to_chain(18).compensation[Priority.URGENT] == (10**16, 5 * 10**15, 4 * 10**16)


@pytest.mark.parametrize(("old", "new", "line", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_text_that_is_not_what_its_key_asks_for_is_refused(old: str, new: str, line: int, words: str) -> None:
    assert_refused(edited(old, new), line, words)


def test_text_too_long_for_a_policy_is_refused() -> None:
    assert "at most 64 KiB" in str(refusal("#" * 65_537))
