// CloudEvents over HTTP, made and read by the CloudEvents project's own library: what it sends is
// accepted in each mode, and what stands on the queue it reads as a valid event.
import assert from "node:assert/strict";
import { after, before } from "node:test";

import { Gateway, cloudEventOf, npm } from "./harness.mjs";
import { randomised } from "./random.mjs";
import { post, refused, renamedHeader, withHeader } from "./requests.mjs";

const { CloudEvent, HTTP } = npm("cloudevents");

const TARGET = "/v1/acme/events";
const BATCH = "application/cloudevents-batch+json";

let gateway;
let bearer;

before(async () => {
  gateway = await Gateway.start();
  bearer = `Bearer ${gateway.secret("acme-api-key")}`;
});
after(() => gateway?.stop());

function dataOf(random) {
  return {
    channel: "text",
    button: "ig-text",
    text: random.text(),
    customer: { name: random.text(60), phone: random.phone() },
    attribution: { utm_source: "instagram", utm_term: random.text(100) },
  };
}

function traceparent(random) {
  return `00-${random.hex(31)}1-${random.hex(15)}1-01`;
}

// Attributes have no control characters. The library writes them into headers without encoding them,
// so those of `plain` events are ASCII without "%".
function attribute(random, plain) {
  if (plain) return random.hex(16) + random.letters(random.int(40), "aZ09-_.~:/@!$&'()*+,;=");
  return `e${random.hex(16)}${random.text(40).replace(/\p{Cc}/gu, "")}é`;
}

function eventOf(random, { plain = false } = {}) {
  return new CloudEvent({
    id: attribute(random, plain),
    source: random.pick(["/shop/app", "https://app.acme.example/chat", `urn:uuid:${random.hex(12)}`]),
    type: random.pick(["example.acme.contact", "contact", "Contact.Asked-v2"]),
    time: new Date(Date.now() - random.int(86_400_000)).toISOString(),
    data: dataOf(random),
    ...(random.chance(30) && { subject: attribute(random, plain) }),
    ...(random.chance(30) && { traceparent: traceparent(random), acmeshop: "atlanta" }),
  });
}

function requestOf({ headers, body }) {
  return { target: TARGET, headers: { ...headers, authorization: bearer }, body };
}

function keyMutants(random, request) {
  const { authorization, ...rest } = request.headers;
  return [
    ["key", withHeader(request, "authorization", `Bearer ${random.changedText(bearer.slice(7))}`)],
    ["scheme", withHeader(request, "authorization",
      random.changedText("Bearer", { anyCase: true }) + authorization.slice("Bearer".length))],
    ["key's length", withHeader(request, "authorization", authorization.slice(0, -1))],
    ["key's name", renamedHeader(request, "authorization", "authorizatiom")],
    ["no key", { ...request, headers: rest }],
    ["URL", { ...request, target: random.changedText(TARGET) }],
  ];
}

function sameContact(entry, sent) {
  const read = cloudEventOf(entry);
  assert.equal(entry.fields.auth, "api_key");
  assert.equal(entry.fields.id, sent.id);
  assert.equal(entry.fields.traceparent, sent.traceparent ?? "");
  assert.equal(read.time, sent.time);
  assert.equal(read.type, "contact.text");
  assert.equal(read.data.text, sent.data.text);
  assert.equal(read.data.customer.name, sent.data.customer.name);
  assert.equal(read.data.attribution.utm_term, sent.data.attribution.utm_term);
}

async function accepted(request, sent) {
  const before = await gateway.queued();
  const answer = await post(gateway, request);
  assert.equal(answer.status, 202, answer.text);
  const verdict = JSON.parse(answer.text);
  assert.deepEqual([verdict.id, verdict.status], [sent.id, "accepted"]);
  assert.equal(await gateway.queued(), before + 1);
  sameContact(await gateway.entry(sent.id), sent);
}

randomised("accepts events in binary mode, and none without the right key", 200, async (random) => {
  const sent = eventOf(random, { plain: true });
  const request = requestOf(HTTP.binary(sent));
  const required = ["ce-id", "ce-source", "ce-type", "ce-specversion"];
  await refused(gateway, [
    ...keyMutants(random, request),
    ["specversion", withHeader(request, "ce-specversion", random.changedText("1.0"))],
    ["content type", withHeader(request, "content-type", "text/plain")],
    // Without its version it is no CloudEvent, and then the event's own id is missing.
    ...required.map((name) => [`the name ${name}`, renamedHeader(request, name, `${name}x`)]),
  ]);
  await accepted(request, sent);
});

