// What `tapline schema` prints for editors: every config that the reader takes is valid, keys and
// words that do not exist are not, and no key of the readers is missing. Reads files, runs no gateway.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { test } from "node:test";

import { ROOT, npm } from "./harness.mjs";

const Ajv = npm("ajv/dist/2020").default;
const yaml = npm("yaml");

const BINARY = process.env.TAPLINE_BINARY ?? path.join(ROOT, "build", "tapline");
const schemaOf = (kind) => JSON.parse(execFileSync(BINARY, ["schema", "--of", kind], { encoding: "utf8" }));
const SCHEMAS = { brand: schemaOf("brand"), "tapline.yaml": schemaOf("tapline.yaml") };
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictTypes: false });
const JUDGES = Object.fromEntries(Object.entries(SCHEMAS).map(([kind, schema]) => [kind, ajv.compile(schema)]));

function mistakes(kind, value) {
  const judge = JUDGES[kind];
  return judge(value) ? [] : judge.errors.map((one) => `${one.instancePath} ${one.message}`);
}

function filesBelow(folder, suffix) {
  return fs.readdirSync(folder, { recursive: true }).map(String)
    .filter((name) => name.endsWith(suffix)).map((name) => path.join(folder, name));
}

test("every example is valid", () => {
  const files = filesBelow(path.join(ROOT, "config", "examples"), ".yaml");
  assert.ok(files.length >= 2);
  for (const file of files) {
    const kind = path.basename(file) === "tapline.yaml" ? "tapline.yaml" : "brand";
    assert.deepEqual(mistakes(kind, yaml.parse(fs.readFileSync(file, "utf8"))), [], file);
  }
});

test("every key of a brand may stand where the language has it", () => {
  const good = yaml.parse(`
config: 1
brand: acme
hours: {store: {mon-fri: ["08:00-12:00", "13:00-20:00"], sat: "09:00-14:00", except: tables/days.csv, zone: UTC},
        van: {every day: "00:00-24:00", except: {2026-12-24: ["07:00-11:00"], 2026-12-25: closed}}}
profiles: {shop: {source: instagram, language: pt-BR}}
buttons: {ig-dm: {profile: shop, channel: dm, language: es}}
queues:
  empty:
  sales:
    hours: store
    respond_within: {call: 20s, default: 1h30m}
    dial: {to: ["+14045550110", "sip:a@b.example"], no_answer: {say: Hello, then: voicemail}}
    closed: {call: {say: Hello, then: dial, dial: "+14045550111"}, other: {reply: Hello, then: hold}}
    overdue: [{at: 60%, alert: care}, {at: 150%, move: care}]
routes:
  - name: a
    when: {channel: call, any: [{text: "cancel*"}, {customer_in: vips}], not: {time: night}, customer: known,
           contacts: {at_least: 3, within: 30d}, attribution: {utm_source: [ig, "*"]}}
    to: owner
    priority: express
    pilot: {name: p, until: 2026-05-31, arms: {b: {share: 0.5%, to: care}}, stop_if: {overdue: "> 5%", after: 200}}
    patience: {quiet: 45s, at_most: 4m, skip: ["legal*"]}
  - {name: default, to: care}
costs: {call: 6.00, text: 3}
tests:
  - name: it
    at: 2026-03-09 12:30
    event: {button: a, from: "+14045550199", attribution: {utm_source: ig}}
    customer: {contacts: 3, open_journey: {queue: sales, ago: 2h}}
    switches: {ice-storm: [US-GA]}
    repeat: 20
    expect: {queue: sales, until: none, reply: true, copy_to: [], same: queue}
`);
  assert.deepEqual(mistakes("brand", good), []);
});

test("keys and words that do not exist are refused", () => {
  const bad = [
    "quues: {}", "queues: {care: {hour: store}}", "queues: {care: {respond_within: 5x}}",
    "routes: [{name: a, to: care, when: {txt: a}}]", "routes: [{name: a, to: care, priority: high}]",
    "routes: [{to: care}]", "hours: {store: {munday: \"08:00-12:00\"}}", "brand: A B",
    "tests: [{name: a, at: noon, event: {}, expect: {queue: a}}]", "config: 2",
    "queues: {care: {closed: {call: {then: voicemail}}}}", "costs: {call: -1}",
  ];
  for (const text of bad) assert.notDeepEqual(mistakes("brand", yaml.parse(text)), [], text);
  for (const text of ["config: 1\nlimit: {}", "config: 1\nlimits: {connections: many}", "redis: embedded"]) {
    assert.notDeepEqual(mistakes("tapline.yaml", yaml.parse(text)), [], text);
  }
});

test("every key that the readers ask for is in a schema", () => {
  const asked = new Set();
  for (const file of filesBelow(path.join(ROOT, "config"), ".cc")) {
    const text = fs.readFileSync(file, "utf8");
    for (const match of text.matchAll(/(?:find|need|read)\(\s*"([a-z_ ]+)"/g)) asked.add(match[1]);
  }
  assert.ok(asked.size > 100);
  const known = new Set(Object.values(SCHEMAS).flatMap((schema) =>
    [schema, ...Object.values(schema.$defs)].flatMap((part) => Object.keys(part.properties))));
  assert.deepEqual([...asked].filter((key) => !known.has(key)), []);
});
