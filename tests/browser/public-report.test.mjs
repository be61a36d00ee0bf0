// The page of the public report: in order, with definitions one tap away, in both languages, on a small phone, on
// paper, and without script.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessibility } from './axe.mjs';
import { ask, launch, leave, moderator, openPage, provide, startServer } from './harness.mjs';
import { cutOff } from './layout.mjs';
import { platform, sendFacts } from './trust.mjs';

const { jury, browser } = await provide({ jury: () => startServer([]), browser: launch });

const DAY_MS = 24 * 60 * 60 * 1000;
const day = (ago) => new Date(Date.now() - ago * DAY_MS).toISOString().slice(0, 10);

/** Answers of buyers, live sessions, and a random badge, so many days ago. */
function* facts(ago, satisfied) {
  const at_ms = Date.now() - ago * DAY_MS;
  const of = (id, type, fields) => ({ id: `${ago}-${id}`, type, at_ms, merchant: 'm-1', ...fields });
  for (let n = 0; n < 100; n += 1) {
    yield of(`s${n}`, 'survey.answered', { order: 'o', question: 'after_sales', answer: n < satisfied ? 'yes' : 'no' });
  }
  yield of('live', 'live.ended', {
    session: 's', minutes: 60, viewer_minutes: 9_000, sessions_10s: 12_000, product_shown: true, reporters: 0, muted: 0, cut: false,
  });
  for (const [arm, k] of [['with', 60], ['without', 50]]) yield { tally: 'badge', day: day(ago), arm, n: 1_000, k };
}

const publish = async (ago, title) =>
  (await ask(jury.origin, platform(), '/trust/editions', 'POST', { from: day(ago), to: day(ago), title })).json();

await sendFacts(jury.origin, [...facts(5, 90), ...facts(2, 95)]);
const first = await publish(5, 'The fifth day');
const second = await publish(2, 'The second day');

async function opened(path = '/trust/report', options = {}) {
  const page = await openPage(browser, options);
  await page.goto(`${jury.origin}${path}`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  return page;
}

test('the newest edition shows its figures, changes and definitions', async () => {
  const page = await opened();
  await page.getByRole('heading', { name: 'The second day' }).waitFor();
  const satisfied = page.getByRole('region', { name: 'Satisfied with after-sales service' });
  await satisfied.getByText('95 %', { exact: true }).waitFor();
  await satisfied.getByText('+5.56 % since the edition before').first().waitFor();
  const text = satisfied.getByText('Buyers who answered yes').first();
  assert.ok(!await text.isVisible(), 'a definition is out of sight');
  await satisfied.getByText('Definition').first().click();
  await text.waitFor();
  const order = await page.locator('section > h2').allTextContents();
  const places = ['Bans', 'Reports by viewers', 'More orders with the promise shown', 'Satisfied with after-sales service']
    .map((name) => order.indexOf(name));
  assert.deepEqual(places, [...places].sort((a, b) => a - b), order.join());
  assert.ok(!places.includes(-1), order.join());
  await page.getByRole('region', { name: 'Not known for this period' }).getByText('Listings intercepted').waitFor();
  await page.getByRole('link', { name: 'The fifth day' }).click();
  await page.getByRole('heading', { name: 'The fifth day' }).waitFor();
  assert.ok(page.url().includes(first.id));
  await leave(page);
});

test('the page is read in either language, without script', async () => {
  const page = await openPage(browser, { javaScriptEnabled: false, locale: 'zh-CN' });
  await page.goto(`${jury.origin}/trust/report`);
  await page.getByText('数据均由系统记录得出。').waitFor();
  await page.getByRole('link', { name: 'English' }).click();
  await page.getByText('From the system\'s own records.').waitFor();
  await page.getByText('Definition').first().click();
  await page.context().close();
});

test('the page is reached by keyboard, fits 320 px and breaks no rule, light and dark', async () => {
  for (const [colorScheme, lang] of [['light', 'en'], ['dark', 'zh-CN']]) {
    const page = await opened(`/trust/report?lang=${lang}`, { viewport: { width: 320, height: 700 }, colorScheme });
    for (const closed of await page.locator('details').all()) await closed.evaluate((details) => { details.open = true; });
    assert.deepEqual(await page.evaluate(cutOff), []);
    assert.deepEqual((await accessibility(page)).violations, []);
    for (const closed of await page.locator('details').all()) await closed.evaluate((details) => { details.open = false; });
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.hreflang), lang === 'en' ? 'zh-CN' : 'en');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.parentElement.open), true);
    await leave(page);
  }
});

test('on paper the definitions follow the figures, and nothing is to be opened', async () => {
  const page = await opened();
  await page.emulateMedia({ media: 'print' });
  await page.getByRole('heading', { name: 'Definitions' }).waitFor();
  await page.getByText('Buyers who answered yes').last().waitFor();
  assert.ok(!await page.getByText('Definition', { exact: true }).first().isVisible());
  assert.ok(!await page.getByRole('heading', { name: 'Editions' }).isVisible());
  assert.ok((await page.pdf()).length > 1_000);
  await leave(page);
});

test('nobody may frame the page, and nothing runs in it', async () => {
  const answer = await fetch(`${jury.origin}/trust/report`);
  const policy = answer.headers.get('content-security-policy');
  assert.match(policy, /^default-src 'none'; style-src 'self'; img-src 'self'; .*frame-ancestors 'none'$/);
  assert.ok(!(await answer.text()).includes('<script'));
  const own = await ask(jury.origin, moderator(), `/trust/editions/${second.id}`);
  assert.equal((await own.json()).title, 'The second day');
});
