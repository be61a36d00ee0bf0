// The time left follows the server's clock, even on a slow connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { moderator, openCase, openPage, stopTime } from './harness.mjs';
import { heard, providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();
/** The round trip of the join. A page gives up on a welcome after 15 s. */
const ROUND_TRIP_MS = 14_000;

test('time left allows for half of a slow round trip', async () => {
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
  // The page's clock has moved by the round trip; the server's has not.
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
