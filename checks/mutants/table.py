# SPDX-License-Identifier: Apache-2.0
"""docs/mutants.md: what became of the mutants, file by file, and each survivor by name."""

import hashlib
import math
import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from checks.mutants.compiling import sources_digest, sources_of
from checks.mutants.generation import ONE_IN, PROJECT, Mutant
from checks.mutants.results import DROPPED, Result, Results
from makegood.artifacts import NAMES

TABLE = PROJECT / "docs" / "mutants.md"
JUSTIFIED = Path(__file__).with_name("justified.toml")
DIGEST = re.compile(r"^Contracts and mutants: `([0-9a-f]{64})`", re.MULTILINE)
CONTEXT = 24  # characters shown on each side of a change

SURVIVING = ("survived", "hung", "crashed")

INTRODUCTION = """\
# Mutants of the contracts

`make mutants` changes one statement of a contract at a time, and asks whether anything notices.
universalmutator makes the changes by [rules of our own](../checks/mutants/statements.rules). A mutant is
dropped that the compiler refuses, or whose code is that of the original or of an earlier mutant in every
deployable contract that contains it. The others have to be killed: by a walk of tests/fuzz, in which a
transaction does something else than the model said and the contract did, or by a test of tests/unit/contracts
that passes on the contract and fails on the mutant. Every contract and every module that a contract contains
is mutated; mocks, and what only they use, are not.

Not made are mutants that say what others say: a refusal that always refuses, the only comparison of an `if`
turned around, and another value of a variable that is declared only to be assigned. Of the operators whose
mutants are many and alike a part is tried, chosen by their digests: {thinned}.

`make mutants` goes on where it was stopped, and writes this page. `python -m checks.mutants --mutant ID`
tries one.

Contracts and mutants: `{digest}`
"""


def digest_of(mutants: Iterable[Mutant]) -> str:
    """Changes with the contracts, with their interfaces, and with what is tried of their mutants."""
    sources = sources_digest({file for name in NAMES for file in sources_of(name)})
    ids = "".join(sorted(mutant.id for mutant in mutants))
    return hashlib.sha256(f"{sources} {ids}".encode()).hexdigest()


def justified() -> dict[str, str]:
    """Why a survivor cannot be killed: a sentence for a mutant's id."""
    return dict(tomllib.loads(JUSTIFIED.read_text("utf-8")))


def text(mutants: Sequence[Mutant], results: Results) -> str:
    """The page."""
    thinned = ", ".join(f"one in {count} of `{operator}`" for operator, count in sorted(ONE_IN.items()))
    parts = [
        INTRODUCTION.format(digest=digest_of(mutants), thinned=thinned),
        _summary(mutants, results),
        "## By source\n\n" + _table("source", mutants, results, lambda mutant: mutant.file),
        "## By operator\n\n" + _table("operator", mutants, results, lambda mutant: mutant.operator),
        _survivors(mutants, results),
    ]
    return "\n".join(parts)


def write(mutants: Sequence[Mutant], results: Results) -> None:
    """Replace the page, whole or not at all."""
    new = TABLE.with_suffix(".new")
    new.write_text(text(mutants, results), "utf-8")
    new.replace(TABLE)


def counts(mutants: Iterable[Mutant], results: Results) -> Counter[str]:
    """How many have which verdict; a kill is by walk or by test."""
    found: Counter[str] = Counter()
    for mutant in mutants:
        result = results[mutant]
        found["made"] += 1
        if result is None:
            found["untried"] += 1
        elif result.verdict == "killed":
            found[f"killed by {result.by}"] += 1
        elif result.verdict in DROPPED:
            found["invalid" if result.verdict == "invalid" else "same code"] += 1
        else:
            found["survived"] += 1
    return found


def score(found: Counter[str]) -> float | None:
    """The share of killed mutants, in percent; None where there was nothing to kill."""
    killed = found["killed by walk"] + found["killed by test"]
    return 100 * killed / (killed + found["survived"]) if killed + found["survived"] else None


def percent(found: Counter[str]) -> str:
    """The score, rounded down, so that no survivor is rounded away."""
    share = score(found)
    return "none" if share is None else f"{math.floor(share * 10) / 10:.1f} %"


def _summary(mutants: Sequence[Mutant], results: Results) -> str:
    found = counts(mutants, results)
    killed = found["killed by walk"] + found["killed by test"]
    reasons = justified()
    survivors = [mutant.id for mutant, _ in surviving(mutants, results)]
    open_ones = sum(mutant not in reasons for mutant in survivors)
    lines = [
        f"Of {found['made']:,} mutants {found['made'] - found['untried']:,} were tried. "
        f"{found['invalid']:,} do not compile, {found['same code']:,} have the same code.",
        f"Of the {killed + found['survived']:,} others {killed:,} are killed: **{percent(found)}**.",
        f"{found['survived']:,} survive: {len(survivors) - open_ones:,} with a reason, {open_ones:,} open.\n",
    ]
    return "\n".join(lines)


def _table(title: str, mutants: Sequence[Mutant], results: Results, key: Callable[[Mutant], str]) -> str:
    columns = ("untried", "invalid", "same code", "killed by walk", "killed by test", "survived")
    rows = [
        f"| {title} | mutants | {' | '.join(columns)} | score |",
        "| --- |" + " ---: |" * (len(columns) + 2),
    ]
    for name in (*sorted({key(mutant) for mutant in mutants}), "all"):
        found = counts((mutant for mutant in mutants if name in ("all", key(mutant))), results)
        cells = " | ".join(f"{found[column]:,}" for column in columns)
        rows.append(f"| {name} | {found['made']:,} | {cells} | {percent(found)} |")
    return "\n".join(rows) + "\n"


def surviving(mutants: Iterable[Mutant], results: Results) -> list[tuple[Mutant, Result]]:
    """Those that no test killed."""
    return [
        (mutant, result)
        for mutant in mutants
        if (result := results[mutant]) is not None and result.verdict in SURVIVING
    ]


def _survivors(mutants: Sequence[Mutant], results: Results) -> str:
    reasons = justified()
    lines = ["## Survivors", ""]
    for mutant, result in surviving(mutants, results):
        before, after = change(mutant)
        partly = "" if result.complete else f" (after {result.tests} tests, which are not all)"
        place = f"`{mutant.id}` {mutant.file}:{mutant.line}, {mutant.function}"
        lines += [
            f"- {place}: `{before}` becomes `{after}`{partly}.",
            f"  {reasons.get(mutant.id, '**Open.**')}",
        ]
    return "\n".join(lines if len(lines) > 2 else [*lines, "None."]) + "\n"


def change(mutant: Mutant) -> tuple[str, str]:
    """What differs between the statements, with a little of what stands around it."""
    before, after = mutant.before.strip(), mutant.after.strip()
    start = _alike(before, after)
    end = _alike(before[start:][::-1], after[start:][::-1])
    left = max(0, start - CONTEXT)
    return _shown(before, left, len(before) - end), _shown(after, left, len(after) - end) or "nothing"


def _alike(some: str, others: str) -> int:
    # How many characters they begin with together.
    return next(
        (n for n, (a, b) in enumerate(zip(some, others, strict=False)) if a != b), min(len(some), len(others))
    )


def _shown(statement: str, left: int, end: int) -> str:
    right = min(len(statement), end + CONTEXT)
    return ("…" if left else "") + statement[left:right] + ("…" if right < len(statement) else "")
