# SPDX-License-Identifier: Apache-2.0
"""A policy, and why one cannot be kept."""

from fuzz.model.hours import HOUR, WEEK, opening_hours

DAY = 86_400
TEN_YEARS = 315_576_000
MAX_TIME = 2**32 - 1
MAX_AMOUNT = 2**85 - 1
MAX_CAP = 2**96 - 1
MAX_POLICIES = 8_191

Triple = tuple[int, int, int]
Four = tuple[Triple, Triple, Triple, Triple]


class Policy:
    """A policy in the order of the chain's struct."""

    def __init__(
        self,
        hours: int,
        targets: Four,
        amounts: Four,
        contest_window: int,
        challenge_window: int,
        ruling_window: int,
        claim_window: int,
        anchor_lag: int,
        incident_cap: int,
        bond_share: int,
        contest_bond: int,
        prove_bond: int,
        fee: int,
    ) -> None:
        self.hours, self.targets, self.amounts = hours, targets, amounts
        self.contest_window, self.challenge_window = contest_window, challenge_window
        self.ruling_window, self.claim_window, self.anchor_lag = ruling_window, claim_window, anchor_lag
        self.incident_cap, self.bond_share = incident_cap, bond_share
        self.contest_bond, self.prove_bond, self.fee = contest_bond, prove_bond, fee
        self.worst = [sum(row) for row in amounts]
        # By priority, then by set of the three clock kinds.
        self.amount = [
            [sum(row[k] for k in range(3) if kinds >> k & 1) for kinds in range(16)] for row in amounts
        ]

    @property
    def table(self):
        """Its opening hours."""
        return opening_hours(self.hours)

    def flat(self) -> list[int]:
        """The numbers of the chain's struct, one after the other."""
        return [
            self.hours,
            *(number for row in self.targets for number in row),
            *(number for row in self.amounts for number in row),
            self.contest_window,
            self.challenge_window,
            self.ruling_window,
            self.claim_window,
            self.anchor_lag,
            self.incident_cap,
            self.bond_share,
            self.contest_bond,
            self.prove_bond,
            self.fee,
        ]


def from_flat(numbers: list[int]) -> Policy:
    """The reverse of `Policy.flat`."""
    rows = [tuple(numbers[i : i + 3]) for i in range(1, 25, 3)]
    return Policy(numbers[0], tuple(rows[:4]), tuple(rows[4:]), *numbers[25:])


def faults(p: Policy, notice: int, now: int) -> set[str]:
    """Every reason to refuse it."""
    found = set()
    windows = (p.contest_window, p.challenge_window, p.ruling_window, p.claim_window, p.anchor_lag)
    amounts = [amount for row in p.amounts for amount in row]
    targets = [target for row in p.targets for target in row]
    for reason, applies in (
        ("window is zero", 0 in windows),
        ("window over ten years", max(p.contest_window, p.claim_window) > TEN_YEARS),
        ("contest outlasts notice", p.contest_window > notice),
        ("challenge over seven days", p.challenge_window > 7 * DAY),
        ("ruling over sixty days", p.ruling_window > 60 * DAY),
        ("challenge within two lags", p.challenge_window <= 2 * p.anchor_lag),
        ("incident cap too large", p.incident_cap > MAX_CAP),
        ("bond share over 100 %", p.bond_share > 10_000),
        ("bond too large", max(p.contest_bond, p.prove_bond) > MAX_AMOUNT),
        ("contest bond below fee", p.contest_bond < p.fee),
        ("no open hour", p.hours == 0),
        ("hours outside the week", p.hours >= 2**168),
        ("target is zero", 0 in targets),
        ("target over ten years", max(targets) > TEN_YEARS),
        ("compensation too large", max(amounts) > MAX_AMOUNT),
    ):
        if applies:
            found.add("policy: " + reason)
    a_week = (p.hours & (2**168 - 1)).bit_count() * HOUR
    if a_week and now + 2 * TEN_YEARS + (max(targets) // a_week + 2) * WEEK > MAX_TIME:
        found.add("policy: due times pass 2106")
    return found
