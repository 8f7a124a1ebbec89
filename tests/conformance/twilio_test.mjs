// Twilio, judged by Twilio's own library: its signatures are accepted, ours are accepted by it, and
// the TwiML that callers and writers get is what its library would have made.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Gateway, cloudEventOf, npm } from "./harness.mjs";
import { randomised } from "./random.mjs";
import { post, refused, renamedHeader, withHeader } from "./requests.mjs";

const twilio = npm("twilio");
const { DOMParser } = npm("@xmldom/xmldom");

const PUBLIC = "https://hooks.acme.example";
const HOOK = "/hooks/acme-tel";
const FORM = "application/x-www-form-urlencoded";
const LINES = ["+18005550100", "+18005550101"];
const REPLY =
  `{brand} & "friends" </Message><Redirect>https://a.example</Redirect> 'é' {tracking_number}`;
const ALLOWED = ["Response", "Dial", "Number", "Sip", "Say", "Record", "Hangup", "Message"];

let gateway;
let token;

before(async () => {
  gateway = await Gateway.start({
    mainEdit: (text) => text.replace("http://127.0.0.1:8080", PUBLIC),
    brandEdit: (text) =>
      text
        .replace('to: ["+14045550110"]', 'to: ["+14045550110", "sip:sales@pbx.acme.example"]')
        .replace(/reply: "Thank you.*"/, () => `reply: ${JSON.stringify(REPLY)}`),
  });
  token = gateway.secret("twilio-auth-token");
});
after(() => gateway?.stop());

// Parameters as Twilio posts them, with values that nobody promised to be harmless.
function extras(random) {
  const made = {};
  for (let i = random.int(4); i > 0; --i) {
    const name = `Extra${random.letters(1 + random.int(12), "ABCxyz_-09")}`;
    made[name] = random.text(random.chance(5) ? 12_000 : 400);
  }
  return made;
}

function common(random) {
  const line = random.pick(LINES);
  const from = random.chance(90) ? random.phone() : random.pick(["anonymous", "+266696687", "22000", ""]);
  return {
    AccountSid: `AC${random.hex(32)}`,
    ApiVersion: "2010-04-01",
    From: from,
    To: line,
    FromCity: random.text(40),
    FromState: random.text(20),
    FromCountry: random.pick(["US", ""]),
    ...extras(random),
  };
}

function callForm(random) {
  const form = common(random);
  return {
    ...form,
    CallSid: `CA${random.hex(32)}`,
    CallStatus: "ringing",
    Direction: "inbound",
    Caller: form.From,
    Called: form.To,
    CallerName: random.text(60),
  };
}

function messageForm(random) {
  const sid = `${random.pick(["SM", "MM"])}${random.hex(32)}`;
  return {
    ...common(random),
    MessageSid: sid,
    SmsSid: sid,
    SmsMessageSid: sid,
    SmsStatus: "received",
    Body: random.text(),
    NumMedia: "0",
    NumSegments: "1",
  };
}

function encoded(random, form) {
  if (random.chance(50)) return new URLSearchParams(form).toString();
  return Object.entries(form).map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
}

/** The request as Twilio makes it, signed by its library for the URL that Twilio was given. */
function signed(random, form, { rest = "", base = PUBLIC } = {}) {
  const target = HOOK + rest;
  const signature = twilio.getExpectedTwilioSignature(token, base + target, form);
  return {
    target,
    headers: { "Content-Type": FORM, "X-Twilio-Signature": signature },
    body: encoded(random, form),
  };
}

// A change that leaves every decoded parameter as it was ("%2b" for "%2B") is no change.
function changedBody(random, body) {
  const meaning = (text) => JSON.stringify([...new URLSearchParams(text)]);
  for (;;) {
    const changed = random.changedByte(Buffer.from(body)).toString();
    if (meaning(changed) !== meaning(body)) return changed;
  }
}