randomised("accepts events in structured mode, and none without the right key", 200,
  async (random) => {
    const sent = eventOf(random);
    const request = requestOf(HTTP.structured(sent));
    const without = (name) => {
      const { [name]: gone, ...rest } = JSON.parse(request.body);
      assert.ok(gone, name);
      return { ...request, body: JSON.stringify(rest) };
    };
    await refused(gateway, [
      ...keyMutants(random, request),
      ["content type", withHeader(request, "content-type", "application/cloudevents+xml")],
      ...["id", "source", "type", "specversion", "data"].map((name) => [`no ${name}`, without(name)]),
    ]);
    await accepted(request, sent);
  });

randomised("accepts batches, each event with its own verdict", 50, async (random) => {
  const events = Array.from({ length: 1 + random.int(8) }, () => eventOf(random));
  const body = JSON.stringify(events);
  const headers = { "content-type": BATCH };
  assert.deepEqual(HTTP.toEvent({ headers, body }).map(({ id }) => id), events.map(({ id }) => id));
  const request = requestOf({ headers, body });
  await refused(gateway, keyMutants(random, request));
  const before = await gateway.queued();
  const answer = await post(gateway, request);
  assert.equal(answer.status, 202, answer.text);
  assert.deepEqual(JSON.parse(answer.text).map(({ id, status }) => [id, status]),
    events.map(({ id }) => [id, "accepted"]));
  assert.equal(await gateway.queued(), before + events.length);
  sameContact(await gateway.entry(events.at(-1).id), events.at(-1));
});

randomised("one event is one contact in every mode, its id again in another source is another", 25,
  async (random) => {
    const sent = eventOf(random, { plain: true });
    const batch = { headers: { "content-type": BATCH }, body: JSON.stringify([sent]) };
    const [first, ...others] = [HTTP.binary(sent), HTTP.structured(sent), batch].map(requestOf);
    await accepted(first, sent);
    const before = await gateway.written();
    for (const request of others) {
      const answer = await post(gateway, request);
      const verdict = [JSON.parse(answer.text)].flat()[0];
      assert.equal(verdict.status, "seen", answer.text);
    }
    assert.deepEqual(await gateway.written(), before);
    const elsewhere = sent.cloneWith({ source: "/elsewhere" });
    await accepted(requestOf(HTTP.structured(elsewhere)), elsewhere);
  });

randomised("`tapline send events` sends files of any format under their type", 5, async (random) => {
  const events = [eventOf(random, { plain: true }), eventOf(random, { plain: true })];
  const bad = { specversion: "1.0" };
  const bodies = {
    [BATCH]: JSON.stringify([...events, bad]),
    "application/x-ndjson": [...events, bad].map((event) => JSON.stringify(event)).join("\n"),
  };
  for (const [type, body] of Object.entries(bodies)) {
    const request = await gateway.sent(["events", "--file", "-", "--content-type", type], body);
    assert.equal(request.headers["content-type"], type);
    assert.equal(request.body.toString(), body);
    const { headers } = request;
    const answer = await post(gateway, { target: "/v1/acme/events", headers, body });
    assert.equal(answer.status, 207, answer.text);
    const verdicts = type === BATCH ? JSON.parse(answer.text)
      : answer.text.trim().split("\n").map((line) => JSON.parse(line));
    // The two formats hold the same events.
    const first = type === BATCH ? "accepted" : "seen";
    assert.deepEqual(verdicts.map(({ status }) => status), [first, first, "invalid"]);
  }
});

randomised("says that binary data is no event", 5, async (random) => {
  const bytes = new Uint8Array(Buffer.from(JSON.stringify(dataOf(random))));
  const sent = eventOf(random).cloneWith({ data: bytes, datacontenttype: "application/octet-stream" });
  const request = requestOf(HTTP.structured(sent));
  const before = await gateway.written();
  const answer = await post(gateway, request);
  assert.equal(answer.status, 400, answer.text);
  assert.match(JSON.parse(answer.text).detail, /data_base64/);
  assert.deepEqual(await gateway.written(), before);
});
