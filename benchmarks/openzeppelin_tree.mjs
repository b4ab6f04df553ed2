// SPDX-License-Identifier: Apache-2.0
// OpenZeppelin's tree over as many leaves as the argument says, of a batch's six words each: prints the seconds
// that the tree with its root takes, and those that all proofs take, as one JSON object.
import { createHash } from "node:crypto";
import { performance } from "node:perf_hooks";
import { StandardMerkleTree } from "@openzeppelin/merkle-tree";

const TYPES = ["bytes32", "uint256", "uint256", "uint256", "address", "bytes32"];
const NOW = 1767225600; // seconds since 1970

const leaves = Number(process.argv[2]);
if (!Number.isSafeInteger(leaves) || leaves < 1) {
  console.error("Give the number of leaves.");
  process.exit(2);
}

const sha256 = (data) => createHash("sha256").update(data).digest();
const values = Array.from({ length: leaves }, (_, index) => {
  const commitment = sha256(String(index));
  const hex = commitment.toString("hex");
  return [`0x${sha256(commitment).toString("hex")}`, 0, 0, NOW + index, `0x${hex.slice(0, 40)}`, `0x${hex}`];
});

const started = performance.now();
const tree = StandardMerkleTree.of(values, TYPES);
const root = tree.root;
const built = performance.now();
let hashes = 0;
for (let index = 0; index < leaves; index += 1) {
  hashes += tree.getProof(index).length;
}
const done = performance.now();

const seconds = (from, to) => (to - from) / 1000;
console.log(
  JSON.stringify({ leaves, root, hashes, tree_seconds: seconds(started, built), proofs_seconds: seconds(built, done) }),
);
