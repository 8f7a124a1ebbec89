// A phone's browser, played by Debian's Chromium: size, touch, user agent, and no way out but to
// the gateway.
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

import { npm } from "../conformance/harness.mjs";

const { chromium } = npm("playwright-core");

const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) " +
  "AppleWebKit/605.1.15 (KHTML, like Gecko)";
export const AGENTS = {
  Safari: `${IPHONE} Version/17.5 Mobile/15E148 Safari/604.1`,
  "Instagram's own browser": `${IPHONE} Mobile/15E148 Instagram 334.0.4.32.98 ` +
    "(iPhone14,5; iOS 17_5; en_US; en; scale=3.00; 1170x2532; 607391414)",
};
export const PHONE = { width: 390, height: 844 };

/**
 * Opens a phone with one page: { page, close }. The settings are Playwright's context options; what
 * the page logs and what it asks for are gathered in `said` and `asked`.
 */
export async function openPhone({ viewport = PHONE, deviceScaleFactor = 2, ...settings } = {}) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "tl-phone-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    headless: true,
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
    viewport,
    deviceScaleFactor,
    isMobile: true,
    hasTouch: true,
    userAgent: AGENTS.Safari,
    ...settings,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const said = [];
  const asked = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  context.on("request", (request) => asked.push(request.url()));
  const close = async () => {
    await context.close();
    fs.rmSync(profile, { recursive: true, force: true });
  };
  return { page, said, asked, close };
}
