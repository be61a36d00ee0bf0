// Listings that were stopped, on the merchant's page with the appeal, and at the desk on their way to a jury.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessibility } from './axe.mjs';
import { launch, leave, provide, region, startServer } from './harness.mjs';
import { cutOff } from './layout.mjs';
import { appeal, clear } from './standing.mjs';
import { SHOP, openShop, openTrustDesk } from './trust.mjs';

const { jury, browser } = await provide({ jury: () => startServer([]), browser: launch });
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const SCREENING = '01a203b5-27b4-7ec3-865e-b9e2a7a1b401';
const CASE = '01a203b5-27b4-7ec3-865e-b9e2a7a1b402';

/** A listing that is held for its name alone, with these fields. */
const listing = (fields) => ({
  screening: SCREENING, version: 1, listing: 'l-1', listing_version: 1, party: SHOP, title: 'Adldas trainers',
  category: 'shoes', brand: 'Adldas', price_minor: 2_905, currency: 'USD', images: [], at_ms: Date.now() - 2 * HOUR_MS,
  state: 'held', outcome: 'hold', policy: 'look_alike_brand',
  hits: [{ check: 'brand', field: 'brand', value: 'Adldas', note: 'look: Adidas', outcome: 'hold' }],
  model: '1', due_ms: Date.now() + 22 * HOUR_MS, appeal_until_ms: Date.now() + 179 * DAY_MS, ...fields,
});

const blocked = listing({
  screening: '01a203b5-27b4-7ec3-865e-b9e2a7a1b403', listing: 'l-2', title: 'Bag', state: 'blocked', outcome: 'block', brand: undefined,
  hits: [{ check: 'image', field: 'images[0]', value: '4 bits', note: 'counterfeit', outcome: 'block' }, { check: 'rule', value: '', note: 'rule', outcome: 'hold' }],
});

const openDesk = (answers, options) => openTrustDesk(browser, jury.origin, answers, options);

/** The page of a shop's owner with these answers. */
const openMe = (answers, options) => openShop(browser, jury.origin, {
  'GET /merchants/m-9/promises': () => ({ merchant: 'm-9', assured: false, promises: [] }),
  'GET /claims': () => ({ items: [] }),
  'GET /listings': () => ({ items: [] }),
  ...answers,
}, options);

const of = (state) => `GET /listings?merchant=m-9&state=${state}&limit=100`;

test('a shop reads why a listing was stopped and since when, and appeals', async () => {
  let held = listing({});
  const mine = (fields) => appeal({ party: SHOP, target: { kind: 'listing', id: SCREENING }, review_reason: 'not_a_verdict', ...fields });
  let appeals = [];
  const page = await openMe({
    'GET /me': () => clear({ party: SHOP, appeals }),
    [of('held')]: () => ({ items: [held] }),
    [of('blocked')]: () => ({ items: [blocked] }),
    [`GET /listings/${SCREENING}`]: () => held,
    'POST /appeals': () => { appeals = [mine({})]; held = listing({ version: 2, appeal: mine({}).id }); return appeals[0]; },
  });
  const stopped = region(page, 'Listings that were stopped');
  const one = stopped.locator('[data-listing="l-1"]');
  await one.getByText(/^Held: the name can be taken for .Adidas.\. Held since .*: a person looks before it is on sale\.$/).waitFor();
  await one.getByText(/^The name can be taken for .Adidas.: .Adldas.\.$/).waitFor();
  const other = stopped.locator('[data-listing="l-2"]');
  await other.getByText(/^Blocked on .*\.$/).waitFor();
  await other.getByText('A picture is one of known counterfeits.').waitFor();
  await other.getByText('A rule of the platform.').waitFor();
  await one.getByText(/^Free: to another moderator until .*\.$/).waitFor();
  await one.getByRole('button', { name: 'Appeal…' }).click();
  await one.getByLabel('Why is it wrong?').fill('Adldas is our own mark.');
  await one.getByRole('button', { name: 'File the appeal' }).press('Enter');
  await region(page, 'Appeals').getByRole('heading', { name: /^Appeal against: .Adldas trainers.$/ }).waitFor();
  await one.getByRole('button', { name: 'Appeal…' }).waitFor({ state: 'detached' });
  const { body } = page.calls.find(({ name }) => name === 'POST /appeals');
  assert.deepEqual(body.target, { kind: 'listing', id: SCREENING });
  await leave(page, /status of 404/);
});

