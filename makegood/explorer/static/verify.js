// SPDX-License-Identifier: Apache-2.0
// The page that checks a receipt. The file stays here: only chain, desk, ticket id and batch number are asked
// of this explorer. Every sentence stands in the page, in its language.
"use strict";

import { elsewhere, failed, final, needless, passed, recorded, standing, waiting } from "./comparing.js";
import { MOST_BYTES, TYPE, documentDigest, pathLength, read, rootOf, ticketId } from "./receipt.js";
import { check } from "./statements.js";
import { Refusal } from "./strict-json.js";

const STEPS = [
  "file", "document", "ticket_id", "inclusion", "signatures", "recorded", "final", "standing", "worth",
];
const CHIPS = { passed: "paid", failed: "late", waiting: "due", elsewhere: "plain", needless: "calm" };
const WITHIN = 10_000;

const page = document.documentElement;
const form = document.getElementById("verify");
const input = document.getElementById("receipt");
const outcome = document.getElementById("verify-outcome");
const rows = document.querySelector("#verify-steps tbody");
const words = new Map();
for (const each of document.getElementById("verify-words").content.querySelectorAll("[data-word]")) {
  words.set(each.dataset.word, each.textContent);
}

// ---------------------------------------------------------------- sentences

const numbers = new Intl.NumberFormat(page.lang);
const chinese = page.lang.startsWith("zh");
const gap = chinese ? "" : " "; // between two sentences
const times = new Intl.DateTimeFormat(chinese ? "zh-Hans" : "en-US", {
  weekday: "short", year: "numeric", month: chinese ? "numeric" : "short", day: "numeric",
  hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone: "UTC",
});

// As the server writes a time, with its seconds.
function utc(at) {
  const { year, month, day, weekday, hour, minute, second } =
    Object.fromEntries(times.formatToParts(at).map((part) => [part.type, part.value]));
  const clock = `${hour}:${minute}:${second}`;
  return chinese ? `${year}年${month}月${day}日 ${weekday} ${clock} UTC` : `${weekday} ${day} ${month} ${year} ${clock} UTC`;
}

function code(text, whole) {
  const found = document.createElement("code");
  found.textContent = text;
  if (whole) found.title = whole;
  return found;
}

// What came from the file is shown as text, shortened, without characters that hide or reorder others.
function shown(value) {
  if (typeof value === "number") return document.createTextNode(numbers.format(value));
  if (value && typeof value === "object") {
    const found = document.createElement("time");
    const at = new Date(value.seconds * 1000);
    found.dateTime = at.toISOString();
    found.textContent = utc(at);
    return found;
  }
  const text = String(value).replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "");
  if (/^0x[0-9a-fA-F]{20,}$/.test(text)) return code(`${text.slice(0, 8)}…${text.slice(-6)}`, text);
  return code(text.length > 72 ? `${text.slice(0, 48)}…${text.slice(-20)}` : text);
}

function say(word, values = {}) {
  const found = document.createDocumentFragment();
  for (const [at, part] of (words.get(word) ?? word).split(/\{(\w+)\}/).entries()) {
    found.append(at % 2 ? shown(values[part]) : part);
  }
  return found;
}

// ---------------------------------------------------------------- the steps

function refused(error) {
  if (error instanceof Refusal) return failed(error.word, error.values);
  throw error;
}

async function documentStep(receipt) {
  if (receipt.document === null) return needless("document-none");
  const digest = await documentDigest(receipt);
  if (digest === receipt.commitment) return passed("document-passed");
  return failed("document-failed", { digest, commitment: receipt.commitment });
}

async function ticketStep(receipt) {
  const computed = await ticketId(receipt);
  if (computed === receipt.ticket_id) return passed("ticket_id-passed");
  return failed("ticket_id-failed", { computed, ticket: receipt.ticket_id });
}

async function inclusionStep(receipt) {
  const { index, size, path, root, batch } = receipt;
  if (index >= size) return failed("inclusion-beyond", { index, size });
  const expected = pathLength(index, size);
  if (path.length !== expected) return failed("inclusion-length", { index, size, expected, length: path.length });
  if ((await rootOf(receipt)) !== root) return failed("inclusion-failed", { index, size, root });
  return passed("inclusion-passed", { batch, index, size });
}

async function signaturesStep(receipt, signed) {
  if (!receipt.statements.length) return needless("signatures-none");
  for (const [at, text] of receipt.statements.entries()) {
    try {
      signed.push(await check(text, receipt));
    } catch (error) {
      const found = refused(error);
      return { ...found, values: { ...found.values, statement: at + 1 }, before: "statement-refused" };
    }
  }
  const unseen = signed.findIndex((each) => each.signature === null);
  if (unseen < 0) return passed("signatures-passed", { count: signed.length, did: signed[0].did });
  const { web, did, algorithm } = signed[unseen];
  return elsewhere(web ? "signatures-web" : "signatures-unable", { statement: unseen + 1, did, algorithm });
}

