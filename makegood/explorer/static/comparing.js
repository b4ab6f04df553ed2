// SPDX-License-Identifier: Apache-2.0
// A receipt beside what the explorer's index has on record of its ticket. Each check gives an outcome, the name
// of its sentence, and what to put into it.
"use strict";

const CLOCKS_DIFFER = 900;
const LAST_SECOND = 2 ** 32 - 1;
const BATCH_LANE = 2;

export const passed = (word, values = {}) => ({ outcome: "passed", word, values });
export const failed = (word, values = {}) => ({ outcome: "failed", word, values });
export const waiting = (word, values = {}) => ({ outcome: "waiting", word, values });
export const elsewhere = (word, values = {}) => ({ outcome: "elsewhere", word, values });
export const needless = (word, values = {}) => ({ outcome: "needless", word, values });

// Whether the chain, as the index read it, says the same. `answer` is null where nobody answered.
export function recorded(receipt, answer) {
  if (!answer) return elsewhere("recorded-no-answer");
  const { chain } = answer;
  if (!chain) return elsewhere("recorded-other-chain", { chain: String(receipt.chain_id) });
  if (!answer.desk) return elsewhere("recorded-other-desk", { desk: receipt.desk });
  const found = receipt.lane === BATCH_LANE ? answer.batch : answer.opening;
  if (!found && receipt.block_number > chain.head) {
    return waiting("recorded-ahead", { block: receipt.block_number, head: chain.head });
  }
  if (!found) {
    return receipt.lane === BATCH_LANE
      ? failed("recorded-no-batch", { batch: receipt.batch })
      : failed("recorded-no-ticket", { head: chain.head });
  }
  const differs = differences(receipt, found)[0];
  if (differs) return failed("recorded-differs", differs);
  if (receipt.lane === BATCH_LANE && !found.targets) return passed("recorded-but-dues", { block: found.block_number });
  return passed("recorded-passed", { block: found.block_number });
}

function* openings(receipt, batch) {
  yield ["root", batch.root];
  yield ["size", batch.size];
  yield ["policy_id", batch.policy_id];
  let [priority, ends] = ["", 0];
  for (const [name, count] of Object.entries(batch.counts)) {
    ends += count;
    if (!priority && receipt.index < ends) priority = name;
  }
  yield ["priority", priority || "–"];
  if (receipt.opened_at > batch.anchored_at) yield ["opened_at", batch.anchored_at];
  const targets = priority && batch.targets ? batch.targets[priority] : null;
  if (targets) {
    yield ["reply_due", Math.min(receipt.opened_at + targets[0], LAST_SECOND)];
    yield ["resolution_due", Math.min(receipt.opened_at + targets[1], LAST_SECOND)];
  }
}

function differences(receipt, found) {
  const places = ["transaction", "block_number", "block_hash"];
  const own = ["lane", "requester", "commitment", "policy_id", "priority", "opened_at", "reply_due", "resolution_due"];
  const there = receipt.lane === BATCH_LANE ? [...openings(receipt, found)] : own.map((name) => [name, found[name]]);
  return [...places.map((name) => [name, found[name]]), ...there]
    .map(([name, says]) => ({ member: name, here: low(receipt[name]), there: low(says) }))
    .filter(({ here, there: says }) => here !== says);
}

const low = (value) => String(value).toLowerCase();

// Whether a reorganisation can still undo it.
export function final(receipt, answer, isRecorded) {
  if (isRecorded !== "passed") return elsewhere("needs-recorded");
  const { chain } = answer;
  if (receipt.block_number <= chain.final) return passed("final-passed", { block: receipt.block_number });
  return waiting("final-waiting", { final: chain.final, block: receipt.block_number });
}

// Whether who signed was the desk's agent who gave the reply, and whether the dates can be true.
export function standing(receipt, signed, answer, isRecorded) {
  if (!receipt.statements.length) return needless("signatures-none");
  if (isRecorded !== "passed") return elsewhere("needs-recorded");
  const unseen = [];
  for (const [at, one] of signed.entries()) {
    const found = ofOne(receipt, one, answer, at + 1);
    if (found.outcome === "failed") return found;
    if (found.outcome === "waiting") unseen.push(found);
  }
  return unseen[0] ?? passed("standing-passed");
}

function ofOne(receipt, one, answer, statement) {
  const dated = { statement, at: { seconds: one.issuedAt } };
  if (one.issuedAt > answer.chain.now + CLOCKS_DIFFER) return failed("standing-ahead", dated);
  if (one.issuedAt < receipt.opened_at - CLOCKS_DIFFER) return failed("standing-before", dated);
  const given = answer.replies.filter((each) => each.digest === one.digest);
  if (!given.length) {
    return receipt.lane === BATCH_LANE
      ? inBatch(one, answer, statement)
      : failed("standing-no-reply", { statement, digest: one.digest });
  }
  const own = given.filter((each) => each.dids.includes(one.didDigest));
  if (!own.length) return failed("standing-other-agent", { statement, agent: given[0].agent });
  const late = own.every((each) => one.expiresAt !== null && one.expiresAt <= each.at);
  return late ? failed("standing-expired", { statement, at: { seconds: one.expiresAt } }) : passed("standing-passed");
}

// Of a batch's ticket only the replies that a proof showed are on the chain.
function inBatch(one, answer, statement) {
  const at = Math.min(one.issuedAt, answer.chain.now);
  const stood = answer.agents.some(
    (each) => each.did_digest === one.didDigest && each.since <= at && at < each.until,
  );
  return stood ? waiting("standing-unseen", { statement }) : failed("standing-stranger", { statement });
}
