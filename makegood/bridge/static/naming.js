// SPDX-License-Identifier: Apache-2.0
// A requester's first naming of a keeper, signed as EIP-712 has it (makegood/typed_data.py, NameKeeper).
"use strict";

import { hex, keccak256 } from "./keccak.js";
import { signAsync } from "./vendor/secp256k1.js";

const joined = (...parts) => Uint8Array.from(parts.flatMap((part) => [...part]));
const ofText = (text) => keccak256(new TextEncoder().encode(text));
// A number, or an address, as 32 bytes.
const word = (value) => Uint8Array.from(BigInt(value).toString(16).padStart(64, "0").match(/../g), (pair) => parseInt(pair, 16));

const DOMAIN = ofText("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
const NAMING = ofText("NameKeeper(address requester,address keeper,uint256 nonce,uint256 deadline)");

export async function signedNaming(secret, requester, { chain, directory, keeper, deadline }) {
  const place = keccak256(joined(DOMAIN, ofText("Makegood"), ofText("1"), word(chain), word(directory)));
  const naming = keccak256(joined(NAMING, word(requester), word(keeper), word(0), word(deadline)));
  const digest = keccak256(joined([0x19, 0x01], place, naming));
  const [recovery, ...rest] = await signAsync(digest, secret, { prehash: false, format: "recovered" });
  return `0x${hex([...rest, 27 + recovery])}`;
}
