// Works off one Tapline queue with ioredis 5 (Node 18 or newer). README.md tells the settings.
import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import Redis from "ioredis";

const { TAPLINE_BRAND: brand, TAPLINE_QUEUE: queue, TAPLINE_HANDLER: command } = process.env;
if (!brand || !queue) throw new Error("TAPLINE_BRAND and TAPLINE_QUEUE must be set");
const worker = process.env.TAPLINE_WORKER || hostname();
const claimMs = Number(process.env.TAPLINE_CLAIM_MS || 60_000);
const blockMs = Math.min(5_000, claimMs);
const url = (process.env.TAPLINE_REDIS || "redis://127.0.0.1").replace(/^unix:(\/\/)?/, "");
if (!/^(rediss?:\/)?\//.test(url)) {
  throw new Error("TAPLINE_REDIS must be redis://..., rediss://... or the absolute path of a socket");
}

const [stream, outcomes] = [`tapline:{${brand}}:queue:${queue}`, `tapline:{${brand}}:outcomes`];
const redis = new Redis(url, { retryStrategy: () => 1_000, maxRetriesPerRequest: 0,
                               socketTimeout: blockMs + 5_000 });
redis.on("error", (trouble) => console.warn(`redis: ${trouble.message}; connecting again`));

// Your code. `contact` is the parsed `data`; an exception means: not done, try again later.
async function handle(contact, entry) {
  if (!command) return console.log(entry.tracking_number, entry.channel, contact.data.text);
  const stdio = ["pipe", "inherit", "inherit"];
  const { status } = spawnSync(command, { shell: true, input: entry.data, stdio });
  if (status !== 0) throw new Error(`the handler ended with ${status}`);
}

async function work([entryId, flat]) {
  const entry = {};
  for (let i = 0; i < flat.length; i += 2) entry[flat[i]] = flat[i + 1];
  const mark = `done:{${brand}}:${entry.tracking_number}:${entry.id}`;
  const end = redis.multi(); // marked, reported and acknowledged together or not at all
  if (!(await redis.exists(mark))) {
    try {
      await handle(JSON.parse(entry.data), entry);
    } catch (trouble) {
      return console.error(`entry ${entryId} failed; it stays pending and comes again:`, trouble);
    }
    end.set(mark, 1, "EX", 14 * 86_400);
    end.xadd(outcomes, "*", "tracking_number", entry.tracking_number, "outcome", "answered",
             "id", entry.id, "entry", entryId);
  }
  await end.xack(stream, queue, entryId).exec();
}

for (let cursor = "0-0"; ; ) {
  try {
    // What a dead worker (or this one, before a crash) left, then what is new. One at a time:
    // an entry that waits behind another in this worker's hands looks abandoned to the others.
    const [next, stale] = await redis.xautoclaim(stream, queue, worker, claimMs, cursor, "COUNT", 1);
    cursor = next;
    for (const item of stale) await work(item);
    const block = stale.length || cursor !== "0-0" ? 1 : blockMs;
    const fresh = await redis.xreadgroup("GROUP", queue, worker, "COUNT", 1, "BLOCK", block,
                                         "STREAMS", stream, ">");
    for (const [, items] of fresh ?? []) for (const item of items) await work(item);
  } catch (trouble) { // Redis is away, or NOGROUP: the gateway makes the group anew
    console.warn(`redis: ${trouble.message}; trying again`);
    await pause(1_000);
  }
}
