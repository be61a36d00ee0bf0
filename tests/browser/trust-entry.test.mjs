// Who may sell, at the trust desk and on the merchant's page: applications that are held, and drafts made from reports
// with their way into the console.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessibility } from './axe.mjs';
import { launch, leave, moderator, openCase, provide, region, startServer } from './harness.mjs';
import { cutOff } from './layout.mjs';
import { application, clear, problem } from './standing.mjs';
import { SHOP, openShop, openTrustDesk } from './trust.mjs';

const { jury, browser } = await provide({ jury: () => startServer([]), browser: launch });
const REASONS = 'The account belongs to a partner of theirs.';

const openDesk = (answers, options) => openTrustDesk(browser, jury.origin, answers, options);

/** The page of an applicant whose application is this one. */
const openMe = (own, options) =>
  openShop(browser, jury.origin, { 'GET /me': () => clear({ party: SHOP, application: own }) }, options);

const SENTENCE = /^Payout account and device are those of a shop closed on .*\.$/;

test('an application that is held says what it shares with a closed shop, and is released by keyboard alone', async () => {
  const waits = application({ application: '01a203b5-27b4-7ec3-865e-b9e2a7a1b2ff', party: { kind: 'merchant', id: 'm-8' }, proposed: 'refuse', due_ms: undefined, groups: ['self'], reasons: [{ group: 'self', text: 'It has the identity of a party.', closed_at_ms: Date.now() }] });
  let held = [application({}), waits];
  const page = await openDesk({
    'GET /applications': () => ({ items: held }),
    [`POST /applications/${application({}).application}/decide`]: () => { held = [waits]; },
  });
  const items = region(page, 'Applications').locator('.queue > .case');
  await items.nth(1).waitFor();
  const [first, item] = [items.first(), items.nth(1)];
  await first.getByText('No clock runs: it waits until a person decides.').waitFor();
  await first.getByText('Refusal is proposed. Strangers may share a name and a birthday.').waitFor();
  await first.getByText(/^Identity is that of a shop closed on /).waitFor();
  await item.getByText(SENTENCE).waitFor();
  await item.getByText(/^Weight 23\.1; from 12\.0 on it may be the same people\./).waitFor();
  await item.getByText(/^Becomes a probation by itself on .* \(2 days left\)\.$/).waitFor();
  await item.getByText(/^Applied on .* Category: silk\.$/).waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('r');
  await item.getByText(/^The shop sells like any other from now on, and reads your reasons\./).waitFor();
  await page.getByLabel('Your reasons, which the party reads').and(page.locator(':focus')).waitFor();
  await page.keyboard.type(REASONS);
  await page.keyboard.press('Control+Enter');
  await items.nth(1).waitFor({ state: 'detached' });
  const { body, version } = page.calls.find(({ name }) => name.endsWith('/decide'));
  assert.deepEqual([body, version], [{ decision: 'release', words: REASONS }, '"2"']);
  await leave(page);
});

test('two moderators at one application meet, and a shop that sells already is not refused', async () => {
  let held = [application({}), application({ application: '01a203b5-27b4-7ec3-865e-b9e2a7a1b2fe', again: true, due_ms: undefined })];
  const page = await openDesk({
    'GET /applications': () => ({ items: held }),
    [`POST /applications/${application({}).application}/decide`]: () => { held = held.slice(1); return problem(409, 'decided'); },
  });
  const queue = region(page, 'Applications');
  const again = queue.locator('.case').first();
  await again.getByText(/^It sells already\. Its identity changed on .*, and nothing is closed\./).waitFor();
  assert.equal(await again.getByRole('button', { name: 'Refuse…' }).count(), 0);
  const item = queue.locator('.case').nth(1);
  await item.getByRole('button', { name: 'Refuse…' }).click();
  await item.getByText(/^The applicant does not sell\. It reads your reasons and may appeal for 180 days;/).waitFor();
  await page.getByLabel('Your reasons, which the party reads').fill(REASONS);
  await item.getByRole('button', { name: 'Do it' }).click();
  await queue.getByText('It is decided already.').waitFor();
  await queue.locator('.case').nth(1).waitFor({ state: 'detached' });
  await leave(page, /status of 409/);
});

