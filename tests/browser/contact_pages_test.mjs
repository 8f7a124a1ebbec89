// The pages of contact links as customers see them: on a phone, inside of Instagram, without
// JavaScript, in dark mode.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { Gateway } from "../conformance/harness.mjs";
import { AGENTS, PHONE, openPhone } from "./phone.mjs";

const NUMBER = /^[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}-[0-9A-HJKMNP-TV-Z]{3}$/;
const PAGE_BYTES_MAX = 4096;
const TOUCH_PX = 44; // what a finger hits
const CONTRAST_MIN = 4.5; // WCAG 2.2, 1.4.3
const OUTLINE_CONTRAST_MIN = 3; // 1.4.11

// What a button's page opens, given the reference that it shows.
const PAGES = {
  "ig-call": {
    shown: "+18005550100",
    opens: (target) => assert.equal(target, "tel:+18005550100"),
  },
  "ig-text": {
    shown: "+18005550101",
    opens: (target, reference) => {
      const found = /^sms:\+18005550101\?&body=(.+)$/.exec(target);
      assert.ok(found, target);
      assert.ok(decodeURIComponent(found[1]).includes(reference), target);
    },
  },
  "ig-email": {
    shown: "hello+ig@acme.example",
    opens: (target, reference) => {
      const found = /^mailto:([^?]+)\?subject=([^&]+)$/.exec(target);
      assert.ok(found, target);
      assert.equal(decodeURIComponent(found[1]), "hello+ig@acme.example");
      assert.ok(decodeURIComponent(found[2]).includes(reference), target);
    },
  },
};

const PHONES = {
  ...Object.fromEntries(Object.entries(AGENTS).map(([name, userAgent]) => [name, { userAgent }])),
  "no JavaScript": { javaScriptEnabled: false },
  "dark mode": { colorScheme: "dark" },
  "a small screen": { viewport: { width: 320, height: 568 } },
};

let gateway;
before(async () => {
  gateway = await Gateway.start();
});
after(() => gateway?.stop());

// Runs in the page: for each element with text of its own, its text and both of its colours.
function coloursOfTexts() {
  const own = (element) => [...element.childNodes]
    .some((node) => node.nodeType === 3 && node.data.trim() !== "");
  const background = (element) => {
    const found = getComputedStyle(element).backgroundColor;
    const clear = found === "rgba(0, 0, 0, 0)";
    return clear && element.parentElement ? background(element.parentElement) : found;
  };
  return [...document.body.querySelectorAll("*")].filter(own).map((element) => ({
    text: element.textContent,
    colour: getComputedStyle(element).color,
    background: background(element),
  }));
}

function luminance(colour) {
  const parts = /^rgb\((\d+), (\d+), (\d+)\)$/.exec(colour);
  assert.ok(parts, `${colour} is no opaque colour`);
  const [red, green, blue] = parts.slice(1).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one, other) {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

async function selectedByTap(page, locator) {
  await locator.click();
  return page.evaluate(() => getSelection().toString());
}

async function checkAnswer(answer) {
  assert.equal(answer.status(), 200);
  const headers = answer.headers();
  assert.match(headers["content-security-policy"], /default-src 'none'/);
  assert.match(headers["cache-control"], /no-store/);
  const body = await answer.body();
  assert.ok(body.length <= PAGE_BYTES_MAX, `${body.length} bytes`);
  assert.ok(!body.includes("<script"));
}

async function checkButton(page, viewport) {
  const links = page.locator("a");
  assert.equal(await links.count(), 1, "one button");
  const box = await links.boundingBox();
  assert.ok(box.height >= TOUCH_PX, `${box.height} px high`);
  assert.ok(box.width >= viewport.width * 0.7, `${box.width} px wide`);
  assert.ok(box.x >= 0 && box.x + box.width <= viewport.width, "inside of the width");
  assert.ok(box.y >= 0 && box.y + box.height <= viewport.height, "seen without scrolling");
  const widest = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(widest <= viewport.width, `nothing to scroll sideways: ${widest} px`);
  // What is under the middle of the button is the button.
  const hit = await page.evaluate(([x, y]) => document.elementFromPoint(x, y)?.tagName,
    [box.x + box.width / 2, box.y + box.height / 2]);
  assert.equal(hit, "A");
  return links.getAttribute("href");
}

async function checkTexts(page, shown) {
  const texts = page.locator("b");
  assert.equal(await texts.count(), 2, "the number or address, and the reference");
  for (const part of await texts.all()) assert.ok(await part.isVisible());
  assert.equal(await texts.first().innerText(), shown);
  assert.equal(await selectedByTap(page, texts.first()), shown, "selected as a whole");
  const reference = await texts.last().innerText();
  assert.match(reference, NUMBER);
  assert.equal(await selectedByTap(page, texts.last()), reference, "selected as a whole");
  return reference;
}

async function checkColours(page, { colorScheme = "light" }) {
  const texts = await page.evaluate(coloursOfTexts);
  assert.ok(texts.length >= 5, "title, button, number, reference and their captions");
  for (const { text, colour, background } of texts) {
    const ratio = contrast(colour, background);
    assert.ok(ratio >= CONTRAST_MIN, `contrast ${ratio.toFixed(2)} of ${text}`);
  }
  const page_is_dark = luminance(texts[0].background) < 0.2;
  assert.equal(page_is_dark, colorScheme === "dark");
  const scheme = await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme);
  assert.equal(scheme, "light dark", "the browser need not darken it by force");
  await page.keyboard.press("Tab");
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement).outlineColor);
  const ratio = contrast(outline, texts[0].background);
  assert.ok(ratio >= OUTLINE_CONTRAST_MIN, `contrast ${ratio.toFixed(2)} of the focus`);
}

for (const [phone, settings] of Object.entries(PHONES)) {
  test(`contact pages work on a phone with ${phone}`, async (context) => {
    const opened = await openPhone(settings);
    context.after(opened.close);
    const { page, said, asked } = opened;
    for (const [button, { shown, opens }] of Object.entries(PAGES)) {
      const answer = await page.goto(`http://${gateway.public}/c/acme/${button}`);
      await checkAnswer(answer);
      assert.match(await page.title(), / Acme Shoes$/);
      const target = await checkButton(page, settings.viewport ?? PHONE);
      const reference = await checkTexts(page, shown);
      opens(target, reference);
      await checkColours(page, settings);
    }
    const hosts = new Set(asked.map((url) => new URL(url).host));
    assert.deepEqual([...hosts], [gateway.public], "nothing is asked of anybody else");
    assert.deepEqual(said, [], "no violation of the page's own policy, no other complaint");
  });
}

test("the policy is no decoration: a script in the page would not run", async (context) => {
  const opened = await openPhone();
  context.after(opened.close);
  const { page, said } = opened;
  await page.goto(`http://${gateway.public}/c/acme/ig-call`);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.title = 'run'";
    document.body.append(script);
  });
  assert.notEqual(await page.title(), "run");
  assert.ok(said.some((line) => line.includes("Content Security Policy")), said.join("\n"));
});
