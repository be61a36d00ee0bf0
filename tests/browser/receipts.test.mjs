// The widget's requests for receipts: one at a random time after the vote, kept in the tab, and an objection where the
// ballot is missing. The test takes the server's place on the socket, and the page's clock is stopped.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

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
const open = { ...example, closes_at_ms: welcome.server_time_ms + 600_000 };
const counted = { ...golden('server_ballot_counted'), case: open.id, option: 'buyer', status: 'counted', epoch: open.epoch };
const given = { type: 'receipt', case: open.id, epoch: open.epoch, change: counted.change, receipt: 'AQAB' };
const none = (reason, more = {}) => ({ type: 'no_receipt', case: open.id, reason, ...more });

const { platform, browser } = await providePlatform();

/** A viewer who has just voted. Each request for a receipt gets the next of `answers`. */
async function voted(...answers) {
  const page = await openPage(browser);
  const room = { page, asked: [], objections: [] };
  await page.routeWebSocket(/\/socket$/, (socket) => {
    const send = (frame) => socket.send(JSON.stringify(frame));
    socket.onMessage((text) => {
      const frame = JSON.parse(text);
      if (frame.type === 'join') [welcome, { type: 'docket', rev: 1, cases: [open] }].forEach(send);
      if (frame.type === 'cast') send({ ...counted, option: frame.option });
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
  const widget = page.locator('live-jury');
  await widget.getByRole('radio', { name: 'Support the buyer' }).check();
  await widget.getByRole('button', { name: 'Submit vote' }).click();
  await widget.getByText('Your vote is in').first().waitFor();
  // The time is drawn by a timer of its own.
  await page.clock.runFor(1);
  return room;
}

const kept = ({ page }) => page.evaluate((key) => JSON.parse(sessionStorage.getItem(key) ?? '[]'), KEY);

async function leave({ page }) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

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
  await room.page.clock.runFor(LATEST_MS);
  await until(() => room.asked, (all) => all.length === 1);
  await until(async () => {
    await room.page.clock.runFor(700);
    return kept(room);
  }, (all) => all.length === 1);
  assert.equal(room.asked.length, 2);
  await leave(room);
});

test('a ballot that is missing twice is objected to', async () => {
  const room = await voted(none('no_ballot'), none('no_ballot'));
  await room.page.clock.runFor(LATEST_MS);
  await until(() => room.asked, (all) => all.length === 1);
  await until(async () => {
    await room.page.clock.runFor(1_000);
    return room.objections;
  }, (all) => all.length === 1);
  const url = `/api/v1/cases/${open.id}/objections`;
  assert.deepEqual(room.objections, [{ url, method: 'POST', isSigned: true, body: { kind: 'dropped' } }]);
  assert.equal(room.asked.length, 2);
  await leave(room);
});
