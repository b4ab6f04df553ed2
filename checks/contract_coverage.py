# SPDX-License-Identifier: Apache-2.0
"""Every line and branch of the contracts is taken by a test: `pytest -p checks.contract_coverage`.

A pytest plugin. Where a line or branch of contracts/*.vy or contracts/modules/*.vy is left over, the run
fails and names it. A branch is each way out of an `if`, of a conditional expression, and of each operand that
an `and` or `or` may stop at. It is measured on the compiled code, whichever way a contract came to be
deployed: titanoboa keeps the program counters of each call, and the compiler's source map says to which node
each one belongs. Under xdist the workers hand their measures over. Fuzzing is left out, so that each branch
has a test with a name.

`boa.coverage` of titanoboa 0.2.8 does not serve: once the condition of an `if` has run, it counts every line
of its body as run, and it never sees the branch past it.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from boa.contracts.vyper.vyper_contract import VyperDeployer
from boa.environment import Env
from vyper import ast as vyper_ast
from vyper.ast.parse import parse_to_ast
from vyper.compiler.settings import anchor_settings
from vyper.ir.compile_ir import assembly_to_evm

PROJECT = Path(__file__).resolve().parents[1]
FUZZING = PROJECT / "tests" / "stateful"
REPORT = "contract_coverage"  # the key under which an xdist worker hands its measure over

JUMPI, PUSH1, PUSH32 = 0x57, 0x60, 0x7F
STATEMENTS = (
    vyper_ast.AnnAssign,
    vyper_ast.Assert,
    vyper_ast.Assign,
    vyper_ast.AugAssign,
    vyper_ast.Break,
    vyper_ast.Continue,
    vyper_ast.Expr,
    vyper_ast.For,
    vyper_ast.If,
    vyper_ast.Log,
    vyper_ast.Pass,
    vyper_ast.Raise,
    vyper_ast.Return,
)

Line = tuple[str, int]  # file, line
Branch = tuple[str, int, int, str]  # file, line, column, which way


@dataclass
class Measure:
    """Lines and branches: all that the compiled code has, and those that were taken."""

    lines: set[Line] = field(default_factory=set)
    branches: set[Branch] = field(default_factory=set)
    lines_taken: set[Line] = field(default_factory=set)
    branches_taken: set[Branch] = field(default_factory=set)

    def add(self, other: "Measure") -> None:
        """Take in what another process measured."""
        for name, values in vars(other).items():
            getattr(self, name).update(values)

    def as_lists(self) -> dict[str, list[Any]]:
        """What xdist can send."""
        return {name: sorted(values) for name, values in vars(self).items()}

    @classmethod
    def from_lists(cls, lists: dict[str, list[Any]]) -> "Measure":
        """The reverse of `as_lists`."""
        sets: dict[str, Any] = {name: {tuple(value) for value in values} for name, values in lists.items()}
        return cls(**sets)


class CompiledCode:
    """The bytes of a contract, at deployment or at run time, with the nodes of its source."""

    def __init__(self, code: bytes, nodes: dict[int, Any]) -> None:
        self.code = code
        self.steps: set[tuple[int, int]] = set()  # program counters that followed each other
        self._nodes = nodes
        self._mapped = sorted(nodes)
        self._jumps = list(jumps_of(code))

    def measure(self) -> Measure:
        """What of it was taken."""
        taken = {pc for pc, _ in self.steps}
        jumped = {pc for pc, after in self.steps if after != pc + 1}
        result = Measure()
        for pc, node in self._nodes.items():
            if line := line_of(node):
                result.lines.add(line)
                if pc in taken:
                    result.lines_taken.add(line)
        for pc, passing, jumping in self._branches():
            result.branches |= {passing, jumping}
            if (pc, pc + 1) in self.steps:
                result.branches_taken.add(passing)
            if pc in jumped:
                result.branches_taken.add(jumping)
        return result

    def _branches(self) -> Iterator[tuple[int, Branch, Branch]]:
        # Each conditional jump, the way that passes it and the way that takes it.
        for pc in self._jumps:
            node, operand = self._condition(pc)
            file = source_of(node) if node is not None else None
            if file is None:
                continue
            true, false = ways(node, operand, file)
            yield (pc, true, false) if self._holds_without_jump(pc, node, operand) else (pc, false, true)

    def _condition(self, pc: int) -> tuple[Any, int]:
        # What a jump decides, and which operand it follows where that is an `and` or `or`.
        node = self._nodes.get(pc)
        if isinstance(node, vyper_ast.If | vyper_ast.IfExp):
            return node, 0
        value = self._value_before(pc)
        if isinstance(node, vyper_ast.BoolOp):
            return next(
                ((node, k) for k, one in enumerate(node.values) if is_within(value, [one])), (None, 0)
            )
        # The compiler does not say whose jump it is from the third operand on, and where an `if` only leaves
        # a loop or a function. Then it stands right behind the condition, or behind the loop's exit.
        if node is not None:
            return None, 0
        parent = value._parent
        leaves = isinstance(value, vyper_ast.Break | vyper_ast.Continue)
        if (
            isinstance(parent, vyper_ast.If)
            and (leaves or value is parent.test)
            and not self._decides(parent)
        ):
            return parent, 0
        if isinstance(parent, vyper_ast.BoolOp) and value is not parent.values[-1]:
            return parent, next(k for k, one in enumerate(parent.values) if one is value)
        return None, 0

    def _decides(self, node: Any) -> bool:
        # Whether some jump is said to be of this node.
        return any(self._nodes.get(pc) is node for pc in self._jumps)

    def _value_before(self, pc: int) -> Any:
        # The last node before a jump that is not the jump's own.
        own = self._nodes.get(pc)
        before = bisect_left(self._mapped, pc) - 1
        while before > 0 and self._nodes[self._mapped[before]] is own:
            before -= 1
        return self._nodes[self._mapped[before]]

    def _holds_without_jump(self, pc: int, node: Any, operand: int) -> bool:
        # Usually the code jumps where the condition is false; the optimiser turns `not` around.
        following = self._nodes[self._mapped[bisect_right(self._mapped, pc)]]
        if isinstance(node, vyper_ast.BoolOp):
            goes_on = is_within(following, [node.values[operand + 1]])
            return goes_on if isinstance(node.op, vyper_ast.And) else not goes_on
        if pc not in self._nodes:
            return is_within(following, branch_of(node.body))
        return not is_within(following, branch_of(node.orelse))


class Recorder:
    """Collects the steps of all code that was compiled by titanoboa in this process."""

    def __init__(self) -> None:
        self.running = True
        self._compiled: list[CompiledCode] = []
        self._by_code: dict[bytes, CompiledCode | None] = {}

    def add(self, compiler_data: Any) -> None:
        """A contract that may be deployed from now on."""
        with anchor_settings(compiler_data.settings):
            for code, assembly in (
                (compiler_data.bytecode, compiler_data.assembly),
                (compiler_data.bytecode_runtime, compiler_data.assembly_runtime),
            ):
                _, maps = assembly_to_evm(assembly)
                self._compiled.append(CompiledCode(code, maps["pc_raw_ast_map"]))
        self._by_code.clear()

    def record(self, computation: Any) -> None:
        """A call and all calls that it made."""
        if not self.running:
            return
        raw = bytes(computation.code._raw_code_bytes)
        if raw not in self._by_code:
            # Behind the code stand immutables, or the constructor's arguments.
            self._by_code[raw] = next((one for one in self._compiled if raw.startswith(one.code)), None)
        trace = computation.code._trace
        if trace and (compiled := self._by_code[raw]):
            compiled.steps.update(pairwise(trace))
            compiled.steps.add((trace[-1], -1))
        for child in computation.children:
            self.record(child)

    def measure(self) -> Measure:
        """All of it together."""
        result = Measure()
        for compiled in self._compiled:
            result.add(compiled.measure())
        return result


def jumps_of(code: bytes) -> Iterator[int]:
    """The program counters of conditional jumps."""
    pc = 0
    while pc < len(code):
        if code[pc] == JUMPI:
            yield pc
        pc += 1 + (code[pc] - PUSH1 + 1 if PUSH1 <= code[pc] <= PUSH32 else 0)


def ways(node: Any, operand: int, file: str) -> tuple[Branch, Branch]:
    """The two branches of a condition: it is true, it is false."""
    which = f"operand {operand + 1} is " if isinstance(node, vyper_ast.BoolOp) else ""
    return (
        (file, node.lineno, node.col_offset, f"{which}true"),
        (file, node.lineno, node.col_offset, f"{which}false"),
    )


def branch_of(body: Any) -> list[Any]:
    """The nodes of one side of an `if` or a conditional expression."""
    return body if isinstance(body, list) else [body]


def is_within(node: Any, ancestors: list[Any]) -> bool:
    """Whether a node is one of these or below one."""
    while node is not None:
        if any(node is ancestor for ancestor in ancestors):
            return True
        node = node._parent
    return False


def source_of(node: Any) -> str | None:
    """The contract or module, relative to the project, that a node is in; None for mocks and others' code."""
    return measured_path(node.module_node.resolved_path)


