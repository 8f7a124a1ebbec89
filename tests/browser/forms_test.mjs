// Contact forms as browsers post them: a page of another origin, by script and without.
import assert from "node:assert/strict";
import http from "node:http";
import { after, before, test } from "node:test";

import { Gateway } from "../conformance/harness.mjs";
import { openPhone } from "./phone.mjs";

const NUMBER = /^[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}$/;

// The form of docs/sources/web.md, with the script that fills the hidden fields.
const form = (action) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Contact</title></head>
<body><form method="post" action="${action}" accept-charset="utf-8">
  <label>Your name <input name="name" autocomplete="name"></label>
  <label>E-mail <input name="email" type="email"></label>
  <label>Your message <textarea name="message"></textarea></label>
  <div style="position:absolute;left:-9999px" aria-hidden="true">
    <label>Leave this empty <input name="website" tabindex="-1" autocomplete="off"></label>
  </div>
  <input type="hidden" name="tapline_page"><input type="hidden" name="tapline_referrer">
  <button>Send</button>
</form>
<script>
  const form = document.querySelector("form");
  form.elements.tapline_page.value = location.href;
  form.elements.tapline_referrer.value = document.referrer;
</script></body></html>`;

/** A site of the brand on a port of its own. */
async function site(actionOf) {
  const server = http.createServer((request, answer) => {
    answer.setHeader("Content-Type", "text/html; charset=utf-8");
    const thanks = request.url.startsWith("/thanks");
    answer.end(thanks ? "<!doctype html><title>Thanks</title><h1>Thanks</h1>" : form(actionOf()));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { server, origin: `http://127.0.0.1:${server.address().port}` };
}

let gateway;
let brand;
let stranger;
let action = "";
before(async () => {
  brand = await site(() => action);
  stranger = await site(() => action);
  const connection = (name, thanks) => `  ${name}:
    provider: web
    brand: acme
    unsigned: accept
    because: "browsers keep no secret"
    origins: ["${brand.origin}"]
    honeypot: website
${thanks ? `    thanks: ${brand.origin}/thanks\n` : ""}`;
  gateway = await Gateway.start({
    mainEdit: (text) => `${text.trimEnd()}\n${connection("led-on", true)}${connection("thanked", false)}`,
    brandEdit: (text) => text.replace("profiles:\n", "profiles:\n" +
      "  form-a: {source: web, connection: led-on}\n  form-b: {source: web, connection: thanked}\n"),
  });
});
after(async () => {
  await gateway?.stop();
  brand?.server.close();
  stranger?.server.close();
});

async function opened(context, from, path = "/contact?utm_source=ig&gclid=Cj0") {
  const phone = await openPhone();
  context.after(phone.close);
  await phone.page.goto(from.origin + path);
  return phone;
}

async function fill(page, message) {
  await page.getByLabel("Your name").fill("Jané Doe");
  await page.getByLabel("E-mail").fill("jane@acme.example");
  await page.getByLabel("Your message").fill(message);
}

async function newest(queue = "care") {
  const [[, fields] = []] = await gateway.redis.xrevrange(`tapline:{acme}:queue:${queue}`, "+", "-",
    "COUNT", 1);
  const entry = {};
  for (let i = 0; i < (fields ?? []).length; i += 2) entry[fields[i]] = fields[i + 1];
  return { ...entry, data: JSON.parse(entry.data ?? "{}").data };
}

/** fetch() in the page, as its own script would: what it may read of the answer, or why not. */
function post(page, url, message) {
  return page.evaluate(async ([target, text]) => {
    const fields = Object.fromEntries(new FormData(document.querySelector("form")));
    try {
      const answer = await fetch(target, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ ...fields, message: text }),
      });
      return { status: answer.status, body: await answer.json() };
    } catch (error) {
      return { error: String(error) };
    }
  }, [url, message]);
}

test("a plain form is led on to the brand's page", async (context) => {
  action = `http://${gateway.public}/hooks/led-on`;
  const { page } = await opened(context, brand);
  await fill(page, "line one\nline two");
  await Promise.all([page.waitForURL("**/thanks"), page.getByRole("button").click()]);
  assert.equal(await page.title(), "Thanks");
  const entry = await newest();
  assert.equal(entry.auth, "none");
  assert.equal(entry.profile, "form-a");
  assert.equal(entry.data.text, "line one\nline two");
  assert.equal(entry.data.customer.name, "Jané Doe");
  assert.equal(entry.data.attribution.utm_source, "ig");
  assert.equal(entry.data.attribution.gclid, "Cj0");
  assert.equal(entry.data.attribution["page.url"], `${brand.origin}/contact?utm_source=ig&gclid=Cj0`);
});

test("a plain form without a page of its own shows the reference, and what is missing", async (context) => {
  action = `http://${gateway.public}/hooks/thanked`;
  const { page, said } = await opened(context, brand);
  await page.getByRole("button").click();
  await page.getByRole("alert").waitFor();
  assert.match(await page.getByRole("alert").innerText(), /fill in/);
  await page.goBack();
  await fill(page, "once more");
  await page.getByRole("button").click();
  await page.getByRole("heading", { name: "Thank you" }).waitFor();
  const reference = await page.locator("b").innerText();
  assert.match(reference, NUMBER);
  assert.equal((await newest()).tracking_number, reference);
  assert.ok(!said.some((line) => line.includes("Content Security Policy")), said.join("\n"));
});

test("a script of the brand's page posts and reads the answer", async (context) => {
  action = `http://${gateway.public}/hooks/thanked`;
  const { page } = await opened(context, brand);
  await fill(page, "x");
  const { status, body } = await post(page, action, "by fetch");
  assert.equal(status, 200);
  assert.match(body.reference, NUMBER);
  assert.equal((await newest()).data.text, "by fetch");
  const again = await post(page, action, "by fetch");
  assert.equal(again.body.reference, body.reference, "the same content is one contact");
});

test("a script of another page cannot post", async (context) => {
  action = `http://${gateway.public}/hooks/thanked`;
  const { page } = await opened(context, stranger);
  await fill(page, "x");
  const before = await gateway.written();
  const { error } = await post(page, action, "from a stranger");
  assert.match(error, /Failed to fetch/);
  await page.getByRole("button").click();
  await page.getByRole("alert").waitFor();
  assert.deepEqual(await gateway.written(), before);
});

test("a robot that fills every field is thanked, and nothing is written", async (context) => {
  action = `http://${gateway.public}/hooks/led-on`;
  const { page } = await opened(context, brand);
  await fill(page, "buy now");
  const before = await gateway.written();
  await page.evaluate(() => {
    document.querySelector("[name=website]").value = "http://spam.example";
  });
  await Promise.all([page.waitForURL("**/thanks"), page.getByRole("button").click()]);
  assert.deepEqual(await gateway.written(), before);
});
