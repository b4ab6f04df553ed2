# SPDX-License-Identifier: Apache-2.0
"""Which branches of the contracts a walk never takes.

Walks are written down and played on py-evm, which keeps the program counters of each call; to which branch
of the source each conditional jump belongs, checks/contract_coverage.py says. Every branch that is left must
stand in `unreached.txt` with the reason why no transaction to a wired desk gets there.
"""

from collections.abc import Sequence
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import boa
from boa.environment import Env
from boa.interpret import set_cache_dir
from boa.util.abi import Address
from vyper import ast as vyper_ast
from vyper.ast.parse import parse_to_ast

from checks.contract_coverage import Measure, Recorder, branches, sources
from fuzz.build import CONTRACTS, PROJECT, Build, built, sources_digest
from fuzz.chain import CHAIN_ID, DEPLOYER, GAS
from fuzz.trace import Episode, record
from fuzz.walk import ASSETS
from makegood.artifacts import NAMES

UNREACHED = Path(__file__).with_name("unreached.txt")
Branch = tuple[str, str, str, str]  # file, function, the condition's line of source, which way


class Played:
    """A trace's episode on py-evm, with every step kept."""

    def __init__(self, build: Build, recorder: Recorder) -> None:
        self._build, self._recorder = build, recorder
        self.env = Env()
        self.env.evm.patch.chain_id = CHAIN_ID
        self.env.evm.patch.gas_limit = 2 * GAS
        self.env.set_balance(account(DEPLOYER), 10**30)

    def do(self, operation: tuple[Any, ...]) -> None:
        """One operation; its outcome must be what was recorded."""
        kind, *rest = operation
        if kind == "call":
            at, sender, to, value, data, ok, output, _ = rest
            self.env.evm.patch.timestamp = at
            done = self.env.execute_code(
                to_address=account(to), sender=account(sender), gas=GAS, value=value, data=data
            )
            self._recorder.record(done)
            if done.is_success != ok or bytes(done.output) != output:
                raise ValueError(f"py-evm answers otherwise: {done.is_success}, {bytes(done.output).hex()}")
        elif kind == "deploy":
            _, name, arguments, blueprint = rest
            code = self._build[name]
            data = code.blueprint if blueprint else code.initcode + arguments
            _, done = self.env.deploy(sender=account(DEPLOYER), bytecode=data, gas=GAS)
            self._recorder.record(done)
        elif kind == "code":
            self.env.set_code(account(rest[0]), rest[1])
        else:
            self.env.set_balance(account(rest[0]), rest[1])


@cache
def account(number: int) -> Address:
    """As titanoboa wants it."""
    return Address(f"0x{number:040x}")


def recorder() -> Recorder:
    """One that knows the compiled contracts."""
    set_cache_dir(str(PROJECT / ".cache" / "titanoboa" / sources_digest(CONTRACTS)))
    made = Recorder()
    for name in NAMES:
        made.add(boa.load_partial(str(CONTRACTS / f"{name}.vy")).compiler_data)
    return made


def measure(episodes: Sequence[Episode]) -> Measure:
    """What these episodes take."""
    kept = recorder()
    for episode in episodes:
        played = Played(built(), kept)
        for operation in episode:
            played.do(operation)
    return kept.measure()


def walked(part: tuple[int, int, tuple[str, ...], int]) -> dict[str, list[Any]]:
    """In a worker: walk and measure."""
    seed, transactions, assets, length = part
    return measure(record(seed, transactions, assets, length)).as_lists()


def left_over(taken: Measure) -> list[Branch]:
    """The branches that were not taken."""
    found = []
    for path in sources():
        file, text = str(path.relative_to(PROJECT)), path.read_text("utf-8")
        lines = text.splitlines()
        for function in parse_to_ast(text).get_children(vyper_ast.FunctionDef):
            for _, line, column, way in sorted(set(branches(function, file)) - taken.branches_taken):
                source = lines[line - 1][column:].strip()
                found.append((file, function.name, source, way))
    return found


def explained() -> dict[Branch, str]:
    """`unreached.txt`: four fields and a reason, apart by " | "."""
    lines = UNREACHED.read_text("utf-8").splitlines()
    fields = [line.split(" | ") for line in lines if line and not line.startswith("#")]
    return {(file, function, source, way): why for file, function, source, way, why in fields}


def report(seed: int, transactions: int, assets: Sequence[str] = ASSETS, length: int = 1_000) -> int:
    """Print what is left; 1 where something is neither reached nor explained, or explained and reached."""
    share = -(-transactions // 2)
    parts = [(seed + i, share, tuple(assets), length) for i in (0, 1)]
    total = Measure()
    with get_context("fork").Pool(2) as pool:
        for lists in pool.imap_unordered(walked, parts):
            total.add(Measure.from_lists(lists))
    left, known = left_over(total), explained()
    unknown = [one for one in left if one not in known]
    stale = [one for one in known if one not in left]
    for title, some in (("never taken", unknown), ("said to be unreachable, and taken", stale)):
        for one in some:
            print(f"{title}: {' | '.join(one)}")
    count = (
        f"{len(total.branches_taken):,} of {len(total.branches):,} branches in {transactions:,} transactions"
    )
    print(f"{count}; {len(left)} left, {len(left) - len(unknown)} of them explained")
    return 1 if unknown or stale else 0
