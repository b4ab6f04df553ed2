# SPDX-License-Identifier: Apache-2.0
"""The quick instructions of the tests' chain do what py-evm's own do, in the usual case and in others."""

import random
from typing import Any

import boa
import pytest
from eth.vm import opcode_values as op
from eth.vm.message import Message
from eth.vm.transaction_context import BaseTransactionContext
from quick_evm import MAX, USUAL, destinations, number, quick_instructions

QUICK = quick_instructions(USUAL)
SOMEBODY, CONTRACT = b"\1" * 20, b"\2" * 20
# What a program needs beside them: memory that grows, hashes of it, a word that is bytes, ends.
BESIDE = (op.MSIZE, op.MSTORE8, op.SHA3, op.GAS, op.PC, op.CALLDATALOAD, op.RETURN, op.REVERT, op.STOP, 0x0C)
# Anything else, such as a piece of a push's number that was jumped to, is no instruction.
KNOWN = {code: USUAL[code] for code in (*QUICK, *BESIDE) if code in USUAL}
NUMBERS = (0, 1, 31, 32, 33, 64, 255, 256, 2**160, 2**255, MAX)


def computation(instructions: dict[int, Any]) -> Any:
    """titanoboa's, with these instructions."""
    usual = boa.env.evm.vm.state.computation_class
    return type("Computation", (usual,), {"opcodes": instructions})


def outcome(kind: Any, code: bytes, gas: int) -> dict[str, Any]:
    """All that running a code leaves."""
    message = Message(gas=gas, to=CONTRACT, sender=SOMEBODY, value=0, data=bytes(range(64)), code=code)
    context = BaseTransactionContext(origin=SOMEBODY, gas_price=0)
    done = kind.apply_computation(boa.env.evm.vm.state, message, context)
    return {
        "error": repr(done._error),
        "gas": done._gas_meter.gas_remaining,
        "memory": bytes(done._memory._bytes),
        "output": done.output,
        "stack": [number(item) for item in done._stack.values],
        "trace": done.code._trace,
        "at": done.code.program_counter,
    }


def pushed(chance: random.Random) -> bytes:
    """A push, of a number that matters somewhere or of any."""
    value = chance.choice(NUMBERS) if chance.random() < 0.8 else chance.getrandbits(256)
    size = max(chance.choice((0, 1, 2, 32)), (value.bit_length() + 7) // 8)
    return bytes([op.PUSH0 + size]) + value.to_bytes(size, "big")


def program(chance: random.Random) -> bytes:
    """Some instructions, most with what they take, and jumps to where one may or may not land."""
    code = b"".join(pushed(chance) for _ in range(chance.randrange(6)))
    others = [*QUICK, *BESIDE]
    for _ in range(chance.randrange(5, 60)):
        one = chance.choice(others)
        if one in (op.MLOAD, op.MSTORE, op.SHA3, op.RETURN):
            code += pushed(chance) + bytes([op.PUSH1, chance.randrange(100)])
        elif one in (op.JUMP, op.JUMPI):
            code += bytes([op.PUSH1, 1, op.PUSH1, min(len(code) + chance.randrange(12), 255)])
        code += bytes([one])
        if one == op.JUMPI or chance.random() < 0.1:
            code += bytes([op.JUMPDEST])
    return code[: chance.randrange(1, len(code) + 1)] if chance.random() < 0.1 else code


@pytest.mark.parametrize("seed", range(4))
def test_programs_leave_the_same_and_end_the_same(seed: int) -> None:
    chance, usual, quick = random.Random(seed), computation(KNOWN), computation({**KNOWN, **QUICK})
    ends = set()
    for _ in range(500):
        code, gas = program(chance), chance.choice((0, 3, 40, 200, 20_000))
        expected = outcome(usual, code, gas)
        assert outcome(quick, code, gas) == expected, (code.hex(), gas)
        ends.add(expected["error"].partition("(")[0])
    assert {"None", "OutOfGas", "InsufficientStack", "InvalidJumpDestination"} <= ends


@pytest.mark.parametrize("code", sorted(QUICK))
def test_each_takes_what_it_costs_and_no_less(code: int) -> None:
    usual, quick = computation(KNOWN), computation({**KNOWN, **QUICK})
    # Memory that is there, seventeen items, and the place that is jumped to.
    before = bytes([op.PUSH1, 7, op.PUSH1, 32, op.MSTORE]) + bytes([op.PUSH1, 41]) * 17
    program = before + bytes([code, *range(1, 33)])
    program = program.ljust(90, bytes([op.JUMPDEST]))
    needs = 20_000 - outcome(usual, program[: len(before)], 20_000)["gas"] + USUAL[code].gas_cost
    for gas in (needs - 1, needs, needs + 1, 20_000):
        assert outcome(quick, program, gas) == outcome(usual, program, gas)


@pytest.mark.parametrize("code", [op.PUSH1, op.DUP1, op.PUSH0, op.PUSH32])
def test_a_full_stack_takes_no_more(code: int) -> None:
    usual, quick = computation(KNOWN), computation({**KNOWN, **QUICK})
    for items in (1_023, 1_024):
        program = bytes([op.PUSH1, 1]) * items + bytes([code, *range(32), op.STOP])
        assert outcome(quick, program, 20_000) == outcome(usual, program, 20_000)


def test_a_push_cut_off_by_the_end_is_filled_up() -> None:
    usual, quick = computation(KNOWN), computation({**KNOWN, **QUICK})
    program = bytes([op.PUSH32, 1, 2])
    assert outcome(quick, program, 100) == outcome(usual, program, 100)


def test_what_is_pushed_is_no_destination() -> None:
    assert destinations(bytes([op.JUMPDEST, op.PUSH1, op.JUMPDEST, op.JUMPDEST, op.PUSH32])) == {0, 3}
