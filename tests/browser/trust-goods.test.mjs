// Goods and promises, at the trust desk and on the merchant's page: listings that a person must look at, claims in
// review, a shop's answers with their clock, and its promises.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessibility } from './axe.mjs';
import { launch, leave, provide, region, startServer } from './harness.mjs';
import { cutOff } from './layout.mjs';
import { problem } from './standing.mjs';
import { SHOP, openShop, openTrustDesk } from './trust.mjs';

const { jury, browser } = await provide({ jury: () => startServer([]), browser: launch });
const HOUR_MS = 3_600_000;
const REASONS = 'The brand has not authorised this shop.';

/** A listing that is held for its name and for a phrase, with these fields. */
const listing = (fields) => ({
  screening: '01a203b5-27b4-7ec3-865e-b9e2a7a1b301', version: 2, listing: 'l-1', listing_version: 1, party: SHOP,
  title: 'Adldas trainers', description: 'As good as the original, mirror quality, all sizes.', category: 'shoes', brand: 'Adldas',
  price_minor: 2_905, currency: 'USD', images: [], at_ms: Date.now() - 2 * HOUR_MS, state: 'held', outcome: 'hold', policy: 'look_alike_brand',
  hits: [
    { check: 'brand', list: 'brands', entry: 'adidas', field: 'brand', value: 'Adldas', note: 'look: Adidas', outcome: 'hold' },
    { check: 'term', list: 'terms', entry: 't-1', field: 'description', span: [25, 39], value: 'mirror quality', note: 'counterfeit_phrase', outcome: 'review' },
    { check: 'price', field: 'price_minor', value: '0.210', note: 'below_median', outcome: 'pass' },
    { check: 'rule', list: 'rules', entry: 'r-1', value: '', note: 'rule', outcome: 'hold', shadow: true },
  ],
  model: '1', due_ms: Date.now() + 22.5 * HOUR_MS, ...fields,
});

/** A claim with these fields. */
const claim = (fields) => ({
  claim: '01a203b5-27b4-7ec3-865e-b9e2a7a1b302', id: 'c-1', version: 4, party: SHOP, order: 'o-77', placed_at_ms: Date.now() - 90 * HOUR_MS,
  kind: 'free_return', limits: {}, about: 'quality', amount_minor: 1_250, currency: 'USD', reason: 'The seam opened on the first day.',
  evidence: ['https://buyer.example/seam.jpg'], at_ms: Date.now() - 20 * HOUR_MS, state: 'open', due_ms: Date.now() + 27.5 * HOUR_MS, ...fields,
});

const PROMISE = { kind: 'ship_within', state: 'active', limits: { hours: 48 }, applied_at_ms: 1, changed_at_ms: Date.now(), versions: [] };

const openDesk = (answers, options) => openTrustDesk(browser, jury.origin, answers, options);

/** The page of a shop's owner with these answers. */
const openMe = (answers, options) => openShop(browser, jury.origin, {
  'GET /merchants/m-9/promises': () => ({ merchant: 'm-9', assured: true, promises: [PROMISE] }),
  ...answers,
}, options);

test('a listing that is held shows what was found and where, and is released or confirmed with words', async () => {
  let held = [listing({})];
  const page = await openDesk({
    'GET /listings?state=held&limit=100': () => ({ items: held }),
    [`POST /listings/${listing({}).screening}/decide`]: () => { held = []; },
  });
  const queue = region(page, 'Listings');
  const item = queue.locator('.case');
  await item.getByText(/^The name can be taken for .Adidas.: .Adldas.\.$/).waitFor();
  await item.getByText(/^Words that sellers of copies use: .mirror quality.\.$/).waitFor();
  assert.equal(await item.locator('mark').textContent(), 'mirror quality');
  await item.getByText(/^The price is .21%. of the usual one\.$/).waitFor();
  assert.equal(await item.getByText(/rule of the platform/).count(), 0, 'a rule in shadow is counted alone');
  await item.getByText(/^Held: it is not on sale\. Due by .* \(22 hours left\)\.$/).waitFor();
  await item.focus();
  await page.keyboard.press('c');
  await item.getByText(/^The listing goes, and the shop gets a violation for .* with its points\./).waitFor();
  await page.getByLabel('Your reasons, which the party reads').and(page.locator(':focus')).waitFor();
  await page.keyboard.type(REASONS);
  await page.keyboard.press('Control+Enter');
  await queue.getByText('No listing waits for a person.').waitFor();
  const { body, version } = page.calls.find(({ name }) => name.endsWith('/decide'));
  assert.deepEqual([body, version], [{ decision: 'confirm', policy: 'look_alike_brand', words: REASONS }, '"2"']);
  await leave(page);
});

