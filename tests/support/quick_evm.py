# SPDX-License-Identifier: Apache-2.0
"""The commonest instructions of py-evm, done quickly: most of the suite's time is spent in them.

Each does only the usual case. Whatever is unusual (too little gas, a stack too short or too full, memory that
grows, a jump to nowhere) it leaves untouched to the instruction that it stands for. What both do is held
against each other in tests/unit/checks/test_quick_evm.py.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

from boa.contracts.vyper.vyper_contract import VyperContract, VyperDeployer, _BaseVyperContract
from boa.vm.py_evm import TracingCodeStream
from eth.vm import opcode_values as op
from eth.vm.forks.cancun.opcodes import CANCUN_OPCODES
from eth.vm.forks.prague.opcodes import PRAGUE_OPCODES
from vyper.compiler.settings import anchor_settings
from vyper.ir.compile_ir import assembly_to_evm

Instruction = Callable[[Any], None]

WORD = 32
MAX = 2**256 - 1
USUAL = dict(PRAGUE_OPCODES)
MOST = 1023  # items on a stack that takes one more

UNARY: dict[int, Callable[[int], int]] = {
    op.ISZERO: lambda value: 0 if value else 1,
    op.NOT: lambda value: MAX - value,
}
# The top of the stack comes first.
BINARY: dict[int, Callable[[int, int], int]] = {
    op.ADD: lambda top, below: (top + below) & MAX,
    op.SUB: lambda top, below: (top - below) & MAX,
    op.MUL: lambda top, below: (top * below) & MAX,
    op.LT: lambda top, below: 1 if top < below else 0,
    op.GT: lambda top, below: 1 if top > below else 0,
    op.EQ: lambda top, below: 1 if top == below else 0,
    op.AND: lambda top, below: top & below,
    op.OR: lambda top, below: top | below,
    op.XOR: lambda top, below: top ^ below,
    op.SHL: lambda top, below: (below << top) & MAX if top < 256 else 0,
    op.SHR: lambda top, below: below >> top if top < 256 else 0,
}


@cache
def destinations(code: bytes) -> frozenset[int]:
    """Where a code may be jumped to: its JUMPDESTs that are no push's data."""
    found, at = set(), 0
    while at < len(code):
        if code[at] == op.JUMPDEST:
            found.add(at)
        at += 1 + (code[at] - op.PUSH1 + 1 if op.PUSH1 <= code[at] <= op.PUSH32 else 0)
    return frozenset(found)


def number(item: Any) -> int:
    """An item of the stack, which py-evm keeps as it was pushed."""
    return item if item.__class__ is int else int.from_bytes(item, "big")


def push(size: int, cost: int, usual: Instruction) -> Instruction:
    """PUSH0 to PUSH32."""

    def quick(computation: Any) -> None:
        meter, values, code = computation._gas_meter, computation._stack.values, computation.code
        end = code.program_counter + size
        if meter.gas_remaining < cost or len(values) > MOST or end > code._length_cache:
            return usual(computation)
        meter.gas_remaining -= cost
        values.append(int.from_bytes(code._raw_code_bytes[code.program_counter : end], "big"))
        code.program_counter = end
        return None

    return quick


def pop(cost: int, usual: Instruction) -> Instruction:
    """POP."""

    def quick(computation: Any) -> None:
        meter, values = computation._gas_meter, computation._stack.values
        if meter.gas_remaining < cost or not values:
            return usual(computation)
        meter.gas_remaining -= cost
        del values[-1]
        return None

    return quick


def dup(position: int, cost: int, usual: Instruction) -> Instruction:
    """DUP1 to DUP16."""

    def quick(computation: Any) -> None:
        meter, values = computation._gas_meter, computation._stack.values
        if meter.gas_remaining < cost or not position <= len(values) <= MOST:
            return usual(computation)
        meter.gas_remaining -= cost
        values.append(values[-position])
        return None

    return quick


def swap(position: int, cost: int, usual: Instruction) -> Instruction:
    """SWAP1 to SWAP16."""
    other = -position - 1

    def quick(computation: Any) -> None:
        meter, values = computation._gas_meter, computation._stack.values
        if meter.gas_remaining < cost or len(values) <= position:
            return usual(computation)
        meter.gas_remaining -= cost
        values[-1], values[other] = values[other], values[-1]
        return None

    return quick


def unary(result: Callable[[int], int], cost: int, usual: Instruction) -> Instruction:
    """What makes one number of one."""

    def quick(computation: Any) -> None:
        meter, values = computation._gas_meter, computation._stack.values
        if meter.gas_remaining < cost or not values:
            return usual(computation)
        meter.gas_remaining -= cost
        values[-1] = result(number(values[-1]))
        return None

    return quick


def binary(result: Callable[[int, int], int], cost: int, usual: Instruction) -> Instruction:
    """What makes one number of two."""

    def quick(computation: Any) -> None:
        meter, values = computation._gas_meter, computation._stack.values
        if meter.gas_remaining < cost or len(values) < 2:
            return usual(computation)
        meter.gas_remaining -= cost
        top, below = values.pop(), values[-1]
        if top.__class__ is not int or below.__class__ is not int:
            top, below = number(top), number(below)
        values[-1] = result(top, below)
        return None

    return quick


