# SPDX-License-Identifier: Apache-2.0
"""`python -m checks.mutants`: try the mutants that have no full result yet, then write the table."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from checks.mutants import table
from checks.mutants.compiling import mutated_files
from checks.mutants.generation import CONTRACTS, Mutant, mutants_of
from checks.mutants.killing import Limits, Session, control
from checks.mutants.reach import TESTS
from checks.mutants.results import Result, Results
from makegood.errors import MakegoodError

TEST_SECONDS = 90
WANTED = 95  # percent


def main(arguments: Sequence[str] | None = None) -> int:
    """Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m checks.mutants", description=__doc__)
    parser.add_argument("--only", nargs="+", metavar="FILE", help="sources below contracts/")
    parser.add_argument("--sample", type=int, metavar="N", help="try N of them, spread evenly")
    parser.add_argument("--jobs", type=int, default=2, help="processes (default 2)")
    parser.add_argument("--mutant", nargs="+", metavar="ID", help="try these, whatever is known of them")
    parser.add_argument("--survivors", action="store_true", help="try those again that no test killed")
    parser.add_argument(
        "--seconds", type=float, default=TEST_SECONDS, help=f"of tests for a mutant (default {TEST_SECONDS})"
    )
    parser.add_argument(
        "--tests", nargs="+", type=Path, metavar="FILE", help="with these tests only; nothing is kept of it"
    )
    parser.add_argument("--walks", action="store_true", help="try no tests, only walks of tests/fuzz")
    parser.add_argument("--control", action="store_true", help="whether all tests pass where nothing changes")
    parser.add_argument("--report", action="store_true", help="write the table of what is known; try none")
    options = parser.parse_args(arguments)
    if unknown := set(options.only or ()) - set(mutated_files()):
        parser.error(
            f"no source that is mutated: {', '.join(sorted(unknown))}; they are {', '.join(mutated_files())}"
        )
    try:
        return run(options)
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code


def run(options: argparse.Namespace) -> int:
    """What the options say."""
    if options.control:
        failing = control(options.tests or [TESTS])
        print("\n".join(failing) or "where nothing changes, no test fails")
        return 1 if failing else 0
    everything = [mutant for file in mutated_files() for mutant in mutants_of(CONTRACTS / file)]
    results = Results(everything)
    if not options.report:
        try_mutants(chosen(everything, results, options), results, options)
    if options.tests or options.mutant:
        return 0
    table.write(everything, results)
    found = table.counts(everything, results)
    print(f"killed: {table.percent(found)}; {found['survived']} survive, {found['untried']} are to try")
    return 0 if (table.score(found) or 0) >= WANTED else 1


def chosen(mutants: list[Mutant], results: Results, options: argparse.Namespace) -> list[Mutant]:
    """Those to try, in an order that has to do with nothing, so that any beginning of it is a fair sample."""
    if options.only:
        mutants = [mutant for mutant in mutants if mutant.file in options.only]
    if options.mutant:
        return [mutant for mutant in mutants if mutant.id in options.mutant]
    wanted = sorted(mutants, key=lambda mutant: mutant.id)[: options.sample]
    if options.survivors:
        return [mutant for mutant, _ in table.surviving(wanted, results)]
    untried = [mutant for mutant in wanted if results[mutant] is None]
    # A survivor of some of the tests has more of them to survive.
    return untried + [mutant for mutant, result in table.surviving(wanted, results) if not result.complete]


def try_mutants(mutants: list[Mutant], results: Results, options: argparse.Namespace) -> None:
    """Try each, keep what becomes of it, say so."""
    left = len(mutants)
    print(f"{left:,} mutants to try", file=sys.stderr)

    def found(mutant: Mutant, result: Result) -> None:
        nonlocal left
        left -= 1
        # What no walk killed is still for the tests.
        if not options.tests and (result.verdict != "survived" or result.tests):
            results.add(mutant, result)
        place = f"{mutant.file}:{mutant.line}"
        print(
            f"{left:5,} left  {result.seconds:6.1f} s  {result.verdict:<10} {mutant.id}  {place}",
            file=sys.stderr,
        )
        if result.verdict == "survived":
            print(f"      - {mutant.before.strip()}\n      + {mutant.after.strip()}", file=sys.stderr)

    tests = [] if options.walks else options.tests or [TESTS]
    limits = Limits(options.jobs, options.seconds, walks=not options.tests)
    Session(mutants, limits, results.known_code(), found).run(tests)


if __name__ == "__main__":
    sys.exit(main())
