# SPDX-License-Identifier: Apache-2.0
"""The golden files: each kind is what the contracts give, every function has its gas, a change is told."""

from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

import boa
import pytest
from web3 import EthereumTesterProvider, Web3

from checks import golden
from checks.golden import __main__ as command
from checks.golden import build, gas
from makegood.artifacts import load
from makegood.errors import MakegoodError

# One worker: the compiler is asked once, the scenarios are played once.
pytestmark = pytest.mark.xdist_group("golden")

ONE = {"Desk": "a\nb\n", "Pool": "c\n"}


@cache
def texts(kind: str) -> Mapping[str, str]:
    return golden.KINDS[kind]()


@pytest.mark.parametrize("kind", golden.KINDS)
def test_files_are_what_the_contracts_give(kind: str) -> None:
    found = list(golden.faults(kind, texts(kind)))
    assert not found, "\n".join([*found, golden.HINT])


def test_there_is_a_file_of_each_kind_for_every_deployable() -> None:
    sources = {path.stem for path in (build.PROJECT / "contracts").glob("*.vy")}
    for kind in golden.KINDS:
        assert {path.stem for path in (golden.FOLDER / kind).iterdir()} == sources


def test_a_function_without_gas_is_named() -> None:
    abi = {"Desk": ({"type": "function", "name": "open", "inputs": [{"name": "a"}, {"name": "b"}]},)}
    assert gas.texts({"Desk": {"open(a, b)": {"": 5, "late": 7}}}, abi) == {
        "Desk": "       5  open(a, b)\n       7  open(a, b): late\n"
    }
    for rows in ({}, {"Desk": {}}, {"Desk": {"open(a)": {"": 5}}}):
        with pytest.raises(MakegoodError, match=r"No gas was measured of open\(a, b\) of Desk"):
            gas.texts(rows, abi)


def test_what_is_cut_off_is_what_the_compiler_can_leave_out() -> None:
    # PolicyRules has no constructor, AgentDirectory has immutables.
    bare, runtime = build.compiled_without_metadata("PolicyRules")
    hashes = _hashes("PolicyRules")
    assert (hashes["initcode, its metadata cut off"], hashes["runtime"]) == (bare, runtime)
    _, runtime = build.compiled_without_metadata("AgentDirectory")
    assert _hashes("AgentDirectory")["runtime"] == runtime


def _hashes(name: str) -> dict[str, str]:
    lines = [line.split(" ", 1) for line in texts("bytecode")[name].splitlines()]
    return {what.split(" without", 1)[0]: found for found, what in lines}


def test_a_transaction_takes_what_a_chain_says() -> None:
    gas.put_on_path()
    from house import deployer
    from meter import Meter

    # A word is written, changed, and zero again, for which gas comes back.
    keepers = {"new": f"0x{'11' * 20}", "changed": f"0x{'22' * 20}", "none": f"0x{'00' * 20}"}
    meter = Meter()
    with boa.swap_env(meter):
        directory = deployer("AgentDirectory").deploy(meter.eoa)
        meter.watch("AgentDirectory", directory)
        for case, keeper in keepers.items():
            with meter.case(case):
                directory.name_keeper(keeper)
    assert list(meter.rows["AgentDirectory"]["name_keeper(keeper)"].values()) == _on_chain(keepers.values())


def _on_chain(keepers: Iterable[str]) -> list[int]:
    w3 = Web3(EthereumTesterProvider())
    (sender, *_), built = w3.eth.accounts, load("AgentDirectory")
    made = w3.eth.contract(abi=built.abi, bytecode=built.bytecode).constructor(sender).transact()
    directory = w3.eth.contract(w3.eth.get_transaction_receipt(made)["contractAddress"], abi=built.abi)
    sent = [directory.functions.name_keeper(keeper).transact() for keeper in keepers]
    return [w3.eth.get_transaction_receipt(each)["gasUsed"] for each in sent]


# ---------------------------------------------------------------- files


def test_what_was_written_has_no_fault(tmp_path: Path) -> None:
    golden.write("abi", ONE, tmp_path)
    assert list(golden.faults("abi", ONE, tmp_path)) == []


def test_a_change_is_told_by_its_lines(tmp_path: Path) -> None:
    golden.write("abi", ONE, tmp_path)
    (fault,) = golden.faults("abi", ONE | {"Desk": "a\nx\n"}, tmp_path)
    assert fault.splitlines()[0] == f"{tmp_path.name}/abi/Desk.txt is not what the contracts give:"
    assert fault.splitlines()[-2:] == ["-b", "+x"]


def test_a_long_difference_is_cut(tmp_path: Path) -> None:
    golden.write("abi", {"Desk": ""}, tmp_path)
    (fault,) = golden.faults("abi", {"Desk": "x\n" * 100}, tmp_path)
    assert len(fault.splitlines()) == 26
    assert fault.splitlines()[-1] == "... and 77 more lines"


def test_a_file_too_many_or_too_few_is_told_and_written_away(tmp_path: Path) -> None:
    golden.write("abi", ONE, tmp_path)
    two = {"Desk": "a\nb\n", "Lane": "d\n"}
    missing, beyond = golden.faults("abi", two, tmp_path)
    assert missing.startswith(f"{tmp_path.name}/abi/Lane.txt is not what the contracts give")
    assert beyond == f"There is no contract for {tmp_path.name}/abi/Pool.txt."
    golden.write("abi", two, tmp_path)
    assert sorted(path.name for path in (tmp_path / "abi").iterdir()) == ["Desk.txt", "Lane.txt"]


# ---------------------------------------------------------------- the command


def test_check_says_what_to_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(command, "KINDS", {"abi": lambda: ONE})
    monkeypatch.setattr(command, "FOLDER", tmp_path)
    assert command.main(["--check"]) == 1
    assert capsys.readouterr().err.splitlines()[-1] == golden.HINT
    assert not list(tmp_path.iterdir())
    assert command.main([]) == 0
    assert command.main(["--check", "abi"]) == 0


def test_an_unknown_kind_is_a_usage_error() -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(["colour"])
