// The page of practice: a viewer answers made-up cases and gets a level, in both languages and by keyboard alone.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { accessibility } from './axe.mjs';
import { launch, leave, openPage, provide, startServer, token } from './harness.mjs';

const ITEMS = fileURLToPath(new URL('../../server/src/demo/practice.json', import.meta.url));
const { jury, plain, browser } = await provide({
  jury: () => startServer([], { env: { LIVE_JURY_PRACTICE: ITEMS } }),
  plain: () => startServer([]),
  browser: launch,
});

/** The page for a viewer. */
async function openPractice(sub, { origin = jury.origin, lang = 'en', role = 'viewer', ...options } = {}) {
  const page = await openPage(browser, options);
  await page.goto(`${origin}/practice/?lang=${lang}#token=${token({ sub, room: 'live-42', role })}`);
  return page;
}

test('a viewer answers a practice case by keyboard alone, and is told why', async () => {
  const page = await openPractice('ann');
  await page.getByText('Nothing here counts in a real case').waitFor();
  await page.getByText('Level 0: not passed yet').waitFor();
  const title = await page.getByRole('heading', { level: 2 }).textContent();
  assert.ok(await page.getByRole('button', { name: 'Answer' }).isDisabled(), 'nothing is chosen');
  await page.getByRole('radio').first().focus();
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await page.getByText(/^(Right\.|Not right\. The right answer: Support the )/).waitFor();
  await page.getByText('1 case answered').waitFor();
  assert.ok(await page.getByRole('radio').first().isDisabled(), 'an answer is given once');
  await page.getByRole('button', { name: 'Next case' }).press('Enter');
  await page.getByText(/^(Right\.|Not right\.)/).waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Answer' }).waitFor();
  assert.notEqual(await page.getByRole('heading', { level: 2 }).textContent(), title);
  await page.reload();
  await page.getByText('1 case answered').waitFor();
  await leave(page);
});

test('right answers give a level, and the cases come to an end', async () => {
  const { default: items } = await import(ITEMS, { with: { type: 'json' } });
  const rightOf = new Map(items.map(({ right, texts }) => [texts.en.title, right]));
  const page = await openPractice('bob');
  const headings = page.getByRole('heading', { level: 2 });
  for (let answered = 1; answered <= items.length; answered += 1) {
    await page.getByRole('button', { name: 'Answer' }).waitFor();
    const right = rightOf.get(await headings.textContent());
    await page.getByRole('radio', { name: right === 'buyer' ? 'Support the buyer' : 'Support the merchant' }).check();
    await page.getByRole('button', { name: 'Answer' }).click();
    await page.getByText('Right.', { exact: true }).waitFor();
    await page.getByText(answered < 7 ? 'Level 0: not passed yet' : 'Level 1: practice passed').waitFor();
    await page.getByRole('button', { name: 'Next case' }).click();
    // The answered case stays until the next one is there.
    await page.getByText('Right.', { exact: true }).waitFor({ state: 'detached' });
  }
  await page.getByText('You have answered all cases that there are.').waitFor();
  await leave(page);
});

test('practice speaks both languages, and a server without cases says so', async () => {
  const page = await openPractice('carl', { lang: 'zh-CN' });
  await page.getByText('这些案件均为虚构').waitFor();
  await page.getByRole('radio', { name: '支持买家' }).waitFor();
  await page.getByLabel('语言').selectOption('en');
  await page.getByRole('radio', { name: 'Support the buyer' }).waitFor();
  await leave(page);
  const empty = await openPractice('carl', { origin: plain.origin });
  await empty.getByText('This server has no practice cases.').waitFor();
  await leave(empty, /status of 404/);
  const host = await openPractice('host', { role: 'host' });
  await host.getByText('Open a new viewer link').waitFor();
  await leave(host);
});

for (const colorScheme of ['light', 'dark']) {
  test(`the page of practice fits 320 px and is accessible, ${colorScheme}`, async () => {
    for (const lang of ['en', 'zh-CN']) {
      const page = await openPractice(`dora-${lang}-${colorScheme}`, { lang, colorScheme, viewport: { width: 320, height: 640 } });
      await page.getByRole('radio').first().check();
      await page.locator('button[type=submit]').click();
      await page.locator('fieldset[disabled]').waitFor();
      const [content, width] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
      assert.ok(content <= width, `${content} px of content in ${width} px`);
      assert.deepEqual((await accessibility(page)).violations, []);
      await leave(page);
    }
  });
}
