// SPDX-License-Identifier: Apache-2.0
// Keccak-256: what an address is of its public key, and what is signed. Browsers have no hash for it.
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

function permute(lanes) {
  for (const constant of constants()) {
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

export const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

export function keccak256(bytes) {
  const padded = new Uint8Array(RATE * (Math.floor(bytes.length / RATE) + 1));
  padded.set(bytes);
  padded[bytes.length] ^= 0x01;
  padded[padded.length - 1] ^= 0x80;
  const lanes = new Array(25).fill(0n);
  const view = new DataView(padded.buffer);
  for (let block = 0; block < padded.length; block += RATE) {
    for (let at = 0; at < RATE / 8; at += 1) lanes[at] ^= view.getBigUint64(block + 8 * at, true);
    permute(lanes);
  }
  const found = new DataView(new ArrayBuffer(32));
  for (let at = 0; at < 4; at += 1) found.setBigUint64(8 * at, lanes[at], true);
  return new Uint8Array(found.buffer);
}

// The address of an uncompressed public key, with the cases of its checksum (EIP-55).
export function addressOf(publicKey) {
  const low = hex(keccak256(publicKey.slice(1)).slice(12));
  const hash = hex(keccak256(new TextEncoder().encode(low)));
  return `0x${[...low].map((digit, at) => (parseInt(hash[at], 16) > 7 ? digit.toUpperCase() : digit)).join("")}`;
}
