// The viewer's token: renewed before it expires, replaced after a sleep, and requested again if the page had none.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openPage, stopTime, token, until } from './harness.mjs';
import { eventsOf, providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();

/** A token that expires in `seconds`. */
const lasting = (seconds) => (room) => token({ sub: 'viewer-1', room, role: 'viewer', exp: Math.floor(Date.now() / 1000) + seconds });

/**
 * A page with an installed clock and the widget inline. Its tokens come from `mints` in turn, the last of which is used
 * from then on. `sent` and `heard` are the socket's frames.
 */
async function open(room, ...mints) {
  platform.mint = (room) => (mints.length > 1 ? mints.shift() : mints[0])(room);
  const page = Object.assign(await openPage(browser), { sent: [], heard: [] });
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => page.sent.push(JSON.parse(payload)));
    socket.on('framereceived', ({ payload }) => page.heard.push(JSON.parse(payload)));
  });
  await page.clock.install();
  await page.goto(platform.url(room, 'inline'));
  return page;
}

const asked = (page) => page.evaluate(() => window.asked.length);
const states = async (page) => (await eventsOf(page, 'jury:connection')).map(({ state }) => state);
const live = (page, times) =>
  page.waitForFunction((times) => window.events.filter(([type, detail]) => type === 'jury:connection' && detail.includes('live')).length === times, times);

test('a token is renewed before it expires, on the same socket', async () => {
  const page = await open('renewal', lasting(85), lasting(3_600));
  await live(page, 1);
  await stopTime(page);
  // Time that passed so far counts towards the token's life.
  await page.clock.runFor(30_000);
  assert.equal(await asked(page), 1, 'four fifths of its life have not passed');
  await page.clock.runFor(39_000);
  await until(() => page.sent.at(-1).type, (type) => type === 'renew');
  assert.equal(await asked(page), 2);
  const [join, renew] = page.sent;
  assert.notEqual(renew.token, join.token);
  await until(() => page.heard.filter(({ type }) => type === 'welcome').length, (welcomes) => welcomes === 2);
  // The first token expires in this time, which is below the silence timeout.
  await page.clock.runFor(17_000);
  assert.equal(await asked(page), 2, 'the new token is still valid');
  assert.deepEqual(await states(page), ['connecting', 'live']);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

const AFTER_TWO_HOURS = {
  'its timers tell': (page) => page.clock.fastForward('02:00:00'),
  'it comes into view': async (page) => {
    await page.clock.setSystemTime((await page.evaluate(() => Date.now())) + 7_200_000);
    await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  },
};
for (const [how, jumpClock] of Object.entries(AFTER_TWO_HOURS)) {
  test(`a page that slept past its token's expiry rejoins with a new one as soon as ${how}`, async () => {
    const page = await open('sleep', lasting(60), lasting(3_600));
    await live(page, 1);
    await stopTime(page);
    await jumpClock(page);
    await live(page, 2);
    const [first, ...others] = page.sent;
    assert.deepEqual(others.map(({ type }) => type), ['join'], 'the old token is not sent again');
    assert.notEqual(others[0].token, first.token);
    assert.deepEqual(await eventsOf(page, 'jury:error'), []);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
}

test('a token that expires while the page has no other causes no error, and the next one restores the room', async () => {
  // The token has expired, but is still within the clock difference that a server allows.
  const page = await open('ended', lasting(-20), () => undefined, lasting(3_600));
  await live(page, 2);
  assert.equal(await asked(page), 3);
  assert.deepEqual(await states(page), ['connecting', 'live', 'lost', 'live']);
  assert.deepEqual(await eventsOf(page, 'jury:error'), []);
  await page.context().close();
});

test('a page without a token is asked again; the viewer sees a mild text, the console the cause', async () => {
  let signedIn = false;
  const page = await open('late', (room) => signedIn && lasting(3_600)(room));
  await page.locator('live-jury').getByText('Signing you in takes longer than usual. Trying again…').first().waitFor();
  const why = 'console: live-jury: no token: the platform answers 500';
  await until(() => page.faults, (faults) => faults.some((fault) => fault.startsWith(why)));
  signedIn = true;
  await page.evaluate(() => window.dispatchEvent(new Event('online')));
  await live(page, 1);
  assert.deepEqual(await states(page), ['connecting', 'lost', 'live']);
  assert.deepEqual(await eventsOf(page, 'jury:error'), []);
  await page.context().close();
});

test('a page that never answers is asked again, and the console has the cause', async () => {
  const page = await open('silent', () => new Promise(() => {}));
  await page.waitForFunction(() => window.asked.length === 1);
  await stopTime(page);
  await page.clock.runFor(10_000);
  await until(() => page.faults, (faults) => faults.some((fault) => fault.includes('no token: getToken did not answer within 10 s')));
  await page.clock.runFor(1_000);
  await page.waitForFunction(() => window.asked.length === 2);
  await page.context().close();
});

test('an error page in place of a token is no token yet', async () => {
  const page = await open('page', () => '<!doctype html><h1>502 Bad Gateway</h1>', lasting(3_600));
  await live(page, 1);
  assert.deepEqual(await states(page), ['connecting', 'lost', 'live']);
  assert.deepEqual(await eventsOf(page, 'jury:error'), []);
  assert.ok(page.faults.some((fault) => fault.includes('no token: getToken gave a text that is no token (JWT)')), page.faults.join('\n'));
  await page.context().close();
});

test('a token refused at a reconnection is asked for once more', async () => {
  const page = await open('again', lasting(-20), lasting(-100), lasting(3_600));
  await live(page, 2);
  assert.equal(await asked(page), 3);
  assert.deepEqual(await states(page), ['connecting', 'live', 'lost', 'live']);
  assert.deepEqual(await eventsOf(page, 'jury:error'), []);
  await page.context().close();
});

test('a token refused twice at a reconnection ends the widget', async () => {
  const page = await open('twice', lasting(-20), lasting(-100));
  const [error] = await until(() => eventsOf(page, 'jury:error'), (errors) => errors.length > 0);
  assert.equal(error.code, 'token_rejected');
  // At the start, at the renewal, at the reconnection, and once more after its refusal.
  assert.equal(await asked(page), 4);
  await page.context().close();
});

test('a token that is too long is named, with its limit', async () => {
  const page = await open('long', (room) => token({ sub: 'viewer-1', room, role: 'viewer', note: 'x'.repeat(6 * 1024) }));
  const [error] = await until(() => eventsOf(page, 'jury:error'), (errors) => errors.length > 0);
  assert.equal(error.code, 'token_too_long');
  assert.match(error.message, /may have 4069 bytes/);
  const widget = page.locator('live-jury');
  await widget.getByRole('button', { name: /The jury cannot be shown/ }).click();
  await widget.getByText(/too long/).first().waitFor({ state: 'attached' });
  await page.context().close();
});
