// What the conformance and browser tests share: a real gateway on free ports, plain HTTP requests
// to it, its Redis, and what `tapline send` puts on the wire.
//
//     const gateway = await Gateway.start({ mainEdit: (yaml) => yaml.replace(...) });
//     const answer = await gateway.request("POST", "/hooks/acme-tel", { headers, body });
//     await gateway.stop();
//
// The vendors' packages come from build/node (scripts/npm-packages), or from NODE_PATH.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..", "..");
const BINARY = process.env.TAPLINE_BINARY ?? path.join(ROOT, "build", "tapline");
const EXAMPLE = path.join(ROOT, "config", "examples", "acme");
const PATIENCE_MS = 60_000;
const STRUCTURED = "application/cloudevents+json";

// A test that is stopped takes its gateway along, through the gateway's "exit" listener.
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

const fromBuild = createRequire(path.join(ROOT, "build", "node", "package.json"));

/** A package of the tests. ES imports look neither into build/node nor into NODE_PATH. */
export function npm(name) {
  try {
    return fromBuild(name);
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND") throw error;
    throw new Error(`the npm package ${name} is not installed; run scripts/npm-packages`);
  }
}

const Redis = npm("ioredis");
const { HTTP } = npm("cloudevents");
const { parse } = npm("yaml");

/** The first truthy value of condition(); fails after a generous deadline. */
export async function eventually(condition, what) {
  const until = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await condition();
    if (value) return value;
    assert.ok(Date.now() < until, `never became true: ${what}`);
    await pause(20);
  }
}

function readJson(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined; // not written yet, or half written
  }
}

/** A child of the test; fails at once when the program cannot be run. */
function spawned(args, options) {
  const child = spawn(BINARY, args, options);
  child.on("error", () => {}); // without a process id there is none, and that is asserted
  assert.ok(child.pid, `cannot run ${BINARY}; build it first`);
  return child;
}

function ended(child) {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    else child.once("exit", resolve);
  });
}

function collected(stream) {
  return new Promise((resolve, reject) => {
    const parts = [];
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => resolve(Buffer.concat(parts)));
    stream.on("error", reject);
  });
}

function listening(server) {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve(server.address().port));
  });
}

export class Gateway {
  /**
   * Starts a gateway with a copy of the example brand in a folder of its own. mainEdit and
   * brandEdit change the text of tapline.yaml and of the brand file, files adds to the folder.
   */
  static async start({ mainEdit = (text) => text, brandEdit = (text) => text, files = {} } = {}) {
    const gateway = new Gateway();
    gateway.dir = fs.mkdtempSync(path.join(os.tmpdir(), "tl-"));
    gateway.config = path.join(gateway.dir, "c");
    fs.cpSync(EXAMPLE, gateway.config, {
      recursive: true,
      filter: (from) => !["data", "keys"].includes(path.relative(EXAMPLE, from)),
    });
    gateway.edit("tapline.yaml", (text) =>
      mainEdit(text)
        .replace("listen: 127.0.0.1:8080", "listen: 127.0.0.1:0")
        .replace("admin: 127.0.0.1:8081", "admin: 127.0.0.1:0"));
    gateway.edit("brands/acme.yaml", brandEdit);
    for (const [name, text] of Object.entries(files)) {
      fs.writeFileSync(path.join(gateway.config, name), text);
    }
    try {
      await gateway.#run();
      return gateway;
    } catch (error) {
      error.message += `\nlog of the gateway:\n${fs.readFileSync(path.join(gateway.dir, "log"))}`;
      await gateway.stop();
      throw error;
    }
  }

  edit(name, change) {
    const file = path.join(this.config, name);
    fs.writeFileSync(file, change(fs.readFileSync(file, "utf8")));
  }

