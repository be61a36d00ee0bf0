// Runs the example of a platform unchanged, against the real server: facts, order, tokens, and signed webhooks.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { SECRET, ask, cast, closeCase, launch, moderator, openCase, provide, startServer, until } from './harness.mjs';
import { startLine } from './line.mjs';

const ROOM = 'live-42';
/** Orders with a refund each: more than enough for a turn. */
const BAD_ORDERS = 40;

const { browser } = await provide({ browser: launch });
const folder = mkdtempSync(join(tmpdir(), 'live-jury-platform-'));
await provide({ folder: () => ({ stop: () => rmSync(folder, { recursive: true }) }) });

// Each program needs the other's address at its start. A proxy gives the jury one before the jury runs.
const { line } = await provide({ line: startLine });
const webhookSecret = `whsec_${randomBytes(32).toString('base64')}`;
const program = fileURLToPath(new URL('../../examples/platform/server.mjs', import.meta.url));
const secrets = { LIVE_JURY_TOKEN_SECRET: SECRET, WEBHOOK_SECRET: webhookSecret };
const env = { ...process.env, PORT: '0', JURY: line.origin, ...secrets };
const child = spawn(process.execPath, [program], { env, stdio: ['ignore', 'pipe', 'inherit'] });
await provide({ platform: () => ({ stop: () => child.kill() }) });
const platform = await new Promise((resolve, reject) => {
  createInterface({ input: child.stdout }).once('line', resolve);
  child.once('exit', (code) => reject(new Error(`the platform ended with ${code}: run npm ci in examples/platform`)));
});

const webhooks = join(folder, 'webhooks.json');
const target = { name: 'shop', url: `${platform}/hooks/live-jury`, secrets: [webhookSecret], events: ['*'] };
writeFileSync(webhooks, JSON.stringify({ targets: [target] }));
const settings = { LIVE_JURY_DATABASE: `sqlite://${join(folder, 'jury.db')}`, LIVE_JURY_WEBHOOKS: webhooks };
const start = () => startServer([platform], { line, env: settings });

const post = async (path, form = {}, headers = {}) => {
  const body = typeof form === 'string' ? form : JSON.stringify(form);
  return fetch(`${platform}${path}`, { method: 'POST', headers, body });
};
const shops = async () => (await fetch(`${platform}/shops`)).json();
const order = async (shop) => (await (await post('/orders', { shop })).json()).order;
const places = ({ items }) => items.map(({ id }) => id);
const shopOf = ({ items }, id) => items.find((item) => item.id === id);

test('facts of the platform move a shop down its page, and none is lost while the server is away', async () => {
  let jury = await start();
  const byRelevance = ['silk-house', 'lamp-light', 'tea-garden'];
  assert.deepEqual(places(await shops()), byRelevance);
  for (let count = 0; count < BAD_ORDERS; count += 1) {
    const id = await order('silk-house');
    // The last step comes twice, as after a time-out of the shop's own front end.
    for (const step of ['shipped', 'delivered', 'refund-asked', 'refunded', 'refunded']) {
      assert.equal((await post(`/orders/${id}/${step}`, { reason: 'quality' })).status, 200);
    }
  }
  await until(shops, ({ waiting }) => waiting === 0);
  await jury.stop();
  const late = await order('lamp-light');
  assert.equal((await post(`/orders/${late}/delivered`)).status, 200);
  assert.deepEqual(places(await shops()), byRelevance, 'without the server the order is that of relevance');
  // A node computes exposures at its start; while it runs, within a minute after facts.
  jury = await start();
  await provide({ jury: () => jury });
  await until(shops, ({ items, waiting }) => items[0].id === 'lamp-light' && waiting === 0);
  const read = async (path) => (await ask(jury.origin, moderator(), path)).json();
  const index = (shop) => read(`/trust/merchants/${shop}/index?explain=true`);
  const signal = (of, id) => of.signals.find((one) => one.id === id);
  const silk = await index('silk-house');
  assert.equal(Math.round(signal(silk, 'q01').k), BAD_ORDERS, 'each refund counts once');
  assert.equal(silk.m, 0.85, 'a turn');
  assert.equal(Math.round(signal(await index('lamp-light'), 's04').n), 1, 'the delivery of the outage');

  const token = await (await post('/my/jury-token')).text();
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${jury.origin}/api/v1/trust/signals`, { headers });
  assert.equal(answer.status, 200, 'the server accepts the token of the platform');

  // A new target begins after the last event, so the server must know it before the case.
  await until(() => read('/trust/webhooks'), ({ items }) => items.length === 1);
  const opened = await openCase(jury.origin, moderator(), ROOM, { subject: { merchant: 'silk-house' } });
  await cast(browser, jury.origin, { sub: 'viewer-1', room: ROOM }, opened.id, 'buyer');
  await closeCase(jury.origin, moderator(), opened.id);
  await until(shops, (page) => shopOf(page, 'silk-house').verdict === 'buyer');
  assert.match(await (await fetch(platform)).text(), /Silk House – the jury: buyer/);
});

test('a message without the right signature or of another time changes nothing', async () => {
  const data = { subject: { merchant: 'tea-garden' }, outcome: 'decided', option: 'buyer' };
  const body = JSON.stringify({ type: 'case.recorded', timestamp: new Date().toISOString(), data });
  const now = Math.floor(Date.now() / 1000);
  const { Webhook } = await import('../../examples/platform/node_modules/standardwebhooks/dist/index.js');
  const signed = (secret, at_s) => ({
    'webhook-id': `forged-${at_s}`,
    'webhook-timestamp': `${at_s}`,
    'webhook-signature': new Webhook(secret).sign(`forged-${at_s}`, new Date(at_s * 1000), body),
  });
  const other = `whsec_${randomBytes(32).toString('base64')}`;
  for (const headers of [{}, signed(other, now), signed(webhookSecret, now - 3_600)]) {
    assert.equal((await post('/hooks/live-jury', body, headers)).status, 401);
  }
  assert.equal(shopOf(await shops(), 'tea-garden').verdict, undefined);
  assert.equal((await post('/hooks/live-jury', body, signed(webhookSecret, now))).status, 204, 'the right one does');
  assert.equal(shopOf(await shops(), 'tea-garden').verdict, 'buyer');
});
