# SPDX-License-Identifier: Apache-2.0
"""A policy file whose every line is known, and what is asserted of one that is refused."""

import pytest

from makegood import policy
from makegood.errors import PolicyError

# The tests count these lines.
GOOD = """\
name: Wallet support
hours: {mon-fri: "08:00-12:00, 13:00-18:00", sat: "20:00-24:00"}
targets:
  urgent: {first_reply: 15m, next_reply: 30m, resolution: 8h, compensation: {first_reply: "0.020", next_reply: "0.010", resolution: "0.050"}}
  high: {first_reply: 1h, next_reply: 2h, resolution: 20h, compensation: {first_reply: "0.010", next_reply: "0.005", resolution: "0.025"}}
  normal: {first_reply: 4h, next_reply: 1h30m, resolution: 45h, compensation: {first_reply: "0.004", next_reply: "0.002", resolution: 1}}
  low: {first_reply: 15h, next_reply: 15h, resolution: 1h1m1s, compensation: {first_reply: "0", next_reply: 0, resolution: "0.0"}}
windows: {contest: 5d, challenge: 24h, ruling: 10d12h, claim: 90d, anchor_lag: 15m}
incident: {cap: "2.5", bond_share: "2.5%"}
bonds: {contest: "0.008", prove: "0.002"}
fee: "0.006"
terms: {uri: "https://wallet.example/terms-1.html", sha256: "00000000000000000000000000000000000000000000000000000000000000ff"}
"""  # noqa: E501
MINIMAL = "".join(line for line in GOOD.splitlines(keepends=True)[:8])


def edited(old: str, new: str) -> str:
    assert GOOD.count(old) >= 1, old
    return GOOD.replace(old, new, 1)


def refusal(text: str, decimals: int = 18) -> PolicyError:
    with pytest.raises(PolicyError) as caught:
        policy.parse(text, "policy.yaml").to_chain(decimals)
    return caught.value


def assert_refused(text: str, line: int, words: str) -> None:
    """Refused with its line, these words in it, and a remedy."""
    error = refusal(text)
    assert error.line == line
    assert str(error).startswith(f"policy.yaml, line {line}: ")
    assert words in str(error)
    assert error.hint
