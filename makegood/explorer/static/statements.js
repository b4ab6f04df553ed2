// SPDX-License-Identifier: Apache-2.0
// Signed statements about replies: VC-JWTs, read as strictly as `makegood verify` does, and their signatures
// where the key is in the statement and this browser can use it. Throws Refusal for one that is not to be believed.
"use strict";

import { sha256, hex } from "./receipt.js";
import { Real, Refusal, parse } from "./strict-json.js";
import { verifyAsync } from "./vendor/secp256k1.js";

const COMPACT = /^([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)$/;
const HEADER = ["alg", "kid", "typ"];
const CONTEXT = "https://www.w3.org/2018/credentials/v1";
const KIND = "ReplyStatement";
const DEEPEST = 16;
const TICKET = /^urn:ticket:(0x[0-9a-f]{64})$/;
const DIGEST = /^0x[0-9a-f]{64}$/;
const LETTERS = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
// By algorithm, how the bytes of its did:key begin, and how many they are.
const KEYS = { EdDSA: [[0xed, 0x01], 34], ES256K: [[0xe7, 0x01], 35] };

function decode(part) {
  let plain;
  try {
    plain = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    throw new Refusal("jwt-form");
  }
  // Spare bits would give one signature two texts.
  const back = btoa(plain).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  if (back !== part) throw new Refusal("jwt-form");
  return Uint8Array.from(plain, (each) => each.charCodeAt(0));
}

function object(part) {
  let value;
  try {
    value = parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(decode(part)), DEEPEST);
  } catch {
    throw new Refusal("jwt-form");
  }
  if (!(value instanceof Map)) throw new Refusal("jwt-form");
  return value;
}

function base58(text) {
  let value = 0n;
  for (const letter of text) {
    const at = LETTERS.indexOf(letter);
    if (at < 0) throw new Refusal("jwt-key");
    value = value * 58n + BigInt(at);
  }
  const digits = value.toString(16);
  return Uint8Array.from((digits.length % 2 ? `0${digits}` : digits).match(/../g), (pair) => parseInt(pair, 16));
}

// `key` is that of a did:key, null for a did:web.
function signer(header) {
  for (const name of header.keys()) if (!HEADER.includes(name)) throw new Refusal("jwt-header");
  const [algorithm, id] = [header.get("alg"), header.get("kid")];
  if (!Object.hasOwn(KEYS, algorithm)) throw new Refusal("jwt-algorithm");
  if (!["JWT", "vc+jwt"].includes(header.get("typ") ?? "JWT")) throw new Refusal("jwt-header");
  if (typeof id !== "string" || !/^[!-~]{1,512}$/.test(id)) throw new Refusal("jwt-key");
  const at = id.indexOf("#");
  const did = at < 0 ? id : id.slice(0, at);
  const fragment = at < 0 ? "" : id.slice(at + 1);
  if (!fragment) throw new Refusal("jwt-key");
  if (did.startsWith("did:web:")) return { did, web: true, key: null, algorithm };
  const found = /^did:key:(z([1-9A-HJ-NP-Za-km-z]{40,60}))$/.exec(did);
  if (!found || fragment !== found[1]) throw new Refusal("jwt-key");
  const bytes = base58(found[2]);
  const [codec, length] = KEYS[algorithm];
  if (bytes.length !== length || codec.some((each, index) => bytes[index] !== each)) throw new Refusal("jwt-key");
  return { did, web: false, key: bytes.slice(2), algorithm };
}

function seconds(payload, name) {
  if (!payload.has(name)) return null;
  const found = payload.get(name);
  const value = found instanceof Real ? found.value : found;
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 253_402_300_799) {
    throw new Refusal("jwt-times");
  }
  return value;
}

function claimed(payload, did) {
  if (payload.get("iss") !== did) throw new Refusal("jwt-issuer");
  const vc = payload.get("vc");
  const subject = vc instanceof Map ? vc.get("credentialSubject") : null;
  if (payload.has("aud") || payload.has("vp") || !(subject instanceof Map)) throw new Refusal("jwt-credential");
  if (vc.has("proof") || vc.has("credentialStatus")) throw new Refusal("jwt-credential");
  const [context, types] = [vc.get("@context"), vc.get("type")];
  const first = Array.isArray(context) ? context[0] : context;
  if (first !== CONTEXT || !Array.isArray(types) || !types.includes("VerifiableCredential")) {
    throw new Refusal("jwt-credential");
  }
  const inner = subject.get("id") ?? null;
  const outer = payload.has("sub") ? payload.get("sub") : inner;
  if (inner !== null && inner !== outer) throw new Refusal("jwt-times");
  const names = [...subject.keys()].filter((name) => name !== "id");
  if (!types.includes(KIND) || names.length !== 1 || names[0] !== "digest") throw new Refusal("jwt-kind");
  const [issuedAt, expiresAt] = [seconds(payload, "nbf"), seconds(payload, "exp")];
  if (issuedAt === null) throw new Refusal("jwt-times");
  agree(payload, vc, issuedAt, expiresAt);
  const about = TICKET.exec(typeof outer === "string" ? outer : "");
  const digest = subject.get("digest");
  if (!about || typeof digest !== "string" || !DIGEST.test(digest)) throw new Refusal("jwt-kind");
  return { ticket: about[1], digest, issuedAt, expiresAt };
}

// Who reads the credential inside must find the same as who reads the JWT around it.
function agree(payload, vc, issuedAt, expiresAt) {
  const issuer = vc.has("issuer") ? vc.get("issuer") : payload.get("iss");
  const named = issuer instanceof Map ? issuer.get("id") : issuer;
  const time = (name) => Date.parse(vc.get(name)) / 1000;
  const agrees = named === payload.get("iss")
    && (!vc.has("id") || !payload.has("jti") || vc.get("id") === payload.get("jti"))
    && (!vc.has("issuanceDate") || time("issuanceDate") === issuedAt)
    && (!vc.has("expirationDate") || time("expirationDate") === expiresAt);
  if (!agrees) throw new Refusal("jwt-times");
}

// `signature` is true, or null where it could not be looked at.
export async function check(text, receipt) {
  const parts = COMPACT.exec(text);
  if (!parts) throw new Refusal("jwt-form");
  const { did, web, key, algorithm } = signer(object(parts[1]));
  const payload = object(parts[2]);
  const signature = decode(parts[3]);
  if (signature.length !== 64) throw new Refusal("jwt-signature");
  const found = { did, web, algorithm, ...claimed(payload, did) };
  if (found.ticket !== receipt.ticket_id) throw new Refusal("jwt-other-ticket", { ticket: found.ticket });
  found.didDigest = hex(await sha256(new TextEncoder().encode(did)));
  found.signature = key ? await verified(algorithm, key, signature, `${parts[1]}.${parts[2]}`) : null;
  if (found.signature === false) throw new Refusal("jwt-signature");
  return found;
}

async function verified(algorithm, key, signature, text) {
  const signed = new TextEncoder().encode(text);
  // Its `s` in the lower half only, as `makegood verify` has it: else one signature would have two texts.
  if (algorithm === "ES256K") return verifyAsync(signature, signed, key);
  let own;
  try {
    own = await crypto.subtle.importKey("raw", key, "Ed25519", false, ["verify"]);
  } catch (error) {
    if (error.name === "NotSupportedError") return null;
    return false;
  }
  return crypto.subtle.verify("Ed25519", own, signature, signed);
}
