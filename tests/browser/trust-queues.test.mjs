// The queues of the trust desk: what waits, what is due first, the steps with their reasons, and two moderators at one
// item.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessibility } from './axe.mjs';
import { launch, leave, provide, region, startServer, until } from './harness.mjs';
import { cutOff } from './layout.mjs';
import { appeal, problem, standing, violation } from './standing.mjs';
import { openTrustDesk } from './trust.mjs';

const { jury, browser } = await provide({ jury: () => startServer([]), browser: launch });
const HOUR_MS = 3_600_000;
const REASONS = 'The stream shows it at 12:14.';
const PROPOSED = violation({ state: 'proposed', counts: false, points: 6, decided_at_ms: Date.now() - 30 * HOUR_MS });

/** The desk with these answers. It knows a shop of 24 points, which has no index. */
const openDesk = (answers, options) => openTrustDesk(browser, jury.origin, {
  'GET /parties/merchant/m-1': () => standing({}),
  'GET /merchants/m-1/index': () => problem(404, 'not_found'),
  ...answers,
}, options);

test('a proposed violation is confirmed after its effect is read, with reasons of twenty characters', async () => {
  let waits = true;
  const page = await openDesk({
    'GET /violations': () => ({ items: waits ? [PROPOSED] : [] }),
    [`POST /violations/${PROPOSED.id}/confirm`]: () => { waits = false; },
  });
  const queue = region(page, 'Proposed violations');
  const item = queue.locator('.case');
  await item.getByText('24 points in the last 180 days. Limited: the shop is shown less, and lists nothing new.').waitFor();
  await item.getByText(/^Waits since .*\. From a case in room .live-42.\.$/).waitFor();
  await item.getByRole('button', { name: 'Confirm…' }).click();
  await item.getByText(/^The party gets 6 points until .* and may appeal;/).waitFor();
  const act = item.getByRole('button', { name: 'Do it' });
  await page.getByLabel('Your reasons, which the party reads').fill('nineteen characters');
  assert.ok(await act.isDisabled());
  await page.getByLabel('Your reasons, which the party reads').fill(`  ${REASONS}  `);
  await act.click();
  await queue.getByText('No violation waits for a decision.').waitFor();
  const { body, version } = page.calls.find(({ name }) => name.endsWith('/confirm'));
  assert.deepEqual([body, version], [{ words: REASONS }, '"3"']);
  await leave(page);
});

test('the second of two moderators is told that somebody was first, and sees how it stands', async () => {
  let version = 3;
  const page = await openDesk({
    'GET /violations': () => ({ items: version === 3 ? [PROPOSED] : [] }),
    [`POST /violations/${PROPOSED.id}/dismiss`]: () => { version = 4; return problem(412, 'version_mismatch'); },
  });
  const queue = region(page, 'Proposed violations');
  await queue.getByRole('button', { name: 'Dismiss…' }).click();
  await page.getByLabel('Your reasons, which the party reads').fill(REASONS);
  await queue.getByRole('button', { name: 'Do it' }).click();
  await page.getByText('Somebody else was first. What you see now is how it stands.').waitFor();
  await queue.getByText('No violation waits for a decision.').waitFor();
  await leave(page, /status of 412/);
});

test('appeals due first come first, and one is decided by keyboard alone', async () => {
  const late = appeal({ id: '01a203b5-27b4-7ec3-865e-b9e2a7a1b299', text: 'The later one.', due_ms: Date.now() + 90 * HOUR_MS });
  const due = appeal({ text: 'The one that is overdue.', due_ms: Date.now() - 3 * HOUR_MS });
  let waiting = [late, due];
  const page = await openDesk({
    'GET /appeals': () => ({ items: waiting }),
    [`POST /appeals/${due.id}/decide`]: () => { waiting = [late]; },
  });
  const queue = region(page, 'Appeals');
  await queue.getByText(/An answer is due by .* \(overdue by 3 hours\)\./).waitFor();
  const shown = await queue.locator('.case').allTextContents();
  assert.ok(shown[0].includes('The one that is overdue.') && shown[1].includes('The later one.'));
  await page.keyboard.press('j');
  await page.keyboard.press('o');
  await queue.getByText('What the appeal is against is as if it had never been:').waitFor();
  const reasons = page.getByLabel('Your reasons, which the party reads');
  await reasons.and(page.locator(':focus')).waitFor();
  await page.keyboard.type(REASONS);
  await page.keyboard.press('Control+Enter');
  await queue.getByText('The one that is overdue.').waitFor({ state: 'detached' });
  const { body, version } = page.calls.find(({ name }) => name.endsWith('/decide'));
  assert.deepEqual([body, version], [{ outcome: 'overturned', words: REASONS }, '"1"']);
  await leave(page);
});

