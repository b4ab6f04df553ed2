# SPDX-License-Identifier: Apache-2.0
"""Walks as plain transactions with their outcomes, to be played on another build at the EVM's own speed.

    trace = record(seed=1, transactions=20_000)
    difference = play(built() | changed, trace)

An outcome is whether it went through, what was returned or reverted with, and every log; not the gas. The
model has confirmed each of them. Addresses follow from the deployer's nonce, so that they are the same
whatever is deployed. As files: `python -m fuzz --record FILE`, `python -m fuzz.trace FILE`.
"""

import argparse
import gzip
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from fuzz.build import Build, built, compile_names, mocks
from fuzz.chain import Chain, Outcome

Operation = tuple[Any, ...]
Episode = list[Operation]
Trace = list[Episode]


@dataclass(frozen=True)
class Difference:
    """The first operation that another build answers differently."""

    episode: int
    index: int
    operation: Operation
    what: str

    def __str__(self) -> str:
        return f"episode {self.episode}, operation {self.index}: {self.what}"


def digest_of(logs: Iterable[Any]) -> str:
    """All logs of a call, in order."""
    digest = blake2b(digest_size=16)
    for log in logs:
        topics, data = log.data
        digest.update(log.address.encode() + b"".join(topics) + len(data).to_bytes(4, "big") + data)
    return digest.hexdigest()


class Notes:
    """Takes down one episode."""

    def __init__(self) -> None:
        self.episode: Episode = []

    def note(self, *operation: Any) -> None:
        """A deployment, code at an address, a balance."""
        self.episode.append(operation)

    def note_call(self, at: int, sender: int, to: int, value: int, data: bytes, outcome: Outcome) -> None:
        """A call, and what came of it."""
        logs = digest_of(outcome.logs) if outcome.logs else ""
        self.episode.append(("call", at, sender, to, value, data, outcome.ok, outcome.output, logs))


def record(
    seed: int,
    transactions: int,
    assets: Sequence[str] = (),
    length: int = 1_000,
    build: Build | None = None,
) -> Trace:
    """Walks over all assets in turn, `length` transactions each. Raises where one fails."""
    from fuzz.walk import ASSETS, Tally, asset_of, walk

    trace: Trace = []
    tally = Tally()
    chosen = assets or ASSETS
    while tally.total < transactions:
        notes = Notes()
        i = len(trace)
        most = min(length, transactions - tally.total)
        walked = walk(build or built(), f"{seed}.{i}", asset_of(i, chosen), most, tally, notes)
        if walked.failure:
            raise walked.failure
        trace.append(notes.episode)
    return trace


def play(build: Build, trace: Trace, spec: str = "CANCUN") -> Difference | None:
    """Do all of it on other code; the first difference ends it."""
    for number, episode in enumerate(trace):
        chain = Chain(build, spec=spec)
        for index, operation in enumerate(episode):
            if what := _differs(chain, operation):
                return Difference(number, index, operation, what)
    return None


def _differs(chain: Chain, operation: Operation) -> str:
    kind, *rest = operation
    if kind == "call":
        at, sender, to, value, data, ok, output, logs = rest
        chain.at(at)
        got = chain.call(sender, to, data, value)
        if got.ok != ok:
            return (
                f"{'done' if got.ok else f'refused, {got.reason()!r}'}; it was {'done' if ok else 'refused'}"
            )
        if got.output != output:
            return f"output {got.output.hex()}; it was {output.hex()}"
        if (digest_of(got.logs) if got.logs else "") != logs:
            return "other logs"
    elif kind == "deploy":
        at, name, arguments, blueprint = rest
        chain.at(at)
        try:
            chain.deploy(name, arguments, blueprint=blueprint)
        except (RuntimeError, OverflowError) as error:
            return f"{name} cannot be deployed: {str(error)[:80]}"
    elif kind == "code":
        chain.put_code(*rest)
    else:
        chain.set_balance(*rest)
    return ""


# ---------------------------------------------------------------- files


def save(trace: Trace, path: Path) -> None:
    """One operation a line, gzipped; an empty line before each episode."""
    with gzip.open(path, "wt", compresslevel=3, encoding="utf-8") as file:
        for episode in trace:
            file.write("\n")
            for operation in episode:
                plain = [f"0x{one.hex()}" if isinstance(one, bytes) else one for one in operation]
                file.write(json.dumps(plain) + "\n")


def load(path: Path) -> Trace:
    """The reverse of `save`."""
    return list(_episodes(path))


def _episodes(path: Path) -> Iterator[Episode]:
    episode: Episode = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            if line != "\n":
                fields = json.loads(line)
                episode.append(
                    tuple(
                        bytes.fromhex(one[2:]) if isinstance(one, str) and one[:2] == "0x" else one
                        for one in fields
                    )
                )
            elif episode:
                yield episode
                episode = []
    yield episode


def main(arguments: Sequence[str] | None = None) -> int:
    """Play a file on the project's build, or on that of another folder of contracts."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.trace", description=main.__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--contracts", type=Path, help="a folder of contracts that is compiled and played on")
    options = parser.parse_args(arguments)
    if not options.file.is_file():
        print(f"There is no {options.file}.", file=sys.stderr)
        return 3
    build = built()
    if options.contracts:
        names = [name for name in build if not name.startswith("mocks/")]
        build = compile_names(names, options.contracts) | mocks()
    trace = load(options.file)
    difference = play(build, trace)
    print(difference or f"{sum(map(len, trace))} operations, no difference")
    return 1 if difference else 0


if __name__ == "__main__":
    raise SystemExit(main())
