# SPDX-License-Identifier: Apache-2.0
"""The struct on chain: what is in it, what does not fit into it, and the way back."""

import re
from pathlib import Path

import pytest
from eth_abi import encode
from policy_file import GOOD, assert_refused, edited, refusal

from makegood import policy

REFUSED = {
    "amount too large": ('"0.020"', "38685627", 4, "Write at most 38685626.227668133590597631"),
    "amount over-precise": ('"0.020"', '"0.0000000000000000001"', 4, "has 19 decimals, but the asset has 18"),
    "fee over-precise": ('"0.006"', '"0.0000000000000000001"', 11, "fee: The amount"),
    "cap too large": ('"2.5"', "79228162515", 9, "Write at most 79228162514.264337593543950335"),
}


@pytest.mark.parametrize(("old", "new", "line", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_amount_that_does_not_fit_is_refused_with_its_line(old: str, new: str, line: int, words: str) -> None:
    assert_refused(edited(old, new), line, words)


def test_amount_of_2_to_the_85_units_is_refused() -> None:
    text = edited('"0.020"', f'"{2**85}"')
    assert "more than the desk can promise" in str(refusal(text, decimals=0))


def test_precision_is_that_of_the_asset() -> None:
    text = GOOD.replace("0.0", "0.000000")
    assert refusal(text, decimals=6).line == 4
    assert policy.parse(edited('"0.020"', '"0.0200000000"')).to_chain(3).compensation[0][0] == 20


def test_struct_has_the_fields_of_the_interface_in_their_order(project: Path) -> None:
    interface = (project / "contracts" / "interfaces" / "ISupportDesk.vyi").read_text()
    struct = re.search(r"struct Policy:\n((?:    .*\n)+)", interface)
    assert struct
    fields = re.findall(r"^    (\w+): uint256", struct[1], flags=re.MULTILINE)
    assert list(policy.ChainPolicy._fields) == fields


def test_struct_encodes_as_the_interface_says(good: policy.Policy) -> None:
    kinds = ",".join(["uint256", "uint256[3][4]", "uint256[3][4]", *["uint256"] * 10])
    words = encode([f"({kinds})"], [good.to_chain(18)])
    values = [int.from_bytes(words[place : place + 32], "big") for place in range(0, len(words), 32)]
    assert values[1:7] == [900, 1800, 28_800, 3600, 7200, 72_000]
    assert values[13:16] == [2 * 10**16, 10**16, 5 * 10**16]
    assert values[25:] == [
        *(432_000, 86_400, 907_200, 7_776_000, 900),
        *(25 * 10**17, 250, 8 * 10**15, 2 * 10**15, 6 * 10**15),
    ]


@pytest.mark.parametrize("decimals", [3, 6, 18, 24])
def test_policy_comes_back_from_the_chain(good: policy.Policy, decimals: int) -> None:
    struct = good.to_chain(decimals)
    assert policy.Policy.from_chain(struct, decimals, name=good.name, terms=good.terms) == good
    assert policy.Policy.from_chain(struct._asdict(), decimals, name=good.name, terms=good.terms) == good