test('letters press buttons of the item with the focus alone, and can be switched off', async () => {
  const page = await openDesk({ 'GET /violations': () => ({ items: [PROPOSED] }) });
  const queue = region(page, 'Proposed violations');
  await queue.getByRole('button', { name: 'Confirm…' }).waitFor();
  await page.keyboard.press('c');
  assert.equal(await page.locator('.asking').count(), 0, 'no item has the focus');
  await page.keyboard.press('j');
  await page.keyboard.press('c');
  await page.locator('.asking textarea:focus').waitFor();
  await page.keyboard.type('cdj');
  assert.equal(await page.locator('.asking').count(), 1, 'typed text triggers nothing');
  await page.keyboard.press('Escape');
  await page.locator('.asking').waitFor({ state: 'detached' });
  await page.getByText('Keyboard', { exact: true }).click();
  await page.getByLabel('Use shortcuts').uncheck();
  await page.locator('.queue > .case').first().focus();
  await page.keyboard.press('c');
  assert.equal(await page.locator('.asking').count(), 0);
  await leave(page);
});

test('a ban says what it does and for what, and a banned shop shows how it is lifted', async () => {
  let banned = false;
  const ban = { ...standing({}).measures[0], id: '01a203b5-27b4-7ec3-865e-b9e2a7a1b298', kind: 'ban', until_ms: undefined, violation: undefined, points: 48, account_ends_ms: Date.now() + 720 * HOUR_MS };
  const page = await openDesk({
    'GET /parties/merchant/m-1': () => standing({ points: 48, tier: 'ban_proposed', measures: banned ? [ban] : [] }),
    'POST /parties/merchant/m-1/ban': () => { banned = true; },
    'POST /parties/merchant/m-1/unban': () => { banned = false; },
  });
  await page.locator('.look-up input[type=text]').last().fill('m-1');
  await page.keyboard.press('Enter');
  const section = region(page, 'Ban');
  await section.getByRole('button', { name: 'Ban…' }).click();
  await section.getByText(/The shop is not shown from now on.*It would be for:\s*9 points: .Goods not as described./s).waitFor();
  await page.getByLabel('Your reasons, which the party reads').fill('Too short.');
  assert.ok(await section.getByRole('button', { name: 'Do it' }).isDisabled());
  await page.getByLabel('Your reasons, which the party reads').fill(REASONS);
  await section.getByRole('button', { name: 'Do it' }).click();
  await region(page, 'Measures').getByText('Banned: not shown, until a moderator or an appeal lifts it.').waitFor();
  const { body } = page.calls.find(({ name }) => name.endsWith('/ban'));
  assert.deepEqual(body, { violations: [violation({}).id], words: REASONS });
  await section.getByRole('button', { name: 'Lift the ban…' }).click();
  await page.getByLabel('Your reasons, which the party reads').fill(REASONS);
  await section.getByRole('button', { name: 'Do it' }).click();
  await section.getByRole('button', { name: 'Ban…' }).waitFor();
  await leave(page, /status of 404/);
});

