# SPDX-License-Identifier: Apache-2.0
"""Credentials are safe to use: `python -m checks.identity --processes 300 --malformed 3000`.

Short processes that issue and verify one credential end well and leave nothing behind; didkit by itself
crashes in a quarter of such runs or more. Malformed credentials are refused with our own error, in time, and
nothing goes to the network: this process connects nowhere, and the didkit process, to which they are also
given without our checks in front, cannot. Exit code 1 where any of that fails.
"""

import argparse
import contextlib
import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from checks.malformed_credentials import mutated
from makegood.errors import MakegoodError, SignatureRefused
from makegood.identity import Claims, Curve, DidkitProcess, Key, issue, verify

NOW = 1_767_225_600  # seconds since 1970
SLOWEST = 5.0
"""Seconds that no credential may take."""

SHORT = """
from makegood.identity import Claims, Key, issue, verify
from makegood.identity.process import shared
key = Key.generate()
found = verify(issue(Claims("Probe", "urn:probe:1", {"a": "b"}, 1_767_225_600), key), now=1_767_225_600)
assert found.issuer == key.did
print(shared().pid)
"""
_PROCESS_SECONDS = 120.0
_OPTIONS = {"proofPurpose": "assertionMethod", "proofFormat": "jwt"}


# ---------------------------------------------------------------- short processes


def short_process(code: str = SHORT) -> str:
    """Run one, which prints the id of its didkit process; empty where it ended well, else what went wrong."""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=_PROCESS_SECONDS, check=False
    )
    if done.returncode != 0:
        return f"exit code {done.returncode}"
    if done.stderr:
        return "it wrote to stderr"
    try:
        os.kill(int(done.stdout), 0)
    except ProcessLookupError:
        return ""
    return "its didkit process was left behind"


def short_processes(count: int, at_once: int = 2) -> Counter[str]:
    """How many ended how; the empty string counts those that ended well."""
    with ThreadPoolExecutor(at_once) as pool:
        return Counter(pool.map(lambda _: short_process(), range(count)))


# ---------------------------------------------------------------- malformed credentials


@dataclass
class Refusals:
    """What became of malformed credentials; seconds of the slowest."""

    refused: int = 0
    accepted: list[str] = field(default_factory=list)
    other_errors: list[str] = field(default_factory=list)
    slowest: float = 0.0
    unchecked_accepted: int = 0
    unchecked_failed: int = 0
    connections: int = 0

    @property
    def faults(self) -> list[str]:
        """One sentence for each that is not as it must be."""
        found = []
        if self.accepted:
            found.append(f"{len(self.accepted)} were accepted, such as {self.accepted[0][:200]!r}.")
        if self.other_errors:
            found.append(f"{len(self.other_errors)} raised another error, such as {self.other_errors[0]}.")
        if self.slowest > SLOWEST:
            found.append(f"One took {self.slowest:.1f} seconds.")
        if self.unchecked_failed:
            found.append(f"The didkit process failed {self.unchecked_failed} times.")
        if self.connections:
            found.append(f"{self.connections} connections were made.")
        return found


def malformed(count: int, seed: int) -> Refusals:
    """Make so many and have each of them refused, with our checks in front and without."""
    # Seeded, so that a failure can be had again.
    chance = random.Random(seed)  # noqa: S311
    process, result = DidkitProcess(time_limit=SLOWEST), Refusals()
    connections = _Connections()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        originals = [_original(curve, process) for curve in Curve]
        try:
            for index in range(count):
                original = text = originals[index % 2]
                while text == original:
                    text = mutated(chance, original, port)
                _try(text, process, result)
                _try_unchecked(text, process, result)
        finally:
            process.close()
            connections.watching = False
        server.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            server.accept()[0].close()
            connections.count += 1
    result.connections = connections.count
    return result


def _original(curve: Curve, process: DidkitProcess) -> str:
    return issue(
        Claims("Probe", "urn:probe:1", {"a": "b"}, NOW, NOW + 10**9), Key.generate(curve), process=process
    )


def _try(text: str, process: DidkitProcess, result: Refusals) -> None:
    started = time.monotonic()
    try:
        verify(text, now=NOW, process=process)
        result.accepted.append(text)
    except SignatureRefused:
        result.refused += 1
    # Whatever else comes out is what is looked for.
    except BaseException as error:  # noqa: BLE001
        result.other_errors.append(f"{type(error).__name__}: {error}")
    result.slowest = max(result.slowest, time.monotonic() - started)


def _try_unchecked(text: str, process: DidkitProcess, result: Refusals) -> None:
    # One line of text is what the process takes at all.
    line = " ".join(text.encode("utf-8", "replace").decode().split())
    started = time.monotonic()
    try:
        (answer,) = process.verify([line], _OPTIONS)
        result.unchecked_accepted += answer == "+"
    except MakegoodError:
        result.unchecked_failed += 1
    result.slowest = max(result.slowest, time.monotonic() - started)


class _Connections:
    # Counts where this process connects to while it is watched. An audit hook cannot be taken out again.
    def __init__(self) -> None:
        self.count = 0
        self.watching = True
        sys.addaudithook(self._hear)

    def _hear(self, event: str, _: tuple[object, ...]) -> None:
        if self.watching and event in ("socket.connect", "socket.getaddrinfo"):
            self.count += 1


def main(arguments: Sequence[str] | None = None) -> int:
    """Run both and print the counts; 0 where all is as it must be."""
    parser = argparse.ArgumentParser(prog="python -m checks.identity", description=__doc__)
    parser.add_argument("--processes", type=int, default=30, help="short processes (default: %(default)s)")
    parser.add_argument("--malformed", type=int, default=300, help="credentials (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations (default: %(default)s)")
    options = parser.parse_args(arguments)
    ends = short_processes(options.processes)
    print(f"short processes: {options.processes}, of which {ends['']} ended well")
    found = [f"{count} short processes: {what}." for what, count in sorted(ends.items()) if what]
    result = malformed(options.malformed, options.seed)
    print(
        f"malformed credentials (seed {options.seed}): {result.refused} refused, "
        f"{len(result.accepted)} accepted, {len(result.other_errors)} other errors; "
        f"slowest {result.slowest:.3f} s; {result.unchecked_failed} failures of the didkit process; "
        f"{result.connections} connections; didkit alone would have taken {result.unchecked_accepted}"
    )
    found += result.faults
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