@cache
def measured_path(resolved: str) -> str | None:
    """The name of a source under which it is reported; None where it is not measured."""
    path = Path(resolved)
    contracts = PROJECT / "contracts"
    return str(path.relative_to(PROJECT)) if path.parent in (contracts, contracts / "modules") else None


def line_of(node: Any) -> Line | None:
    """Where the statement begins that a node is part of, or the function where it is part of no statement."""
    while node is not None and not isinstance(node, (*STATEMENTS, vyper_ast.FunctionDef)):
        node = node._parent
    if node is None:
        return None
    file = source_of(node)
    if file is None or (isinstance(node, STATEMENTS) and node.get_ancestor(vyper_ast.FunctionDef) is None):
        return None
    return file, node.lineno


def statements(function: Any) -> Iterator[int]:
    """The lines at which the statements of a function begin, without its docstring."""
    for node in function.get_descendants(STATEMENTS):
        # The loop variable's declaration is a statement only to the parser.
        if not (isinstance(node, vyper_ast.AnnAssign) and isinstance(node._parent, vyper_ast.For)):
            yield node.lineno


def branches(function: Any, file: str) -> Iterator[Branch]:
    """The branches of a function."""
    for node in function.get_descendants((vyper_ast.If, vyper_ast.IfExp, vyper_ast.BoolOp)):
        stops = len(node.values) - 1 if isinstance(node, vyper_ast.BoolOp) else 1
        for operand in range(stops):
            yield from ways(node, operand, file)


