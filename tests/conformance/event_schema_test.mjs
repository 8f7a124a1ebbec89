// docs/events.schema.json and the gateway judge one table of events alike: a sender who validates
// before sending is neither refused later nor kept from what would be accepted.
import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { Gateway, ROOT, npm } from "./harness.mjs";

const Ajv = npm("ajv/dist/2020").default;
const addFormats = npm("ajv-formats").default;

let gateway;
before(async () => {
  gateway = await Gateway.start();
});
after(() => gateway?.stop());

const many = (count, of) => Array.from({ length: count }, (_, i) => of(i));
const members = (count) => Object.fromEntries(many(count, (i) => [`name${i}`, "x"]));

const TOKEN_GOOD = [null, "", "x", "x".repeat(256), "Grüße 你好", "\u0080\u2028"];
const TOKEN_BAD = [7, true, [], {}, "x".repeat(257), "a\nb", "\u0000", "\u001f", "\u007f"];
const TEXT_BAD = [7, false, [], {}];
const PHONE_GOOD = [null, "+14045550100", "+1234567", "+123456789012345"];
const PHONE_BAD = ["", 14045550100, "4045550100", "+04045550100", "+123456", "+1234567890123456",
  "+1404555010x", "+1 404 555 0100", "+14045550100\n"];
const EMAIL_GOOD = [null, "", "jane@acme.example", "a+b.c@d", `${"x".repeat(252)}@y`];
const EMAIL_BAD = [7, "jane", "@acme.example", "jane@", "a@b@c", "a b@c", "<a@b>", "a@b,c@d", "a@b;",
  "(a)@b", '"a"@b', "a@b\n", "a\t@b", `${"x".repeat(253)}@y`];
const URL_GOOD = [null, "", "https://x", "http://", "https://x/\u2028y", `https://${"x".repeat(2040)}`];
const URL_BAD = [7, "x", "ftp://x", "HTTPS://x", "https:/x", "https://x\ny", "https://x\u007f",
  `https://${"x".repeat(2041)}`];

