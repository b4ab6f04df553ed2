# SPDX-License-Identifier: Apache-2.0
"""Credentials and receipts are safe to use: `python -m checks.identity --processes 300 --malformed 3000`.

Short processes that issue and verify one credential end well and leave nothing behind; didkit by itself
crashes in a quarter of such runs or more. Malformed credentials, and as many malformed receipts, which are
verified without a chain, are refused with our own error, in time, and nothing goes to the network: this
process connects nowhere, and the didkit process, to which the credentials are also given without our checks
in front, cannot. Exit code 1 where any of that fails.
"""

import argparse
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from checks import refusals

SHORT = """
from makegood.identity import Claims, Key, issue, verify
from makegood.identity.process import shared
key = Key.generate()
found = verify(issue(Claims("Probe", "urn:probe:1", {"a": "b"}, 1_767_225_600), key), now=1_767_225_600)
assert found.issuer == key.did
print(shared().pid)
"""
_PROCESS_SECONDS = 120.0


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


def main(arguments: Sequence[str] | None = None) -> int:
    """Run all and print the counts; 0 where all is as it must be."""
    parser = argparse.ArgumentParser(prog="python -m checks.identity", description=__doc__)
    parser.add_argument("--processes", type=int, default=30, help="short processes (default: %(default)s)")
    parser.add_argument("--malformed", type=int, default=300, help="of each sort (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the mutations (default: %(default)s)")
    options = parser.parse_args(arguments)
    print(f"seed {options.seed}")
    ends = short_processes(options.processes)
    print(f"short processes: {options.processes}, of which {ends['']} ended well")
    found = [f"{count} short processes: {what}." for what, count in sorted(ends.items()) if what]
    for result in (
        refusals.credentials(options.malformed, options.seed),
        refusals.receipts(options.malformed, options.seed),
    ):
        print("", *result.lines(), *result.notes, sep="\n")
        found += result.faults
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
