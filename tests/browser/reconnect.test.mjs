// Reconnection of the widget: the waits between attempts, events that end a wait, and closes that end all attempts.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { moderator, openCase, openPage, stopTime, token, until } from './harness.mjs';
import { eventsOf, heard, providePlatform } from './platform.mjs';

const { line, platform, jury, browser } = await providePlatform({ withLine: true });

/** A page with the widget inline, with recorded sockets and controllable visibility and randomness. */
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
    // Jitter at its maximum.
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

/** The maximum of each wait, in milliseconds. */
const MOST_MS = [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000];

/** Cuts the connection and lets `tries` attempts fail. Returns the wait before each. */
async function lose(page, tries) {
  const wires = await page.evaluate(() => window.wires.length);
  line.cut();
  await closed(page, wires);
  const waited = [];
  for (const most of MOST_MS.slice(0, tries)) {
    const [from, asked] = await page.evaluate(() => [Date.now(), window.asked.length]);
    await page.clock.runFor(most);
    await closed(page, wires + waited.length + 1);
    // An attempt requests a token first, as soon as its wait ends.
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

/** Waits until the page has been connected `times` times. */
const live = (page, times) =>
  page.waitForFunction((times) => window.events.filter(([type, detail]) => type === 'jury:connection' && detail.includes('live')).length === times, times);

test('waits between attempts grow from one second to half a minute', async () => {
  const page = await openLive('waits');
  const waited = await lose(page, MOST_MS.length);
  for (const [at, most] of MOST_MS.entries()) assert.ok(Math.abs(waited[at] - most) <= 2, `${waited[at]} ms, not ${most}`);
  await page.locator('live-jury').getByText('Connection lost. Reconnecting…').first().waitFor();

  line.mend();
  await page.clock.runFor(30_000);
  await live(page, 2);
  await page.locator('live-jury').getByText('No case is open').waitFor();
  const states = (await eventsOf(page, 'jury:connection')).map(({ state }) => state);
  assert.deepEqual(states, ['connecting', 'live', 'lost', 'live'], 'each state has one event');
  assert.deepEqual(await eventsOf(page, 'jury:error'), []);
  await page.context().close();
});

const WAKES = {
  'a restored network': (page) => page.evaluate(() => window.dispatchEvent(new Event('online'))),
  'a restored network while the page is hidden': (page) => page.evaluate(() => {
    window.show('hidden');
    window.dispatchEvent(new Event('online'));
  }),
  'a page that becomes visible': (page) => page.evaluate(() => {
    window.show('hidden');
    window.show('visible');
  }),
};
for (const [what, wake] of Object.entries(WAKES)) {
  test(`${what} ends the wait`, async () => {
    const page = await openLive('wakes');
    await lose(page, 5);
    line.mend();
    // The clock does not move.
    await wake(page);
    await live(page, 2);
    await page.context().close();
  });
}

test('a page that is hidden continues to wait', async () => {
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

/** Close codes after which no attempt is made: the error event, and the token that causes the code. */
const ENDS = {
  4501: ['token_rejected', () => token({ sub: 'viewer-1', room: 'ends', role: 'viewer', exp: 1 })],
  4503: ['not_allowed', () => token({ sub: 'viewer-1', room: 'elsewhere', role: 'viewer' })],
};
for (const [code, [error, mint]] of Object.entries(ENDS)) {
  test(`a socket closed with ${code} does not reconnect`, async (t) => {
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

test("a socket closed with 4510 reconnects only on the viewer's request", async () => {
  // With an open case, the widget is expanded and shows the reason.
  await openCase(jury.direct, moderator(), 'ends');
  const page = await openLive('ends');
  await page.evaluate((url) => {
    window.opened = 0;
    const openWindow = () => {
      window.opened += 1;
      const socket = new WebSocket(url, 'jury.v1.json');
      const join = async () => socket.send(JSON.stringify({ type: 'join', token: await document.querySelector('live-jury').getToken() }));
      socket.addEventListener('open', join);
      // One viewer may join eight times at once and once a second after that. The page's timers stand still here.
      socket.addEventListener('close', ({ code }) => code === 1013 && openWindow());
    };
    // The maximum number of sockets of one viewer.
    for (let windows = 0; windows < 8; windows += 1) openWindow();
  }, `${line.origin.replace('http', 'ws')}/api/v1/rooms/ends/socket`);
  await heard(page, 'jury:error', { code: 'replaced' });
  await page.getByText('You opened this room in another window.').waitFor();
  await staysAway(page, 4510, 1 + (await page.evaluate(() => window.opened)));
  await page.getByRole('button', { name: 'Continue here' }).click();
  // The join may have to wait for the others' second; the widget retries on the page's clock.
  const isLive = async () => {
    await page.clock.runFor(1_000);
    return (await eventsOf(page, 'jury:connection')).filter(({ state }) => state === 'live').length;
  };
  await until(isLive, (times) => times === 2);
  await page.context().close();
});

/** Asserts that neither time nor a wake-up event makes the page reconnect. */
async function staysAway(page, code, wires) {
  for (const wake of Object.values(WAKES)) await wake(page);
  await page.clock.runFor(120_000);
  const [first, ...others] = await page.evaluate(() => window.wires.map(({ code }) => code ?? null));
  assert.deepEqual([first, others.length], [code, wires - 1]);
  assert.equal((await eventsOf(page, 'jury:error')).length, 1);
}
