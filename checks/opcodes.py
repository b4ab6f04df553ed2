# SPDX-License-Identifier: Apache-2.0
"""Which opcodes the build uses, and which of them TRON's virtual machine lacks or takes for something else.

What TRON has is that of java-tron GreatVoyage-v4.8.0 (OperationRegistry.java); docs/tron.md has the rest.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import cbor2

from makegood.artifacts import NAMES, Artifact, load
from makegood.console.table import table
from makegood.errors import MakegoodError

_FROM = {
    0x00: "STOP ADD MUL SUB DIV SDIV MOD SMOD ADDMOD MULMOD EXP SIGNEXTEND",
    0x10: "LT GT SLT SGT EQ ISZERO AND OR XOR NOT BYTE SHL SHR SAR",
    0x20: "KECCAK256",
    0x30: "ADDRESS BALANCE ORIGIN CALLER CALLVALUE CALLDATALOAD CALLDATASIZE CALLDATACOPY CODESIZE CODECOPY",
    0x3A: "GASPRICE EXTCODESIZE EXTCODECOPY RETURNDATASIZE RETURNDATACOPY EXTCODEHASH",
    0x40: "BLOCKHASH COINBASE TIMESTAMP NUMBER PREVRANDAO GASLIMIT CHAINID SELFBALANCE BASEFEE",
    0x49: "BLOBHASH BLOBBASEFEE",
    0x50: "POP MLOAD MSTORE MSTORE8 SLOAD SSTORE JUMP JUMPI PC MSIZE GAS JUMPDEST TLOAD TSTORE MCOPY",
    0x5F: " ".join(f"PUSH{size}" for size in range(33)),
    0x80: " ".join(f"DUP{place}" for place in range(1, 17)),
    0x90: " ".join(f"SWAP{place}" for place in range(1, 17)),
    0xA0: " ".join(f"LOG{topics}" for topics in range(5)),
    0xF0: "CREATE CALL CALLCODE RETURN DELEGATECALL CREATE2",
    0xFA: "STATICCALL",
    0xFD: "REVERT INVALID SELFDESTRUCT",
}
CANCUN: Mapping[int, str] = {
    start + offset: name for start, names in _FROM.items() for offset, name in enumerate(names.split())
}
"""The EVM's, as of Cancun."""

SINCE = {"TLOAD": "#83", "TSTORE": "#83", "MCOPY": "#83", "PUSH0": "#76"}
"""What TRON has from a vote on a network parameter on; GreatVoyage-v4.8.0 and v4.7.2 brought them."""

DIFFERS = {
    "GASPRICE": "the price of energy, the same for all",
    "BASEFEE": "the price of energy, the same for all",
    "COINBASE": "an address of 21 bytes",
    "PREVRANDAO": "0",
    "GASLIMIT": "0",
    "BLOBHASH": "0",
    "BLOBBASEFEE": "0",
    "CHAINID": "the last four bytes of the genesis block's hash",
    "CREATE": "an address from the transaction's hash and a count, not from creator and nonce",
    "CREATE2": "an address with 0x41 in front, not 0xff",
    "SELFDESTRUCT": "TRX, TRC-10 and staked resources move",
    "GAS": "energy, whose prices differ",
}
"""What TRON answers differently."""

LACKING = frozenset({"INVALID"})
"""Opcodes that TRON has no entry for. INVALID ends in an error there too, with all energy used."""


@dataclass(frozen=True)
class Sections:
    """The code of an artifact, without its tables and its metadata."""

    deploying: bytes
    runtime: bytes


def sections(artifact: Artifact) -> Sections:
    """Take the initcode apart by the compiler's own description at its end.

    That is a CBOR list of digest, size of the runtime code, sizes of the tables at its end, size of the
    immutables, which are appended when it is deployed, and the compiler's version, then its own size in two
    bytes. Raises MakegoodError where it is none.
    """
    code = artifact.bytecode
    size = int.from_bytes(code[-2:], "big")
    try:
        _, runtime_size, tables, immutables, _ = cbor2.loads(code[-size:-2])
        data = sum(tables)
    except (cbor2.CBORDecodeError, ValueError, TypeError) as error:
        raise MakegoodError(f"The code of {artifact.name} does not end as Vyper 0.4.3 ends it.") from error
    start = len(code) - size - runtime_size
    if start < 0 or runtime_size + immutables != artifact.runtime_size:
        raise MakegoodError(f"The code of {artifact.name} does not have the sizes that it says.")
    return Sections(code[:start], code[start : len(code) - size - data])


def opcodes(code: bytes) -> Iterator[int]:
    """The opcodes of a section, one after the other, without what is pushed."""
    place = 0
    while place < len(code):
        opcode = code[place]
        yield opcode
        place += 1 + (opcode - 0x5F if 0x60 <= opcode <= 0x7F else 0)


def used(artifact: Artifact) -> Counter[int]:
    """How often each opcode stands in a contract, and in what deploys it."""
    parts = sections(artifact)
    return Counter(opcodes(parts.deploying)) + Counter(opcodes(parts.runtime))


def about(opcode: int) -> str:
    """What TRON makes of an opcode; empty where it is the same."""
    name = CANCUN.get(opcode)
    if name is None or name in LACKING:
        return "none: ends the call in an error"
    if name in SINCE:
        return f"the same, once parameter {SINCE[name]} is on"
    return DIFFERS.get(name, "")


def faults(artifact: Artifact) -> list[str]:
    """One sentence for each opcode that TRON lacks. INVALID is meant to end in an error, and does."""
    return [
        f"{artifact.name} uses 0x{opcode:02x}, {count} times, which TRON does not have."
        for opcode, count in sorted(used(artifact).items())
        if opcode not in CANCUN
    ]


def _where(opcode: int, counts: Mapping[str, Counter[int]]) -> str:
    names = [name for name, found in counts.items() if opcode in found]
    return "all" if len(names) == len(counts) else "\n".join(names)


def main() -> int:
    """Print what is used and what TRON makes of it; 0 where TRON has all of it."""
    try:
        artifacts = [load(name) for name in NAMES]
        counts = {artifact.name: used(artifact) for artifact in artifacts}
    except MakegoodError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    total: Counter[int] = sum(counts.values(), Counter())
    told = [opcode for opcode in sorted(total) if about(opcode)]
    rows = [
        (
            f"0x{opcode:02x}",
            CANCUN.get(opcode, "unknown"),
            f"{total[opcode]:,}",
            _where(opcode, counts),
            about(opcode),
        )
        for opcode in told
    ]
    for line in table(("", "opcode", "times", "in", "on TRON"), rows, right=(2,)):
        print(line)
    same = len(total) - len(told)
    print(f"{sum(total.values()):,} instructions, {len(total)} opcodes; {same} of them are the same on TRON.")
    found = [fault for artifact in artifacts for fault in faults(artifact)]
    for fault in found:
        print(fault, file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
