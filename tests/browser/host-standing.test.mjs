// The host's own standing on the host's page: points, measures and signals over all rooms, loaded when the host asks.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessibility } from './axe.mjs';
import { launch, leave, openPage, provide, region, startServer, token } from './harness.mjs';
import { cutOff } from './layout.mjs';
import { answerTrust, standing, violation } from './standing.mjs';
import { sendFacts } from './trust.mjs';

const { jury, browser } = await provide({ jury: () => startServer([]), browser: launch });

/** The page of a host whose token has these claims. */
async function openHost(claims, answers = {}, { lang = 'en', ...options } = {}) {
  const page = await openPage(browser, options);
  const calls = await answerTrust(page, answers);
  await page.goto(`${jury.origin}/host/on-air?lang=${lang}#token=${token({ sub: 'host-1', room: 'on-air', role: 'host', ...claims })}`);
  return Object.assign(page, { calls });
}

/** A host's live checks, of which the first `failed` failed. */
function* liveChecks(host, count, failed) {
  for (let n = 1; n <= count; n += 1) {
    yield { id: `${host}-c${n}`, type: 'live.checked', at_ms: Date.now() - 60_000, merchant: 'm-1', host, passed: n > failed, claims: 4, claims_matching: 4 };
  }
}

test('a host reads points and signals of all rooms, and the program for it is loaded at the press', async () => {
  await sendFacts(jury.origin, liveChecks('ann', 40, 10));
  const page = await openHost({ host: 'ann' });
  const programs = [];
  page.on('request', (request) => { if (request.url().endsWith('.wasm')) programs.push(new URL(request.url()).pathname); });
  const opener = page.getByText('My standing');
  await opener.waitFor();
  assert.deepEqual(programs, []);
  await opener.press('Enter');
  await region(page, 'Standing').getByText('In good standing.').waitFor();
  assert.ok(programs.length === 1 && programs[0].startsWith('/trust/'), programs.join());
  const signals = region(page, 'Signals in all rooms');
  await signals.locator('.signal').nth(12).waitFor();
  assert.equal(await signals.locator('.signal').count(), 13);
  const checks = signals.getByRole('listitem').filter({ hasText: 'Live checks passed' });
  assert.match(await checks.textContent(), /30 of 40: 75%\. Typical: 93%\./);
  await page.getByLabel('Language').selectOption('zh-CN');
  await page.getByText('所有直播间的主播指标').waitFor();
  await leave(page);
});

test('a host reads a measure as a letter, and may appeal', async () => {
  const party = { kind: 'host', id: 'ann' };
  const page = await openHost({ host: 'ann' }, {
    'GET /me': () => standing({ party, tier: 'warned', violations: [violation({ party, policy: 'abuse' })], measures: [], signals: [] }),
  });
  await page.getByText('My standing').press('Enter');
  await region(page, 'Standing').getByText('Warned: shown no more often than a typical host.').waitFor();
  await region(page, 'Violations').getByRole('button', { name: 'Appeal…' }).press('Enter');
  await page.getByLabel('Why is it wrong?').and(page.locator(':focus')).waitFor();
  await leave(page);
});

test('a link that names no host says so, and a moderator sees no standing', async () => {
  const page = await openHost({});
  await page.getByText('My standing').press('Enter');
  await page.getByText('This link does not say who you are. Your platform puts the id into it.').waitFor();
  await leave(page, /status of 403/);
  const reader = await openHost({ role: 'moderator' });
  await reader.getByRole('heading', { name: 'Past cases' }).waitFor();
  assert.equal(await reader.getByText('My standing').count(), 0);
  await leave(reader);
});

for (const colorScheme of ['light', 'dark']) {
  test(`the host's own standing fits 320 px and is accessible, ${colorScheme}`, async () => {
    await sendFacts(jury.origin, liveChecks(`narrow-${colorScheme}`, 4, 1));
    for (const lang of ['en', 'zh-CN']) {
      const look = { lang, colorScheme, viewport: { width: 320, height: 640 }, reducedMotion: 'reduce' };
      const page = await openHost({ host: `narrow-${colorScheme}` }, {}, look);
      await page.locator('.own-standing > summary').press('Enter');
      await page.locator('.signal').nth(12).waitFor();
      assert.deepEqual((await accessibility(page)).violations, []);
      assert.deepEqual(await page.evaluate(cutOff), []);
      await leave(page);
    }
  });
}
