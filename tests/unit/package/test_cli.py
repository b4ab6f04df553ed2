# SPDX-License-Identifier: Apache-2.0
"""`makegood verify`, as a user types it, and its exit codes."""

import json
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from json_rpc import JsonRpcNode, Refused, served
from receipt_house import cached_house
from tampering import ASSETS, GOOD

from makegood.cli import RPC_VARIABLE, main

# Whatever started the tests may have told its processes to ignore it.
HEARS_CTRL_C = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)
os.execvp(sys.argv[1], sys.argv[1:])
"""
RECEIPT = str(ASSETS / f"{GOOD}.json")
SECRET = "d0n0tprint"  # noqa: S105
USER = "somebody"


def run(*arguments: str, variable: str | None = None) -> Result:
    return CliRunner(mix_stderr=False).invoke(main, ["verify", *arguments], env={RPC_VARIABLE: variable})


@pytest.fixture
def node() -> JsonRpcNode:
    return JsonRpcNode(cached_house().w3)


@pytest.fixture
def url(node: JsonRpcNode) -> Iterator[str]:
    with served(node) as url:
        yield url


def said(result: Result) -> str:
    return result.stdout + result.stderr


def outcomes(result: Result) -> list[str]:
    return [step["outcome"] for step in json.loads(result.stdout)["steps"]]


def test_online_every_step_passes(url: str) -> None:
    result = run(RECEIPT, "--rpc", url)
    assert result.exit_code == 0, said(result)
    firsts = [line.split()[0] for line in result.stdout.splitlines() if line and not line.startswith(" ")]
    assert firsts == ["passed"] * 3 + ["skipped"] + ["passed"] * 4 + ["No", "Whose"]
    assert "No step failed: 7 passed, 1 skipped." in result.stdout


def test_no_line_is_wider_than_a_terminal(url: str) -> None:
    result = run(RECEIPT, "--rpc", url)
    assert max(map(len, result.stdout.splitlines())) <= 100


def test_ctrl_c_ends_it_with_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                HEARS_CTRL_C,
                sys.executable,
                "-m",
                "makegood",
                "verify",
                RECEIPT,
                "--rpc",
                url,
            ],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with silent.accept()[0]:
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err == "Error: Stopped: nothing was sent.\n"


def test_the_nodes_address_can_come_from_the_environment(url: str) -> None:
    assert run(RECEIPT, variable=url).exit_code == 0


def test_offline_asks_nobody_and_says_what_is_left_open(node: JsonRpcNode, url: str) -> None:
    result = run(RECEIPT, "--offline", variable=url)
    assert result.exit_code == 0
    assert max(map(len, result.stdout.splitlines())) <= 100
    text = " ".join(result.stdout.split())
    assert (
        "Not checked: that the ticket is recorded, and its policy, priority, times, transaction, block. "
        "Only the chain tells" in text
    )
    assert node.asked == []


@pytest.mark.parametrize(
    "name",
    [GOOD, "priority-recorded", "reply-due-recorded", "opened-at-recorded", "desk-nobody-forged-recorded"],
)
def test_offline_nothing_passes_for_verified(name: str) -> None:
    result = run(str(ASSETS / f"{name}.json"), "--offline", "--json")
    assert result.exit_code == 0, said(result)
    data = json.loads(result.stdout)
    assert data["verified"] is None
    assert "error" not in data


def test_a_node_of_another_chain_is_a_usage_error(node: JsonRpcNode, url: str) -> None:
    node.lies["eth_chainId"] = lambda _: "0x1"
    result = run(RECEIPT, "--rpc", url)
    assert result.exit_code == 2
    assert "but the node is on chain 1. 4 of 8 steps passed" in result.stderr
    assert "says nothing against the receipt. Give a node of chain " in result.stderr
    assert "failed" not in result.stdout


def test_json_has_every_step_and_what_it_found(url: str) -> None:
    result = run(RECEIPT, "--rpc", url, "--json")
    data = json.loads(result.stdout)
    assert data["verified"] is True
    assert [step["step"] for step in data["steps"]] == [
        "file",
        "document",
        "ticket_id",
        "inclusion",
        "signatures",
        "recorded",
        "standing",
        "worth",
    ]
    assert data["steps"][-1]["found"]["status"] == "hold"


@pytest.mark.parametrize(
    ("name", "offline", "code"),
    [
        ("file-cut-off", True, 2),
        ("document-text", True, 6),
        ("ticket-id-altered", True, 6),
        ("statement-signature", True, 6),
        ("block-hash-recorded", False, 6),
        ("statement-by-the-bot", False, 6),
    ],
)
def test_a_refused_receipt_has_its_exit_code_and_says_why_on_stderr(
    url: str, name: str, offline: bool, code: int
) -> None:
    where = ("--offline",) if offline else ("--rpc", url)
    result = run(str(ASSETS / f"{name}.json"), *where)
    assert result.exit_code == code
    assert result.stderr.startswith("Error: ")
    assert "failed" in result.stdout
    assert "Traceback" not in said(result)


def test_json_of_a_refused_receipt_is_one_object_with_the_error() -> None:
    result = run(str(ASSETS / "document-text.json"), "--offline", "--json")
    data = json.loads(result.stdout)
    assert (data["verified"], data["error"]["exit_code"]) == (False, 6)
    assert data["error"]["kind"] == "VerificationFailed"


def test_json_of_what_is_no_receipt_has_all_steps_too() -> None:
    result = run(str(ASSETS / "file-cut-off.json"), "--offline", "--json")
    assert outcomes(result) == ["failed"] + ["skipped"] * 7
    assert json.loads(result.stdout)["error"]["exit_code"] == 2


def test_a_file_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    assert run(str(tmp_path / "absent.json"), "--offline").exit_code == 3


def test_without_a_node_it_does_not_pass_for_verified() -> None:
    result = run(RECEIPT)
    assert result.exit_code == 2
    assert "--offline" in result.stderr


def test_a_node_and_offline_exclude_each_other(url: str) -> None:
    assert run(RECEIPT, "--offline", "--rpc", url).exit_code == 2


@pytest.mark.parametrize(
    "address",
    [SECRET, f"ftp://{SECRET}", f"http://[{SECRET}", f"http://host:{SECRET}/", f"https://:1/{SECRET}"],
)
def test_what_is_no_nodes_address_is_refused_and_not_printed(address: str) -> None:
    result = run(RECEIPT, "--rpc", address)
    assert result.exit_code == 2
    assert SECRET not in said(result)


def test_a_node_that_is_down_ends_with_1_and_its_secrets_are_not_printed() -> None:
    result = run(RECEIPT, "--rpc", f"http://{USER}:{SECRET}@127.0.0.1:1/v3/{SECRET}?key={SECRET}")
    assert result.exit_code == 1
    assert "passed   document" in result.stdout
    assert SECRET not in said(result)
    assert USER not in said(result)


def test_a_secret_that_the_node_repeats_is_not_printed(node: JsonRpcNode, url: str) -> None:
    def refuse(_: object) -> None:
        raise Refused(f"project {SECRET} is over its limit\x1b[2J")

    node.lies["eth_getTransactionReceipt"] = refuse
    result = run(RECEIPT, "--rpc", f"{url}/v3/{SECRET}")
    assert result.exit_code == 1
    assert "over its limit" in result.stderr
    assert SECRET not in said(result)
    assert "\x1b" not in said(result)


def test_help_names_options_exit_codes_and_the_variable() -> None:
    text = run("--help").stdout
    for word in ("--offline", "--rpc", "--json", RPC_VARIABLE, "6 a step failed"):
        assert word in " ".join(text.split())


def test_it_needs_no_ape() -> None:
    program = (
        "import sys; sys.modules['ape'] = None\n"
        "from makegood.cli import main\n"
        f"main(['verify', {RECEIPT!r}, '--offline'])"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr
    assert "No step failed" in result.stdout


def test_python_m_makegood_is_the_same() -> None:
    command = [sys.executable, "-m", "makegood", "verify", RECEIPT, "--offline"]
    result = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr


def test_asking_for_help_loads_no_web3() -> None:
    code = "import sys, makegood.cli; sys.exit('web3' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
