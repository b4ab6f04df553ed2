# SPDX-License-Identifier: Apache-2.0
"""Malformed credentials and receipts, and what became of each: refused, or a fault.

Refused means in time, with our own error, in a sentence that can be printed, and without a connection.
"""

import contextlib
import random
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from checks import good_receipt, malformed_credentials, malformed_receipts
from makegood.console.table import table
from makegood.errors import DocumentError, MakegoodError, SignatureRefused, VerificationFailed
from makegood.identity import Claims, Curve, DidkitProcess, DidWebResolver, Key, issue, verify
from makegood.identity.process import PROOF
from makegood.receipts import Outcome, Verification, verify_file

NOW = 1_767_225_600  # seconds since 1970
SLOWEST = 5.0
"""Seconds that none may take."""

_OFFLINE = ("file", "document", "ticket_id", "signatures")
_SAMPLE = 200  # characters


@dataclass
class Row:
    """Those altered in one way: `at` counts the refused by where that was; `slowest` is in seconds."""

    tried: int = 0
    at: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0


@dataclass
class Refusals:
    """What became of malformed ones of a sort, such as `receipts`.

    `unseen` were by a did:web, and left unchecked where nobody gave a resolver. The didkit process, to which
    credentials are also given without our checks in front, took `unchecked_accepted`.
    """

    sort: str
    rows: dict[str, Row] = field(default_factory=dict)
    accepted: list[str] = field(default_factory=list)
    other_errors: list[str] = field(default_factory=list)
    good_refused: int = 0
    unseen: int = 0
    unchecked_accepted: int = 0
    unchecked_failed: int = 0
    connections: int = 0

    @property
    def refused(self) -> int:
        """How many were, as they must be."""
        return sum(row.at.total() for row in self.rows.values())

    @property
    def slowest(self) -> float:
        """Seconds of the slowest of all."""
        return max((row.slowest for row in self.rows.values()), default=0.0)

    @property
    def faults(self) -> list[str]:
        """One sentence for each that is not as it must be."""
        found = []
        if self.good_refused:
            found.append(f"{self.good_refused} good {self.sort} were refused.")
        if self.accepted:
            found.append(
                f"{len(self.accepted)} {self.sort} were accepted, such as by {self.accepted[0][:_SAMPLE]}."
            )
        if self.other_errors:
            found.append(
                f"{len(self.other_errors)} {self.sort} raised another error, such as "
                f"{self.other_errors[0][:_SAMPLE]}."
            )
        if self.slowest > SLOWEST:
            found.append(f"One of the {self.sort} took {self.slowest:.1f} seconds.")
        if self.unchecked_failed:
            found.append(f"The didkit process failed {self.unchecked_failed} times.")
        if self.connections:
            found.append(f"{self.connections} connections were made for {self.sort}.")
        return found

    def take(self, way: str, what: object, refusal: Callable[[], str]) -> None:
        """Try one; `refusal` says where it was refused, or nothing where it was accepted."""
        row = self.rows.setdefault(way, Row())
        row.tried += 1
        with self.timed(way):
            try:
                where = refusal()
            # Whatever else comes out is what is looked for.
            except BaseException as error:  # noqa: BLE001
                self.other_errors.append(f"{way}: {type(error).__name__}: {error}")
                return
        if where:
            row.at[where] += 1
        else:
            self.accepted.append(f"{way}: {what!r}")

    @contextlib.contextmanager
    def timed(self, way: str) -> Iterator[None]:
        """Count the time of what is done within, however it ends."""
        row = self.rows.setdefault(way, Row())
        started = time.monotonic()
        try:
            yield
        finally:
            row.slowest = max(row.slowest, time.monotonic() - started)

    @property
    def notes(self) -> list[str]:
        """What the table leaves out."""
        found = [f"{self.connections} connections."]
        if self.sort == "credentials":
            found.append(
                f"The didkit process alone failed {self.unchecked_failed} times, and would have accepted "
                f"{self.unchecked_accepted}."
            )
        else:
            found.append(
                f"{self.unseen} by a did:web: skipped where nobody may be asked, refused by a resolver that "
                "trusts no host."
            )
        return found

    def lines(self) -> list[str]:
        """The table."""
        total = Row(sum(row.tried for row in self.rows.values()), Counter(), self.slowest)
        for row in self.rows.values():
            total.at += row.at
        cells = [
            (
                name,
                f"{row.tried:,}",
                f"{row.at.total():,}",
                f"{row.slowest:.3f} s",
                ", ".join(f"{where} {count:,}" for where, count in row.at.most_common()),
            )
            for name, row in [*self.rows.items(), ("all", total)]
        ]
        return table((f"malformed {self.sort}", "tried", "refused", "slowest", "at"), cells, right=(1, 2, 3))


