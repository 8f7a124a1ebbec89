// X's own library for webhooks, twitter-autohook, as the judge of handshakes and signatures. It
// also carries a tunnel program (ngrok) that is downloaded when it is installed; package.json puts
// another package in its place, since nothing here opens a tunnel.
import assert from "node:assert/strict";
import { after, before } from "node:test";

import { Gateway, cloudEventOf, npm } from "./harness.mjs";
import { randomised } from "./random.mjs";
import { post, refused, renamedHeader, withHeader } from "./requests.mjs";

const { validateSignature, validateWebhook } = npm("twitter-autohook");
const HOOK = "/hooks/x-main";
const NAME = "X-Twitter-Webhooks-Signature";
const ACCOUNT = "2244994945";
const SECRET = "0123456789abcdefghijABCDEFGHIJ0123456789abcdefghij";
const AUTH = { consumer_secret: SECRET };

let gateway;

before(async () => {
  gateway = await Gateway.start({
    files: { "secrets/x": SECRET },
    mainEdit: (text) => text.replace("connections:",
      "connections:\n  x-main: {provider: x, secrets: [file:secrets/x]}"),
    brandEdit: (text) => text.replace("acme-x: {source: x,",
      "acme-x: {source: x, connection: x-main,"),
  });
});
after(() => gateway?.stop());

// The handshake is the same function as the signature: that is the trap of this provider.
function signature(body, secret = SECRET) {
  return validateWebhook(body, { consumer_secret: secret }).response_token;
}

function signed(body) {
  return {
    target: HOOK,
    headers: { "Content-Type": "application/json", [NAME]: signature(body) },
    body,
  };
}

function message(random) {
  return { id: `1${random.digits(18)}`, sender: `2${random.digits(17)}`, text: random.text(1000) };
}

// X escapes these three in texts.
function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function item({ id, sender, text }) {
  return {
    type: "message_create",
    id,
    created_timestamp: String(Date.now()),
    message_create: {
      target: { recipient_id: ACCOUNT },
      sender_id: sender,
      message_data: { text: escaped(text) },
    },
  };
}

function bodyOf(random, messages) {
  const list = { direct_message_events: messages.map(item) };
  if (random.chance(50)) return JSON.stringify({ for_user_id: ACCOUNT, ...list, users: {} });
  const event = {
    event_uuid: `-${random.digits(18)}`,
    filter: { user_id: ACCOUNT },
    event_type: "dm.received",
    payload: { ...list, users: {} },
  };
  return JSON.stringify({ data: event });
}

randomised("accepts signed messages, and nothing with a changed byte", 200, async (random) => {
  const messages = Array.from({ length: 1 + random.int(3) }, () => message(random));
  const request = signed(bodyOf(random, messages));
  const { [NAME]: written } = request.headers;
  assert.ok(validateSignature({ [NAME.toLowerCase()]: written }, AUTH, request.body));
  await refused(gateway, [
    ["body", { ...request, body: random.changedByte(Buffer.from(request.body)) }],
    ["signature", withHeader(request, NAME, random.changedText(written))],
    ["the signature's length", withHeader(request, NAME, written.slice(0, -1))],
    ["the signature's name", renamedHeader(request, NAME, "X-Twitter-Webhooks-Signatura")],
    ["secret", withHeader(request, NAME, signature(request.body, random.changedText(SECRET)))],
    ["URL", { ...request, target: random.changedText(HOOK) }],
  ]);
  const before = await gateway.queued();
  const answer = await post(gateway, request);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(await gateway.queued(), before + messages.length);
  const last = messages.at(-1);
  const entry = await gateway.entry(last.id);
  assert.equal(entry.fields.auth, "signature");
  const { text, customer } = cloudEventOf(entry).data;
  assert.equal(text, last.text);
  assert.equal(customer.id, last.sender);
});

randomised("answers the handshake as X's library does", 20, async (random) => {
  const token = random.letters(1 + random.int(60), "0123456789abcXYZ_-.+/=");
  const answer = await gateway.request("GET", `${HOOK}?crc_token=${encodeURIComponent(token)}`);
  assert.equal(answer.status, 200, answer.text);
  assert.match(answer.headers["content-type"], /^application\/json/);
  assert.deepEqual(JSON.parse(answer.text), validateWebhook(token, AUTH));
});

randomised("signs no event for whoever asks, and believes no signature of a handshake", 100,
  async (random) => {
    const before = await gateway.written();
    const event = bodyOf(random, [message(random)]);
    const asked = await gateway.request("GET", `${HOOK}?crc_token=${encodeURIComponent(event)}`);
    assert.equal(asked.status, 400, asked.text);
    assert.ok(!asked.text.includes("sha256="), asked.text);
    const token = random.digits(1 + random.int(20));
    const given = await gateway.request("GET", `${HOOK}?crc_token=${token}`);
    assert.equal(given.status, 200, given.text);
    const { response_token: stolen } = JSON.parse(given.text);
    const forged = await post(gateway, withHeader(signed(token), NAME, stolen));
    assert.equal(forged.status, 401, forged.text);
    assert.deepEqual(await gateway.written(), before);
  });

randomised("what `tapline send x` signs is signed as X's library expects", 10,
  async (random, round) => {
    const text = `t${random.text(300)}`;
    const one = message(random);
    const request = round % 2 === 0
      ? await gateway.sent(["x", `--text=${text}`])
      : await gateway.sent(["x", "--file", "-"], bodyOf(random, [one]));
    assert.equal(request.url, HOOK);
    assert.ok(validateSignature(request.headers, AUTH, request.body));
    if (round % 2 !== 0) return;
    const { payload } = JSON.parse(request.body).data;
    const [sent] = payload.direct_message_events;
    assert.equal(sent.message_create.message_data.text, escaped(text));
  });
