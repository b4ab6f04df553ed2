# SPDX-License-Identifier: Apache-2.0
"""The same transactions on the contracts compiled otherwise: `python -m fuzz.differential`.

Walks are recorded on the project's build, where the model has confirmed every outcome. At the end of each all
views are asked of whatever was named in it. Then all of that is played on builds of three optimisations by
three versions of the EVM: each call must go through or be refused alike, with the same output and the same
logs. Exit code 1 where one differs.

Nothing is exempt. The limit on code size is lifted (fuzz.chain): without optimisation a desk is larger. Gas
is not compared, and there is enough of it.
"""

import argparse
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context
from pathlib import Path

from fuzz.build import CONTRACTS, MOCKS, Build, compile_names
from fuzz.ending import with_views
from fuzz.trace import Difference, Trace, play, record
from fuzz.world import Failure
from makegood.artifacts import NAMES
from makegood.console.table import table

OPTIMISATIONS = ("gas", "codesize", "none")
EVMS = {"paris": "SHANGHAI", "cancun": "CANCUN", "prague": "PRAGUE"}
"""What is compiled for, and what it is played on. Compiled for Paris, contracts lock themselves in storage;
Shanghai is the last EVM that has no other place for it. Paris lacks an opcode of the code that signs here."""

TRANSACTIONS = 50_000
_VERSION = re.compile(r"^# pragma evm-version \w+$", re.MULTILINE)


@dataclass(frozen=True)
class Variant:
    """How the contracts are compiled."""

    optimisation: str
    version: str

    def __str__(self) -> str:
        return f"{self.optimisation}/{self.version}"


ALL = tuple(Variant(*each) for each in product(OPTIMISATIONS, EVMS))


@dataclass(frozen=True)
class Played:
    """What came of a variant; `size` is of its desk's initcode in bytes."""

    variant: Variant
    size: int
    difference: Difference | None


def recorded(seed: int, transactions: int, assets: Sequence[str] = ()) -> Trace:
    """Walks on the project's build, each with all views at its end."""
    return [with_views(episode) for episode in record(seed, transactions, assets)]


def build_of(variant: Variant, names: Sequence[str] = NAMES) -> Build:
    """These contracts so compiled."""
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "contracts"
        for source in CONTRACTS.rglob("*.vy*"):
            target = copy / source.relative_to(CONTRACTS)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(with_pragmas(source.read_text("utf-8"), variant), "utf-8")
        return compile_names(names, copy)


def with_pragmas(source: str, variant: Variant) -> str:
    """A source with this variant's pragmas in the place of its own; modules and interfaces have none."""
    pragmas = f"# pragma evm-version {variant.version}\n# pragma optimize {variant.optimisation}"
    return _VERSION.sub(pragmas, source)


def play_on(variant: Variant, trace: Trace, mocks: Build | None = None) -> Played:
    """All of a trace on a variant, with test tokens that are compiled for its version too."""
    tokens = mocks or build_of(Variant("gas", variant.version), MOCKS)
    build = tokens | build_of(variant)
    size = len(build["SupportDesk"].initcode)
    return Played(variant, size, play(build, trace, EVMS[variant.version]))


# ---------------------------------------------------------------- command


def main(arguments: Sequence[str] | None = None) -> int:
    """Record, play and print; 1 where a build differs."""
    parser = argparse.ArgumentParser(prog="python -m fuzz.differential", description=__doc__)
    parser.add_argument("--transactions", type=int, default=TRANSACTIONS, help="default: %(default)s")
    parser.add_argument("--seed", type=int, default=1, help="default: %(default)s")
    parser.add_argument("--workers", type=int, default=2, help="default: %(default)s")
    parser.add_argument("--only", nargs="+", choices=[str(each) for each in ALL], metavar="VARIANT")
    options = parser.parse_args(arguments)
    variants = [each for each in ALL if options.only is None or str(each) in options.only]
    try:
        trace = recorded(options.seed, options.transactions)
    except Failure as failure:
        print(f"seed {options.seed}: a walk fails on the project's build already: {failure}", file=sys.stderr)
        return 1
    print(
        f"seed {options.seed}: {options.transactions:,} transactions, "
        f"{sum(map(len, trace)):,} operations with set-up and views",
        flush=True,
    )
    found = list(_all_played(variants, trace, options.workers))
    print("\n".join(_lines(found)))
    return 1 if any(each.difference for each in found) else 0


_trace: Trace = []


def _all_played(variants: Sequence[Variant], trace: Trace, workers: int) -> Iterator[Played]:
    # Forked, so that the trace is there and need not be sent.
    _trace[:] = trace
    with ProcessPoolExecutor(workers, mp_context=get_context("fork")) as pool:
        yield from pool.map(_play_on, variants)


def _play_on(variant: Variant) -> Played:
    return play_on(variant, _trace)


def _lines(found: Sequence[Played]) -> list[str]:
    rows = [
        (
            each.variant.optimisation,
            each.variant.version,
            f"{each.size:,}",
            "alike" if each.difference is None else str(each.difference),
        )
        for each in found
    ]
    return table(("optimisation", "EVM", "desk's initcode", "beside the build"), rows, right=(2,))


if __name__ == "__main__":
    sys.exit(main())