test('a look-alike name is sent to the viewers of a room', async () => {
  let waiting = [listing({}), blocked];
  const page = await openDesk({
    'GET /listings?state=held&limit=100': () => ({ items: waiting.filter(({ state }) => state === 'held') }),
    'GET /listings?state=blocked&limit=100': () => ({ items: waiting.filter(({ state }) => state === 'blocked') }),
    [`POST /listings/${SCREENING}/draft`]: ({ room }) => {
      waiting = [listing({ version: 2, jury: { case: CASE, room, at_ms: Date.now() } }), blocked];
      return waiting[0];
    },
  }, { rooms: 'live-42' });
  const queue = region(page, 'Listings');
  const item = queue.locator('.case[data-state=held]');
  await queue.locator('.case[data-state=blocked]').getByText(/^Blocked: it does not go on sale\. Due by /).waitFor();
  assert.equal(await queue.getByRole('button', { name: 'Ask a jury…' }).count(), 1, 'a picture is no question for viewers');
  assert.equal(await item.getByLabel('The room whose viewers are asked').inputValue(), 'live-42');
  await item.getByRole('button', { name: 'Ask a jury…' }).click();
  await item.getByText(/^A draft is made: would you take one name for the other\?/).waitFor();
  await item.getByRole('button', { name: 'Do it' }).press('Enter');
  await item.getByText(/^The viewers of .live-42. are asked whether they would mix up the names\.$/).waitFor();
  assert.equal(await queue.getByRole('button', { name: 'Ask a jury…' }).count(), 0);
  const { body, version } = page.calls.find(({ name }) => name.endsWith('/draft'));
  assert.deepEqual([body, version], [{ room: 'live-42' }, '"1"']);
  await leave(page);
});

test('an appeal against a listing shows what was found in it', async () => {
  const page = await openDesk({
    'GET /appeals': () => ({ items: [appeal({ party: SHOP, target: { kind: 'listing', id: SCREENING }, review_reason: 'not_a_verdict' })] }),
    [`GET /listings/${SCREENING}`]: () => listing({}),
  });
  const item = region(page, 'Appeals').locator('.case');
  await item.getByText(/^Appeal against: .Adldas trainers.$/).waitFor();
  await item.getByText(/^The name can be taken for .Adidas.: .Adldas.\.$/).waitFor();
  await leave(page);
});

for (const colorScheme of ['light', 'dark']) {
  test(`stopped listings and a question for a jury fit 320 px and are accessible, ${colorScheme}`, async () => {
    for (const lang of ['en', 'zh-CN']) {
      const look = { lang, colorScheme, viewport: { width: 320, height: 640 }, reducedMotion: 'reduce' };
      const jury_ = { case: CASE, room: 'live-42', at_ms: Date.now(), result: 'no_verdict' };
      const desk = await openDesk({
        'GET /listings?state=held&limit=100': () => ({ items: [listing({}), listing({ screening: CASE, jury: jury_ })] }),
      }, look);
      await desk.locator('.case').nth(1).waitFor();
      for (const opener of await desk.locator('.step-form > button').all()) await opener.click();
      assert.deepEqual((await accessibility(desk)).violations, []);
      assert.deepEqual(await desk.evaluate(cutOff), []);
      await leave(desk);
      const own = await openMe({ [of('held')]: () => ({ items: [listing({ jury: jury_ })] }) }, look);
      await own.locator('[data-listing]').waitFor();
      await own.locator('[data-listing] .step-form > button').click();
      assert.deepEqual((await accessibility(own)).violations, []);
      assert.deepEqual(await own.evaluate(cutOff), []);
      await leave(own, /status of 404/);
    }
  });
}
