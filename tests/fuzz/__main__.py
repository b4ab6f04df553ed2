# SPDX-License-Identifier: Apache-2.0
"""`python -m fuzz`: a random walk over the compiled contracts, beside the model. Exit 1 where they differ."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from fuzz import planting, run, trace
from fuzz.walk import ASSETS, asset_of


def parser() -> argparse.ArgumentParser:
    """The options."""
    made = argparse.ArgumentParser(prog="python -m fuzz", description=__doc__)
    made.add_argument("--transactions", type=int, metavar="N", help="200,000; with --coverage 30,000")
    made.add_argument("--seed", type=int, default=1)
    made.add_argument("--workers", type=int, default=2)
    made.add_argument("--length", type=int, help="transactions an episode: 1,000; with --coverage 400")
    made.add_argument("--asset", action="append", choices=ASSETS, help="only this one (may be repeated)")
    made.add_argument("--episode", metavar="SEED.NUMBER", help="one episode again")
    made.add_argument("--reasons", action="store_true", help="also count the reasons of refusals")
    made.add_argument("--planted", metavar="NAME", help="find a planted bug, or all of them")
    made.add_argument("--record", type=Path, metavar="FILE", help="write the transactions down, to be played")
    made.add_argument("--coverage", action="store_true", help="name the branches that are never taken")
    return made


def main(arguments: Sequence[str] | None = None) -> int:
    """Walk, or what the options say."""
    options = parser().parse_args(arguments)
    options.length = options.length or (400 if options.coverage else 1_000)
    options.transactions = options.transactions or (30_000 if options.coverage else 200_000)
    assets = tuple(options.asset or ASSETS)
    if options.planted:
        return find_planted(options.planted, options)
    if options.record:
        recorded = trace.record(options.seed, options.transactions, assets, options.length)
        trace.save(recorded, options.record)
        print(f"{sum(map(len, recorded)):,} operations in {options.record}")
        return 0
    if options.coverage:
        from fuzz.coverage import report

        return report(options.seed, options.transactions, assets, options.length)
    if options.episode:
        task = again(options)
        result = run.once(task)
    else:
        result = run.run(options.transactions, options.seed, options.workers, assets, options.length)
    print(f"seed {options.seed}, assets: {', '.join(assets)}\n")
    print(run.table(result))
    if options.reasons:
        print(f"\n{'reason':<48}{'refused':>12}")
        for reason, count in sorted(result.tally.reasons.items()):
            print(f"{reason:<48}{count:>12,}")
    if result.failed:
        print()
        run.report_failure(*result.failed)
        return 1
    return 0


def again(options: argparse.Namespace) -> run.Task:
    """One episode by its seed; without --asset that of a run over all of them."""
    number = int(options.episode.rpartition(".")[2])
    asset = options.asset[0] if options.asset else asset_of(number, ASSETS)
    return run.Task(options.episode, asset, options.length)


def find_planted(name: str, options: argparse.Namespace) -> int:
    """Exit 1 where one of them is not found."""
    known = planting.names()
    if name != "all" and name not in known:
        print(f"There is no planted bug {name}; there are: {', '.join(known)}.", file=sys.stderr)
        return 2
    missed = 0
    for bug in known if name == "all" else [name]:
        result = run.find(bug, options.seed, options.transactions, options.workers, options.length)
        print(f"\n{bug}: {planting.about(bug)}")
        if result.failed:
            print(f"found after {result.tally.total:,} transactions")
            run.report_failure(*result.failed)
        else:
            missed += 1
            print(f"NOT found in {result.tally.total:,} transactions")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
