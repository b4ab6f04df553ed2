# SPDX-License-Identifier: Apache-2.0
"""What YAML would take, but a policy file may not hold."""

import pytest
from policy_file import GOOD, assert_refused, edited, refusal

REFUSED = {
    "unquoted decimal": ('"0.020"', "0.020", 4, 'reads with rounding. Write it in quotes: "0.020"'),
    "octal": ('"0.020"', "010", 4, "begins with a zero"),
    "boolean for money": ('"0.020"', "yes", 4, "reads as a yes or no"),
    "not a number": ('"0.020"', ".nan", 4, "reads with rounding"),
    "amount empty": ('first_reply: "0.020"', "first_reply: ", 4, "is empty"),
    "amount a list": ('"0.020"', "[1]", 4, "is not a single value"),
    "key unknown": ("next_reply: 30m", "nxt_reply: 30m", 4, 'Did you mean "next_reply"?'),
    "key of nowhere": ("fee:", "colour:", 11, 'A policy has no "colour". It has name, hours'),
    "priority unknown": ("urgent:", "urgnt:", 4, 'Did you mean "urgent"?'),
    "priority missing": (GOOD.splitlines(keepends=True)[6], "", 4, 'targets lacks "low"'),
    "section missing": (GOOD.splitlines(keepends=True)[7], "", 1, 'A policy lacks "windows"'),
    "key twice": ("  high:", "  urgent:", 5, 'has "urgent" twice, first in line 4'),
    "key a list": ("fee:", "? [1]\n:", 11, "a key that is no word"),
    "key a number": ("fee:", "7:", 11, "a key that is no word"),
    "key too long": ("fee:", "f" * 51 + ":", 11, "a key that is no word"),
    "key of two lines": ("fee:", '"a\\nb":', 11, "a key that is no word"),
    "value too long": ('"0.006"', "9" * 1001, 11, "fee is too long"),
    "value for a terminal": ('"0.006"', '"\\e[31m"', 11, "fee is too long or has a character"),
    "merge key": ("fee: ", "<<: {}\nfee: ", 11, "a key that is no word"),
    "section a text": (GOOD.splitlines()[11], "terms: x", 12, "terms is not a list of keys and values"),
    "name a number": ("Wallet support", "2026", 1, "reads as a number"),
    "name a date": ("Wallet support", "2026-01-01", 1, "reads as a date"),
    "name half a surrogate": ("Wallet support", '"\\ud800"', 1, "cannot be printed"),
    "name of two lines": ("Wallet support", '"a\\nb"', 1, "cannot be printed"),
    "not YAML": ("Wallet support", "[", 3, "in what begins in line 1"),
    "control character": ("Wallet", "\x01Wallet", 1, "a character that YAML does not take"),
    "anchor": ('"0.006"', "&fee 1", 11, "Anchors and aliases are not taken"),
    "alias": ('"0.006"', "*fee", 11, "Anchors and aliases are not taken"),
    "tag": ('"0.006"', "!!python/object:os.system 1", 11, "is not taken"),
    "second document": ("fee:", "---\nfee:", 11, "A second document begins here"),
    "nested deeply": ('"0.006"', "[" * 300 + "]" * 300, 11, "nested too deeply"),
}


@pytest.mark.parametrize(("old", "new", "line", "words"), REFUSED.values(), ids=REFUSED.keys())
def test_nonsense_is_refused_with_its_line_and_a_remedy(old: str, new: str, line: int, words: str) -> None:
    assert_refused(edited(old, new), line, words)


@pytest.mark.parametrize("text", ["", "# nothing\n", "[]", "policy"])
def test_text_that_is_no_mapping_is_refused(text: str) -> None:
    assert refusal(text).line == 1
