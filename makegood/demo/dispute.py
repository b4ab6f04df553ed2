# SPDX-License-Identifier: Apache-2.0
"""One dispute of a demo, from contest to ruling, with everybody's money around its two steps."""

from dataclasses import dataclass

from makegood.demo.expectation import Claim
from makegood.demo.money import Money
from makegood.desk import DisputeState, Event, Outcome


@dataclass(frozen=True)
class Step:
    """One transaction of a dispute, and everybody's money before and after it."""

    outcome: Outcome
    before: Money
    after: Money

    @property
    def changes(self) -> dict[str, int]:
        """What it changed, by party."""
        return self.after.since(self.before)


@dataclass(frozen=True)
class DisputeStory:
    """A dispute as the chain recorded it. `signers` are the arbiters of its verdict, none by default."""

    ticket: int
    claim: Claim
    signers: tuple[str, ...]
    contest: Step
    ruling: Step

    @property
    def contested(self) -> Event:
        """The panel's record of the contest."""
        return self.contest.outcome.event("Contested")

    @property
    def ruled(self) -> Event:
        """The panel's record of the ruling."""
        return self.ruling.outcome.event("DisputeRuled")

    @property
    def number(self) -> int:
        """Counted from 1 on, by the panel."""
        return int(self.contested["dispute"])

    @property
    def state(self) -> DisputeState:
        """How it ended."""
        return DisputeState(self.ruled["state"])

    @property
    def worth(self) -> int:
        """What it was ruled to be worth; 0 where it was rejected."""
        return int(self.ruled["amount"])

    @property
    def meanwhile(self) -> dict[str, int]:
        """What other acts changed between the contest and the ruling, by party."""
        return self.ruling.before.since(self.contest.after)
