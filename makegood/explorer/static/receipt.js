// SPDX-License-Identifier: Apache-2.0
// A receipt's file, read as strictly as `makegood verify` does (docs/receipts.md), and what follows from it.
"use strict";

import { checksumHolds } from "./keccak.js";
import { Refusal, canonical, parse } from "./strict-json.js";

export const TYPE = "makegood/receipt/1";
export const MOST_BYTES = 1 << 20;
const MOST_DOCUMENT = 1 << 18;
const DEEPEST = 101;
const EXACT = 2 ** 53 - 1;
const TIME = 2 ** 32 - 1;
const LEAVES = 2 ** 24 - 1;
const MOST_PATH = 24;
const MOST_STATEMENTS = 100;
const MOST_STATEMENT = 16_384;

const DIGEST = /^0x[0-9a-f]{64}$/;
const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const SALT = /^[0-9a-f]{64}$/;
const PRIORITIES = ["urgent", "high", "normal", "low"];
const BATCH_LANE = 2;

const number = (most) => (value, place) => {
  if (typeof value !== "number" || value < 0 || value > most) refuse("no-number", place, { most });
};

function digest(value, place) {
  if (typeof value !== "string" || !DIGEST.test(value)) refuse("no-digest", place);
}

function address(value, place) {
  if (typeof value !== "string" || !ADDRESS.test(value)) refuse("no-address", place);
  if (!checksumHolds(value)) refuse("bad-checksum", place);
}

function priority(value, place) {
  if (!PRIORITIES.includes(value)) refuse("no-priority", place);
}

function path(value, place) {
  if (!Array.isArray(value) || value.length > MOST_PATH) refuse("no-path", place, { most: MOST_PATH });
  value.forEach((each, at) => digest(each, `${place}[${at}]`));
}

const REQUIRED = {
  chain_id: number(EXACT),
  desk: address,
  ticket_id: digest,
  lane: number(BATCH_LANE),
  requester: address,
  commitment: digest,
  policy_id: number(2 ** 13 - 1),
  priority,
  opened_at: number(TIME),
  reply_due: number(TIME),
  resolution_due: number(TIME),
  transaction: digest,
  block_number: number(EXACT),
  block_hash: digest,
};
const OF_A_BATCH = { batch: number(EXACT), index: number(LEAVES), size: number(LEAVES), path, root: digest };
const OPTIONAL = ["document", "statements"];

function refuse(word, place, values = {}) {
  throw new Refusal(word, { place: `$.${place}`, ...values });
}

// The members by name; the document as its canonical text. Throws Refusal.
export function read(bytes) {
  if (bytes.length > MOST_BYTES) throw new Refusal("too-large", { most: MOST_BYTES });
  let text;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new Refusal("not-utf8");
  }
  const members = parse(text, DEEPEST);
  if (!(members instanceof Map) || members.get("type") !== TYPE) throw new Refusal("no-receipt");
  checkNames(members);
  const receipt = { document: null, statements: [] };
  for (const [name, check] of Object.entries({ ...REQUIRED, ...OF_A_BATCH })) {
    if (!members.has(name)) continue;
    check(members.get(name), name);
    receipt[name] = members.get(name);
  }
  for (const name of ["reply_due", "resolution_due"]) {
    if (receipt[name] < receipt.opened_at) refuse("before-opened", name);
  }
  if (members.has("statements")) receipt.statements = statements(members.get("statements"));
  if (members.has("document")) receipt.document = documentText(members.get("document"));
  return receipt;
}

function checkNames(members) {
  for (const name of members.keys()) {
    if (name !== "type" && !(name in REQUIRED) && !(name in OF_A_BATCH) && !OPTIONAL.includes(name)) {
      refuse("unknown", name);
    }
  }
  for (const name of Object.keys(REQUIRED)) if (!members.has(name)) refuse("missing", name);
  const inBatch = members.get("lane") === BATCH_LANE;
  for (const name of Object.keys(OF_A_BATCH)) {
    if (inBatch && !members.has(name)) refuse("missing-in-batch", name);
    if (!inBatch && members.has(name)) refuse("only-in-batch", name);
  }
}

function statements(value) {
  if (!Array.isArray(value) || value.length > MOST_STATEMENTS) {
    refuse("no-statements", "statements", { most: MOST_STATEMENTS });
  }
  value.forEach((each, at) => {
    const place = `statements[${at}]`;
    if (typeof each !== "string") refuse("no-string", place);
    if (each.length > MOST_STATEMENT) refuse("too-long", place, { most: MOST_STATEMENT });
    if (value.indexOf(each) !== at) refuse("there-twice", place);
  });
  return value;
}

function documentText(value) {
  if (!(value instanceof Map)) refuse("no-object", "document");
  const salt = value.get("salt");
  if (typeof salt !== "string" || !SALT.test(salt)) refuse("no-salt", "document.salt");
  const text = canonical(value);
  if (new TextEncoder().encode(text).length > MOST_DOCUMENT) refuse("too-long", "document", { most: MOST_DOCUMENT });
  return text;
}

// ---------------------------------------------------------------- what follows

export async function sha256(...parts) {
  const whole = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
}

export const hex = (bytes) => `0x${[...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")}`;

function bytesOf(digits) {
  return Uint8Array.from(digits.slice(2).match(/../g) ?? [], (pair) => parseInt(pair, 16));
}

// As Solidity's abi.encode has numbers, addresses and digests: 32 bytes each.
function words(...values) {
  const digits = values.map((value) => (typeof value === "number" ? value.toString(16) : value.slice(2)));
  return bytesOf(`0x${digits.map((each) => each.padStart(64, "0")).join("")}`);
}

export async function documentDigest(receipt) {
  return hex(await sha256(new TextEncoder().encode(receipt.document)));
}

export async function ticketId(receipt) {
  const { chain_id: chain, desk, lane, requester, commitment } = receipt;
  return hex(await sha256(words(chain, desk, lane, requester, commitment)));
}

// How many hashes the path of a leaf has, 0 <= index < size.
export function pathLength(index, size) {
  let [position, last, length] = [index, size - 1, 0];
  for (; last > 0; position >>= 1, last >>= 1) if (position & 1 || position < last) length += 1;
  return length;
}

// RFC 9162, section 2.1.3.2: the root to which the path leads from this opening.
export async function rootOf(receipt) {
  const { ticket_id: ticket, opened_at: at, requester, commitment, index, size } = receipt;
  const [leaf, node] = [Uint8Array.of(0), Uint8Array.of(1)];
  let hash = await sha256(leaf, words(ticket, 0, 0, at, requester, commitment));
  let [position, last] = [index, size - 1];
  for (const each of receipt.path) {
    const beside = bytesOf(each);
    if (position & 1 || position === last) {
      hash = await sha256(node, beside, hash);
      // A hash that moved up alone has no sibling on these levels.
      while (position && !(position & 1)) {
        position >>= 1;
        last >>= 1;
      }
    } else {
      hash = await sha256(node, hash, beside);
    }
    position >>= 1;
    last >>= 1;
  }
  return hex(hash);
}