function mutants(random, request, form) {
  const { "X-Twilio-Signature": signature } = request.headers;
  const other = request.target === HOOK ? "/status" : "";
  return [
    ["body", { ...request, body: changedBody(random, request.body) }],
    ["signature", withHeader(request, "X-Twilio-Signature", random.changedText(signature))],
    ["signature's name",
      renamedHeader(request, "X-Twilio-Signature", "X-Twilio-Signaturf")],
    ["Content-Type", withHeader(request, "Content-Type", random.changedText(FORM, { anyCase: true }))],
    ["URL", { ...request, target: random.changedText(request.target) }],
    ["query", { ...request, target: `${request.target}?${random.hex(3)}` }],
    ["signed URL", { ...signed(random, form, { rest: other }), target: request.target }],
    ["signed host", signed(random, form, { base: random.changedText(PUBLIC) })],
  ];
}

// TwiML as nested lists, so that two documents can be compared without regard to spelling.
function twiml(text) {
  const parser = new DOMParser({
    onError: (level, message) => {
      throw new Error(`TwiML, ${level}: ${message}\n${text}`);
    },
  });
  const shape = (node) => {
    if (node.nodeType === 3) return node.data;
    assert.equal(node.nodeType, 1, `neither element nor text in ${text}`);
    assert.ok(ALLOWED.includes(node.nodeName), `${node.nodeName} in ${text}`);
    const attributes = [...node.attributes].map(({ name, value }) => [name, value]).sort();
    return [node.nodeName, attributes, [...node.childNodes].map(shape)];
  };
  const root = parser.parseFromString(text, "text/xml").documentElement;
  assert.equal(root.nodeName, "Response");
  return shape(root);
}

function whisperOf(entry) {
  const { campaign } = entry.fields;
  return campaign ? `Instagram call, ${campaign}` : "Instagram call";
}

function expectedDial(line, entry) {
  const response = new twilio.twiml.VoiceResponse();
  const dial = response.dial({
    answerOnBridge: true,
    timeout: 20,
    sequential: true,
    callerId: line,
    action: `${PUBLIC}${HOOK}/dial/acme`,
    method: "POST",
  });
  const whisper = Buffer.from(whisperOf(entry)).toString("base64url");
  const events = {
    url: `${PUBLIC}${HOOK}/whisper/acme/${whisper}`,
    statusCallback: `${PUBLIC}${HOOK}/number/acme`,
    statusCallbackEvent: "initiated ringing answered completed",
  };
  dial.number(events, "+14045550110");
  dial.sip(events, "sip:sales@pbx.acme.example");
  return response.toString();
}

function expectedReply(entry) {
  const response = new twilio.twiml.MessagingResponse();
  const replies = entry.queue === "sales" && /^\+1404/.test(entry.fields.phone);
  if (replies) {
    response.message(REPLY.replace("{brand}", "Acme Shoes")
      .replace("{tracking_number}", entry.fields.tracking_number));
  }
  return response.toString();
}

randomised("accepts calls that Twilio's library signs, and nothing with a changed byte", 200,
  async (random) => {
    const form = callForm(random);
    const base = random.chance(20) ? `${PUBLIC}:443` : PUBLIC;
    const request = signed(random, form, { base });
    await refused(gateway, mutants(random, request, form));
    const before = await gateway.queued();
    const answer = await post(gateway, request);
    assert.equal(answer.status, 200, answer.text);
    assert.match(answer.headers["content-type"], /^text\/xml/);
    assert.equal(await gateway.queued(), before + 1);
    const entry = await gateway.entry(form.CallSid);
    assert.equal(entry.fields.channel, "call");
    assert.equal(entry.fields.auth, "signature");
    const { customer, attribution } = cloudEventOf(entry).data;
    assert.equal(customer.name, form.CallerName);
    assert.equal(attribution["caller.city"] ?? "", form.FromCity);
    assert.deepEqual(twiml(answer.text), twiml(expectedDial(form.To, entry)));
  });