def jumpdest(cost: int, usual: Instruction) -> Instruction:
    """JUMPDEST."""

    def quick(computation: Any) -> None:
        meter = computation._gas_meter
        if meter.gas_remaining < cost:
            return usual(computation)
        meter.gas_remaining -= cost
        return None

    return quick


def jump(cost: int, usual: Instruction) -> Instruction:
    """JUMP."""

    def quick(computation: Any) -> None:
        meter, values, code = computation._gas_meter, computation._stack.values, computation.code
        if meter.gas_remaining < cost or not values:
            return usual(computation)
        to = number(values[-1])
        if to not in destinations(code._raw_code_bytes):
            return usual(computation)
        meter.gas_remaining -= cost
        del values[-1]
        code.program_counter = to
        return None

    return quick


def jumpi(cost: int, usual: Instruction) -> Instruction:
    """JUMPI."""

    def quick(computation: Any) -> None:
        meter, values, code = computation._gas_meter, computation._stack.values, computation.code
        if meter.gas_remaining < cost or len(values) < 2:
            return usual(computation)
        if number(values[-2]):
            to = number(values[-1])
            if to not in destinations(code._raw_code_bytes):
                return usual(computation)
            code.program_counter = to
        meter.gas_remaining -= cost
        del values[-2:]
        return None

    return quick


def mload(cost: int, usual: Instruction) -> Instruction:
    """MLOAD, of memory that is there."""

    def quick(computation: Any) -> None:
        meter, values = computation._gas_meter, computation._stack.values
        memory = computation._memory._bytes
        if meter.gas_remaining < cost or not values:
            return usual(computation)
        at = number(values[-1])
        if at + WORD > len(memory):
            return usual(computation)
        meter.gas_remaining -= cost
        values[-1] = int.from_bytes(memory[at : at + WORD], "big")
        return None

    return quick


def mstore(cost: int, usual: Instruction) -> Instruction:
    """MSTORE, into memory that is there."""

    def quick(computation: Any) -> None:
        meter, values = computation._gas_meter, computation._stack.values
        memory = computation._memory._bytes
        if meter.gas_remaining < cost or len(values) < 2:
            return usual(computation)
        at = number(values[-1])
        if at + WORD > len(memory):
            return usual(computation)
        meter.gas_remaining -= cost
        memory[at : at + WORD] = number(values[-2]).to_bytes(WORD, "big")
        del values[-2:]
        return None

    return quick


def quick_instructions(usual: dict[int, Any]) -> dict[int, Instruction]:
    """Those of a fork's instructions that are done quickly."""

    def of(make: Callable[..., Instruction], code: int, *given: Any) -> Instruction:
        quick = make(*given, usual[code].gas_cost, usual[code])
        quick.mnemonic = usual[code].mnemonic  # type: ignore[attr-defined]
        quick.gas_cost = usual[code].gas_cost  # type: ignore[attr-defined]
        return quick

    quick = {code: of(make, code) for code, make in PLAIN.items()}
    quick |= {op.PUSH0 + size: of(push, op.PUSH0 + size, size) for size in range(33)}
    quick |= {op.DUP1 + place: of(dup, op.DUP1 + place, place + 1) for place in range(16)}
    quick |= {op.SWAP1 + place: of(swap, op.SWAP1 + place, place + 1) for place in range(16)}
    quick |= {code: of(unary, code, result) for code, result in UNARY.items()}
    return quick | {code: of(binary, code, result) for code, result in BINARY.items()}


PLAIN: dict[int, Callable[..., Instruction]] = {
    op.POP: pop,
    op.JUMPDEST: jumpdest,
    op.JUMP: jump,
    op.JUMPI: jumpi,
    op.MLOAD: mload,
    op.MSTORE: mstore,
}


def traced(code: Any) -> Iterator[int]:
    """The instructions of a code one after the other, each noted before it is done."""
    raw, size, note = code._raw_code_bytes, code._length_cache, code._trace.append
    while (at := code.program_counter) < size:
        note(at)
        code.program_counter = at + 1
        yield raw[at]
    yield op.STOP


@cache
def deployment_source_map(compiled: Any) -> Any:
    """The source map of a contract's initcode, which titanoboa makes anew for each deployment."""
    with anchor_settings(compiled.settings):
        return assembly_to_evm(compiled.assembly)[1]


@cache
def deployer(compiled: Any, filename: str | None) -> VyperDeployer:
    """One for each compiled contract, where titanoboa makes one for each that is deployed."""
    return VyperDeployer(compiled, filename=filename)


@cache
def quicken() -> None:
    """From here on: titanoboa's chain, and Ape's in process."""
    for instructions in (CANCUN_OPCODES, PRAGUE_OPCODES):
        instructions.update(quick_instructions(instructions))
    TracingCodeStream.__iter__ = traced
    VyperContract._deployment_source_map = property(lambda self: deployment_source_map(self.compiler_data))
    _BaseVyperContract.deployer = property(lambda self: deployer(self.compiler_data, self.filename))
