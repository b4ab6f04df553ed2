// SPDX-License-Identifier: Apache-2.0
// JSON with one reading only: a key given twice, a number that is not kept exactly and deep nesting are refused.
// Objects become Maps, numbers with a fraction or an exponent a Real, so that 1.0 is told from 1.
"use strict";

// What is wrong, by the name of its sentence and what to put into it.
export class Refusal extends Error {
  constructor(word, values = {}) {
    super(word);
    this.word = word;
    this.values = values;
  }
}

export class Real {
  constructor(value) { this.value = value; }
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
const PLAIN = /[^"\\\u0000-\u001f]*/y;
const HEX = /[0-9a-fA-F]{4}/y;
const BLANK = /[ \t\n\r]*/y;
const ESCAPES = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };
const WORDS = [["true", true], ["false", false], ["null", null]];

class Reader {
  constructor(text, deepest) {
    this.text = text;
    this.at = 0;
    this.left = deepest;
  }

  whole() {
    this.blank();
    const value = this.value();
    this.blank();
    if (this.at !== this.text.length) this.fail();
    return value;
  }

  fail() {
    throw new Refusal("not-json", { at: this.at + 1 });
  }

  match(pattern) {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found) this.at = pattern.lastIndex;
    return found;
  }

  blank() { this.match(BLANK); }

  take(character) {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  value() {
    const next = this.text[this.at];
    if (next === "{") return this.within(() => this.object());
    if (next === "[") return this.within(() => this.list());
    if (next === '"') return this.string();
    for (const [word, value] of WORDS) {
      if (this.text.startsWith(word, this.at)) {
        this.at += word.length;
        return value;
      }
    }
    return this.number();
  }

  within(read) {
    this.left -= 1;
    if (this.left < 0) throw new Refusal("too-deep", { at: this.at + 1 });
    this.at += 1;
    this.blank();
    const value = read();
    this.left += 1;
    return value;
  }

  object() {
    const found = new Map();
    if (this.take("}")) return found;
    do {
      this.blank();
      if (this.text[this.at] !== '"') this.fail();
      const key = this.string();
      this.blank();
      if (!this.take(":")) this.fail();
      this.blank();
      const value = this.value();
      if (found.has(key)) throw new Refusal("twice", { key });
      found.set(key, value);
      this.blank();
    } while (this.take(","));
    if (!this.take("}")) this.fail();
    return found;
  }

  list() {
    const found = [];
    if (this.take("]")) return found;
    do {
      this.blank();
      found.push(this.value());
      this.blank();
    } while (this.take(","));
    if (!this.take("]")) this.fail();
    return found;
  }

  number() {
    const found = this.match(NUMBER);
    if (!found) this.fail();
    const value = Number(found[0]);
    const real = found[1] !== undefined || found[2] !== undefined;
    if (!Number.isFinite(value) || (!real && !Number.isSafeInteger(value))) {
      throw new Refusal("number-too-large", { at: this.at - found[0].length + 1 });
    }
    return real ? new Real(value) : value + 0;
  }

  string() {
    const parts = [];
    this.at += 1;
    for (;;) {
      parts.push(this.match(PLAIN)[0]);
      if (this.take('"')) return parts.join("");
      if (!this.take("\\")) this.fail();
      parts.push(this.escaped());
    }
  }

  escaped() {
    const letter = this.text[this.at];
    this.at += 1;
    if (letter in ESCAPES && letter.length === 1) return ESCAPES[letter];
    const code = letter === "u" ? this.match(HEX) : null;
    if (!code) this.fail();
    return String.fromCharCode(parseInt(code[0], 16));
  }
}

export function parse(text, deepest) {
  return new Reader(text, deepest).whole();
}

// RFC 8785: members by their UTF-16 units, no blanks, numbers and strings as JavaScript writes them.
export function canonical(value) {
  if (value instanceof Map) {
    const members = [...value.keys()].sort().map((key) => `${text(key)}:${canonical(value.get(key))}`);
    return `{${members.join(",")}}`;
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (value instanceof Real) return String(value.value);
  return typeof value === "string" ? text(value) : String(value);
}

const HALF = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function text(value) {
  if (HALF.test(value)) throw new Refusal("surrogate");
  return JSON.stringify(value);
}
