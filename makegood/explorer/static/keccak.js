// SPDX-License-Identifier: Apache-2.0
// Keccak-256 of a short text: only for the checksum of addresses (EIP-55), which browsers have no hash for.
"use strict";

const MASK = (1n << 64n) - 1n;
const RATE = 136;

const turned = (lane, by) => ((lane << BigInt(by)) | (lane >> BigInt(64 - by))) & MASK;

function* constants() {
  let state = 1;
  for (let round = 0; round < 24; round += 1) {
    let found = 0n;
    for (let bit = 0; bit < 7; bit += 1) {
      if (state & 1) found ^= 1n << BigInt((1 << bit) - 1);
      state = (state << 1) ^ (state & 0x80 ? 0x171 : 0);
    }
    yield found;
  }
}

const CONSTANTS = [...constants()];

function permute(lanes) {
  for (const constant of CONSTANTS) {
    const columns = [0, 1, 2, 3, 4].map((x) => lanes[x] ^ lanes[x + 5] ^ lanes[x + 10] ^ lanes[x + 15] ^ lanes[x + 20]);
    for (let at = 0; at < 25; at += 1) lanes[at] ^= columns[(at + 4) % 5] ^ turned(columns[(at + 1) % 5], 1);
    let [x, y, moved] = [1, 0, lanes[1]];
    for (let step = 0; step < 24; step += 1) {
      [x, y] = [y, (2 * x + 3 * y) % 5];
      const kept = lanes[x + 5 * y];
      lanes[x + 5 * y] = turned(moved, (((step + 1) * (step + 2)) / 2) % 64);
      moved = kept;
    }
    for (let row = 0; row < 25; row += 5) {
      const old = lanes.slice(row, row + 5);
      for (let at = 0; at < 5; at += 1) lanes[row + at] = old[at] ^ (~old[(at + 1) % 5] & MASK & old[(at + 2) % 5]);
    }
    lanes[0] ^= constant;
  }
}

// Of less than 136 ASCII characters, as hex digits.
function keccak256(text) {
  const block = new Uint8Array(RATE);
  block.set(new TextEncoder().encode(text));
  block[text.length] ^= 0x01;
  block[RATE - 1] ^= 0x80;
  const lanes = new Array(25).fill(0n);
  const view = new DataView(block.buffer);
  for (let at = 0; at < RATE / 8; at += 1) lanes[at] = view.getBigUint64(8 * at, true);
  permute(lanes);
  const found = new DataView(new ArrayBuffer(32));
  for (let at = 0; at < 4; at += 1) found.setBigUint64(8 * at, lanes[at], true);
  return [...new Uint8Array(found.buffer)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Whether an address that mixes cases has the cases of its checksum.
export function checksumHolds(address) {
  const digits = address.slice(2);
  const low = digits.toLowerCase();
  if (digits === low || digits === digits.toUpperCase()) return true;
  const hash = keccak256(low);
  return [...low].every((digit, at) => digits[at] === (parseInt(hash[at], 16) > 7 ? digit.toUpperCase() : digit));
}
