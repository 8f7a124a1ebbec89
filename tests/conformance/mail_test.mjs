// Mail, judged by the vendor's verifier of signatures (SendGrid) and by another reader of MIME
// (mailparser): on fresh random requests and mails both must say what the gateway says.
import assert from "node:assert/strict";
import crypto from "node:crypto";
import { after, before, test } from "node:test";

import { Gateway, npm } from "./harness.mjs";

const { EventWebhook } = npm("@sendgrid/eventwebhook");
const { simpleParser } = npm("mailparser");

const SIGNATURE = "x-twilio-email-event-webhook-signature";
const TIMESTAMP = "x-twilio-email-event-webhook-timestamp";
const TO = "hello+ig@acme.example";
const MAILGUN_KEY = "mailgun-key-of-the-test";

const { publicKey, privateKey } = crypto.generateKeyPairSync("ec", { namedCurve: "P-256" });
const publicText = publicKey.export({ type: "spki", format: "der" }).toString("base64");
const privateText = privateKey.export({ type: "pkcs8", format: "der" }).toString("base64");

let gateway;
before(async () => {
  gateway = await Gateway.start({
    mainEdit: (text) => `${text}
  sg: {provider: sendgrid, public_key: "${publicText}", signing_key: file:secrets/sg}
  mg: {provider: mailgun, secrets: [file:secrets/mg]}
`,
    files: { "secrets/sg": `${privateText}\n`, "secrets/mg": `${MAILGUN_KEY}\n` },
  });
});
after(() => gateway.stop());

function judge(body, signature, timestamp) {
  const verifier = new EventWebhook();
  try {
    const key = verifier.convertPublicKeyToECDSA(publicText);
    return verifier.verifySignature(key, body, signature, timestamp);
  } catch {
    return false;
  }
}

function form(boundary, fields) {
  const parts = Object.entries(fields).map(([name, value]) => Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`),
    Buffer.from(value), Buffer.from("\r\n")]));
  return Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
}

function pick(list) {
  return list[crypto.randomInt(list.length)];
}

test("sendgrid: what the vendor's library accepts is accepted, what it refuses is refused", async () => {
  for (let round = 0; round < 60; ++round) {
    const boundary = `b${crypto.randomBytes(8).toString("hex")}`;
    const body = form(boundary, {
      headers: `Message-ID: <${crypto.randomUUID()}@example.org>\r\nFrom: jane@example.org\r\n`,
      // The library takes the body for text, so that it judges no bytes of another charset.
      text: crypto.randomBytes(crypto.randomInt(200)).toString("base64"),
      envelope: JSON.stringify({ to: [TO], from: "jane@example.org" }),
    });
    const timestamp = String(Math.floor(Date.now() / 1000));
    const signature = crypto.sign("sha256", Buffer.concat([Buffer.from(timestamp), body]),
      privateKey).toString("base64");
    const sent = { body: Buffer.from(body), signature, timestamp };
    if (round % 3 === 1) sent.body[crypto.randomInt(sent.body.length)] ^= 1 << crypto.randomInt(8);
    if (round % 3 === 2) sent.timestamp = String(Number(timestamp) - 1);
    const good = judge(sent.body, sent.signature, sent.timestamp);
    assert.equal(good, round % 3 === 0);
    const answer = await gateway.request("POST", "/hooks/sg", {
      headers: {
        "content-type": `multipart/form-data; boundary=${boundary}`,
        [SIGNATURE]: sent.signature,
        [TIMESTAMP]: sent.timestamp,
      },
      body: sent.body,
    });
    assert.equal(answer.status, good ? 200 : 401);
  }
});

test("sendgrid: what `tapline send` signs is good to the vendor's library", async () => {
  const { headers, body } = await gateway.sent(["sendgrid", "--text", "Is it in stock?"]);
  assert.equal(judge(body, headers[SIGNATURE], headers[TIMESTAMP]), true);
});

// Mails of random parts, charsets and encodings.

const WORDS = ["Preço", "für", "naïve", "日本語", "Ελλάδα", "жук", "plain", "€ 30", "a=b", "x.y"];

function words() {
  return Array.from({ length: 1 + crypto.randomInt(6) }, () => pick(WORDS)).join(" ");
}

function encodedWord(text) {
  return `=?utf-8?b?${Buffer.from(text).toString("base64")}?=`;
}

function quotedPrintable(text) {
  return [...Buffer.from(text)].map((byte) => `=${byte.toString(16).toUpperCase()
    .padStart(2, "0")}`).join("").replace(/(.{72})/g, "$1=\r\n");
}

function textPart(text) {
  const encoding = pick(["8bit", "base64", "quoted-printable"]);
  const body = { "8bit": text, base64: Buffer.from(text).toString("base64"),
    "quoted-printable": quotedPrintable(text) }[encoding];
  return `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: ${encoding}` +
    `\r\n\r\n${body}\r\n`;
}

function filePart(name, content) {
  return `Content-Type: application/octet-stream\r\nContent-Disposition: attachment; ` +
    `filename="${name}"\r\nContent-Transfer-Encoding: base64\r\n\r\n` +
    `${content.toString("base64")}\r\n`;
}

function randomMail() {
  const boundary = crypto.randomBytes(6).toString("hex");
  const parts = [textPart(words())];
  for (let i = crypto.randomInt(3); i > 0; --i) {
    parts.push(filePart(`${crypto.randomBytes(3).toString("hex")}.bin`,
      crypto.randomBytes(1 + crypto.randomInt(300))));
  }
  const head = `Message-ID: <${crypto.randomUUID()}@example.org>\r\n` +
    `From: ${encodedWord(words())} <jane${crypto.randomInt(1e6)}@example.org>\r\n` +
    `Subject: ${encodedWord(`${words()} ${crypto.randomUUID()}`)}\r\nMIME-Version: 1.0\r\n`;
  if (parts.length === 1) return Buffer.from(head + parts[0]);
  return Buffer.from(`${head}Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n` +
    `${parts.map((part) => `--${boundary}\r\n${part}`).join("")}--${boundary}--\r\n`);
}

test("mime: random mails read as another library reads them", async () => {
  for (let round = 0; round < 60; ++round) {
    const mail = randomMail();
    const read = await simpleParser(mail);
    const timestamp = String(Math.floor(Date.now() / 1000));
    const token = crypto.randomBytes(25).toString("hex");
    const mac = crypto.createHmac("sha256", MAILGUN_KEY).update(timestamp + token).digest("hex");
    const answer = await gateway.request("POST", "/hooks/mg/mime", {
      headers: { "content-type": "multipart/form-data; boundary=mg" },
      body: form("mg", { recipient: TO, sender: "jane@example.org", timestamp, token,
        signature: mac, "body-mime": mail }),
    });
    assert.equal(answer.status, 200);
    const [[, fields]] = await gateway.redis.xrevrange("tapline:{acme}:queue:sales", "+", "-",
      "COUNT", 1);
    const { data } = JSON.parse(fields[fields.indexOf("data") + 1]);
    assert.equal(data.subject, read.subject.replace(/\s+/g, " ").trim());
    assert.equal(data.text, read.text.trim());
    assert.equal(data.customer.email, read.from.value[0].address);
    assert.equal(data.customer.name, read.from.value[0].name);
    assert.deepEqual(data.attachments.map(({ name, bytes }) => [name, bytes]),
      read.attachments.map(({ filename, size }) => [filename, size]));
  }
});
