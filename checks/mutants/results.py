# SPDX-License-Identifier: Apache-2.0
"""What became of each mutant, in .cache/mutants/results.jsonl: one line each time that one was tried."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache

from checks.mutants.compiling import users_of
from checks.mutants.generation import PROJECT, Mutant
from checks.mutants.reach import CACHE, TESTS, digest_of_test
from makegood.artifacts import load

RESULTS = CACHE / "results.jsonl"

# What is no mutant after all: the compiler refuses it, or its code is the original's or an earlier mutant's.
DROPPED = ("invalid", "equivalent", "duplicate")


@dataclass
class Result:
    """`verdict` is one of DROPPED, "killed", "survived", "hung" or "crashed"."""

    verdict: str
    by: str = ""  # of what is killed: walk or test
    killer: str = ""  # the test, or where in which walk; of a duplicate the earlier mutant
    code: str = ""  # what the compiler made of it
    tests: int = 0  # how many were run
    complete: bool = False  # whether these were all that reach it
    seconds: float = 0.0


class Results:
    """The results that still hold for the contracts and tests as they are."""

    def __init__(self, mutants: Iterable[Mutant]) -> None:
        self._codes = {mutant.id: _codes(mutant.file) for mutant in mutants}
        self._tests = _all_tests()
        self._found: dict[str, Result] = {}
        if RESULTS.is_file():
            for line in RESULTS.read_text("utf-8").splitlines():
                self._take(json.loads(line))

    def __getitem__(self, mutant: Mutant) -> Result | None:
        """The result of a mutant, None where it has to be tried."""
        return self._found.get(mutant.id)

    def add(self, mutant: Mutant, result: Result) -> None:
        """Keep a result."""
        self._found[mutant.id] = result
        kept = {
            "id": mutant.id,
            "original": self._codes[mutant.id],
            "tests": digest_of_killer(result) if result.verdict == "killed" else self._tests,
            "result": asdict(result),
        }
        CACHE.mkdir(parents=True, exist_ok=True)
        with RESULTS.open("a", encoding="utf-8") as file:
            file.write(json.dumps(kept) + "\n")

    def known_code(self) -> dict[str, str]:
        """The mutants by the code that the compiler made of them."""
        return {result.code: mutant for mutant, result in self._found.items() if result.code}

    def _take(self, kept: dict[str, object]) -> None:
        mutant, result = str(kept["id"]), Result(**kept["result"])  # type: ignore[arg-type]
        if self._codes.get(mutant) != kept["original"]:
            return
        if result.verdict in DROPPED:
            tests = kept["tests"]
        else:
            tests = digest_of_killer(result) if result.verdict == "killed" else self._tests
        if kept["tests"] == tests:
            self._found[mutant] = result
        else:
            self._found.pop(mutant, None)


def digest_of_killer(result: Result) -> str:
    """A digest of the test that killed a mutant; it may change later."""
    file = result.killer.partition("::")[0]
    return digest_of_test(file) if (PROJECT / file).is_file() else ""


def _all_tests() -> str:
    files = [path.relative_to(PROJECT).as_posix() for path in sorted(TESTS.glob("test_*.py"))]
    return hashlib.sha256("".join(digest_of_test(file) for file in files).encode()).hexdigest()


@cache
def _codes(file: str) -> str:
    # The code of all deployables that contain a source, without the metadata, where a digest of the sources
    # changes with every comment. The last two bytes say how long it is.
    digest = hashlib.sha256()
    for name in users_of(file):
        code = load(name).bytecode
        digest.update(code[: -int.from_bytes(code[-2:])])
    return digest.hexdigest()
