# SPDX-License-Identifier: Apache-2.0
"""The bytecode uses no opcode that TRON lacks, and the check would notice one."""

from dataclasses import replace

import pytest
from vyper.evm.opcodes import OPCODES

from checks import opcodes
from makegood.artifacts import NAMES, Artifact, load
from makegood.errors import MakegoodError

CLZ = 0x1E  # of Osaka, later than what TRON has
JUMPDEST = 0x5B
PUSH1 = 0x60


def planted(artifact: Artifact, place: int, byte: int) -> Artifact:
    code = bytearray(artifact.bytecode)
    code[place] = byte
    return replace(artifact, bytecode=bytes(code))


def first(artifact: Artifact, opcode: int, start: int) -> int:
    """Where the first instruction with an opcode is, from a section's start on; an independent walk."""
    code, place = artifact.bytecode, start
    while code[place] != opcode:
        place += 1 + max(0, code[place] - 0x5F) if 0x60 <= code[place] <= 0x7F else 1
    return place


def runtime_start(artifact: Artifact) -> int:
    return len(opcodes.sections(artifact).deploying)


def test_the_names_are_the_compilers() -> None:
    own = ("DEBUG", "BREAKPOINT")  # of the compiler alone
    theirs = {row[0]: name for name, row in OPCODES.items() if row[0] is not None and name not in own}
    other_names = {0x20: "SHA3"}
    assert {code: other_names.get(code, name) for code, name in opcodes.CANCUN.items()} == theirs


@pytest.mark.parametrize("name", NAMES)
def test_tron_has_every_opcode_of_the_build(name: str) -> None:
    assert opcodes.faults(load(name)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_sections_are_those_of_the_compiler(name: str) -> None:
    artifact = load(name)
    parts = opcodes.sections(artifact)
    # Every contract begins by looking at its call data; what deploys it ends by returning the code.
    assert parts.deploying.endswith(b"\xf3") or b"\x39" in parts.deploying
    assert len(parts.deploying) + len(parts.runtime) < len(artifact.bytecode)
    assert artifact.bytecode.startswith(parts.deploying + parts.runtime)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("section", ["deploying", "runtime"])
def test_a_planted_opcode_is_found(name: str, section: str) -> None:
    artifact = load(name)
    start = 0 if section == "deploying" else runtime_start(artifact)
    place = first(artifact, JUMPDEST, start) if section == "runtime" else first(artifact, 0x34, 0)
    bad = planted(artifact, place, CLZ)
    assert opcodes.faults(bad) == [f"{name} uses 0x1e, 1 times, which TRON does not have."]


def test_what_is_pushed_is_no_opcode() -> None:
    artifact = load("SupportDesk")
    place = first(artifact, PUSH1, runtime_start(artifact))
    assert opcodes.faults(planted(artifact, place + 1, CLZ)) == []


def test_tables_and_metadata_are_no_opcodes() -> None:
    artifact = load("SupportDesk")
    parts = opcodes.sections(artifact)
    after = len(parts.deploying) + len(parts.runtime)
    assert opcodes.faults(planted(artifact, after, CLZ)) == []
    digest = len(artifact.bytecode) - int.from_bytes(artifact.bytecode[-2:], "big") + 5
    assert opcodes.faults(planted(artifact, digest, CLZ)) == []


def test_code_of_another_compiler_is_refused() -> None:
    artifact = load("SupportDesk")
    with pytest.raises(MakegoodError, match="does not end as Vyper"):
        opcodes.faults(replace(artifact, bytecode=artifact.bytecode[:-2] + b"\x00\x05"))
    with pytest.raises(MakegoodError, match="does not have the sizes"):
        opcodes.faults(replace(artifact, runtime_size=artifact.runtime_size + 1))


@pytest.mark.parametrize(
    ("opcode", "told"),
    [
        (0x5C, "parameter #83"),
        (0x5E, "parameter #83"),
        (0x5F, "parameter #76"),
        (0xF0, "not from creator and nonce"),
        (0xF5, "0x41"),
        (0xFE, "none"),
        (0x1E, "none"),
    ],
)
def test_it_says_what_tron_makes_of_an_opcode(opcode: int, told: str) -> None:
    assert told in opcodes.about(opcode)


def test_the_same_opcodes_are_not_told_of() -> None:
    assert [opcodes.about(each) for each in (0x01, 0x20, 0x42, 0x54, 0x60, 0xFD)] == [""] * 6


def test_it_prints_what_differs_and_ends_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert opcodes.main() == 0
    out = capsys.readouterr().out
    assert "0xf0  CREATE" in out
    assert "DeskFactory" in out
    assert "BLOBHASH" not in out


@pytest.mark.parametrize("name", NAMES)
def test_the_build_never_asks_for_what_chains_answer_differently(name: str) -> None:
    # Arbitrum's block number is Ethereum's; the others are 0 on one chain or another (docs/networks.md).
    asked = {opcodes.CANCUN[each] for each in opcodes.used(load(name))}
    assert not asked & {"NUMBER", "BLOCKHASH", "PREVRANDAO", "GASLIMIT", "BASEFEE", "GASPRICE", "COINBASE"}
