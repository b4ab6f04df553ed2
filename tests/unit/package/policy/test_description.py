# SPDX-License-Identifier: Apache-2.0
"""A policy in words."""

from makegood import policy


def test_policy_in_words(good: policy.Policy) -> None:
    words = dict(good.describe("ETH"))
    assert words["open"] == "mon-fri 08:00-12:00, 13:00-18:00; sat 20:00-24:00 UTC"
    assert words["urgent"] == (
        "first reply in 15m or 0.02 ETH; next reply in 30m or 0.01 ETH; resolution in 8h or 0.05 ETH"
    )
    assert words["ruling"] == "10d12h"
    assert words["incident"] == "up to 2.5 ETH, with a bond of 2.5% of what is asked"
    assert words["terms"] == "https://wallet.example/terms-1.html"


def test_policy_without_incidents_says_so(required_only: policy.Policy) -> None:
    assert dict(required_only.describe())["incident"] == "pays nothing"
    assert dict(required_only.describe())["fee"] == "0"