def sources() -> list[Path]:
    """The contracts and modules that are measured."""
    return sorted([*(PROJECT / "contracts").glob("*.vy"), *(PROJECT / "contracts" / "modules").glob("*.vy")])


def shortfalls(measure: Measure) -> list[str]:
    """One line for each line or branch that no test took.

    A statement without code of its own, such as a bare `return`, is taken with the branch that leads to it;
    where no statement of a function has code, as in a getter of an immutable, with the function.
    """
    found = []
    for path in sources():
        file = str(path.relative_to(PROJECT))
        for function in parse_to_ast(path.read_text("utf-8")).get_children(vyper_ast.FunctionDef):
            lines = {(file, line) for line in statements(function)}
            expected = lines & measure.lines or {(file, function.lineno)}
            left = expected - measure.lines_taken
            found += [(file, line, "not run") for _, line in left]
            if expected & measure.lines_taken:
                for _, line, column, way in set(branches(function, file)) - measure.branches_taken:
                    if (file, line) not in left:
                        found.append((file, line, f"column {column + 1}: never {way}"))
    return [f"{file}:{line}: {what}" for file, line, what in sorted(found)]


_RECORDER = pytest.StashKey[Recorder]()
_MEASURE = pytest.StashKey[Measure]()


def pytest_configure(config: pytest.Config) -> None:
    """Record every call from here on."""
    recorder = Recorder()
    config.stash[_RECORDER] = recorder
    config.stash[_MEASURE] = Measure()
    compile_contract = VyperDeployer.__init__

    def compile_and_add(deployer: Any, compiler_data: Any, *args: Any, **kwargs: Any) -> None:
        compile_contract(deployer, compiler_data, *args, **kwargs)
        recorder.add(compiler_data)

    def record(_env: Env, computation: Any, _contract: Any = None) -> None:
        recorder.record(computation)

    patch = pytest.MonkeyPatch()
    patch.setattr(VyperDeployer, "__init__", compile_and_add)
    patch.setattr(Env, "_trace_computation", record)
    patch.setattr(Env, "_coverage_enabled", True)
    config.add_cleanup(patch.undo)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    """Leave fuzzing out."""
    recorder = item.config.stash[_RECORDER]
    recorder.running = FUZZING not in item.path.parents
    return (yield)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take in what an xdist worker measured."""
    if lists := getattr(node, "workeroutput", {}).get(REPORT):
        node.config.stash[_MEASURE].add(Measure.from_lists(lists))


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Hand over, or judge."""
    config = session.config
    measure = config.stash[_MEASURE]
    measure.add(config.stash[_RECORDER].measure())
    if hasattr(config, "workeroutput"):
        config.workeroutput[REPORT] = measure.as_lists()
    elif shortfalls(measure) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Name what is left over."""
    measure = config.stash[_MEASURE]
    left = shortfalls(measure)
    lines = f"{len(measure.lines_taken)} of {len(measure.lines)} lines"
    branches = f"{len(measure.branches_taken)} of {len(measure.branches)} branches"
    terminalreporter.section("coverage of the contracts")
    for fault in left:
        terminalreporter.write_line(fault)
    terminalreporter.write_line(f"{lines} and {branches} taken, {len(left)} places left over")
