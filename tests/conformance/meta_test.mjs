// Meta publishes no library for its webhooks, so Node's crypto signs what the documents say:
// X-Hub-Signature-256 is the HMAC-SHA256 of the raw body under the app secret, in hex.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { after, before, test } from "node:test";

import { Gateway, cloudEventOf, eventually } from "./harness.mjs";
import { randomised } from "./random.mjs";
import { post, refused, renamedHeader, withHeader } from "./requests.mjs";

const HOOK = "/hooks/instagram-main";
const MESSENGER = "/hooks/facebook-main";
const WHATSAPP = "/hooks/whatsapp-main";
const SHOP = "17841400000000001";
const PAGE = "104800000000001";
const NUMBER = "106540352242922"; // a phone number id
const NAME = "X-Hub-Signature-256";
const HOUR = 3_600_000;
const PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 " +
  "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";

// One Meta app: three products with one secret. A second brand has an account of the same app.
const APP = "secrets: [file:secrets/instagram-app-secret], " +
  "verify_token: file:secrets/instagram-verify-token";
const GLOBEX = `config: 1
brand: globex
owner: ops@globex.example
profiles:
  them: {source: instagram, connection: instagram-main, account: "17841400000000009"}
queues: {care: {}}
routes: [{name: default, to: care}]
`;

let gateway;
let secret;