/** A bucket of reports with these fields. */
const bucket = (fields) => ({
  id: 'b-1',
  room: 'live-42',
  subject: { merchant: 'm-1', host: 'h-1', product: 'Silk scarf' },
  policy: 'not_as_described',
  state: 'open',
  opened: false,
  version: 4,
  reports: 12,
  reporters: 11,
  proven: 2,
  burst: true,
  score: 2.5,
  first_at_ms: Date.now() - 2 * HOUR_MS,
  last_at_ms: Date.now(),
  ...fields,
});

test('reports of the rooms of the console wait, and one keystroke files a draft', async () => {
  let waiting = [bucket({}), bucket({ id: 'b-3', state: 'drafted' })];
  const page = await openDesk({
    'GET /rooms/live-42/buckets': () => ({ items: waiting }),
    'GET /rooms/live-7/buckets': () => ({ items: [bucket({ id: 'b-2', room: 'live-7', state: 'queued', burst: false, proven: 0, reporters: 1 })] }),
    'GET /buckets/b-1': () => ({
      bucket: bucket({}),
      items: [{ text: 'It is polyester.', stream_at_ms: 734_000, proven: true, new_account: false, at_ms: Date.now() }],
    }),
    'POST /buckets/b-1/draft': () => {
      waiting = [];
      return bucket({ state: 'drafted' });
    },
  }, { rooms: 'live-42 live-7' });
  const queue = region(page, 'Reports by viewers');
  const items = queue.locator('.queue > .case');
  await items.nth(1).waitFor();
  assert.equal(await items.count(), 2, 'a drafted bucket waits for nobody');
  assert.match(await items.first().textContent(), /1 viewer reported it\..*in room .live-7./);
  const item = items.nth(1);
  await item.getByRole('heading', { name: 'Goods not as described' }).waitFor();
  await item.getByText(/^11 viewers reported it, 2 with a proven order\. Since /).waitFor();
  await item.getByText('They came all at once, or mostly from new accounts.').waitFor();
  await item.getByText('What they say').click();
  await item.getByText('It is polyester.').waitFor();
  await item.getByText(/ · at 12:14 of the stream · proven order$/).waitFor();
  await item.focus();
  await page.keyboard.press('d');
  await until(() => items.count(), (count) => count === 1);
  assert.equal(page.calls.find(({ name }) => name.endsWith('/draft')).version, '"4"');
  await leave(page);
});

test('reports are closed as unfounded with reasons, and it says what that means', async () => {
  let waiting = [bucket({})];
  const page = await openDesk({
    'GET /rooms/live-42/buckets': () => ({ items: waiting }),
    'POST /buckets/b-1/close': () => {
      waiting = [];
      return bucket({ state: 'closed' });
    },
  }, { rooms: 'live-42' });
  const queue = region(page, 'Reports by viewers');
  await queue.getByRole('button', { name: 'Unfounded…' }).click();
  await queue.getByText('The reports are closed as unfounded. That counts against their reporters; nobody else is told.').waitFor();
  await page.getByLabel('Your reasons, which the party reads').fill(REASONS);
  await queue.getByRole('button', { name: 'Do it' }).click();
  await queue.getByText('No report waits in the rooms of your console.').waitFor();
  const { body, version } = page.calls.find(({ name }) => name.endsWith('/close'));
  assert.deepEqual([body, version], [{ words: REASONS }, '"4"']);
  await leave(page);
});

for (const colorScheme of ['light', 'dark']) {
  test(`the queues fit 320 px and are accessible, ${colorScheme}`, async () => {
    for (const lang of ['en', 'zh-CN']) {
      const page = await openDesk(
        { 'GET /violations': () => ({ items: [PROPOSED] }), 'GET /appeals': () => ({ items: [appeal({})] }), 'GET /rooms/live-42/buckets': () => ({ items: [bucket({})] }) },
        { lang, rooms: 'live-42', colorScheme, viewport: { width: 320, height: 640 }, reducedMotion: 'reduce' },
      );
      await page.locator('.case').nth(2).waitFor();
      for (const opener of await page.locator('.step-form > button').all()) await opener.click();
      assert.deepEqual((await accessibility(page)).violations, []);
      assert.deepEqual(await page.evaluate(cutOff), []);
      await leave(page);
    }
  });
}
