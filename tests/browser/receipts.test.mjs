// The requests for receipts: one at a random time after the vote, kept in the tab, and an objection where the ballot is
// missing. The test takes the server's place on the socket, and the page's clock is stopped.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { delayMs } from '../../public/receipts/delay.js';
import { openPage, stopTime, until } from './harness.mjs';
import { heard, providePlatform } from './platform.mjs';

const ROOM = 'live-42';
const KEY = `live-jury:receipts:${ROOM}`;
/** Every request comes between 10 s and 30 s after the vote. */
const [EARLIEST_MS, LATEST_MS] = [10_000, 30_000];

const golden = (name) => {
  const file = new URL(`../../protocol/tests/golden/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(fileURLToPath(file), 'utf8'));
};
const welcome = { ...golden('server_welcome'), ballots: [] };
const [example] = golden('server_docket').cases;
/** An open case with ten minutes left. */
const open = { ...example, evidence: [], closes_at_ms: welcome.server_time_ms + 600_000 };
const ballot = golden('server_ballot_counted');
const counted = { ...ballot, case: open.id, option: 'buyer', status: 'counted', epoch: open.epoch };
const given = { type: 'receipt', case: open.id, epoch: open.epoch, change: counted.change, receipt: 'AQAB' };
const none = (reason, more = {}) => ({ type: 'no_receipt', case: open.id, reason, ...more });

const { platform, browser } = await providePlatform();

/** A viewer who has just voted. Each request for a receipt gets the next of `answers`. */
async function voted(...answers) {
  const page = await openPage(browser);
  const room = { page, asked: [], objections: [], send: null, drop: null };
  const loads = [];
  page.on('requestfinished', (request) => {
    if (request.url().includes('/receipts/module-')) loads.push(request.url());
  });
  let ballots = [];
  await page.routeWebSocket(/\/socket$/, (socket) => {
    const send = (frame) => socket.send(JSON.stringify(frame));
    Object.assign(room, { send, drop: () => socket.close({ code: 1012 }) });
    socket.onMessage((text) => {
      const frame = JSON.parse(text);
      if (frame.type === 'join') [{ ...welcome, ballots }, { type: 'docket', rev: 1, cases: [open] }].forEach(send);
      if (frame.type === 'cast') {
        const { case: id, option, epoch, change } = { ...counted, option: frame.option };
        ballots = [{ case: id, option, epoch, change }];
        send({ ...counted, option });
      }
      if (frame.type !== 'receipt') return;
      room.asked.push(frame);
      if (answers.length > 0) send(answers.shift());
    });
  });
  await page.route('**/objections', (route) => {
    const request = route.request();
    room.objections.push({
      url: new URL(request.url()).pathname,
      method: request.method(),
      isSigned: request.headers().authorization?.startsWith('Bearer ey'),
      body: request.postDataJSON(),
    });
    return route.fulfill({ status: 204 });
  });
  await page.clock.install();
  await page.goto(platform.url(ROOM, 'inline'));
  await heard(page, 'jury:connection', { state: 'live' });
  await stopTime(page);
  // Nothing of the module is fetched before there is a ballot.
  assert.deepEqual(loads, []);
  const widget = page.locator('live-jury');
  await widget.getByRole('radio', { name: 'Support the buyer' }).check();
  await widget.getByRole('button', { name: 'Submit vote' }).click();
  await widget.getByText('Your vote is in').first().waitFor();
  await until(() => loads, (all) => all.length === 1);
  // The widget's own import of the module was first, and its call follows in the same turn.
  await page.evaluate((url) => import(url).then(() => {}), loads[0]);
  return room;
}

const kept = ({ page }) => page.evaluate((key) => JSON.parse(sessionStorage.getItem(key) ?? '[]'), KEY);

/** Lets time pass in small steps until the first request, so that nothing that follows from its answer is due. */
const firstAsked = ({ page, asked }) => until(async () => {
  await page.clock.runFor(500);
  return asked;
}, (all) => all.length === 1);

async function leave({ page }) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

test('a request comes between 10 s and 30 s after the vote', () => {
  assert.deepEqual([0, 0.5, 1].map((chance) => delayMs(600_000, 400, chance)), [10_000, 20_000, 30_000]);
});

test('the requests of a large room are spread to 1,500 a second', () => {
  assert.equal(delayMs(600_000, 30_000, 1), 30_000);
  assert.equal(delayMs(600_000, 450_000, 1), 310_000);
});

test('one widget in sixteen asks before the end of a short case', () => {
  const chances = Array.from({ length: 1_600 }, (_, at) => at / 1_600);
  const delays = (leftMs) => chances.map((chance) => delayMs(leftMs, 400, chance)).filter((delay) => delay !== null);
  const short = delays(8_000);
  assert.equal(short.length, 100);
  assert.ok(short.every((delay) => delay < 8_000));
  // Half of the widgets have their time before the end, and one in sixteen of the other half asks.
  const half = delays(20_000);
  assert.equal(half.length, 800 + 50);
  assert.ok(half.every((delay) => delay < 20_000));
});

test('a receipt is asked for once after the vote, and kept in the tab', async () => {
  const room = await voted(given);
  await room.page.clock.runFor(EARLIEST_MS - 2);
  assert.equal(room.asked.length, 0);
  await room.page.clock.runFor(LATEST_MS);
  await until(() => kept(room), (all) => all.length > 0);
  assert.deepEqual(await kept(room), [{ case: open.id, epoch: open.epoch, change: counted.change, receipt: 'AQAB' }]);
  await room.page.clock.runFor(2 * LATEST_MS);
  assert.deepEqual(room.asked, [{ type: 'receipt', case: open.id }]);
  await leave(room);
});

test('a busy server is asked again', async () => {
  const room = await voted(none('busy', { retry_after_ms: 700 }), given);
  await firstAsked(room);
  await until(async () => {
    await room.page.clock.runFor(700);
    return kept(room);
  }, (all) => all.length === 1);
  assert.equal(room.asked.length, 2);
  await leave(room);
});

test('an answer that cannot change ends the requests', async () => {
  const room = await voted(none('off'));
  await firstAsked(room);
  await room.page.clock.runFor(3 * LATEST_MS);
  assert.equal(room.asked.length, 1);
  assert.deepEqual(await kept(room), []);
  await leave(room);
});

test('a new socket is asked for what the old one did not answer', async () => {
  const room = await voted();
  await firstAsked(room);
  const before = room.send;
  room.drop();
  await until(async () => {
    await room.page.clock.runFor(1_000);
    return room.send;
  }, (send) => send !== before);
  await until(async () => {
    await room.page.clock.runFor(LATEST_MS);
    return room.asked;
  }, (all) => all.length === 2);
  assert.deepEqual(room.asked[1], { type: 'receipt', case: open.id });
  await leave(room);
});

test('a ballot that is missing twice is objected to', async () => {
  const room = await voted(none('no_ballot'), none('no_ballot'));
  await firstAsked(room);
  await until(async () => {
    await room.page.clock.runFor(1_000);
    return room.objections;
  }, (all) => all.length === 1);
  const url = `/api/v1/cases/${open.id}/objections`;
  assert.deepEqual(room.objections, [{ url, method: 'POST', isSigned: true, body: { kind: 'dropped' } }]);
  assert.equal(room.asked.length, 2);
  await leave(room);
});

test('a ballot of a lost epoch is no reason to object', async () => {
  const room = await voted(none('no_ballot'), none('no_ballot'));
  await firstAsked(room);
  room.send({ type: 'tally', case: open.id, epoch: open.epoch + 1, rev: 1, ballots: 0 });
  await until(async () => {
    await room.page.clock.runFor(1_000);
    return room.asked;
  }, (all) => all.length >= 2);
  await room.page.clock.runFor(LATEST_MS);
  assert.deepEqual(room.objections, []);
  await leave(room);
});