test('an applicant reads why it is held and until when, and what was decided', async () => {
  const page = await openMe(application({}));
  const own = region(page, 'Application');
  await own.getByText(/^Held since .*\. Without a decision you may sell on probation from .* on\.$/).waitFor();
  await own.getByText(/^Payout account and device are those of a shop closed on .* A person looks\.$/).waitFor();
  await own.getByText(/^Weight 23\.1; from 12\.0 on it may be the same people\./).waitFor();
  await leave(page, /status of 404/);
  const refused = await openMe(application({ state: 'refused', due_ms: undefined, decided_at_ms: Date.now(), words: REASONS }));
  await region(refused, 'Application').getByText(/^Refused on /).waitFor();
  await region(refused, 'Application').getByText(REASONS).waitFor();
  await region(refused, 'Application').getByText('The letter under Measures says why, and how to appeal.').waitFor();
  await leave(refused, /status of 404/);
  const passed = await openMe(application({ state: 'passed', due_ms: undefined, groups: [], reasons: [], weight: 0 }), { lang: 'zh-CN' });
  await region(passed, '入驻申请').getByText(/审核通过。$/).waitFor();
  assert.equal(await passed.getByText(/权重/).count(), 0);
  await leave(passed, /status of 404/);
});

/** A bucket whose draft is this case. */
const bucket = (draft, fields) => ({
  id: 'b-1', room: 'live-42', subject: { merchant: 'm-1', host: 'h-1', product: 'Silk scarf' }, policy: 'false_advertising', state: 'drafted',
  case: draft, opened: false, version: 2, reports: 12, reporters: 11, proven: 2, burst: false, score: 3.7,
  first_at_ms: Date.now() - 7_200_000, last_at_ms: Date.now(), ...fields,
});

test('a draft made from reports says what led to it, and opens filled in at the console', async () => {
  const statements = { buyer: 'The label says 70% silk.', merchant: '' };
  const draft = await openCase(jury.origin, moderator(), 'live-42', { title: 'Was it silk?', statements, open: false });
  const later = await openCase(jury.origin, moderator(), 'live-42', { title: 'Was it late?', open: false });
  const opened = await openCase(jury.origin, moderator(), 'live-42', { title: 'Was it dear?' });
  const page = await openDesk({
    'GET /rooms/live-42/buckets': () => ({
      items: [bucket(later.id, { id: 'b-2', first_at_ms: Date.now() }), bucket(opened.id, { id: 'b-3', opened: true }), bucket(draft.id)],
    }),
    'GET /buckets/b-1': () => ({ bucket: bucket(draft.id), items: [{ text: 'It is polyester.', proven: true, new_account: false, at_ms: Date.now() }] }),
  }, { rooms: 'live-42' });
  const items = region(page, 'Drafts from reports').locator('.queue > .case');
  await items.nth(1).waitFor();
  assert.equal(await items.count(), 2, 'a case that is open waits for nobody');
  const item = items.first();
  await item.getByRole('heading', { name: 'Was it silk?' }).waitFor();
  await item.getByText(/^11 viewers reported it, 2 with a proven order\. Since .*, in room .live-42.\.$/).waitFor();
  await item.getByText('The shop has not given its side yet.').waitFor();
  await items.nth(1).getByText('The shop has given its side.').waitFor();
  await item.getByText('What they say').click();
  await item.getByText('It is polyester.').waitFor();
  await item.focus();
  const [console] = await Promise.all([page.context().waitForEvent('page'), page.keyboard.press('o')]);
  const title = console.getByLabel('Title: the question viewers answer');
  await title.waitFor();
  assert.equal(await title.inputValue(), 'Was it silk?');
  assert.equal(new URL(console.url()).hash, '', 'the token leaves the address');
  await leave(page);
});

for (const colorScheme of ['light', 'dark']) {
  test(`held applications and drafts fit 320 px and are accessible, ${colorScheme}`, async () => {
    const { id } = await openCase(jury.origin, moderator(), `narrow-${colorScheme}`, { title: 'Was it silk?', open: false });
    const room = `narrow-${colorScheme}`;
    for (const lang of ['en', 'zh-CN']) {
      const look = { lang, rooms: room, colorScheme, viewport: { width: 320, height: 640 }, reducedMotion: 'reduce' };
      const page = await openDesk({
        'GET /applications': () => ({ items: [application({ proposed: 'refuse' }), application({ application: '01a203b5-27b4-7ec3-865e-b9e2a7a1b2fe', again: true })] }),
        [`GET /rooms/${room}/buckets`]: () => ({ items: [bucket(id, { room })] }),
      }, look);
      await page.locator('.case').nth(2).waitFor();
      for (const opener of await page.locator('.step-form > button').all()) await opener.click();
      assert.deepEqual((await accessibility(page)).violations, []);
      assert.deepEqual(await page.evaluate(cutOff), []);
      await leave(page);
      const own = await openMe(application({ words: REASONS }), look);
      await own.locator('#application-title').waitFor();
      assert.deepEqual((await accessibility(own)).violations, []);
      assert.deepEqual(await own.evaluate(cutOff), []);
      await leave(own, /status of 404/);
    }
  });
}
