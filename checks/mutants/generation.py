# SPDX-License-Identifier: Apache-2.0
"""The mutants of a source: one change of one statement each, by the rules files beside this module."""

import contextlib
import hashlib
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from universalmutator import mutator  # type: ignore[import-untyped]

from checks.mutants.normal import one_statement_a_line

PROJECT = Path(__file__).resolve().parents[2]
CONTRACTS = PROJECT / "contracts"
RULES = Path(__file__).parent
ID_LENGTH = 12

# Of these operators, whose mutants are many and alike, one in so many is tried: those whose id says so.
ONE_IN = {"number": 3, "bits": 3}

FUNCTION = re.compile(r"def (\w+)\(")
CONDITION = re.compile(r" +(?:el)?if .* (?P<relation>[<>=!]=|[<>]) ")
JOINED = re.compile(r" (?:and|or) ")
OPPOSITE = {"<": ">=", ">=": "<", ">": "<=", "<=": ">", "==": "!=", "!=": "=="}
VARIABLE = re.compile(r" +(\w+): [\w.]+ = (?:0|False)$")
DECLARED = re.compile(r"(\w+):")


@dataclass(frozen=True)
class Mutant:
    """One change: of the statement that begins on `line`, in a function, or in the declaration of a name."""

    id: str
    file: str  # relative to contracts/
    line: int
    function: str  # or the constant
    operator: str
    before: str
    after: str

    @property
    def is_declaration(self) -> bool:
        """Whether it changes a constant, which code anywhere may use."""
        return self.operator == "constant"

    def apply(self, source: str) -> str:
        """The mutated source, one statement a line."""
        lines = one_statement_a_line(source)
        lines[self.line - 1] = self.after + "\n"
        return "".join(lines)


def mutants_of(path: Path, root: Path = CONTRACTS) -> list[Mutant]:
    """The mutants of one source that are tried, by line. The same source gives the same ones."""
    lines = one_statement_a_line(path.read_text("utf-8"))
    names = functions_of_lines(lines)
    file = path.relative_to(root).as_posix()
    seen: Counter[tuple[str, str, str]] = Counter()
    found = []
    for number, after, operator in sorted(_changes(lines), key=lambda change: change[0]):
        before = lines[number - 1].rstrip("\n")
        key = (names[number - 1], before, after)
        seen[key] += 1
        # Not the line: what else changes in the file leaves a mutant's name alone.
        digest = hashlib.sha256("\0".join([file, *key, str(seen[key])]).encode()).hexdigest()
        mutant = Mutant(digest[:ID_LENGTH], file, number, key[0], operator, before, after)
        if int(mutant.id, 16) % ONE_IN.get(operator, 1) == 0:
            found.append(mutant)
    return found


def _changes(lines: list[str]) -> Iterator[tuple[int, str, str]]:
    # Line number, what it becomes, operator.
    for rules, inside in ((RULES / "statements.rules", True), (RULES / "declarations.rules", False)):
        operators = _operators(rules)
        # A line that is not for these rules is empty to the engine.
        part = [line if line.startswith(" ") == inside else "\n" for line in lines]
        with contextlib.redirect_stdout(io.StringIO()):  # it tells of each rules file that is its own or not
            made = mutator.mutants_regexp(
                part, ruleFiles=[str(rules)], ignorePatterns=[], ignoreStringOnly=True
            )
        for number, text, (_, rule), _ in made:
            after = text.rstrip("\n")
            operator = operators[int(rule.rpartition(":")[2])]
            if not (
                _refuses_always(lines, number, after)
                or _is_opposite(lines[number - 1], after, operator)
                or _is_overwritten(lines, number)
            ):
                yield number, after, operator


def _refuses_always(lines: list[str], number: int, after: str) -> bool:
    # Any use of the function shows it.
    following = next((line for line in lines[number:] if line.strip()), "")
    return after.endswith("if True:") and following.lstrip().startswith("refusal.because(")


def _is_overwritten(lines: list[str], number: int) -> bool:
    # A variable that is declared only because several are assigned at once below.
    declared = VARIABLE.match(lines[number - 1])
    if declared is None:
        return False
    following = next((line for line in lines[number:] if line.strip() and not VARIABLE.match(line)), "")
    names, assigned, _ = following.partition(" = ")
    return bool(assigned) and ", " in names and declared[1] in names.strip().split(", ")


def _is_opposite(before: str, after: str, operator: str) -> bool:
    # The whole condition of an `if` turned around: what shows that it always or never holds shows this.
    old, new = CONDITION.match(before), CONDITION.match(after)
    if operator != "relation" or old is None or new is None or JOINED.search(before):
        return False
    return OPPOSITE[old["relation"]] == new["relation"]


def _operators(rules: Path) -> dict[int, str]:
    # The operator of each line of a rules file.
    operators, operator = {}, ""
    for number, line in enumerate(rules.read_text("utf-8").splitlines(), 1):
        if line.startswith("## "):
            operator = line[3:].partition(":")[0]
        operators[number] = operator
    return operators


def functions_of_lines(lines: list[str]) -> list[str]:
    """For each line the function it is in, of a decorator the one below; outside, the name declared there."""
    names = [""] * len(lines)
    below = ""
    for index in reversed(range(len(lines))):
        if found := FUNCTION.match(lines[index].lstrip()):
            below = found[1]
        names[index] = below if lines[index].startswith("@") else ""
    inside = ""
    for index, line in enumerate(lines):
        if found := FUNCTION.match(line):
            inside = found[1]
        if line.startswith(" "):
            names[index] = inside
        elif found := DECLARED.match(line):
            names[index] = found[1]
    return names
