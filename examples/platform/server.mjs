// A small shop platform in Node: it tells Live Jury what happens to orders, is told about verdicts, and orders its page
// by relevance and trust.
//
//   LIVE_JURY_TOKEN_SECRET=… WEBHOOK_SECRET=whsec_… JURY=http://127.0.0.1:8080 npm start
//
// It prints its address. README.md says what each part is for.

import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { env } from 'node:process';

import { Webhook } from 'standardwebhooks';

import { Jury } from './jury.mjs';

const ROOM = 'live-42';
const HOUR_MS = 60 * 60 * 1000;
const DAY_MS = 24 * HOUR_MS;
/** Limits a body, in bytes: a webhook has at most 20 KiB. */
const BODY_BYTES_MAX = 64 * 1024;
/** The ids of webhooks that are kept, so that one that comes twice counts once. */
const SEEN_MAX = 10_000;

const jury = new Jury({ origin: new URL(env.JURY).origin, secret: env.LIVE_JURY_TOKEN_SECRET });
const webhook = new Webhook(env.WEBHOOK_SECRET);

// Yours are tables. The relevance of a shop comes from your recommender.
const shops = new Map([
  ['silk-house', { name: 'Silk House', relevance: 1.0 }],
  ['lamp-light', { name: 'Lamp Light', relevance: 0.98 }],
  ['tea-garden', { name: 'Tea Garden', relevance: 0.9 }],
]);
const orders = new Map();
const seen = new Set();

class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

/** The viewer's id. Yours comes from your session; here a cookie replaces it. */
function viewer(request, response) {
  const known = request.headers.cookie?.match(/(?:^|; )viewer=([\w-]+)/)?.[1];
  const id = known ?? randomUUID();
  if (!known) response.setHeader('set-cookie', `viewer=${id}; HttpOnly; SameSite=Strict; Path=/`);
  return id;
}

async function bodyOf(request) {
  const parts = [];
  let bytes = 0;
  for await (const part of request) {
    bytes += part.length;
    if (bytes > BODY_BYTES_MAX) throw new Refused(413, 'the body is too large');
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** The body as an object. */
async function formOf(request) {
  try {
    return JSON.parse((await bodyOf(request)) || '{}');
  } catch (error) {
    throw error instanceof Refused ? error : new Refused(400, 'the body is no JSON');
  }
}

/** Places an order, and tells it. */
function place(buyer, { shop, amount_minor = 4900 }) {
  if (!shops.has(shop)) throw new Refused(404, 'there is no such shop');
  const since = Date.now() - 90 * DAY_MS;
  const isEarlier = (order) => order.shop === shop && order.buyer === buyer && order.at_ms > since;
  const earlier = [...orders.values()].filter(isEarlier);
  const id = randomUUID();
  orders.set(id, { shop, buyer, at_ms: Date.now() });
  const fields = { order: id, buyer, amount_minor, currency: 'CNY', buyer_nth: earlier.length + 1 };
  jury.tell(`${id}-placed`, 'order.placed', shop, fields);
  return { order: id };
}

/** The steps of an order, with the fact that each is. */
const STEPS = {
  shipped: () => ['order.shipped', { in_time: true, tracking_valid: true }],
  delivered: () => ['order.delivered', { in_time: true }],
  completed: () => ['order.completed', { invoice: 'none' }],
  'refund-asked': () => ['refund.requested', {}],
  refunded: ({ reason = 'quality' }) => ['refund.resolved', { granted: true, reason, within_h: 5 }],
};

function step(id, name, form) {
  const order = orders.get(id);
  if (!order || !STEPS[name]) throw new Refused(404, 'there is no such order or step');
  const [type, fields] = STEPS[name](form);
  // Order and step make the id, so that a step that is told twice counts once.
  jury.tell(`${id}-${name}`, type, order.shop, { order: id, ...fields });
  return { order: id, step: name };
}

/** The shops in the order of the page. With this seed a page that is loaded again within the hour looks alike. */
async function page(viewer) {
  const candidates = [...shops].map(([merchant, { relevance }]) => ({ merchant, relevance }));
  const seed = `${viewer} ${Math.floor(Date.now() / HOUR_MS)}`;
  const order = await jury.rank(candidates, candidates.length, seed);
  return order.map((id) => ({ id, name: shops.get(id).name, verdict: shops.get(id).verdict }));
}

/** Takes a message of Live Jury. Its signature and time are checked before anything is read from it. */
function receive(body, headers) {
  let message;
  try {
    message = webhook.verify(body, headers);
  } catch (error) {
    throw new Refused(401, error.message);
  }
  if (seen.has(headers['webhook-id'])) return;
  seen.add(headers['webhook-id']);
  if (seen.size > SEEN_MAX) seen.delete(seen.values().next().value);
  const { type, data } = message;
  const shop = shops.get(data.subject?.merchant);
  if (type === 'case.recorded' && shop && data.outcome === 'decided') shop.verdict = data.option;
}

const html = (rows) => `<!doctype html><html lang="en"><title>Shops</title><link rel="icon" href="data:,"><h1>Shops</h1>
<ol>${rows.map(({ name, verdict }) => `<li>${name}${verdict ? ` – the jury: ${verdict}` : ''}</li>`).join('')}</ol>`;

async function answer(request, response) {
  const [, first, second, third] = new URL(request.url, 'http://platform').pathname.split('/');
  const json = (value) => {
    response.setHeader('content-type', 'application/json');
    response.setHeader('cache-control', 'no-store');
    response.end(JSON.stringify(value));
  };
  switch (`${request.method} /${first}`) {
    case 'GET /':
      response.setHeader('content-type', 'text/html; charset=utf-8');
      return response.end(html(await page(viewer(request, response))));
    case 'GET /shops':
      return json({ items: await page(viewer(request, response)), waiting: jury.waiting });
    case 'POST /my':
      response.setHeader('cache-control', 'no-store');
      return response.end(jury.token({ sub: viewer(request, response), room: ROOM, role: 'viewer' }));
    case 'POST /orders': {
      const form = await formOf(request);
      return json(second ? step(second, third, form) : place(viewer(request, response), form));
    }
    case 'POST /hooks':
      receive(await bodyOf(request), request.headers);
      response.statusCode = 204;
      return response.end();
    default:
      throw new Refused(404, 'there is no such page');
  }
}

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    if (!(error instanceof Refused)) console.error(error);
    response.statusCode = error.status ?? 500;
    response.end(error.status ? error.message : '');
  });
});

server.listen(Number(env.PORT ?? 0), '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}`));
