// The tests of POST /v1/{brand}/events that are the same for every library that speaks Standard
// Webhooks: standardwebhooks, svix.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { after, before, test } from "node:test";

import { Gateway, cloudEventOf } from "./harness.mjs";
import { Random, randomised } from "./random.mjs";
import { post, refused, renamedHeader, withHeader } from "./requests.mjs";

const TARGET = "/v1/acme/events";
const NEXT = `whsec_${crypto.randomBytes(32).toString("base64")}`;
const OLD_LINE = /( *- \{name: shop-app, value: file:secrets\/acme-signing, .*\n)/;
const NEXT_FILE = "secrets/acme-signing-next";
const NEXT_LINE = `    - {name: shop-app-next, value: file:${NEXT_FILE}, scopes: [events:write]}\n`;

function eventOf(random) {
  return {
    id: `e-${random.hex(24)}`,
    channel: "text",
    button: "ig-text",
    text: random.text(),
    customer: { name: random.text(60), phone: random.phone() },
  };
}

/** Webhook is the library's class; spellings are the header prefixes that it knows. */
export function webhookTests({ Webhook, spellings }) {
  let gateway;
  let current;

  before(async () => {
    gateway = await Gateway.start({
      brandEdit: (text) => text.replace(OLD_LINE, (line) => NEXT_LINE + line),
      files: { [NEXT_FILE]: `${NEXT}\n` },
    });
    current = gateway.secret("acme-signing");
  });
  after(() => gateway?.stop());

  function signed(random, event, { secret = current, at = new Date(), spelling } = {}) {
    const prefix = spelling ?? random.pick(spellings);
    const body = JSON.stringify(event, null, random.int(3));
    const id = `msg_${random.letters(1 + random.int(40), "abcXYZ019_-:/+=")}`;
    return {
      target: TARGET,
      prefix,
      headers: {
        "Content-Type": "application/json",
        [`${prefix}id`]: id,
        [`${prefix}timestamp`]: String(Math.floor(at.getTime() / 1000)),
        [`${prefix}signature`]: new Webhook(secret).sign(id, at, body),
      },
      body,
    };
  }

  function mutants(random, request) {
    const made = [
      ["body", { ...request, body: random.changedByte(Buffer.from(request.body)) }],
      ["URL", { ...request, target: random.changedText(request.target) }],
      ["Content-Type", withHeader(request, "Content-Type",
        random.changedText(request.headers["Content-Type"], { anyCase: true }))],
      ["the type in Content-Type", withHeader(request, "Content-Type", ";charset=utf-8")],
    ];
    for (const part of ["id", "timestamp", "signature"]) {
      const name = request.prefix + part;
      made.push([name, withHeader(request, name, random.changedText(request.headers[name]))]);
      made.push([`the name ${name}`, renamedHeader(request, name, `${name}x`)]);
    }
    return made;
  }

  async function accepted(request, event) {
    const queued = await gateway.queued();
    const answer = await post(gateway, request);
    assert.equal(answer.status, 202, answer.text);
    assert.equal(JSON.parse(answer.text).status, "accepted");
    assert.equal(await gateway.queued(), queued + 1);
    const entry = await gateway.entry(event.id);
    assert.equal(entry.fields.auth, "signature");
    const { text, customer } = cloudEventOf(entry).data;
    assert.equal(text, event.text);
    assert.equal(customer.name, event.customer.name);
    assert.equal(customer.phone, event.customer.phone);
  }

  randomised("accepts what the library signs, and nothing with a changed byte", 200,
    async (random) => {
      const event = eventOf(random);
      const request = signed(random, event);
      await refused(gateway, mutants(random, request));
      await accepted(request, event);
    });

  randomised("accepts both secrets while one replaces the other, and several signatures", 25,
    async (random) => {
      const foreign = `whsec_${Buffer.from(random.hex(48), "hex").toString("base64")}`;
      for (const secret of [current, NEXT]) {
        const event = eventOf(random);
        await accepted(signed(random, event, { secret }), event);
      }
      const event = eventOf(random);
      const request = signed(random, event, { secret: random.pick([current, NEXT]) });
      const name = `${request.prefix}signature`;
      const right = request.headers[name];
      const id = request.headers[`${request.prefix}id`];
      const at = new Date(Number(request.headers[`${request.prefix}timestamp`]) * 1000);
      const wrong = new Webhook(foreign).sign(id, at, request.body);
      const unknown = `v1a,${Buffer.from(random.hex(128), "hex").toString("base64")}`;
      await refused(gateway, [
        ["secret", withHeader(request, name, wrong)],
        ["version", withHeader(request, name, right.replace("v1,", "v2,"))],
        ["list", withHeader(request, name, [unknown, wrong].join(" "))],
        ["separator", withHeader(request, name, [wrong, right].join(","))],
      ]);
      const list = random.pick([[wrong, right], [right, wrong], [unknown, right, wrong]]);
      await accepted(withHeader(request, name, list.join(" ")), event);
    });

  test("refuses what was signed more than five minutes away", async () => {
    const random = new Random(crypto.randomInt(2 ** 31));
    const away = (seconds) => new Date(Date.now() + seconds * 1000);
    for (const seconds of [-240, 0, 240]) {
      const event = eventOf(random);
      await accepted(signed(random, event, { at: away(seconds) }), event);
    }
    for (const seconds of [-86_400, -301, 600, 86_400]) {
      const request = signed(random, eventOf(random), { at: away(seconds) });
      await refused(gateway, [[`the time by ${seconds} s`, request]]);
    }
  });

  test("a repeated delivery is the same event, whatever the message id", async () => {
    const random = new Random(crypto.randomInt(2 ** 31));
    const event = eventOf(random);
    await accepted(signed(random, event), event);
    const before = await gateway.written();
    const answer = await post(gateway, signed(random, event));
    assert.equal(answer.status, 200, answer.text);
    assert.equal(JSON.parse(answer.text).status, "seen");
    assert.deepEqual(await gateway.written(), before);
  });

  randomised("the library accepts what `tapline send events` signs", 10, async (random, round) => {
    const text = `t${random.text(300)}`;
    const event = eventOf(random);
    const request = round % 2 === 0
      ? await gateway.sent(["events", `--text=${text}`, "--to=ig-text"])
      : await gateway.sent(["events", "--file", "-"], JSON.stringify(event));
    assert.equal(request.url, TARGET);
    const judge = new Webhook(NEXT); // of several secrets the first one signs
    const body = request.body.toString();
    const read = judge.verify(body, request.headers);
    assert.equal(read.text, round % 2 === 0 ? text : event.text);
    const changed = random.changedByte(request.body).toString();
    assert.throws(() => judge.verify(changed, request.headers), /No matching signature/);
    for (const part of ["webhook-id", "webhook-signature"]) {
      const headers = { ...request.headers, [part]: random.changedText(request.headers[part]) };
      assert.throws(() => judge.verify(body, headers), /No matching signature/);
    }
  });
}