test('a claim in review shows both sides, and is granted or denied with words', async () => {
  let waiting = [claim({ state: 'in_review', answer: { words: 'It was worn for weeks.', evidence: [], at_ms: Date.now() } })];
  const page = await openDesk({
    'GET /claims': () => ({ items: waiting }),
    [`POST /claims/${claim({}).claim}/decide`]: () => { waiting = []; return problem(412, 'version_mismatch'); },
  });
  const queue = region(page, 'Claims');
  const item = queue.locator('.case');
  await item.getByRole('heading', { name: 'Free return' }).waitFor();
  await item.getByText(/^12\.50 USD, order .o-77.\. It is about quality\.$/).waitFor();
  await item.getByText('The seam opened on the first day.').waitFor();
  await item.getByText('It was worn for weeks.').waitFor();
  await item.focus();
  await page.keyboard.press('d');
  await page.getByLabel('Your reasons, which the party reads').fill(REASONS);
  await page.keyboard.press('Control+Enter');
  await queue.getByText('Somebody else was first. What you see now is how it stands.').waitFor();
  await queue.getByText('No claim waits for a moderator.').waitFor();
  await leave(page, /status of 412/);
});

test('a shop answers a claim with words and evidence before its clock ends, and reads its promises', async () => {
  let claims = [claim({}), claim({ claim: '01a203b5-27b4-7ec3-865e-b9e2a7a1b303', state: 'denied', due_ms: undefined })];
  const page = await openMe({
    'GET /claims': () => ({ items: claims }),
    [`POST /claims/${claim({}).claim}/answer`]: () => { claims = [claim({ state: 'refused', version: 5 })]; return claims[0]; },
  });
  const own = region(page, 'Claims');
  await own.getByText(/^Answer by .*, or it is granted \(27 hours left\)\.$/).waitFor();
  const refuse = own.getByRole('button', { name: 'Refuse it' });
  assert.ok(await refuse.isDisabled(), 'a refusal needs words');
  await own.getByLabel('Your side').fill('The parcel was opened and worn.');
  await own.getByLabel('Evidence (optional)').fill('https://shop.example/return.jpg');
  await refuse.press('Enter');
  await own.getByText('No claim waits for you.').waitFor();
  const { body, version } = page.calls.find(({ name }) => name.endsWith('/answer'));
  assert.deepEqual([body, version], [{ answer: 'refuse', words: 'The parcel was opened and worn.', evidence: ['https://shop.example/return.jpg'] }, '"4"']);
  await own.getByText('Earlier').click();
  await own.getByText('Refused by the shop; the buyer may escalate').waitFor();
  await region(page, 'Promises').getByText(/^Active since .*\. Within 48 hours\.$/).waitFor();
  await leave(page, /status of 404/);
});

for (const colorScheme of ['light', 'dark']) {
  test(`listings and claims fit 320 px and are accessible, ${colorScheme}`, async () => {
    for (const lang of ['en', 'zh-CN']) {
      const look = { lang, colorScheme, viewport: { width: 320, height: 640 }, reducedMotion: 'reduce' };
      const page = await openDesk({
        'GET /listings?state=held&limit=100': () => ({ items: [listing({})] }),
        'GET /claims': () => ({ items: [claim({ state: 'in_review' })] }),
      }, look);
      await page.locator('.case').nth(1).waitFor();
      for (const opener of await page.locator('.step-form > button').all()) await opener.click();
      assert.deepEqual((await accessibility(page)).violations, []);
      assert.deepEqual(await page.evaluate(cutOff), []);
      await leave(page);
      const own = await openMe({ 'GET /claims': () => ({ items: [claim({})] }) }, look);
      await own.locator('[data-claim]').waitFor();
      assert.deepEqual((await accessibility(own)).violations, []);
      assert.deepEqual(await own.evaluate(cutOff), []);
      await leave(own, /status of 404/);
    }
  });
}