test("no call is lost for what stands in its form", async () => {
  const form = {
    AccountSid: `AC${"0".repeat(32)}`, CallSid: "", CallStatus: "ringing", Direction: "inbound",
    From: "+14045550199", To: "+18005550100",
  };
  const good = [
    { "SipHeader_X-Foo": "bar" }, { To: "22000" }, { To: "sip:desk@acme.sip.twilio.example" },
    { To: "client:joe" }, { From: "" }, { From: "sip:dana@pbx.acme.example" },
  ];
  const odd = [{ To: "" }, { From: "http://a" }, { "a.b": "c" }, { AccountSid: "AC1" }];
  const changes = [...good, ...odd];
  for (const [i, change] of changes.entries()) {
    const params = { ...form, CallSid: `CA${i.toString(16).padStart(32, "f")}`, ...change };
    const signature = twilio.getExpectedTwilioSignature(token, PUBLIC + HOOK, params);
    const headers = { "Content-Type": FORM, "X-Twilio-Signature": signature };
    const queued = await gateway.queued();
    const kept = await gateway.redis.xlen("tapline:{acme}:quarantine");
    const answer = await post(gateway, {
      target: HOOK, headers, body: new URLSearchParams(params).toString(),
    });
    const what = JSON.stringify(change);
    assert.equal(answer.status, 200, what);
    assert.equal(await gateway.queued(), queued + (i < good.length ? 1 : 0), what);
    assert.equal(await gateway.redis.xlen("tapline:{acme}:quarantine"),
      kept + (i < good.length ? 0 : 1), what);
  }
});

randomised("accepts messages that Twilio's library signs, and nothing with a changed byte", 200,
  async (random) => {
    const form = messageForm(random);
    const request = signed(random, form);
    await refused(gateway, mutants(random, request, form));
    const before = await gateway.queued();
    const answer = await post(gateway, request);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(await gateway.queued(), before + 1);
    const entry = await gateway.entry(form.MessageSid);
    assert.equal(entry.fields.channel, "text");
    const { text, customer } = cloudEventOf(entry).data;
    assert.equal(text, form.Body);
    const phone = customer.phone;
    assert.deepEqual(twiml(answer.text),
      twiml(expectedReply({ ...entry, fields: { ...entry.fields, phone } })));
  });

randomised("records status callbacks that Twilio's library signs, and nothing with a changed byte", 50,
  async (random) => {
    const rest = random.pick(["/status", "/dial", "/dial/acme", "/number", "/number/acme"]);
    const form = {
      ...callForm(random),
      CallStatus: "completed",
      CallDuration: random.digits(2),
      SequenceNumber: random.digits(1),
      ...(rest.startsWith("/number") && { ParentCallSid: `CA${random.hex(32)}` }),
      ...(rest.startsWith("/dial") && { DialCallStatus: "completed", DialCallSid: `CA${random.hex(32)}` }),
    };
    const request = signed(random, form, { rest });
    await refused(gateway, mutants(random, request, form));
    const before = await gateway.queued();
    // Of a call whose dialling nobody told of, the end says that it was missed.
    const missed = rest === "/status" ? 1 : 0;
    const told = missed ? "call.missed"
      : rest.startsWith("/dial") ? "call.ended" : "call.answered";
    const facts = (await gateway.facts(told)).length;
    const answer = await post(gateway, request);
    assert.equal(answer.status, 200, answer.text);
    assert.equal(await gateway.queued(), before + missed);
    assert.equal((await gateway.facts(told)).length, facts + 1);
    assert.deepEqual(twiml(answer.text), twiml(new twilio.twiml.VoiceResponse().toString()));
  });

