// The peer of scripts/bench: the same work as the gateway's for one Instagram message, as a Node
// service would do it. Fastify keeps the raw body, ioredis pipelines the calls of one turn of the
// event loop by itself.
//
//     PORT=... REDIS=/path/redis.sock SECRET=... SCRIPT=accept.lua PROCESSES=2 node server.js
'use strict';

const cluster = require('node:cluster');
const { createHash, createHmac, timingSafeEqual } = require('node:crypto');
const { readFileSync } = require('node:fs');

const processes = Number(process.env.PROCESSES);
if (cluster.isPrimary && processes > 1) {
  for (let i = 0; i < processes; i += 1) cluster.fork();
  process.on('SIGTERM', () => {
    for (const worker of Object.values(cluster.workers)) worker.process.kill('SIGTERM');
    process.exit(0);
  });
} else {
  serve();
}

const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const SEEN_LIFE = String(8 * 24 * 3600 * 1000);
const RECORD_LIFE = String(90 * 24 * 3600 * 1000);
const RESPOND_WITHIN = 300_000;
const REPLY_WINDOW = 86_400_000;
const CONFIG_VERSION = '0123456789ab';
const KEYS_OF_SCRIPT = 7;

// Eight symbols of 40 bits and one more that depends on all of them.
function trackingNumber(mac) {
  let high = mac.readUIntBE(0, 2) * 16 + (mac[2] >> 4);
  let low = (mac[2] & 15) * 65536 + mac.readUIntBE(3, 2);
  let text = '';
  let check = 0;
  for (let i = 0; i < 4; i += 1) {
    text = ALPHABET[low & 31] + text;
    check = (check * 3 + (low & 31)) & 31;
    low >>= 5;
  }
  for (let i = 0; i < 4; i += 1) {
    text = ALPHABET[high & 31] + text;
    check = (check * 3 + (high & 31)) & 31;
    high >>= 5;
  }
  return text + ALPHABET[check];
}

function shortHash(mac) {
  return mac.toString('base64url', 0, 16);
}

const RECENT_MAX = 20;

function customerAfter(packed, number, compact, now) {
  const before = packed === '' ? null : packed.split('\t');
  const recent = [Math.floor(now / 1000), ...(before && before[9] ? before[9].split(',') : [])]
    .slice(0, RECENT_MAX);
  const contacts = before ? Number(before[1]) + 1 : 1;
  const open = before && before[3] !== '' ? [before[3], before[4]] : [number, String(now)];
  const outcome = before ? before[5] : '';
  const record = `1\t${contacts}\t${now}\t${open[0]}\t${open[1]}\t${outcome}\t\t0\t\t${recent}\t${compact}`;
  const since = before && before[3] !== '' ? Number(before[4]) : null;
  return { record, contacts: contacts - 1, since, outcome };
}

