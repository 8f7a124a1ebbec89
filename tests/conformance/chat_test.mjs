// Chats signed by the library of the Standard Webhooks project; what `tapline send chat` signs,
// judged by it; and the published schema against what the gateway takes and refuses.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";

import { Gateway, ROOT, cloudEventOf, npm } from "./harness.mjs";
import { post, refused, withHeader } from "./requests.mjs";

const { Webhook } = npm("standardwebhooks");
const Ajv = npm("ajv/dist/2020").default;
const addFormats = npm("ajv-formats").default;

const SECRET = `whsec_${crypto.randomBytes(32).toString("base64")}`;
const TARGET = "/hooks/acme-chat";

let gateway;
before(async () => {
  gateway = await Gateway.start({
    mainEdit: (text) =>
      `${text.trimEnd()}\n  acme-chat: {provider: chat, secrets: [file:secrets/chat], brand: acme}\n`,
    brandEdit: (text) =>
      text.replace("profiles:\n", "profiles:\n  help: {source: web, connection: acme-chat}\n"),
    files: { "secrets/chat": `${SECRET}\n` },
  });
});
after(() => gateway?.stop());

function signed(message, { secret = SECRET, at = new Date() } = {}) {
  const body = JSON.stringify(message);
  const id = `msg_${crypto.randomBytes(8).toString("hex")}`;
  return {
    target: TARGET,
    headers: {
      "Content-Type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
      "webhook-signature": new Webhook(secret).sign(id, at, body),
    },
    body,
  };
}

test("chat: what the library signs is accepted, and each part of it is held to", async () => {
  const request = signed({ conversation: "c-1", id: "m-1", from: "customer", text: "in stock?" });
  const answer = await post(gateway, request);
  assert.equal(answer.status, 200, answer.text);
  const event = cloudEventOf(await gateway.entry("c-1/m-1"));
  assert.equal(event.data.text, "in stock?");
  await refused(gateway, [
    ["the body", { ...request, body: request.body.replace("m-1", "m-2") }],
    ["the id", withHeader(request, "webhook-id", "msg_other")],
    ["the time", signed({ conversation: "c-1", id: "m-3", from: "customer" },
      { at: new Date(Date.now() - 10 * 60_000) })],
    ["the secret", signed({ conversation: "c-1", id: "m-4", from: "customer" },
      { secret: `whsec_${crypto.randomBytes(32).toString("base64")}` })],
    ["the signature", withHeader(request, "webhook-signature", "v1,")],
  ]);
});

test("chat: the library verifies what tapline send signs", async () => {
  const sent = await gateway.sent(["chat", "--text", "hello"]);
  assert.equal(sent.url, TARGET);
  const message = new Webhook(SECRET).verify(sent.body.toString(), sent.headers);
  assert.equal(message.text, "hello");
  assert.equal(message.from, "customer");
});

test("chat: the schema and the gateway agree", async () => {
  const ajv = new Ajv({ allErrors: true, allowUnionTypes: true, strictRequired: false });
  addFormats(ajv);
  const schema = JSON.parse(fs.readFileSync(path.join(ROOT, "docs", "chat.schema.json"), "utf8"));
  const valid = ajv.compile(schema);
  const base = { conversation: "c", id: "m", from: "customer" };
  const rows = [
    base,
    { ...base, conversation: 7, id: 9 },
    { ...base, text: null, customer: null, page: null, unknown: [1] },
    { ...base, from: "agent", text: "x" },
    { ...base, page: { url: 7, title: "t" }, attribution: { a: 1, b: true, c: "x" } },
    { ...base, customer: { email: "jane@acme.example", phone: "+14045550199" } },
    { ...base, occurred_at: "2026-03-09T12:30:00Z", attachments: [{ url: "https://a.example/1" }] },
    {},
    { ...base, conversation: "" },
    { ...base, conversation: "c".repeat(129) },
    { ...base, id: ["m"] },
    { ...base, from: "robot" },
    { ...base, text: 7 },
    { ...base, page: "https://a.example/" },
    { ...base, customer: { phone: "0171" } },
    { ...base, customer: { email: "a@b@c" } },
    { ...base, account: 7 },
    { ...base, attribution: { a: {} } },
    { ...base, attachments: [{ url: "javascript:alert(1)" }] },
    { ...base, occurred_at: "yesterday" },
  ];
  const verdicts = new Set();
  for (const [i, row] of rows.entries()) {
    const message = { ...row };
    if (message.id === "m") message.id = `row-${i}`;
    const before = (await gateway.facts("quarantined")).length;
    const { status } = await post(gateway, signed(message));
    assert.equal(status, 200);
    const taken = (await gateway.facts("quarantined")).length === before;
    verdicts.add(taken);
    assert.equal(taken, valid(message), `${JSON.stringify(message)}: ${ajv.errorsText(valid.errors)}`);
  }
  assert.equal(verdicts.size, 2);
});
