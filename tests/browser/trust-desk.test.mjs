// The trust desk: who may open it, the page of a shop, and what waits for a person.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { accessibility } from './axe.mjs';
import { launch, leave, moderator, openCase, provide, startServer, until } from './harness.mjs';
import { cutOff } from './layout.mjs';
import { NOTHING_WAITS, clear } from './standing.mjs';
import { MODERATOR, openTrust, sendFacts, shopFacts } from './trust.mjs';

/** A target of webhooks on this machine. It says that it is gone until `isBack`, and counts what it receives. */
async function startTarget() {
  const target = { received: 0, isBack: false };
  const server = createServer((request, response) => {
    request.resume();
    target.received += 1;
    response.writeHead(target.isBack ? 204 : 410).end();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const folder = mkdtempSync(join(tmpdir(), 'live-jury-webhooks-'));
  const file = join(folder, 'webhooks.json');
  const url = `http://127.0.0.1:${server.address().port}/hooks`;
  const secrets = [`whsec_${Buffer.alloc(24, 7).toString('base64')}`];
  writeFileSync(file, JSON.stringify({ targets: [{ name: 'shop', url, secrets, events: ['*'] }] }));
  return Object.assign(target, {
    file,
    async stop() {
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true });
    },
  });
}

const { target, browser } = await provide({ target: startTarget, browser: launch });
const { jury } = await provide({ jury: () => startServer([], { env: { LIVE_JURY_WEBHOOKS: target.file } }) });

/** The desk with nothing filed about anybody. Index and webhooks are the server's own. */
const openDesk = (options, claims = MODERATOR) =>
  openTrust(browser, jury.origin, '/trust/', claims, { ...NOTHING_WAITS, 'GET /parties/*': () => clear() }, options);

/** Opens the page of a shop. */
async function show(page, merchant) {
  await page.locator('.look-up input[type=text]').last().fill(merchant);
  await page.keyboard.press('Enter');
  await page.locator('.party-head h2').waitFor();
}

test('the desk is for moderators of all rooms, and its token leaves the address at once', async () => {
  const page = await openDesk();
  await page.getByRole('heading', { name: 'Trust desk' }).waitFor();
  assert.equal(new URL(page.url()).hash, '');
  await page.reload();
  await page.getByRole('heading', { name: 'Trust desk' }).waitFor();
  await leave(page);
  for (const [claims, text] of [
    [{ sub: 'm', room: 'live-42', role: 'moderator' }, 'This sign-in is for another room'],
    [{ sub: 'v', room: '*', role: 'viewer' }, 'This sign-in is for another page'],
  ]) {
    const denied = await openDesk({}, claims);
    await denied.getByRole('heading', { name: text }).waitFor();
    await leave(denied);
  }
});

test('a shop has its index in one sentence, what moved it, and every signal with its counts', async () => {
  await sendFacts(jury.origin, shopFacts('m-good', { deliveries: 900, refunds: 2 }));
  await sendFacts(jury.origin, shopFacts('m-bad', { deliveries: 900, late: 400, refunds: 90 }));
  const page = await openDesk();
  await show(page, 'm-good');
  await page.getByText(/^Typical shops have 500, this one 5[0-9]{2}\.$/).waitFor();
  await page.getByText(/^(Too little|Some of it) is known\. By what is known it is most likely between \d{3} and \d{3}\.$/).waitFor();
  await page.getByRole('img', { name: /^Index 5\d\d, between \d{3} and \d{3}; a typical shop has 500$/ }).waitFor();
  const moved = page.getByRole('region', { name: 'What moved it most' });
  const refunds = moved.getByRole('listitem').filter({ hasText: 'Refunds for poor quality' });
  assert.match(await refunds.textContent(), /2 of 900: 0\.22%\. Typical: 2%\..*Less is better\. A fact counts half after 60 days\./);
  await page.getByRole('region', { name: 'What would help most' }).getByText('No signal is below a typical shop.').waitFor();

  const all = page.getByRole('region', { name: 'All signals' });
  assert.equal(await all.locator('.signal').count(), 90);
  await all.getByText('Service', { exact: true }).click();
  await all.getByText('Parcels delivered in the promised time').waitFor();
  await all.getByText('Nothing counted yet. Typical: 97%.').first().waitFor();

  await page.getByRole('button', { name: 'Back to the queues' }).click();
  await show(page, 'm-bad');
  await page.getByText(/^Typical shops have 500, this one \d{3}\.$/).waitFor();
  const help = page.getByRole('region', { name: 'What would help most' });
  await help.getByText(/^As in a typical shop: \+\d+\.\d$/).first().waitFor();
  const worst = (await help.getByRole('listitem').allTextContents()).join();
  assert.ok(worst.includes('Parcels delivered in the promised time') && worst.includes('Refunds for poor quality'), worst);
  await leave(page);
});

