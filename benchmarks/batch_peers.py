# SPDX-License-Identifier: Apache-2.0
"""What others take for the like: OpenZeppelin's Merkle tree in JavaScript, and EAS's timestamps on anvil.

Both come from npm. The tree has leaves of a batch's six words. EAS is deployed as its authors compiled it.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from eth_abi.abi import encode
from eth_account import Account
from eth_utils.crypto import keccak
from web3 import Web3

from benchmarks.node import PROJECT, anvil
from makegood.console.table import table
from makegood.desk import KeySigner
from makegood.errors import MakegoodError, NotFound

LEAVES = 100_000
"""Of the tree that OpenZeppelin's is measured at."""

_MODULES = PROJECT / "node_modules"
_OPENZEPPELIN = _MODULES / "@openzeppelin" / "merkle-tree"
_EAS = _MODULES / "@ethereum-attestation-service" / "eas-contracts"
_SCRIPT = PROJECT / "benchmarks" / "openzeppelin_tree.mjs"
_FURTHER = 10
_GAS_LIMIT = 10_000_000
_HINT = "Run `make bench`, which installs it."


@dataclass(frozen=True)
class TreePeer:
    """Another's tree over so many leaves: seconds for it with its root, and for the proofs of all leaves."""

    name: str
    leaves: int
    tree_seconds: float
    proofs_seconds: float


@dataclass(frozen=True)
class TimestampPeer:
    """Gas of timestamping 32 bytes: in a call of its own, and each further one of a call."""

    name: str
    first: int
    each_further: int


def tree_lines(peer: TreePeer, ours: tuple[float, float]) -> list[str]:
    """The table of two trees; `ours` has our seconds for the same."""
    rows = [("Makegood, SHA-256", *ours), (peer.name, peer.tree_seconds, peer.proofs_seconds)]
    return table(
        (f"seconds, {peer.leaves:,} leaves, on one core", "tree and root", "all proofs"),
        [(name, f"{tree:.1f}", f"{proofs:.1f}") for name, tree, proofs in rows],
        right=(1, 2),
        wrap=0,
    )


def timestamp_lines(peer: TimestampPeer, gas_per_ticket: float, tickets: int) -> list[str]:
    """The table of two ways to write a ticket down, and how many times ours another's is."""
    rows = [
        (f"{peer.name}: timestamp, first", float(peer.first)),
        (f"{peer.name}: multiTimestamp, each further", float(peer.each_further)),
    ]
    return table(
        ("gas a ticket", "gas", "times ours"),
        [
            (f"Makegood: {tickets:,} in a batch, prepaid", f"{gas_per_ticket:,.3f}", "1"),
            *((name, f"{gas:,.0f}", f"{gas / gas_per_ticket:,.0f}") for name, gas in rows),
        ],
        right=(1, 2),
        wrap=0,
    )


def measure_tree_peer(leaves: int = LEAVES) -> TreePeer:
    """OpenZeppelin's tree. Raises NotFound where it or Node.js is not there, MakegoodError where it fails."""
    version = _version(_OPENZEPPELIN)
    node = shutil.which("node")
    if node is None:
        raise NotFound("There is no Node.js for OpenZeppelin's tree.", hint="Put `node` on PATH.")
    done = subprocess.run([node, str(_SCRIPT), str(leaves)], capture_output=True, text=True, check=False)
    if done.returncode:
        raise MakegoodError(f"OpenZeppelin's tree fails: {done.stderr.strip()[-300:]}.")
    found = json.loads(done.stdout)
    return TreePeer(
        f"@openzeppelin/merkle-tree {version}",
        found["leaves"],
        found["tree_seconds"],
        found["proofs_seconds"],
    )


def measure_timestamps() -> TimestampPeer:
    """EAS on a fresh node. Raises NotFound where it or a node is not there."""
    registry_code, eas_code = _code("SchemaRegistry"), _code("EAS")
    with anvil() as w3:
        sender = KeySigner(Account.create())
        w3.provider.make_request("anvil_setBalance", [sender.address, hex(10**20)])  # type: ignore[arg-type]
        registry = _send(w3, sender, None, registry_code)["contractAddress"]
        eas = _send(w3, sender, None, eas_code + encode(["address"], [registry]))["contractAddress"]
        first = _send(w3, sender, eas, _call("timestamp(bytes32)", ["bytes32"], [_digest(0)]))["gasUsed"]
        one = _send(w3, sender, eas, _many(1, 1))["gasUsed"]
        more = _send(w3, sender, eas, _many(2, 1 + _FURTHER))["gasUsed"]
        name = f"EAS {_string(w3, eas, 'version()')}"
    return TimestampPeer(name, first, -(-(more - one) // _FURTHER))


def _many(start: int, count: int) -> bytes:
    digests = [_digest(number) for number in range(start, start + count)]
    return _call("multiTimestamp(bytes32[])", ["bytes32[]"], [digests])


def _digest(number: int) -> bytes:
    return sha256(number.to_bytes(8, "big")).digest()


def _call(signature: str, types: list[str], values: list[Any]) -> bytes:
    return keccak(text=signature)[:4] + encode(types, values)


def _string(w3: Web3, to: str, signature: str) -> str:
    answer = w3.eth.call(
        {"to": Web3.to_checksum_address(to), "data": Web3.to_hex(keccak(text=signature)[:4])}
    )
    length = int.from_bytes(answer[32:64], "big")
    return bytes(answer[64 : 64 + length]).decode()


def _send(w3: Web3, sender: KeySigner, to: str | None, data: bytes) -> Any:
    fields: Any = {"data": Web3.to_hex(data), "value": 0, "gas": _GAS_LIMIT, "chainId": w3.eth.chain_id}
    if to is not None:
        fields["to"] = to
    receipt = sender.send(w3, fields)
    if receipt["status"] != 1:
        raise MakegoodError("EAS refuses a call that it takes elsewhere.")
    return receipt


def _code(name: str) -> bytes:
    _version(_EAS)
    path = _EAS / "artifacts" / "contracts" / f"{name}.sol" / f"{name}.json"
    return Web3.to_bytes(hexstr=json.loads(path.read_bytes())["bytecode"])


def _version(package: Path) -> str:
    try:
        return str(json.loads((package / "package.json").read_bytes())["version"])
    except OSError:
        raise NotFound(
            f"The npm package {package.parent.name}/{package.name} is missing.", hint=_HINT
        ) from None
