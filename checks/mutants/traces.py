# SPDX-License-Identifier: Apache-2.0
"""Walks of tests/fuzz, recorded once on the contracts as they are, and played on a mutant's code.

What each transaction does there was confirmed by the model of tests/fuzz. So the first one that does
something else on a mutant kills it, and that is found out at the speed of the EVM.
"""

import importlib
import sys
from collections.abc import Mapping
from typing import Any

from checks.mutants.compiling import sources_digest
from checks.mutants.generation import CONTRACTS, PROJECT
from checks.mutants.reach import CACHE
from makegood.errors import MakegoodError

WALKS = 42
TRANSACTIONS = 1_000  # of each walk


class Walks:
    """The recorded walks, each over another asset than the one before, and the code they were recorded on."""

    def __init__(self) -> None:
        sys.path.append(str(PROJECT / "tests"))
        self._build = importlib.import_module("fuzz.build")
        self._trace = importlib.import_module("fuzz.trace")
        self._original = self._build.built()
        self._walks = self._recorded()

    def difference(self, datas: Mapping[str, Any]) -> str | None:
        """Where these deployables first do something else; None where they never do."""
        mutated = {
            name: self._build.Code(data.bytecode, data.blueprint_bytecode) for name, data in datas.items()
        }
        found = self._trace.play(self._original | mutated, self._walks)
        return None if found is None else f"walk {found.episode + 1}, operation {found.index}"

    def _recorded(self) -> Any:
        everything = [path.relative_to(CONTRACTS).as_posix() for path in CONTRACTS.rglob("*.vy*")]
        path = CACHE / f"walks-{WALKS}-{TRANSACTIONS}-{sources_digest(everything)[:16]}.gz"
        if not path.is_file():
            print(f"{WALKS} walks of {TRANSACTIONS:,} transactions are recorded", file=sys.stderr)
            path.parent.mkdir(parents=True, exist_ok=True)
            self._trace.save([self._walk(number) for number in range(1, WALKS + 1)], path)
        return self._trace.load(path)

    def _walk(self, number: int) -> Any:
        assets = importlib.import_module("fuzz.walk").ASSETS
        asset = assets[number % len(assets)]
        try:
            return self._trace.record(number, TRANSACTIONS, assets=(asset,))[0]
        except importlib.import_module("fuzz.world").Failure as failure:
            raise MakegoodError(f"Walk {number} over {asset} fails without a mutant: {failure}.") from failure
