// Randomness that can be repeated: every round of a test has a seed, and a failure prints it.
//
//     randomised("accepts what was signed", 200, async (random) => { ... });
//     TAPLINE_SEED=4711 node --test FILE      the first round of each test has that seed
import crypto from "node:crypto";
import { test } from "node:test";

const BASE = process.env.TAPLINE_SEED === undefined
  ? crypto.randomInt(2 ** 31)
  : Number(process.env.TAPLINE_SEED);

// What a text may consist of. Form encoding, JSON, XML and Redis each have characters that mean
// something to them.
const ALPHABETS = [
  () => "&=+%#?/;:@!$'()*,[]~ ",
  () => "<>&\"']]>{}\\|^`\t\r\n",
  () => "aAbBzZ0189 .-_",
  (random) => String.fromCodePoint(0x20 + random.int(0x5f)),
  (random) => String.fromCodePoint(0xa0 + random.int(0x600)), // accents, Greek, Cyrillic, Hebrew
  (random) => String.fromCodePoint(0x4e00 + random.int(0x5000)),
  (random) => String.fromCodePoint(0x1f300 + random.int(0x300)),
  () => "\u0301\u200d\ufe0f\u202e\u2028\ufeff\u00ad\ufffd",
];

/** sfc32. Neighbouring seeds, and the same seed under another name, have nothing in common. */
export class Random {
  constructor(seed, name = "") {
    this.seed = seed;
    const digest = crypto.createHash("sha256").update(`${seed} ${name}`).digest();
    this.state = [0, 4, 8, 12].map((at) => digest.readUInt32LE(at));
  }

  #next() {
    const [a, b, c, counter] = this.state;
    const mixed = (a + b + counter) >>> 0;
    this.state = [
      (b ^ (b >>> 9)) >>> 0,
      (c + (c << 3)) >>> 0,
      (((c << 21) | (c >>> 11)) + mixed) >>> 0,
      (counter + 1) >>> 0,
    ];
    return mixed;
  }

  /** 0 to below - 1. */
  int(below) {
    return Math.floor((this.#next() / 2 ** 32) * below);
  }

  pick(list) {
    return list[this.int(list.length)];
  }

  chance(percent) {
    return this.int(100) < percent;
  }

  /** `count` characters of the alphabet. */
  letters(count, alphabet) {
    return Array.from({ length: count }, () => alphabet[this.int(alphabet.length)]).join("");
  }

  hex(count) {
    return this.letters(count, "0123456789abcdef");
  }

  digits(count) {
    return this.letters(count, "0123456789");
  }

  /** A North American number that is not ours. */
  phone() {
    return `+1404${this.pick("23456789")}${this.digits(6)}`;
  }

  /** Well-formed text of at most `most` characters: often short, now and then empty or long. */
  text(most = 1600) {
    if (this.chance(8)) return "";
    const length = 1 + this.int(this.chance(10) ? most : Math.min(most, 60));
    const kinds = Array.from({ length: 1 + this.int(3) }, () => this.pick(ALPHABETS));
    let made = "";
    while (made.length < length) {
      const letters = [...this.pick(kinds)(this)];
      made += letters[this.int(letters.length)];
    }
    return made;
  }

  /** The bytes with one of them changed, to a printable character. */
  changedByte(bytes) {
    const changed = Buffer.from(bytes);
    const at = this.int(changed.length);
    const before = changed[at];
    do {
      changed[at] = 0x21 + this.int(0x5e);
    } while (changed[at] === before);
    return changed;
  }

  /** The ASCII text with one character changed; where case does not matter, by more than case. */
  changedText(text, { anyCase = false } = {}) {
    const plain = (value) => (anyCase ? value.toLowerCase() : value);
    for (;;) {
      const changed = this.changedByte(Buffer.from(text, "latin1")).toString("latin1");
      if (plain(changed) !== plain(text)) return changed;
    }
  }
}

/** A test of `rounds` rounds, each with a Random of its own. */
export function randomised(name, rounds, body) {
  test(name, async () => {
    for (let round = 0; round < rounds; ++round) {
      const random = new Random(BASE + round, name);
      try {
        await body(random, round);
      } catch (error) {
        error.message = `round ${round}, repeat with TAPLINE_SEED=${random.seed}: ${error.message}`;
        error.stack = `${error.message}\n${error.stack}`;
        throw error;
      }
    }
  });
}