async function ask(receipt) {
  const { chain_id: chain, desk, ticket_id: ticket, batch } = receipt;
  const query = batch === undefined ? "" : `?batch=${batch}`;
  try {
    const answer = await fetch(`/api/v1/recorded/${chain}/${desk.toLowerCase()}/${ticket}${query}`, {
      signal: AbortSignal.timeout(WITHIN),
    });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

async function readFile(file) {
  if (file.size > MOST_BYTES) throw new Refusal("too-large", { most: MOST_BYTES });
  return read(new Uint8Array(await file.arrayBuffer()));
}

async function verify(file, tell) {
  const found = {};
  const step = (name, result) => {
    found[name] = result;
    tell(name, result);
    return result.outcome;
  };
  const rest = (names, word) => names.forEach((name) => step(name, elsewhere(word)));
  let receipt;
  try {
    receipt = await readFile(file);
  } catch (error) {
    step("file", error instanceof Refusal ? refused(error) : failed("unreadable"));
    rest(STEPS.slice(1), "needs-file");
    return { found };
  }
  step("file", passed("file-passed", { type: TYPE }));
  step("document", await documentStep(receipt));
  const online = ["recorded", "final", "standing", "worth"];
  if (step("ticket_id", await ticketStep(receipt)) === "failed") {
    step("inclusion", receipt.lane === 2 ? elsewhere("needs-ticket_id") : needless("inclusion-none"));
    rest(["signatures", ...online], "needs-ticket_id");
    return { found, receipt };
  }
  step("inclusion", receipt.lane === 2 ? await inclusionStep(receipt) : needless("inclusion-none"));
  const signed = [];
  step("signatures", await signaturesStep(receipt, signed));
  if (found.inclusion.outcome === "failed") {
    rest(online, "needs-inclusion");
    return { found, receipt };
  }
  online.forEach((name) => tell(name, waiting("asking")));
  const answer = await ask(receipt);
  const isRecorded = step("recorded", recorded(receipt, answer));
  step("final", final(receipt, answer, isRecorded));
  const allSigned = found.signatures.outcome === "passed" || !receipt.statements.length;
  const unsigned = elsewhere(found.signatures.outcome === "failed" ? "needs-signatures" : "needs-unseen");
  step("standing", allSigned ? standing(receipt, signed, answer, isRecorded) : unsigned);
  step("worth", isRecorded === "passed" && answer.path ? elsewhere("worth-here") : elsewhere("worth-elsewhere"));
  return { found, receipt, path: isRecorded === "passed" ? answer.path : null };
}

// ---------------------------------------------------------------- the page

const rowOf = new Map();

function fresh() {
  rows.replaceChildren();
  for (const name of STEPS) {
    const row = rows.insertRow();
    row.dataset.step = name;
    const head = document.createElement("th");
    head.scope = "row";
    head.append(say(`step-${name}`));
    row.append(head, document.createElement("td"), document.createElement("td"));
    rowOf.set(name, row);
    show(name, waiting("in-turn"));
  }
}

function show(name, { outcome: ended, word, values, before }) {
  const row = rowOf.get(name);
  const chip = document.createElement("span");
  chip.className = `chip ${CHIPS[ended]}`;
  chip.append(say(`outcome-${ended}`));
  row.dataset.outcome = ended;
  row.cells[1].replaceChildren(chip);
  const told = document.createElement("p");
  if (before) told.append(say(before, values), gap);
  told.append(say(word, values));
  row.cells[2].replaceChildren(told);
  const next = `then-${ended}-${name}`;
  // What another step keeps from being taken, nothing done about this one brings on.
  if (!words.has(next) || word === "asking" || word === "in-turn" || word.startsWith("needs-")) return;
  const then = document.createElement("p");
  then.className = "meta";
  then.append(say(next));
  row.cells[2].append(then);
}

function conclude({ found, path }) {
  const first = STEPS.find((name) => found[name].outcome === "failed");
  const ended = found.recorded?.outcome;
  let word = "all-unknown";
  if (first === "file") word = "all-no-receipt";
  else if (first) word = "all-failed";
  else if (ended === "passed") word = found.final.outcome === "passed" ? "all-passed" : "all-not-final";
  else if (ended === "waiting") word = "all-waiting";
  outcome.replaceChildren(say(word));
  form.dataset.outcome = first ? "failed" : ended;
  if (!path || first) return;
  const link = document.createElement("a");
  link.href = `/${location.pathname.split("/")[1]}${path}`;
  link.append(say("see-ticket"));
  outcome.append(gap, link);
}

let turn = 0;

async function take(file) {
  if (!file) return;
  turn += 1;
  const own = turn;
  form.dataset.outcome = "";
  if (!globalThis.crypto?.subtle) {
    outcome.replaceChildren(say("no-hashes"));
    form.dataset.outcome = "unable";
    return;
  }
  outcome.replaceChildren(say("looking"));
  fresh();
  // A file that is dropped while another is looked at takes its place.
  const result = await verify(file, (name, step) => { if (own === turn) show(name, step); });
  if (own === turn) conclude(result);
}

// The same file again is a new question: its block may have become final.
input.addEventListener("click", () => { input.value = ""; });
input.addEventListener("change", () => take(input.files[0]));
form.addEventListener("submit", (event) => event.preventDefault());
for (const kind of ["dragover", "drop"]) {
  // Beside the box too: a file that misses it would be opened instead of the page.
  document.addEventListener(kind, (event) => {
    event.preventDefault();
    if (kind === "drop") take(event.dataTransfer?.files[0]);
  });
}