function callOf(sha, message, account, packedCustomer) {
  const now = Date.now();
  const mid = message.message.mid;
  const sender = message.sender.id;
  const mac = createHmac('sha256', 'tracking key of the bench: 32 b.')
    .update(`event\n4:acme9:instagram${account.length}:${account}${mid.length}:${mid}`).digest();
  const founder = shortHash(mac.subarray(8));
  const compact = trackingNumber(mac);
  const number = `${compact.slice(0, 3)}-${compact.slice(3, 6)}-${compact.slice(6)}`;
  const customer = shortHash(createHmac('sha256', 'privacy key of the bench: 32 b..')
    .update(`customer\n4:acme9:instagram${account.length}:${account}${sender.length}:${sender}`)
    .digest());
  const due = now + RESPOND_WITHIN;
  const after = customerAfter(packedCustomer, number, compact, now);
  const fact = JSON.stringify({
    type: 'contact.dm', connection: 'instagram-main', source: 'instagram', profile: 'shop',
    channel: 'dm', button: 'ig-dm', campaign: '', campaign_by: '', attribution: 'exact_line',
    region: 'unknown', route: 'shoppers', queue: 'sales', due_at: due,
    occurred_at: message.timestamp, customer, config: CONFIG_VERSION, fields: {},
  });
  const data = JSON.stringify({
    specversion: '1.0', id: mid, source: '/acme/instagram-main', type: 'contact.dm',
    subject: number, time: new Date(message.timestamp).toISOString(),
    datacontenttype: 'application/json',
    data: {
      customer: { id: sender, name: '', phone: '', email: '', handle: '' },
      text: message.message.text, subject: '', parts: [], attachments: [], visibility: 'private',
      post_url: '', reply: { how: 'instagram_dm', account, to: sender,
        suggested: `Thank you for writing to Acme Shoes. Your reference is ${number}.` },
      attribution: {},
      context: {
        open_since: after.since, earlier_contacts: after.contacts, last_outcome: after.outcome,
        promised: '', late_reason: '',
      },
    },
  });
  return [
    sha, KEYS_OF_SCRIPT,
    `tapline:{acme}:seen:${founder}`, 'tapline:{acme}:feed', `tapline:{acme}:journey:${compact}`,
    'tapline:{acme}:due', 'tapline:{acme}:queue:sales:about', 'tapline:{acme}:queue:sales',
    `tapline:{acme}:customer:${customer}`,
    `1\tqueued\t${number}\tsales\tshoppers\t${due}\t\t`, SEEN_LIFE, '',
    `1\t${founder}\t${now}\tinstagram\tshop\tig-dm\t\t\tsales\tshoppers\t1\t${now}\t\t\t${now}\t\t\t${customer}`,
    RECORD_LIFE, packedCustomer, after.record, RECORD_LIFE, 'sales', String(due),
    'queued', mid, number, String(now), fact,
    '1', mid, number, String(now), 'contact.dm', 'instagram', 'shop', 'dm', 'ig-dm', '', '',
    'shoppers', '', 'exact_line', 'signature', 'normal', String(due),
    String(message.timestamp + REPLY_WINDOW), 'redis', CONFIG_VERSION, '', '', data,
  ];
}

function serve() {
  const Fastify = require('fastify');
  const Redis = require('ioredis');
  const secret = process.env.SECRET;
  const script = readFileSync(process.env.SCRIPT, 'utf8');
  const sha = createHash('sha1').update(script).digest('hex');
  const redis = new Redis({ path: process.env.REDIS, enableAutoPipelining: true });
  const app = Fastify({ logger: false, bodyLimit: 4 << 20, keepAliveTimeout: 120_000 });

  // A customer that came before moves under us at most a few times; then its record is overwritten.
  async function accept(message, account) {
    let packedCustomer = '';
    for (let attempt = 0; ; attempt += 1) {
      const answer = await redis.evalsha(callOf(sha, message, account, packedCustomer));
      if (answer[0] === 'ok' || answer[0] === 'seen') return;
      if (answer[0] !== 'changed' || attempt === 5) throw new Error(`script: ${answer[0]}`);
      packedCustomer = answer[2];
    }
  }

  function isAuthentic(header, body) {
    if (typeof header !== 'string' || header.length !== 71 || !header.startsWith('sha256=')) {
      return false;
    }
    const given = Buffer.from(header.slice(7), 'hex');
    const made = createHmac('sha256', secret).update(body).digest();
    return given.length === made.length && timingSafeEqual(given, made);
  }

  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'buffer' },
    (request, body, done) => done(null, body));
  app.post('/hooks/instagram-main', async (request, reply) => {
    if (!isAuthentic(request.headers['x-hub-signature-256'], request.body)) {
      return reply.code(401).send();
    }
    const waiting = [];
    for (const entry of JSON.parse(request.body).entry) {
      for (const message of entry.messaging) waiting.push(accept(message, entry.id));
    }
    if (waiting.length === 1) await waiting[0];
    else await Promise.all(waiting);
    return reply.code(202).send();
  });

  redis.script('LOAD', script)
    .then(() => app.listen({ host: '127.0.0.1', port: Number(process.env.PORT), backlog: 4096 }))
    .then(() => process.stdout.write('listening\n'))
    .catch((error) => {
      process.stderr.write(`${error.stack}\n`);
      process.exit(1);
    });
  process.on('SIGTERM', () => process.exit(0));
}