randomised("missed calls and voicemails are what Twilio's library would make of them", 30,
  async (random) => {
    const form = {
      ...callForm(random),
      DialCallStatus: random.pick(["busy", "no-answer", "failed", "canceled"]),
      DialCallSid: `CA${random.hex(32)}`,
    };
    const request = signed(random, form, { rest: "/dial/acme" });
    await refused(gateway, mutants(random, request, form));
    const queued = await gateway.queued();
    const answer = await post(gateway, request);
    assert.equal(answer.status, 200, answer.text);
    const expected = new twilio.twiml.VoiceResponse();
    expected.say("Nobody is free at Acme Shoes. Please leave a message.");
    expected.record({
      action: `${PUBLIC}${HOOK}/voicemail/acme`,
      method: "POST",
      maxLength: 180,
      timeout: 5,
      playBeep: true,
      finishOnKey: "#",
    });
    expected.hangup();
    assert.deepEqual(twiml(answer.text), twiml(expected.toString()));
    assert.equal(await gateway.queued(), queued + 1);
    assert.equal((await gateway.entry(`${form.CallSid}:missed`)).fields.type, "call.missed");

    const left = {
      ...callForm(random),
      CallSid: form.CallSid,
      RecordingSid: `RE${random.hex(32)}`,
      RecordingUrl: `https://api.twilio.example/${random.hex(12)}`,
      RecordingDuration: random.digits(2),
    };
    const voicemail = signed(random, left, { rest: "/voicemail/acme" });
    await refused(gateway, mutants(random, voicemail, left));
    assert.equal((await post(gateway, voicemail)).status, 200);
    const entry = await gateway.entry(`${form.CallSid}:voicemail`);
    assert.equal(cloudEventOf(entry).data.attachments[0].url, left.RecordingUrl);
    assert.equal(await gateway.queued(), queued + 2);
    await assert.rejects(gateway.entry(`${form.CallSid}:missed`), "the voicemail took its place");
  });

randomised("departments hear the text of the URL, and only of one that Twilio's library signs", 20,
  async (random) => {
    const said = `call ${random.letters(1 + random.int(99), "ABCxyz09 ,.-&<>\"'é漢")}x`;
    const rest = `/whisper/acme/${Buffer.from(said).toString("base64url")}`;
    const form = { ...callForm(random), ParentCallSid: `CA${random.hex(32)}` };
    const request = signed(random, form, { rest });
    const written = await gateway.written();
    await refused(gateway, mutants(random, request, form));
    const answer = await post(gateway, request);
    assert.equal(answer.status, 200, answer.text);
    const expected = new twilio.twiml.VoiceResponse();
    expected.say(said);
    assert.deepEqual(twiml(answer.text), twiml(expected.toString()));
    assert.deepEqual(await gateway.written(), written);
  });

randomised("accepts JSON whose digest stands in the URL that Twilio's library signs", 50,
  async (random) => {
    const sid = `SM${random.hex(32)}`;
    const body = JSON.stringify([{
      specversion: "1.0",
      type: "com.twilio.messaging.inbound-message.received",
      id: `EZ${random.hex(32)}`,
      data: {
        messageSid: sid,
        accountSid: `AC${random.hex(32)}`,
        from: random.phone(),
        to: random.pick(LINES),
        body: `x${random.text(200)}`,
        numMedia: 0,
      },
    }]);
    const target = `${HOOK}?bodySHA256=${twilio.getExpectedBodyHash(body)}`;
    const signature = twilio.getExpectedTwilioSignature(token, PUBLIC + target, {});
    assert.ok(twilio.validateRequestWithBody(token, signature, PUBLIC + target, body));
    const headers = { "Content-Type": "application/json", "X-Twilio-Signature": signature };
    const request = { target, headers, body };
    const other = body.replace(sid, `SM${random.hex(32)}`);
    const swapped = `${HOOK}?bodySHA256=${twilio.getExpectedBodyHash(other)}`;
    await refused(gateway, [
      ["body", { ...request, body: random.changedByte(Buffer.from(body)).toString() }],
      ["message", { ...request, body: other }],
      ["digest and message", { ...request, body: other, target: swapped }],
      ["digest", { ...request, target: random.changedText(target) }],
      ["no digest", { ...request, target: HOOK }],
      ["signature",
        withHeader(request, "X-Twilio-Signature", random.changedText(signature))],
    ]);
    const queued = await gateway.queued();
    assert.equal((await post(gateway, request)).status, 200);
    assert.equal((await post(gateway, request)).status, 200);
    assert.equal(await gateway.queued(), queued + 1);
    const entry = await gateway.entry(sid);
    assert.equal(cloudEventOf(entry).data.text, JSON.parse(body)[0].data.body);
  });

