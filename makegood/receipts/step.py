# SPDX-License-Identifier: Apache-2.0
"""What came of verifying: each step with its outcome, in the order in which they were taken."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Any

from makegood.errors import MakegoodError, VerificationFailed

STEPS = ("file", "document", "ticket_id", "inclusion", "signatures", "recorded", "standing", "worth")
"""All steps, in their order."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


class Outcome(Enum):
    """How a step ended."""

    PASSED = "passed"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Step:
    """One of `STEPS`: `why` it ended so in a sentence, what to do in `hint`, for machines what was found."""

    name: str
    outcome: Outcome
    why: str
    hint: str | None = None
    facts: Mapping[str, Any] = field(default_factory=lambda: _NOTHING)

    def __str__(self) -> str:
        return f"{self.why} {self.hint}" if self.hint else self.why


@dataclass(frozen=True)
class Verification:
    """All steps in order. `error` is what kept a step from being taken, such as a node without an answer."""

    steps: tuple[Step, ...]
    error: MakegoodError | None = None

    def __iter__(self) -> Iterator[Step]:
        return iter(self.steps)

    def __getitem__(self, name: str) -> Step:
        return next(step for step in self.steps if step.name == name)

    @property
    def failed(self) -> Step | None:
        """The first step that failed; None where none did."""
        return next((step for step in self.steps if step.outcome is Outcome.FAILED), None)

    @property
    def verified(self) -> bool | None:
        """Whether no step failed and none that was wanted was left out.

        None where no step failed but no chain was asked: then nothing shows that the ticket is recorded.
        """
        if self.failed is not None or self.error is not None:
            return False
        return True if self["recorded"].outcome is Outcome.PASSED else None

    def refusal(self) -> MakegoodError | None:
        """What the verification ends with: VerificationFailed for a failed step, else `error`.

        A file that is no receipt keeps its own error.
        """
        failed = self.failed
        if failed is None or (self.error is not None and failed.name == "file"):
            return self.error
        return VerificationFailed(failed.why, hint=failed.hint)


def passed(name: str, why: str, **facts: Any) -> Step:
    """A step that found what it looked for."""
    return Step(name, Outcome.PASSED, why, None, facts)


def failed(name: str, why: str, hint: str, **facts: Any) -> Step:
    """A step that found that the receipt is wrong."""
    return Step(name, Outcome.FAILED, why, hint, facts)


def skipped(name: str, why: str, hint: str | None = None) -> Step:
    """A step that was not taken."""
    return Step(name, Outcome.SKIPPED, why, hint)
