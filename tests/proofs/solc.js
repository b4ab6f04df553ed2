// SPDX-License-Identifier: Apache-2.0
// npm's solc is a library; forge wants a compiler that it can run.
const { readFileSync } = require("node:fs");
const solc = require("solc");

if (process.argv.includes("--version")) {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (process.argv.includes("--standard-json")) {
  process.stdout.write(solc.compile(readFileSync(0, "utf8")));
} else {
  process.stderr.write("solc.js takes --version or --standard-json.\n");
  process.exit(2);
}