  async #run() {
    const log = path.join(this.dir, "log");
    const out = fs.openSync(log, "a");
    this.process = spawned(["serve", "--config", this.config], {
      stdio: ["ignore", "ignore", out],
      env: { ...process.env, XDG_RUNTIME_DIR: this.dir },
    });
    fs.closeSync(out);
    this.onExit = () => this.process.kill();
    process.on("exit", this.onExit);
    const running = path.join(this.config, "data", "gateway.json");
    const found = await eventually(() => {
      assert.equal(this.process.exitCode, null, "the gateway ended");
      const read = readJson(running);
      return read?.pid === this.process.pid ? read : undefined;
    }, `${BINARY} is running`);
    this.public = found.public;
    this.admin = found.admin;
    this.agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
    await eventually(
      async () => (await this.request("GET", "/readyz", { address: this.admin })).status === 200,
      "the gateway is ready");
    this.redis = new Redis({ path: path.join(this.config, "data", "redis", "redis.sock") });
    const brand = parse(fs.readFileSync(path.join(this.config, "brands", "acme.yaml"), "utf8"));
    this.queues = Object.keys(brand.queues).map((name) => `tapline:{acme}:queue:${name}`);
    // From here on only what a test sends is written.
    await eventually(async () => {
      const abouts = this.queues.map((key) => `${key}:about`);
      return (await this.redis.exists(...this.queues, ...abouts)) === 2 * this.queues.length;
    }, "all queues are there");
  }

  async stop() {
    this.redis?.disconnect();
    this.agent?.destroy();
    if (this.process) {
      this.process.kill();
      await ended(this.process);
      process.off("exit", this.onExit);
    }
    fs.rmSync(this.dir, { recursive: true, force: true });
  }

  secret(name) {
    return fs.readFileSync(path.join(this.config, "secrets", name), "utf8").trim();
  }

  /** { status, headers, text }. */
  async request(method, target, { headers = {}, body = "", address = this.public } = {}) {
    const [host, port] = address.split(":");
    const call = http.request({ host, port, method, path: target, headers, agent: this.agent });
    const answered = new Promise((resolve, reject) => {
      call.on("response", resolve);
      call.on("error", reject);
    });
    call.end(body);
    const answer = await answered;
    const text = (await collected(answer)).toString("utf8");
    return { status: answer.statusCode, headers: answer.headers, text };
  }

  /** The newest entry that has this id, as { queue, fields }; it is looked for among the latest. */
  async entry(id) {
    for (const key of this.queues) {
      const latest = await this.redis.xrevrange(key, "+", "-", "COUNT", 20);
      const found = latest.map(([, fields]) => pairs(fields)).find((fields) => fields.id === id);
      if (found) return { queue: key.split(":").pop(), fields: found };
    }
    return assert.fail(`no queue has an entry ${id}`);
  }

  async facts(fact) {
    const found = await this.redis.xrange("tapline:{acme}:feed", "-", "+");
    return found.map(([, fields]) => pairs(fields)).filter((fields) => fields.fact === fact);
  }

  /**
   * What was ever written: the number of keys, and of entries that each stream was given. Two
   * equal ones say that nothing was accepted, recorded or quarantined in between.
   */
  async written() {
    const found = { keys: await this.redis.dbsize() };
    let cursor = "0";
    do {
      const [next, keys] = await this.redis.scan(cursor, "TYPE", "stream", "COUNT", 2000);
      cursor = next;
      for (const key of keys) {
        found[key] = pairs(await this.redis.xinfo("STREAM", key))["entries-added"];
      }
    } while (cursor !== "0");
    return found;
  }

  /** How many entries all queues were ever given. */
  async queued() {
    const found = await this.written();
    return this.queues.reduce((sum, key) => sum + (found[key] ?? 0), 0);
  }

  /**
   * The request that `tapline send ...args` makes: { method, url, headers, body }, and what the
   * command `said` of it. The command finds a server of the test where it looks for the gateway;
   * config, keys and Redis are the gateway's own.
   */
  async sent(args, input = "") {
    let request;
    let said;
    const server = http.createServer(async (incoming, answer) => {
      const { method, url, headers } = incoming;
      request = { method, url, headers, body: await collected(incoming) };
      answer.end("ok");
    });
    const port = await listening(server);
    const runtime = path.join(this.dir, "capture");
    const folder = path.join(runtime, "tapline");
    fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
    const running = {
      pid: this.process.pid,
      config: fs.realpathSync(this.config),
      public: `127.0.0.1:${port}`,
      admin: this.admin,
    };
    fs.writeFileSync(path.join(folder, `${running.pid}.json`), JSON.stringify(running),
      { mode: 0o600 });
    try {
      const command = spawned(["send", ...args], {
        env: { ...process.env, XDG_RUNTIME_DIR: runtime },
      });
      command.stdin.on("error", () => {}); // not every call reads it
      command.stdin.end(input);
      const [out, err] = await Promise.all([
        collected(command.stdout), collected(command.stderr), ended(command),
      ]);
      said = out.toString();
      // 1: what the capturing server answers is no verdict.
      assert.ok([0, 1].includes(command.exitCode), `tapline send ${args.join(" ")}: ${out}${err}`);
    } finally {
      server.closeAllConnections?.();
      server.close();
    }
    assert.ok(request, "tapline send made no request");
    return { ...request, said };
  }
}

/** A flat list of names and values as an object. */
export function pairs(list) {
  const object = {};
  for (let i = 0; i + 1 < list.length; i += 2) object[list[i]] = list[i + 1];
  return object;
}

/** An entry's `data` as the CloudEvents SDK reads it; fails when it is no valid CloudEvent. */
export function cloudEventOf(entry) {
  const event = HTTP.toEvent({ headers: { "content-type": STRUCTURED }, body: entry.fields.data });
  assert.equal(event.validate(), true);
  assert.equal(event.id, entry.fields.id);
  assert.equal(event.type, entry.fields.type);
  assert.equal(event.subject, entry.fields.tracking_number);
  return event;
}
