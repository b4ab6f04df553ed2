# SPDX-License-Identifier: Apache-2.0
"""Every error that the package raises on purpose; each class has the exit code of a command that it ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from makegood.explorer.phrases import Sentence


class MakegoodError(Exception):
    """Something went wrong, said in one sentence, with what to do about it where that is known.

    `str()` is the message, then the hint. Both are whole sentences.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}" if self.hint else self.message


class NodeUnreachable(MakegoodError):
    """No usable answer from the network's node; nothing is known to have been sent."""


class NodeSilent(NodeUnreachable):
    """Nothing answers at the node's address."""


class NodeRefuses(MakegoodError):
    """The node answers a request with an error; `code` is the one of JSON-RPC, 0 where there is none."""

    def __init__(self, message: str, *, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class LogsMissing(MakegoodError):
    """An event is about what no event before it made: the node left some out."""


class IndexBehind(MakegoodError):
    """The index does not know yet what an account has done already."""


class ProcessFailed(MakegoodError):
    """The process of didkit died or passed its time limit; it was ended, and the next call starts another."""


class EventRefused(MakegoodError):
    """The rules of a ticket's clocks do not take this event in this state."""


class MalformedWord(MakegoodError):
    """A number is no ticket's word, or a state does not fit into one."""


class MalformedEntry(MakegoodError):
    """Bytes are no entry of a batch."""


class UsageError(MakegoodError):
    """What the caller gave cannot be used; nothing was done."""

    exit_code = 2


class NotSealedForYou(UsageError):
    """None of the identities is a bundle's recipient."""


class BundleTooLarge(UsageError):
    """More files or bytes than a sealed bundle may have."""


class _InputFileError(UsageError):
    """A file that the caller gave cannot be used. `line` counts from 1; `source` is the file's name."""

    def __init__(
        self, message: str, *, hint: str | None = None, line: int | None = None, source: str | None = None
    ) -> None:
        super().__init__(message, hint=hint)
        self.line = line
        self.source = source

    def __str__(self) -> str:
        place = ", ".join(
            part for part in (self.source, f"line {self.line}" if self.line is not None else None) if part
        )
        text = super().__str__()
        return f"{place}: {text}" if place else text


class PolicyError(_InputFileError):
    """A policy says something that the desk cannot promise."""


class LogError(_InputFileError):
    """A row of a ticket log cannot be replayed."""


class IncomingError(_InputFileError):
    """A line is no event that a batch can hold."""


class DocumentError(_InputFileError):
    """A JSON document has no canonical form or no digest. `place` is where in it, such as `$.steps[2].at`."""

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        line: int | None = None,
        source: str | None = None,
        place: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint, line=line, source=source)
        self.place = place


class NotFound(MakegoodError):
    """A file, a ticket, a desk or an account is not there."""

    exit_code = 3


class NotIndexed(NotFound):
    """An index has no such thing. `what` says so, `then` what to do, in the languages of the pages."""

    def __init__(self, what: Sentence, then: Sentence) -> None:
        super().__init__(what.text)
        self.what, self.then = what, then


class LeavesMissing(NotFound):
    """The leaves of a batch are not published where they should be, or cannot be had from there."""


class SignatureRefused(MakegoodError):
    """A signature is missing, expired, used or somebody else's."""

    exit_code = 4


class ChainRevert(MakegoodError):
    """A contract refused the call. `reason` is its reason, such as `desk: ticket unknown`; empty for none.

    `step` says which of several calls it was; empty where there was one.
    """

    exit_code = 5

    def __init__(self, message: str, *, reason: str = "", hint: str | None = None, step: str = "") -> None:
        super().__init__(message, hint=hint)
        self.reason = reason
        self.step = step


class VerificationFailed(MakegoodError):
    """What was verified turned out to be false."""

    exit_code = 6


class ChainParted(VerificationFailed):
    """A node's chain is another than the index's below a block that was final."""


class BundleDamaged(VerificationFailed):
    """A sealed bundle is not as it was sealed, or is no bundle."""


class LeavesDamaged(VerificationFailed):
    """What is published as a batch's leaves is cut off, too long, or holds what is no entry."""


class LeavesOfAnotherRoot(VerificationFailed):
    """What is published as a batch's leaves are whole leaves, but not those of its root."""


class Stopped(MakegoodError):
    """Somebody stopped the command; what was sent by then stays sent."""

    exit_code = 130
