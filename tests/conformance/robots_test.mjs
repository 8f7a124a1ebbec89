// Contact links, followed by every robot that the npm package crawler-user-agents knows: none of
// them is counted as a person.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Gateway, npm } from "./harness.mjs";

const crawlers = npm("crawler-user-agents");

// The package lists these, but a person holds the phone: a browser inside an app of Meta, known by
// its own name or (the second) by the build of a phone.
const PERSONS = ["MetaIAB Facebook", "AP3A\\.240617\\.008"];

let gateway;

before(async () => {
  gateway = await Gateway.start();
});
after(() => gateway?.stop());

async function robots() {
  const { text } = await gateway.request("GET", "/metrics", { address: gateway.admin });
  return Number(/^tapline_taps_total\{[^}]*"robot"[^}]*\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** Whether a GET of a contact link with these headers is counted as a robot's. */
async function isRobot(headers) {
  const before = await robots();
  const answer = await gateway.request("GET", "/c/acme/ig-dm", { headers });
  assert.ok([200, 302].includes(answer.status), `${answer.status}: ${JSON.stringify(headers)}`);
  return (await robots()) === before + 1;
}

test("every robot on record is a robot", async () => {
  const agents = crawlers.flatMap(({ pattern, instances }) =>
    instances.map((agent) => ({ pattern, agent })));
  assert.ok(agents.length > 2000);
  const believed = [];
  for (const { pattern, agent } of agents) {
    // What is no header on the wire was never sent either.
    assert.match(agent, /^[\t\x20-\x7e\x80-\xff]*$/);
    if (!(await isRobot({ "User-Agent": agent }))) believed.push({ pattern, agent });
  }
  assert.deepEqual(believed.filter(({ pattern }) => !PERSONS.includes(pattern)), []);
  assert.deepEqual([...new Set(believed.map(({ pattern }) => pattern))].sort(), [...PERSONS].sort());
});

test("a browser that fetches the link for something else than a page is nobody's tap", async () => {
  const phone = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 " +
    "(KHTML, like Gecko) Version/17.5 Mobile/15E148 Safari/604.1";
  for (const [use, robot] of [["document", false], ["image", true], ["empty", true]]) {
    assert.equal(await isRobot({ "User-Agent": phone, "Sec-Fetch-Dest": use }), robot, use);
  }
});
