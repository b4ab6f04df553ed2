# SPDX-License-Identifier: Apache-2.0
"""Which test runs which lines of the contracts, and so which tests can tell a mutant apart.

It is measured once, test by test, and kept in .cache/mutants until the contracts or the test's file change.
"""

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from checks.contract_coverage import Recorder, line_of
from checks.mutants.compiling import sources_digest
from checks.mutants.generation import CONTRACTS, PROJECT, Mutant, functions_of_lines
from checks.mutants.normal import one_statement_a_line

TESTS = PROJECT / "tests" / "unit" / "contracts"
SUPPORT = PROJECT / "tests" / "support"
CACHE = PROJECT / ".cache" / "mutants"

IMPORTED = re.compile(r"^(?:from|import) (\w+)", re.MULTILINE)
WORD = re.compile(r"[a-z0-9]+")

Lines = dict[str, int]  # file relative to contracts/: bit n is line n


@dataclass
class Reached:
    """What one test ran."""

    seconds: float = 0.0
    arranged: Lines = field(default_factory=dict)  # by its fixtures
    called: Lines = field(default_factory=dict)  # by the test itself

    def runs(self, wanted: Lines) -> bool:
        """Whether any of these lines was run."""
        return self.calls(wanted) or meet(self.arranged, wanted)

    def calls(self, wanted: Lines) -> bool:
        """Whether any of these lines was run by the test itself."""
        return meet(self.called, wanted)


class LineRecorder(Recorder):
    """Records lines rather than steps, so that each test can have its own."""

    def lines(self) -> Lines:
        """What was run since the last time."""
        found: Lines = defaultdict(int)
        for compiled in self._compiled:
            for pc in {pc for pc, _ in compiled.steps}:
                node = compiled._nodes.get(pc)
                if node is not None and (line := line_of(node)):
                    found[line[0].removeprefix(f"{CONTRACTS.name}/")] |= 1 << line[1]
            compiled.steps.clear()
        return dict(found)


def meet(some: Lines, others: Lines) -> bool:
    """Whether two sets of lines have one in common."""
    return any(some.get(file, 0) & lines for file, lines in others.items())


class Targets:
    """Where a mutant shows: the lines that run it, and the functions that these are in."""

    def __init__(self, mutant: Mutant) -> None:
        if mutant.is_declaration:
            self.lines = _lines_with(_derived(mutant.file, mutant.function))
        else:
            self.lines = {mutant.file: 1 << mutant.line}
        self.functions = {file: _whole_functions(file, lines) for file, lines in self.lines.items()}
        self.words = set(WORD.findall(f"{mutant.function} {Path(mutant.file).stem}".lower()))


def nearest(mutant: Mutant, reached: dict[str, Reached], killers: Iterable[str] = ()) -> list[str]:
    """The tests that run a mutant, those first that most likely tell it apart: `killers`, of its neighbours.

    Then those that run its line themselves, and not only to prepare; of these, those that are named like it;
    of these, the quick ones.
    """
    targets = Targets(mutant)
    running = {name: one for name, one in reached.items() if one.runs(targets.functions)}
    first = list(dict.fromkeys(name for name in killers if name in running))

    def distance(name: str) -> tuple[bool, bool, int, float]:
        one = running[name]
        alike = len(targets.words & set(WORD.findall(name.replace("_", " "))))
        return not one.calls(targets.lines), not one.runs(targets.lines), -alike, one.seconds

    return first + sorted(running.keys() - set(first), key=lambda name: (distance(name), name))


@cache
def _normal(file: str) -> list[str]:
    return one_statement_a_line((CONTRACTS / file).read_text("utf-8"))


def _whole_functions(file: str, lines: int) -> int:
    # The lines of all functions of which some line is among these.
    names = functions_of_lines(_normal(file))
    wanted = {names[line - 1] for line in range(1, len(names) + 1) if lines >> line & 1}
    return sum(1 << line for line, name in enumerate(names, 1) if name in wanted)


def _derived(file: str, name: str) -> set[str]:
    # The names of constants that are computed from this one, and itself.
    names = {name}
    for line in _normal(file):
        declared, is_constant, value = line.partition(": constant(")
        if is_constant and any(re.search(rf"\b{one}\b", value) for one in names):
            names.add(declared)
    return names


def _lines_with(names: set[str]) -> Lines:
    # Where any of these names stands, in any contract: other modules may use it.
    pattern = re.compile(rf"\b(?:{'|'.join(sorted(names))})\b")
    found: Lines = {}
    for path in sorted([*CONTRACTS.glob("*.vy"), *(CONTRACTS / "modules").glob("*.vy")]):
        file = path.relative_to(CONTRACTS).as_posix()
        lines = sum(1 << number for number, line in enumerate(_normal(file), 1) if pattern.search(line))
        if lines:
            found[file] = lines
    return found


@cache
def digest_of_test(file: str) -> str:
    """One digest of a test's file and of all that it imports from tests/support."""
    seen: set[Path] = set()
    waiting = [PROJECT / file]
    while waiting:
        path = waiting.pop()
        if path not in seen and path.is_file():
            seen.add(path)
            waiting += [SUPPORT / f"{name}.py" for name in IMPORTED.findall(path.read_text("utf-8"))]
    digest = hashlib.sha256()
    for path in sorted(seen):
        digest.update(path.read_bytes())
    return digest.hexdigest()


def cache_file(file: str) -> Path:
    """Where the reach of a test file is kept, for these contracts."""
    everything = [path.relative_to(CONTRACTS).as_posix() for path in CONTRACTS.rglob("*.vy*")]
    key = hashlib.sha256(f"{sources_digest(everything)} {digest_of_test(file)}".encode()).hexdigest()
    return CACHE / "reach" / f"{Path(file).stem}-{key[:16]}.json"


def load(file: str) -> dict[str, Reached] | None:
    """What is kept of a test file; None where it has to be measured."""
    path = cache_file(file)
    if not path.is_file():
        return None
    kept = json.loads(path.read_text("utf-8"))
    return {
        name: Reached(one["seconds"], _from_hex(one["arranged"]), _from_hex(one["called"]))
        for name, one in kept.items()
    }


def save(file: str, reached: dict[str, Reached]) -> None:
    """Keep it."""
    path = cache_file(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {
        name: {
            "seconds": round(one.seconds, 3),
            "arranged": _to_hex(one.arranged),
            "called": _to_hex(one.called),
        }
        for name, one in reached.items()
    }
    path.write_text(json.dumps(kept), "utf-8")


def _to_hex(lines: Lines) -> dict[str, str]:
    return {file: hex(bits) for file, bits in lines.items()}


def _from_hex(lines: dict[str, str]) -> Lines:
    return {file: int(bits, 16) for file, bits in lines.items()}
