// Time left is the server's, however long its words are on the way.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { moderator, openCase, openPage, stopTime } from './harness.mjs';
import { heard, providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();
/** The way there and back; a page gives up on a welcome that takes longer than 15 s. */
const ROUND_TRIP_MS = 14_000;

test('time left allows for half of a slow way there and back', async () => {
  const { closes_at_ms: closesAt } = await openCase(jury.origin, moderator(), 'slow');
  const page = await openPage(browser);
  let pass;
  const joins = new Promise((resolve) => {
    page.routeWebSocket(/\/socket$/, (route) => {
      const server = route.connectToServer();
      route.onMessage((frame) => {
        pass = () => server.send(frame);
        resolve();
      });
    });
  });
  await page.clock.install();
  await page.goto(platform.url('slow', 'inline'));
  await joins;
  await stopTime(page);
  await page.clock.runFor(ROUND_TRIP_MS);
  // By the page's clock the answer came after all of that; by the server's it came at once.
  const before = Date.now();
  pass();
  await heard(page, 'jury:connection', { state: 'live' });
  const digits = page.locator('.lj-digits').first();
  await digits.waitFor();
  const [minutes, seconds] = (await digits.textContent()).split(':').map(Number);
  const left = (minutes * 60 + seconds) * 1_000;
  const allowed = (now) => closesAt - now - ROUND_TRIP_MS / 2;
  assert.ok(left <= allowed(before) + 1_500, `${left} ms left, at most ${allowed(before)}`);
  assert.ok(left >= allowed(Date.now()) - 1_500, `${left} ms left, at least ${allowed(Date.now())}`);
  await page.context().close();
});