# ---------------------------------------------------------------- credentials


def credentials(
    count: int,
    seed: int,
    mutations: Sequence[malformed_credentials.Mutation] = malformed_credentials.MUTATIONS,
) -> Refusals:
    """Make so many and have each of them refused, with our checks in front and without."""
    # Seeded, so that a failure can be had again.
    chance = random.Random(seed)  # noqa: S311
    process, result = DidkitProcess(time_limit=SLOWEST), Refusals("credentials")
    with contextlib.closing(process), _watched(result) as port:
        originals = [_original(curve, process) for curve in Curve]
        result.good_refused = sum(_place_refusing(one, process) != "" for one in originals)
        for index in range(count):
            turn, at = divmod(index, len(mutations))
            original = text = originals[turn % len(originals)]
            while text == original:
                text = mutations[at](chance, original, port)
            way = _name(mutations[at])
            result.take(way, text, partial(_place_refusing, text, process))
            with result.timed(way):
                _try_unchecked(text, process, result)
    return result


def _original(curve: Curve, process: DidkitProcess) -> str:
    key = Key(curve, bytes(range(1, 33)))
    return issue(Claims("Probe", "urn:probe:1", {"a": "b"}, NOW, NOW + 10**9), key, process=process)


def _place_refusing(text: str, process: DidkitProcess) -> str:
    try:
        verify(text, now=NOW, process=process)
    except SignatureRefused as error:
        _check_words(error)
        return "credential"
    return ""


def _try_unchecked(text: str, process: DidkitProcess, result: Refusals) -> None:
    # One line of text is what the process takes at all.
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    try:
        (answer,) = process.verify([line], PROOF)
        result.unchecked_accepted += answer == "+"
    except MakegoodError:
        result.unchecked_failed += 1


# ---------------------------------------------------------------- receipts


def receipts(
    count: int, seed: int, mutations: Sequence[good_receipt.Mutation] = malformed_receipts.MUTATIONS
) -> Refusals:
    """Make files of so many and have each of them refused without a chain."""
    chance = random.Random(seed)  # noqa: S311
    result = Refusals("receipts")
    with tempfile.TemporaryDirectory() as folder, _watched(result) as port:
        path = Path(folder) / "receipt.json"
        good = good_receipt.good(port)
        path.write_bytes(good.data)
        found = verify_file(path, now=NOW)
        result.good_refused = int(any(found[name].outcome is not Outcome.PASSED for name in _OFFLINE))
        for index in range(count):
            turn, at = divmod(index, len(mutations))
            data = mutations[at](chance, good, turn)
            path.write_bytes(data)
            result.take(_name(mutations[at]), data, partial(_step_refusing, path, result))
    return result


def _step_refusing(path: Path, result: Refusals) -> str:
    found = verify_file(path, now=NOW)
    if found.failed is None and found["signatures"].outcome is Outcome.SKIPPED:
        # By a did:web: not called false where nobody may be asked. A resolver that asks nobody refuses it.
        result.unseen += 1
        found = verify_file(path, now=NOW, resolver=DidWebResolver(()))
    return _step_of(found)


def _step_of(found: Verification) -> str:
    refusal = found.refusal()
    if refusal is None:
        return ""
    if found.failed is None or not isinstance(refusal, DocumentError | VerificationFailed):
        raise refusal
    _check_words(refusal)
    return found.failed.name


# ---------------------------------------------------------------- both


def _check_words(error: MakegoodError) -> None:
    # What somebody else wrote must not reach a terminal as it is.
    if not str(error).isprintable() or not error.message or len(str(error)) > 1_000:
        raise ValueError(f"the words of the refusal are {str(error)!r}")


def _name(mutation: Callable[..., object]) -> str:
    return mutation.__name__.strip("_").replace("_", " ")


@contextlib.contextmanager
def _watched(result: Refusals) -> Iterator[int]:
    # Gives a port on which it listens, and counts the connections to there and from here.
    connections = _Connections()
    with socket.create_server(("127.0.0.1", 0)) as server:
        try:
            yield server.getsockname()[1]
        finally:
            connections.watching = False
        server.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            server.accept()[0].close()
            connections.count += 1
    result.connections = connections.count


class _Connections:
    # Counts where this process connects to while it is watched. An audit hook cannot be taken out again.
    def __init__(self) -> None:
        self.count = 0
        self.watching = True
        sys.addaudithook(self._hear)

    def _hear(self, event: str, _: tuple[object, ...]) -> None:
        if self.watching and event in ("socket.connect", "socket.getaddrinfo"):
            self.count += 1
