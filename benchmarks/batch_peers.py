# SPDX-License-Identifier: Apache-2.0
"""What others take for the like: OpenZeppelin's Merkle tree in JavaScript, and EAS's timestamps on anvil.

Both come from npm. The tree has leaves of a batch's six words. EAS is deployed as its authors compiled it.
"""

import json
import shutil
import subprocess
from dataclasses import dataclass

from benchmarks import eas, npm
from benchmarks.node import PROJECT, anvil
from makegood.console.table import table
from makegood.errors import MakegoodError, NotFound

LEAVES = 100_000
"""Of the tree that OpenZeppelin's is measured at."""

_OPENZEPPELIN = npm.folder("@openzeppelin/merkle-tree")
_SCRIPT = PROJECT / "benchmarks" / "openzeppelin_tree.mjs"


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
    version = npm.version(_OPENZEPPELIN)
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
    with anvil() as w3:
        found = eas.measure(w3)
    return TimestampPeer(found.name, found.timestamp, found.each_further)