before(async () => {
  gateway = await Gateway.start({
    mainEdit: (yaml) => `${yaml}
  facebook-main: {provider: messenger, ${APP}, reply_window: 7d}
  whatsapp-main: {provider: whatsapp, ${APP}}
`,
    brandEdit: (yaml) => yaml
      .replace("profiles:\n", `profiles:
  acme-page: {source: facebook, connection: facebook-main, account: "${PAGE}", handle: acme.page}
  acme-wa:   {source: whatsapp, connection: whatsapp-main, account: "${NUMBER}"}
`)
      .replace("buttons:\n", `buttons:
  fb-dm: {profile: acme-page, channel: dm}
  wa-dm: {profile: acme-wa, channel: dm, whatsapp: "+18005550102"}
`),
    files: { "brands/globex.yaml": GLOBEX },
  });
  secret = gateway.secret("instagram-app-secret");
  // The harness waits for the queues of its own brand; a test of what is written needs all.
  const keys = ["tapline:{acme}:outcomes", "tapline:{globex}:outcomes",
    "tapline:{globex}:queue:care", "tapline:{globex}:queue:care:about"];
  await eventually(async () => (await gateway.redis.exists(...keys)) === keys.length,
    "the streams of both brands are there");
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

function signed(body, target = HOOK) {
  const headers = { "Content-Type": "application/json", [NAME]: signature(body) };
  return { target, headers, body };
}

/** The entry of one event that is signed and accepted, as { fields, data }. */
async function accepted(target, id, value) {
  const before = await gateway.queued();
  const answer = await post(gateway, signed(JSON.stringify(value), target));
  assert.equal(answer.status, 200, answer.text);
  assert.equal(await gateway.queued(), before + 1);
  const entry = await gateway.entry(id);
  return { fields: entry.fields, data: cloudEventOf(entry).data };
}

function pageMessage({ mid, text, sender }, now) {
  return {
    object: "page",
    entry: [{
      id: PAGE,
      time: now,
      messaging: [{
        sender: { id: sender }, recipient: { id: PAGE }, timestamp: now, message: { mid, text },
      }],
    }],
  };
}

function whatsappMessage({ id, text, sender, name = "Sam", more = {} }, seconds) {
  return {
    object: "whatsapp_business_account",
    entry: [{
      id: "102290129340398",
      changes: [{
        field: "messages",
        value: {
          messaging_product: "whatsapp",
          metadata: { display_phone_number: "18005550102", phone_number_id: NUMBER },
          contacts: [{ profile: { name }, wa_id: sender }],
          messages: [{
            from: sender, id, timestamp: `${seconds}`, type: "text", text: { body: text }, ...more,
          }],
        },
      }],
    }],
  };
}

// As Meta's own documents do it in PHP: the MAC is over the encoded payload.
function signedRequest(payload, key = secret) {
  const encoded = Buffer.from(payload).toString("base64url");
  const mac = crypto.createHmac("sha256", key).update(encoded).digest("base64url");
  return `${mac}.${encoded}`;
}

function personCall(target, value) {
  return {
    target,
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ signed_request: value }).toString(),
  };
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

randomised("a message to the page has the page's source, profile and button", 30, async (random) => {
  const one = message(random);
  const now = Date.now() - random.int(1000);
  const { fields, data } = await accepted(MESSENGER, one.mid, pageMessage(one, now));
  assert.deepEqual([fields.source, fields.profile, fields.button, fields.channel],
    ["facebook", "acme-page", "fb-dm", "dm"]);
  assert.equal(fields.reply_before, `${now + 7 * 24 * HOUR}`);
  assert.equal(data.text, one.text);
  assert.deepEqual(data.reply,
    { how: "messenger", account: PAGE, to: one.sender, suggested: "" });
});

randomised("a message to the WhatsApp number has the number's source, profile and button", 30,
  async (random) => {
    const one = { id: `wamid.${random.hex(30)}`, text: random.text(300),
      sender: random.phone().slice(1), name: random.text(20) };
    const seconds = Math.floor(Date.now() / 1000) - random.int(1000);
    const { fields, data } = await accepted(WHATSAPP, one.id, whatsappMessage(one, seconds));
    assert.deepEqual([fields.source, fields.profile, fields.button, fields.channel],
      ["whatsapp", "acme-wa", "wa-dm", "dm"]);
    assert.equal(fields.reply_before, `${seconds * 1000 + 24 * HOUR}`);
    assert.equal(data.text, one.text);
    assert.equal(data.customer.phone, `+${one.sender}`);
    assert.equal(data.customer.name, one.name);
    assert.deepEqual(data.reply,
      { how: "whatsapp", account: NUMBER, to: one.sender, suggested: "" });
  });

test("the tracking number of a link is found in the WhatsApp message that it drafted", async () => {
  const link = await gateway.request("GET", "/c/acme/ig-whatsapp?utm_campaign=spring",
    { headers: { "User-Agent": PHONE } });
  assert.equal(link.status, 302);
  const target = new URL(link.headers.location);
  assert.equal(target.host, "wa.me");
  const text = target.searchParams.get("text");
  const seconds = Math.floor(Date.now() / 1000);
  const { fields } = await accepted(WHATSAPP, "wamid.link",
    whatsappMessage({ id: "wamid.link", text, sender: "14045550177" }, seconds));
  assert.ok(text.includes(fields.tracking_number), `${text} ${fields.tracking_number}`);
  assert.deepEqual([fields.attribution, fields.button, fields.profile, fields.campaign],
    ["exact_ref", "ig-whatsapp", "shop", "spring"]);
});

test("a click-to-WhatsApp ad is told in the entry and in the feed", async () => {
  const referral = { source_id: "120226305854810726", source_type: "ad", ctwa_clid: "Aff-n8",
    headline: "Chat with us", source_url: "https://fb.me/3cr4Wqqkv" };
  const { data } = await accepted(WHATSAPP, "wamid.ad",
    whatsappMessage({ id: "wamid.ad", text: "hi", sender: "14045550176", more: { referral } },
      Math.floor(Date.now() / 1000)));
  assert.equal(data.attribution.ctwa_clid, "Aff-n8");
  for (const [name, value] of Object.entries(referral)) {
    if (name !== "ctwa_clid") assert.equal(data.attribution[`referral.${name}`], value);
  }
  const fact = (await gateway.facts("queued")).find(({ id }) => id === "wamid.ad");
  assert.equal(JSON.parse(fact.body).fields.ctwa_clid, "Aff-n8");
});

test("a comment is a contact in public, that of the account itself is not", async () => {
  const comment = (id, from) => ({
    object: "instagram",
    entry: [{ id: SHOP, time: 1755779280, changes: [{ field: "comments",
      value: { id, text: "how much is it?", from, media: { id: "18", ad_id: "7" } } }] }],
  });
  const { fields, data } =
    await accepted(HOOK, "1790001", comment("1790001", { id: "601", username: "jane" }));
  assert.deepEqual([fields.type, fields.channel, fields.source, fields.profile],
    ["contact.post", "post", "instagram", "shop"]);
  assert.equal(fields.reply_before, `${1755779280_000 + 7 * 24 * HOUR}`);
  assert.equal(data.visibility, "public");
  assert.equal(data.customer.handle, "jane");
  assert.equal(data.attribution["media.ad_id"], "7");
  const before = await gateway.queued();
  const own = JSON.stringify(comment("1790002", { id: SHOP, username: "acme.shop" }));
  assert.equal((await post(gateway, signed(own))).status, 200);
  assert.equal(await gateway.queued(), before);
  const facts = await gateway.facts("recorded");
  assert.ok(facts.some(({ id }) => id === "echo:1790002"));
});

test("a body of one product is kept, not believed, at the URL of another", async () => {
  const now = Date.now();
  const page = JSON.stringify(pageMessage({ mid: "m_x", text: "x", sender: "6" }, now));
  const number = JSON.stringify(whatsappMessage({ id: "wamid.x", text: "x", sender: "14045550175" },
    Math.floor(now / 1000)));
  const before = await gateway.queued();
  for (const [target, body] of [[WHATSAPP, page], [HOOK, number], [MESSENGER, number], [HOOK, page]]) {
    assert.equal((await post(gateway, signed(body, target))).status, 200);
  }
  assert.equal(await gateway.queued(), before);
});

randomised("a deletion is confirmed, shown to the person, and told to every brand of the app", 10,
  async (random) => {
    const user = random.digits(17);
    const payload = JSON.stringify({ algorithm: "HMAC-SHA256", user_id: user,
      issued_at: Math.floor(Date.now() / 1000), expires: 0 });
    const call = personCall(`${HOOK}/deletion`, signedRequest(payload));
    await refused(gateway, [
      ["secret", personCall(call.target, signedRequest(payload, random.changedText(secret)))],
      ["payload", personCall(call.target, `${signedRequest(payload)}A`)],
      ["form", { ...call, body: call.body.replace("signed_request", "signed_requesu") }],
      ["URL", { ...call, target: HOOK }],
    ]);
    const answer = await post(gateway, call);
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers["content-type"], /^application\/json/);
    const { url, confirmation_code: code } = JSON.parse(answer.text);
    const status = new URL(url);
    const page = await gateway.request("GET", status.pathname + status.search);
    assert.equal(page.status, 200);
    assert.ok(page.text.includes(code));
    assert.equal((await gateway.request("GET",
      `${status.pathname}?code=${random.changedText(code)}`)).status, 404);
    const before = await gateway.written();
    assert.equal((await post(gateway, call)).text, answer.text);
    assert.deepEqual(await gateway.written(), before);
    for (const brand of ["acme", "globex"]) {
      const feed = JSON.stringify(await gateway.redis.xrange(`tapline:{${brand}}:feed`, "-", "+"));
      assert.ok(feed.includes(`deletion:${code}`), brand);
      assert.ok(!feed.includes(user), brand);
    }
    const gone = personCall(`${WHATSAPP}/deauthorize`, signedRequest(payload));
    assert.equal((await post(gateway, gone)).status, 200);
  });

randomised("what `tapline send` signs for Messenger and WhatsApp is signed as documented", 4,
  async (random, round) => {
    const provider = round % 2 === 0 ? "messenger" : "whatsapp";
    const text = `t${random.text(300)}`;
    const request = await gateway.sent([provider, `--text=${text}`]);
    assert.equal(request.url, round % 2 === 0 ? MESSENGER : WHATSAPP);
    assert.equal(request.headers[NAME.toLowerCase()], signature(request.body));
    const [entry] = JSON.parse(request.body).entry;
    assert.equal(round % 2 === 0
      ? entry.messaging[0].message.text
      : entry.changes[0].value.messages[0].text.body, text);
  });
