// SPDX-License-Identifier: Apache-2.0
// The page on which a requester makes a key. The key stays here; its address is sent, and what it signed.
"use strict";

import { addressOf, hex } from "./keccak.js";
import { signedNaming } from "./naming.js";
import { getPublicKey, utils } from "./vendor/secp256k1.js";

const part = (name) => document.getElementById(name);
const outcome = part("outcome");
let address = "";
let secret;

// Where it cannot be signed the address is sent all the same.
async function said() {
  const keeper = part("keeper");
  if (!keeper?.checked) return { address };
  try {
    const deadline = Number(keeper.dataset.deadline);
    return { address, deadline, signature: await signedNaming(secret, address, keeper.dataset) };
  } catch {
    return { address };
  }
}

part("make").addEventListener("click", () => {
  if (address) return;
  secret = utils.randomSecretKey();
  address = addressOf(getPublicKey(secret, false));
  const key = `0x${hex(secret)}`;
  part("address").textContent = address;
  part("key").textContent = key;
  const file = JSON.stringify({ address, private_key: key }, null, 2);
  part("save").href = URL.createObjectURL(new Blob([`${file}\n`], { type: "application/json" }));
  part("make").disabled = true;
  part("made").hidden = false;
});

part("kept").addEventListener("change", (event) => {
  part("send").disabled = !event.target.checked;
});

part("send").addEventListener("click", async () => {
  part("send").disabled = true;
  outcome.textContent = "";
  let status = 0;
  let named = "";
  try {
    const answer = await fetch(location.pathname, { method: "POST", body: JSON.stringify(await said()) });
    status = answer.status;
    named = (await answer.json()).address ?? "";
  } catch {
    status = 0;
  }
  if (status === 200 && named === address) {
    const shown = document.createElement("code");
    shown.textContent = named;
    outcome.append(`${outcome.dataset.sent} `, shown);
  } else if (status === 409) {
    outcome.textContent = outcome.dataset.other;
  } else if (status === 404) {
    outcome.textContent = outcome.dataset.over;
  } else {
    outcome.textContent = outcome.dataset.failed;
    part("send").disabled = false;
  }
});