test('the exposure is told step by step, and a signal that is lately worse is named', async () => {
  await sendFacts(jury.origin, shopFacts('m-turn', { deliveries: 200, refunds: 80 }));
  const page = await openDesk();
  await show(page, 'm-turn');
  const exposure = page.getByRole('region', { name: 'How often it is shown' });
  await exposure.getByText('Lately worse: Refunds for poor quality. At most 0.85 until that ends.').waitFor();
  assert.equal(await exposure.getByRole('listitem').count(), 6);
  assert.equal(await exposure.locator('.exposure-factor').textContent(), '× 0.85');
  await exposure.getByText('15% less often than a typical shop with the same goods.').waitFor();
  await page.getByLabel('Language').selectOption('zh-CN');
  await page.getByText('近期变差：质量问题退款。恢复前最高 0.85。').waitFor();
  await page.getByText(/^一般 500，该店 \d{3}。$/).waitFor();
  await leave(page);
});

test('a shop that no fact has named is typical, and the page says why', async () => {
  const page = await openDesk();
  await show(page, 'm-unheard');
  await page.getByText('No fact about this shop has arrived yet. It has 500, and is shown as a typical shop.').waitFor();
  await leave(page, /status of 404/);
});

test('a target that is gone waits at the desk until a moderator has its events sent again', async () => {
  await openCase(jury.origin, moderator(), 'hooks');
  const page = await openDesk();
  const queue = page.getByRole('region', { name: 'Failed webhooks' });
  await until(async () => {
    await queue.getByRole('button', { name: 'Read again' }).click();
    return queue.getByText(/^The target said at .* that it is gone\. Nothing is sent to it\.$/).count();
  }, (count) => count === 1);
  target.isBack = true;
  const before = target.received;
  const place = queue.getByLabel('After place');
  await place.fill('everything');
  assert.ok(await queue.getByRole('button', { name: 'Send again' }).isDisabled(), 'a place is a number');
  await place.fill('0');
  await page.keyboard.press('Enter');
  await queue.getByText('Every event was delivered, or will be tried again.').waitFor();
  await until(() => target.received, (received) => received > before);
  await leave(page);
});

for (const colorScheme of ['light', 'dark']) {
  test(`the desk and a shop's page fit 320 px and are accessible, ${colorScheme}`, async () => {
    await sendFacts(jury.origin, shopFacts(`m-narrow-${colorScheme}`, { deliveries: 300, late: 30, refunds: 9 }));
    for (const lang of ['en', 'zh-CN']) {
      const page = await openDesk({ lang, colorScheme, viewport: { width: 320, height: 640 }, reducedMotion: 'reduce' });
      await page.locator('.look-up').last().waitFor();
      assert.deepEqual((await accessibility(page)).violations, []);
      assert.deepEqual(await page.evaluate(cutOff), []);
      await show(page, `m-narrow-${colorScheme}`);
      await page.locator('.dimension').first().waitFor();
      for (const summary of await page.locator('.dimension > summary').all()) await summary.click();
      assert.deepEqual((await accessibility(page)).violations, []);
      assert.deepEqual(await page.evaluate(cutOff), []);
      await leave(page);
    }
  });
}