// Member: what is accepted, what is refused. Each value stands in an event that is good but for it.
const TABLE = {
  channel: [["call", "text", "email", "dm", "chat", "post"], [null, "", "Call", "phone", 1, ["dm"]]],
  button: [TOKEN_GOOD, TOKEN_BAD],
  profile: [TOKEN_GOOD, TOKEN_BAD],
  line: [PHONE_GOOD, PHONE_BAD],
  address: [EMAIL_GOOD, EMAIL_BAD],
  text: [[null, "", "a\nb", "x".repeat(65536)], [...TEXT_BAD, "x".repeat(65537)]],
  subject: [[null, "", "a\tb", "x".repeat(1000)], [...TEXT_BAD, "x".repeat(1001)]],
  customer: [[null, {}, { unknown: 1 }], [7, "x", [], true]],
  "customer.id": [TOKEN_GOOD, TOKEN_BAD],
  "customer.name": [[null, "", "a\nb", "x".repeat(256)], [...TEXT_BAD, "x".repeat(257)]],
  "customer.phone": [PHONE_GOOD, PHONE_BAD],
  "customer.email": [EMAIL_GOOD, EMAIL_BAD],
  "customer.handle": [TOKEN_GOOD, TOKEN_BAD],
  occurred_at: [
    [null, 0, 1773059400000, 253402300799999, "2026-03-09T12:30:00Z", "2026-03-09t12:30:00.25z",
      "2026-03-09 12:30:00+02:00", "2026-03-09T12:30:00-0530", "9999-12-31T23:59:59.123456789Z"],
    [-1, 253402300800000, 1.5, true, {}, "", "yesterday", "2026-03-09", "2026-03-09T12:30:00",
      "2026-03-09T12:30Z", "2026-02-30T12:30:00Z", "2026-13-09T12:30:00Z", "2026-03-09T24:00:00Z",
      "2026-03-09T12:60:00Z", "2026-03-09T12:30:00+02", "2026-03-09T12:30:00+24:00",
      "2026-03-09T12:30:00.Z", "2026-03-09T12:30:00.1234567890Z", "1969-12-31T23:59:59Z",
      "2026-03-09T12:30:00Z ", "1773059400000"],
  ],
  ref: [[null, "", "7K3-M9Q-2X4", "x".repeat(2048)], [7, "a\nb", "x".repeat(2049)]],
  campaign: [TOKEN_GOOD, TOKEN_BAD],
  attribution: [
    [null, {}, { gclid: "g", steps: 3, share: 0.5, returning: true, none: "" }, { utm_campaign: "a" },
      members(32), { ["n".repeat(64)]: "x".repeat(1024) }],
    [7, "x", [], { a: null }, { a: {} }, { a: ["b"] }, { "": "x" }, members(33),
      { ["n".repeat(65)]: "x" }, { a: "x".repeat(1025) }],
  ],
  attachments: [
    [null, [], [{}], [{ unknown: 1 }], many(32, () => ({ url: "https://x" }))],
    [{}, "x", 7, [null], ["x"], [[]], many(33, () => ({}))],
  ],
  "attachments.type": [TOKEN_GOOD, TOKEN_BAD],
  "attachments.url": [URL_GOOD, URL_BAD],
  "attachments.name": [[null, "", "a\nb", "x".repeat(256)], [...TEXT_BAD, "x".repeat(257)]],
  "attachments.bytes": [[null, 0, 12, 9007199254740991], [-1, 1.5, "12", true, 9007199254740992]],
  visibility: [[null, "public", "private"], ["", "Public", true, 1]],
  post_url: [URL_GOOD, URL_BAD],
  traceparent: [[null, "", 7, {}, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"], []],
  unknown: [[null, 7, { a: [1] }], []],
};

// Whole events, which the table cannot say; as JSON, since some numbers have several spellings.
const WHOLE = [
  [true, '{"id":"ID","channel":"dm"}'],
  [true, '{"id":"ID","channel":"dm","occurred_at":1773059400000.0}'],
  [true, '{"id":"ID","channel":"dm","occurred_at":1.7730594e12}'],
  [true, '{"id":"ID","channel":"dm","attachments":[{"bytes":1e3}]}'],
  [true, '{"id":"ID","channel":"dm","campaign":"a","attribution":{"utm_source":"b"}}'],
  [true, '{"id":"ID","channel":"dm","campaign":"a","attribution":null}'],
  [true, '{"id":"ID","channel":"dm","campaign":"","attribution":{"utm_campaign":"b"}}'],
  [true, '{"id":"ID","channel":"dm","campaign":null,"attribution":{"utm_campaign":"b"}}'],
  [true, `{"id":"ID","channel":"dm","campaign":"a","attribution":${JSON.stringify(members(31))}}`],
  [false, '{"id":"ID","channel":"dm","campaign":"a","attribution":{"utm_campaign":"b"}}'],
  [false, `{"id":"ID","channel":"dm","campaign":"a","attribution":${JSON.stringify(members(32))}}`],
  [false, '{"id":"ID"}'],
  [false, '{"channel":"dm"}'],
  [false, '{"id":null,"channel":"dm"}'],
  [false, '{"id":"","channel":"dm"}'],
  [false, '{"id":7,"channel":"dm"}'],
  [false, '{"id":"a\\nb","channel":"dm"}'],
  [false, `{"id":"${"x".repeat(257)}","channel":"dm"}`],
  [true, `{"id":"${"x".repeat(256)}","channel":"dm"}`],
  [false, "{}"],
  [false, "[]"],
  [false, "null"],
  [false, "7"],
];

function eventWith(member, value, id) {
  const event = { id, channel: "dm" };
  const [outer, inner] = member.split(".");
  if (inner === undefined) event[outer] = value;
  else event[outer] = outer === "attachments" ? [{ [inner]: value }] : { [inner]: value };
  return event;
}

function rows() {
  const found = WHOLE.map(([good, json], i) => ({ good, json: json.replace('"ID"', `"whole-${i}"`) }));
  for (const [member, [accepted, refused]] of Object.entries(TABLE)) {
    for (const [good, values] of [[true, accepted], [false, refused]]) {
      for (const value of values) {
        const event = eventWith(member, value, `row-${found.length}`);
        found.push({ good, json: JSON.stringify(event) });
      }
    }
  }
  return found;
}

const shortened = (json) => (json.length > 200 ? `${json.slice(0, 200)}...` : json);

function schemasVerdict() {
  const ajv = new Ajv({ allowUnionTypes: true, strict: true, strictTypes: false });
  addFormats(ajv);
  const file = path.join(ROOT, "docs", "events.schema.json");
  return ajv.compile(JSON.parse(fs.readFileSync(file, "utf8")));
}

test("the schema judges each event of the table as it should", () => {
  const valid = schemasVerdict();
  for (const { good, json } of rows()) {
    assert.equal(valid(JSON.parse(json)), good, `${shortened(json)} ${JSON.stringify(valid.errors)}`);
  }
});

test("the gateway judges each event of the table as it should", async () => {
  const table = rows();
  const answer = await gateway.request("POST", "/v1/acme/events", {
    headers: {
      "Content-Type": "application/x-ndjson",
      Authorization: `Bearer ${gateway.secret("acme-api-key")}`,
    },
    body: `${table.map(({ json }) => json).join("\n")}\n`,
  });
  assert.equal(answer.status, 207, answer.text);
  const verdicts = answer.text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.equal(verdicts.length, table.length);
  for (const [i, { good, json }] of table.entries()) {
    assert.equal(verdicts[i].status, good ? "accepted" : "invalid",
      `${shortened(json)} ${JSON.stringify(verdicts[i])}`);
  }
});
