// The page on which anybody checks saved files: both languages, without a connection, by keyboard, on a small phone.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { accessibility } from './axe.mjs';
import { launch, leave, openPage, provide, startServer } from './harness.mjs';

const { jury, browser } = await provide({ jury: () => startServer([]), browser: launch });

const BUNDLE = readFileSync(fileURLToPath(new URL('../../docs/verifying/case.bundle', import.meta.url)), 'utf8');
/** The key of that made-up case's log. */
const KEY = 'jury.example.com/log/1+cf111579+ARl/ayPhbIUyxqvIOPrNXqeJvgx2spIDNAOb+os9No1h';

const file = (text, name = 'case.bundle') => ({ name, mimeType: 'application/json', buffer: Buffer.from(text) });

async function opened(options = {}) {
  const page = await openPage(browser, options);
  await page.goto(`${jury.origin}/verify`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

test('a saved case is checked without a connection', async () => {
  const page = await opened();
  await page.waitForLoadState('networkidle');
  await page.context().setOffline(true);
  await page.getByLabel('Files').setInputFiles(file(BUNDLE));
  await page.getByText('Without the log\'s key nobody vouches for it.').waitFor();
  await page.getByLabel('Key of the log').fill(KEY);
  await page.getByText('Everything that can be checked here is good.').waitFor();
  const results = await page.locator('#steps li').evaluateAll((all) => all.map((one) => one.dataset.result));
  assert.ok(results.length >= 6 && !results.includes('fail'), results.join());
  await page.getByRole('button', { name: '中文' }).click();
  await page.getByText('这里能核对的一切均无误。').waitFor();
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN');
  await leave(page);
});

const CHANGED = {
  'another count': [(text) => text.replace('counts 35', 'counts 36'), 'The file cannot be read'],
  'another outcome': [(text) => text.replace('decided buyer', 'decided merchant'), 'Something is wrong.'],
  'another brief': [(text) => text.replace('jury/brief/v1', 'jury/brief/v2'), 'Something is wrong.'],
  'no case': [() => '{"format":"something else"}', 'The file cannot be read'],
};
for (const [name, [change, text]] of Object.entries(CHANGED)) {
  test(`${name} is told in words`, async () => {
    const page = await opened();
    await page.getByLabel('Key of the log').fill(KEY);
    await page.getByLabel('Or paste').fill(change(BUNDLE));
    await page.locator('#said', { hasText: text }).waitFor();
    assert.equal(await page.locator('#result').getAttribute('data-result'), 'fail');
    assert.deepEqual((await accessibility(page)).violations, []);
    await leave(page);
  });
}

test('a file of another kind is refused', async () => {
  const page = await opened();
  await page.getByLabel('Files').setInputFiles(file('not a case', 'notes.txt'));
  await page.getByText('This is none of these files.').waitFor();
  await leave(page);
});

test('the receipt of a juror who asked alone is read, as bytes and as text', async () => {
  // A batch of one has no path: the head, the seal, and 64 bytes of a signature.
  const bytes = Buffer.concat([Buffer.from([1, 0]), Buffer.alloc(46, 1), Buffer.from([0, 1]), Buffer.alloc(96, 7)]);
  bytes.writeUInt32BE(0, 42);
  bytes.writeUInt32BE(1, 46);
  const page = await opened();
  for (const content of [bytes, `${bytes.toString('base64')}\n`]) {
    await page.getByLabel('Files').setInputFiles([]);
    await page.getByLabel('Files').setInputFiles(file(content, 'receipt.txt'));
    await page.locator('#taken', { hasText: 'receipt' }).waitFor();
  }
  for (const wrong of [bytes.subarray(1), Buffer.concat([bytes, bytes.subarray(0, 16)])]) {
    await page.getByLabel('Files').setInputFiles(file(wrong, 'receipt.bin'));
    await page.getByText('This is none of these files.').waitFor();
  }
  await leave(page);
});

test('the page is reached by keyboard, and fits a small phone in light and dark', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const page = await opened({ viewport: { width: 320, height: 700 }, colorScheme });
    const reached = [];
    for (let press = 0; press < 4; press += 1) {
      await page.keyboard.press('Tab');
      reached.push(await page.evaluate(() => document.activeElement.id));
    }
    assert.deepEqual(reached, ['language', 'files', 'paste', 'key']);
    await page.getByLabel('Key of the log').fill(KEY);
    await page.getByLabel('Files').setInputFiles(file(BUNDLE));
    await page.getByText('Everything that can be checked here is good.').waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    assert.deepEqual((await accessibility(page)).violations, []);
    await leave(page);
  }
});

test('nobody may frame the page', async () => {
  const answer = await fetch(`${jury.origin}/verify`);
  const policy = answer.headers.get('content-security-policy');
  assert.match(policy, /^default-src 'none'; script-src 'self' .*frame-ancestors 'none'$/);
});
