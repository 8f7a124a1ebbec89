// Meta publishes no library for its webhooks, so Node's crypto signs what the documents say:
// X-Hub-Signature-256 is the HMAC-SHA256 of the raw body under the app secret, in hex.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { after, before } from "node:test";

import { Gateway, cloudEventOf } from "./harness.mjs";
import { randomised } from "./random.mjs";
import { post, refused, renamedHeader, withHeader } from "./requests.mjs";

const HOOK = "/hooks/instagram-main";
const SHOP = "17841400000000001";
const NAME = "X-Hub-Signature-256";

let gateway;
let secret;

before(async () => {
  gateway = await Gateway.start();
  secret = gateway.secret("instagram-app-secret");
});
after(() => gateway?.stop());

function signature(body, key = secret) {
  return `sha256=${crypto.createHmac("sha256", key).update(body).digest("hex")}`;
}

// Meta escapes what is not ASCII, and slashes; other senders of the family do not.
function escaped(json) {
  return json.replace(/[\u0080-\uffff]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).replaceAll("/", "\\/");
}

function bodyOf(random, messages) {
  const now = Date.now();
  const json = JSON.stringify({
    object: "instagram",
    entry: [{
      time: now,
      id: SHOP,
      messaging: messages.map(({ mid, text, sender }) => ({
        sender: { id: sender },
        recipient: { id: SHOP },
        timestamp: now,
        message: { mid, text },
      })),
    }],
  });
  return random.chance(50) ? escaped(json) : json;
}

function signed(body) {
  const headers = { "Content-Type": "application/json", [NAME]: signature(body) };
  return { target: HOOK, headers, body };
}

function message(random) {
  return { mid: `m_${random.hex(40)}`, text: random.text(1000), sender: random.digits(16) };
}

randomised("accepts signed messages, and nothing with a changed byte", 200, async (random) => {
  const messages = Array.from({ length: 1 + random.int(3) }, () => message(random));
  const request = signed(bodyOf(random, messages));
  const { [NAME]: written } = request.headers;
  await refused(gateway, [
    ["body", { ...request, body: random.changedByte(Buffer.from(request.body)) }],
    ["signature", withHeader(request, NAME, random.changedText(written))],
    ["the signature's case", withHeader(request, NAME, `sha256=${written.slice(7).toUpperCase()}`)],
    ["the signature's length", withHeader(request, NAME, written.slice(0, -1))],
    ["the signature's name", renamedHeader(request, NAME, "X-Hub-Signature-255")],
    ["secret", withHeader(request, NAME, signature(request.body, random.changedText(secret)))],
    ["URL", { ...request, target: random.changedText(HOOK) }],
  ]);
  const before = await gateway.queued();
  const answer = await post(gateway, request);
  assert.equal(answer.status, 200, answer.text);
  assert.equal(await gateway.queued(), before + messages.length);
  const last = messages.at(-1);
  const entry = await gateway.entry(last.mid);
  assert.equal(entry.fields.auth, "signature");
  const { text, customer } = cloudEventOf(entry).data;
  assert.equal(text, last.text);
  assert.equal(customer.id, last.sender);
});

randomised("answers the handshake of the right token alone", 50, async (random) => {
  const token = gateway.secret("instagram-verify-token");
  const challenge = random.letters(1 + random.int(40), "0123456789abcXYZ_-.");
  const ask = (fields) => gateway.request("GET", `${HOOK}?${new URLSearchParams(fields)}`);
  const right = { "hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token };
  const answer = await ask(right);
  assert.deepEqual([answer.status, answer.text], [200, challenge]);
  assert.match(answer.headers["content-type"], /^text\/plain/);
  const before = await gateway.written();
  const wrong = [
    { ...right, "hub.verify_token": random.changedText(token) },
    { ...right, "hub.verify_token": "" },
    { ...right, "hub.mode": random.changedText("subscribe") },
    { ...right, "hub.challenge": `<script>${challenge}</script>` },
    { ...right, "hub.challenge": "" },
  ];
  for (const fields of wrong) {
    const { status, text } = await ask(fields);
    assert.ok(status === 400 || status === 403, `${status} for ${JSON.stringify(fields)}`);
    assert.ok(!text.includes("<script>"), text);
  }
  assert.deepEqual(await gateway.written(), before);
});

randomised("what `tapline send instagram` signs is signed as documented", 10,
  async (random, round) => {
    const text = `t${random.text(300)}`;
    const one = message(random);
    const request = round % 2 === 0
      ? await gateway.sent(["instagram", `--text=${text}`])
      : await gateway.sent(["instagram", "--file", "-"], bodyOf(random, [one]));
    assert.equal(request.url, HOOK);
    assert.equal(request.headers[NAME.toLowerCase()], signature(request.body));
    const [entry] = JSON.parse(request.body).entry;
    assert.equal(entry.messaging[0].message.text, round % 2 === 0 ? text : one.text);
  });
