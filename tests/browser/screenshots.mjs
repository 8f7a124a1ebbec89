// Makes the pictures of the documentation: node tests/browser/screenshots.mjs
import fs from "node:fs";
import path from "node:path";

import { Gateway, ROOT } from "../conformance/harness.mjs";
import { openPhone } from "./phone.mjs";

const FOLDER = path.join(ROOT, "docs", "images");
const SIZE = { width: 390, height: 440 };

const gateway = await Gateway.start();
try {
  fs.mkdirSync(FOLDER, { recursive: true });
  const { page, close } = await openPhone({ viewport: SIZE, deviceScaleFactor: 1 });
  await page.goto(`http://${gateway.public}/c/acme/ig-call`);
  await page.screenshot({ path: path.join(FOLDER, "contact-page-call.png") });
  await close();
} finally {
  await gateway.stop();
}
