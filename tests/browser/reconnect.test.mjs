// How a widget comes back to a server that it lost: the waits, what cuts them short, and when it stays away.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { moderator, openCase, openPage, stopTime, token } from './harness.mjs';
import { eventsOf, heard, providePlatform } from './platform.mjs';

const { line, platform, jury, browser } = await providePlatform({ withLine: true });

/** A page with the widget inline, where its sockets, its visibility and its chances can be had by hand. */
async function openByHand() {
  const page = await openPage(browser);
  await page.addInitScript(() => {
    const Real = window.WebSocket;
    window.wires = [];
    window.WebSocket = class extends Real {
      constructor(...args) {
        super(...args);
        const wire = { dialed: Date.now() };
        window.wires.push(wire);
        this.addEventListener('close', ({ code }) => Object.assign(wire, { closed: Date.now(), code }));
      }
    };
    // The longest wait that chance allows.
    Math.random = () => 1 - Number.EPSILON;
    let visibility = 'visible';
    Object.defineProperty(document, 'visibilityState', { get: () => visibility });
    window.show = (now) => {
      visibility = now;
      document.dispatchEvent(new Event('visibilitychange'));
    };
  });
  await page.clock.install();
  return page;
}

const closed = (page, count) => page.waitForFunction((count) => window.wires.filter((wire) => wire.closed).length === count, count);

/** The longest waits, one after the other, in milliseconds. */
const MOST_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];

/** Loses the server and lets so many tries fail; the next one waits. Gives how long each waited. */
async function lose(page, tries) {
  const wires = await page.evaluate(() => window.wires.length);
  line.cut();
  await closed(page, wires);
  const waited = [];
  for (const most of MOST_MS.slice(0, tries)) {
    const [from, asked] = await page.evaluate(() => [Date.now(), window.asked.length]);
    await page.clock.runFor(most);
    await closed(page, wires + waited.length + 1);
    // A try asks for a token first, in the turn in which its wait ends.
    const times = await page.evaluate((asked) => window.asked.slice(asked), asked);
    assert.equal(times.length, 1, `one try in ${most} ms`);
    waited.push(times[0] - from);
  }
  return waited;
}

async function openLive(room) {
  const page = await openByHand();
  line.mend();
  await page.goto(platform.url(room, 'inline'));
  await heard(page, 'jury:connection', { state: 'live' });
  await stopTime(page);
  return page;
}

/** Waits until the page has been live so many times. */
const live = (page, times) =>
  page.waitForFunction((times) => window.events.filter(([type, detail]) => type === 'jury:connection' && detail.includes('live')).length === times, times);

test('tries grow apart from one second to half a minute, and no further', async () => {
  const page = await openLive('waits');
  const waited = await lose(page, MOST_MS.length);
  for (const [at, most] of MOST_MS.entries()) assert.ok(Math.abs(waited[at] - most) <= 2, `${waited[at]} ms, not ${most}`);
  await page.locator('live-jury').getByText('Connection lost. Reconnecting…').first().waitFor();

  line.mend();
  await page.clock.runFor(30_000);
  await live(page, 2);
  await page.locator('live-jury').getByText('No case is open').waitFor();
  const states = (await eventsOf(page, 'jury:connection')).map(({ state }) => state);
  assert.deepEqual(states, ['connecting', 'live', 'lost', 'live'], 'each state is told once');
  assert.deepEqual(await eventsOf(page, 'jury:error'), []);
  await page.context().close();
});

const WAKES = {
  'a network that is back': (page) => page.evaluate(() => window.dispatchEvent(new Event('online'))),
  'a network that is back while the page is hidden': (page) => page.evaluate(() => {
    window.show('hidden');
    window.dispatchEvent(new Event('online'));
  }),
  'a page that comes into view': (page) => page.evaluate(() => {
    window.show('hidden');
    window.show('visible');
  }),
};
for (const [what, wake] of Object.entries(WAKES)) {
  test(`${what} cuts the wait short`, async () => {
    const page = await openLive('wakes');
    await lose(page, 5);
    line.mend();
    // Not a millisecond passes.
    await wake(page);
    await live(page, 2);
    await page.context().close();
  });
}

test('a page that goes out of view waits on', async () => {
  const page = await openLive('wakes');
  await lose(page, 5);
  line.mend();
  const asked = await page.evaluate(() => window.asked.length);
  await page.evaluate(() => window.show('hidden'));
  await page.clock.runFor(20_000);
  assert.equal(await page.evaluate(() => window.asked.length), asked);
  await page.clock.runFor(10_000);
  await live(page, 2);
  await page.context().close();
});

/** Closes that no other try mends: what the server is given, and what the page is told. */
const ENDS = {
  4501: ['token_rejected', () => token({ sub: 'viewer-1', room: 'ends', role: 'viewer', exp: 1 })],
  4503: ['not_allowed', () => token({ sub: 'viewer-1', room: 'elsewhere', role: 'viewer' })],
};
for (const [code, [error, mint]] of Object.entries(ENDS)) {
  test(`a socket that was closed with ${code} does not come back`, async (t) => {
    line.mend();
    const { mint: good } = platform;
    t.after(() => (platform.mint = good));
    platform.mint = mint;
    const page = await openByHand();
    await page.goto(platform.url('ends', 'inline'));
    await heard(page, 'jury:error', { code: error });
    await stopTime(page);
    await staysAway(page, Number(code), 1);
    await page.context().close();
  });
}

test('a socket that was closed with 4510 does not come back, until the viewer asks', async () => {
  // Where a case is open, the widget has room to say why.
  await openCase(jury.direct, moderator(), 'ends');
  const page = await openLive('ends');
  await page.evaluate((url) => {
    // As many windows of the same viewer as are allowed.
    for (let windows = 0; windows < 8; windows += 1) {
      const socket = new WebSocket(url, 'jury.v1.json');
      const join = async () => socket.send(JSON.stringify({ type: 'join', token: await document.querySelector('live-jury').getToken() }));
      socket.addEventListener('open', join);
    }
  }, `${line.origin.replace('http', 'ws')}/api/v1/rooms/ends/socket`);
  await heard(page, 'jury:error', { code: 'replaced' });
  await page.getByText('You opened this room in another window.').waitFor();
  await staysAway(page, 4510, 9);
  await page.getByRole('button', { name: 'Continue here' }).click();
  await live(page, 2);
  await page.context().close();
});

/** Neither time nor what wakes a page makes it dial again. */
async function staysAway(page, code, wires) {
  for (const wake of Object.values(WAKES)) await wake(page);
  await page.clock.runFor(120_000);
  const [first, ...others] = await page.evaluate(() => window.wires.map(({ code }) => code ?? null));
  assert.deepEqual([first, others.length], [code, wires - 1]);
  assert.equal((await eventsOf(page, 'jury:error')).length, 1);
}