// Twilio's signature has no separators, so one signature fits several requests, and its library
// believes them: these are not merely badly signed. What cannot be read as Twilio writes it is kept
// in quarantine and answered 200, as is a repetition.
randomised("one signature is at most one contact, however its bytes are cut", 50, async (random) => {
  const form = { ...messageForm(random), Body: `x${random.text(80)}` };
  const request = signed(random, form);
  const { "X-Twilio-Signature": signature } = request.headers;
  const { MessageSid: sid, ...rest } = form;
  const cuts = {
    "the message's id is renamed": { ...rest, [`MessageSid${sid}`]: "" },
    "the message's id loses its last digit": { ...rest, MessageSid: sid.slice(0, -1), [sid.at(-1)]: "" },
    "the body moves into its name": { ...form, Body: undefined, [`Body${form.Body}`]: "" },
    "the body's name is cut": { ...form, Body: undefined, Bod: `y${form.Body}` },
  };
  assert.equal((await post(gateway, request)).status, 200);
  const queued = await gateway.queued();
  const contacts = (await gateway.facts("queued")).length;
  assert.ok(contacts > 0);
  let believed = 0;
  for (const [what, cut] of Object.entries(cuts)) {
    const params = JSON.parse(JSON.stringify(cut)); // without what is undefined
    believed += twilio.validateRequest(token, signature, PUBLIC + HOOK, params) ? 1 : 0;
    const { status } = await post(gateway, { ...request, body: encoded(random, params) });
    assert.ok(status === 200 || status === 401, `${what}: ${status}`);
  }
  assert.ok(believed >= 2, "Twilio's library believes the cuts");
  const repeated = await post(gateway, request);
  assert.equal(repeated.status, 200);
  assert.equal(await gateway.queued(), queued, "a cut or repeated request was queued");
  assert.equal((await gateway.facts("queued")).length, contacts);
});

function judged(request, params) {
  return twilio.validateRequest(token, request.headers["x-twilio-signature"], PUBLIC + request.url,
    params);
}

function params(body) {
  return Object.fromEntries(new URLSearchParams(body.toString()));
}

randomised("Twilio's library accepts what `tapline send twilio` signs", 10, async (random, round) => {
  const text = `t${random.text(300)}`;
  const args = round % 3 === 0 ? ["--call"] : [`--text=${text}`];
  const request = await gateway.sent(["twilio", ...args, `--from=${random.phone()}`]);
  assert.equal(request.method, "POST");
  assert.equal(request.headers["content-type"], FORM);
  const form = params(request.body);
  if (round % 3 !== 0) assert.equal(form.Body, text);
  assert.ok(judged(request, form), "refused by the library");
  assert.ok(!judged({ ...request, url: random.changedText(request.url) }, form));
  assert.ok(!judged(request, params(changedBody(random, request.body.toString()))));
});

randomised("Twilio's library accepts the forms that `tapline send twilio --file` signs", 10,
  async (random) => {
    const form = random.chance(50) ? callForm(random) : messageForm(random);
    const body = encoded(random, form);
    const request = await gateway.sent(["twilio", "--file", "-"], body);
    assert.equal(request.body.toString(), body);
    assert.deepEqual(params(request.body), form);
    assert.ok(judged(request, form), "refused by the library");
  });

test("`tapline send twilio` tells why what it sent is kept aside", async () => {
  const form = { CallSid: `CA${"0".repeat(32)}`, From: "+14045550199", To: "+18005550100" };
  const { said } = await gateway.sent(["twilio", "--file", "-"],
    new URLSearchParams(form).toString());
  assert.equal(said, "quarantined · signed by Twilio, but AccountSid is missing or malformed\n");
});

test("the judge itself refuses a signature of another token", () => {
  const form = { Body: "hello" };
  const signature = twilio.getExpectedTwilioSignature("another token", PUBLIC + HOOK, form);
  assert.ok(!twilio.validateRequest(token, signature, PUBLIC + HOOK, form));
});
