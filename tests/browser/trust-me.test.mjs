// The merchant's page: standing, measures as letters, index and its reasons, and the appeal with its clocks.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessibility } from './axe.mjs';
import { ask, launch, leave, provide, region, startServer } from './harness.mjs';
import { cutOff } from './layout.mjs';
import { appeal, problem, standing, violation } from './standing.mjs';
import { openTrust, platform, sendFacts, shopFacts } from './trust.mjs';

const { jury, browser } = await provide({ jury: () => startServer([]), browser: launch });
const OWNER = { sub: 'owner-of-m-1', room: '*', role: 'merchant', merchant: 'm-1' };

/** The page of a shop's owner, whose standing is `answers['GET /me']`. Returns the page and its calls. */
const openMe = (answers, options) =>
  openTrust(browser, jury.origin, '/trust/me', OWNER, { 'GET /merchants/m-1/index': () => INDEX, ...answers }, options);

/** The server's own answer about a shop with facts. */
await sendFacts(jury.origin, shopFacts('m-1', { deliveries: 900, late: 200, refunds: 40 }));
const INDEX = await (await ask(jury.origin, platform(), '/trust/merchants/m-1/index?explain=true')).json();

test('the page is for merchants alone', async () => {
  for (const claims of [{ sub: 'm', room: '*', role: 'moderator' }, { sub: 'v', room: 'live-42', role: 'viewer' }]) {
    const page = await openTrust(browser, jury.origin, '/trust/me', claims);
    await page.getByRole('heading', { name: 'This sign-in is for another page' }).waitFor();
    await page.getByText('Open a new merchant link from your platform, in this tab.').waitFor();
    await leave(page);
  }
});

test('an owner reads standing, the measure as a letter, the index and what would help most', async () => {
  const page = await openMe({ 'GET /me': () => standing({}) });
  const measure = region(page, 'Measures').getByRole('listitem');
  await measure.getByText(/^Until .*: exposure at most 0\.85, nothing new\.$/).waitFor();
  await measure.getByText('Statement of reasons').click();
  await measure.getByText('Clause 1.2 forbids goods that are not as described.').waitFor();
  const own = region(page, 'Standing');
  await own.getByText('24 points in the last 180 days.').waitFor();
  await own.getByText('Limited: the shop is shown less, and lists nothing new.').waitFor();
  await own.getByText(/^.*The next to end: 9 on /).waitFor();
  await page.getByText(/^Typical shops have 500, yours \d{3}\.$/).waitFor();
  await region(page, 'What would help most').getByText(/^As in a typical shop: \+\d+\.\d$/).first().waitFor();

  const violations = region(page, 'Violations');
  await violations.getByText(/^9 points: .Goods not as described., clause 1\.2, by the jury; until .*\.$/).waitFor();
  await violations.getByText(/^Proposed: .Abuse of viewers., clause 2\.2; 6 points if a moderator confirms it\.$/).waitFor();
  const earlier = violations.getByText(/^No points: .Goods not as described., clause 1\.2, overturned on appeal\.$/);
  assert.ok(!await earlier.isVisible(), 'a violation that was overturned is out of sight');
  await violations.getByText('Earlier').click();
  await earlier.waitFor();
  await violations.getByText('What was found').first().click();
  await violations.getByText('The host said pure silk.').first().waitFor();
  await leave(page);
});

test('an owner gives a side to a draft, and replaces it', async () => {
  const draft = { case: '01a203b5-27b4-7ec3-865e-b9e2a7a1b202', version: 1, policy: 'false_advertising', title: { en: 'False advertising', 'zh-CN': '虚假宣传' }, product: 'p-9', drafted_at_ms: Date.now(), statement: '' };
  const sent = [];
  const page = await openMe({
    'GET /me': () => standing({ drafts: [{ ...draft, version: 1 + sent.length, statement: sent.at(-1) ?? '' }] }),
    [`PUT /cases/${draft.case}/statement`]: ({ text }) => { sent.push(text); return draft; },
  });
  const drafts = region(page, 'Your side');
  await drafts.getByText(/^A case is being prepared: .False advertising.\. Give your side before it opens\.$/).waitFor();
  await drafts.getByText('p-9').waitFor();
  const give = drafts.getByRole('button', { name: 'Give your side' });
  assert.ok(await give.isDisabled(), 'a side needs words');
  await drafts.getByLabel('What jurors should know').fill('The label says silk.');
  await give.press('Enter');
  await drafts.getByText('The draft has your side. You may replace it until the case opens.').waitFor();
  await drafts.getByLabel('What jurors should know').fill('The label of p-9 says silk.');
  await give.press('Enter');
  await page.waitForFunction(() => document.querySelector('[data-draft] textarea').value === 'The label of p-9 says silk.');
  assert.deepEqual(sent, ['The label says silk.', 'The label of p-9 says silk.']);
  await leave(page);
});

test('an owner appeals with words and evidence, and reads when an answer is due', async () => {
  let filed = [];
  const page = await openMe({
    'GET /me': () => standing({ violations: [violation({ state: filed.length ? 'appealed' : 'active', version: 3 + filed.length, appeal: filed[0]?.id })], appeals: filed }),
    'POST /appeals': () => { [filed] = [[appeal({ state: 'in_court', review_reason: undefined })]]; return filed[0]; },
    [`POST /appeals/${appeal({}).id}/withdraw`]: () => { filed = [appeal({ state: 'withdrawn', version: 2, decided_at_ms: Date.now() })]; },
  });
  const violations = region(page, 'Violations');
  await violations.getByText(/^Free: to a second jury until .*, to another moderator until .*\.$/).waitFor();
  const opener = violations.getByRole('button', { name: 'Appeal…' });
  await opener.press('Enter');
  await page.getByRole('button', { name: 'Cancel' }).press('Enter');
  assert.ok(await opener.evaluate((button) => new Promise((resolve) => requestAnimationFrame(() => resolve(button === document.activeElement)))));
  await opener.press('Enter');
  const file = page.getByRole('button', { name: 'File the appeal' });
  assert.ok(await file.isDisabled(), 'an appeal needs words');
  await page.getByLabel('Why is it wrong?').fill('Only the first batch had that label.');
  await page.getByLabel('Evidence (optional)').fill(Array.from({ length: 11 }, (_, n) => `https://shop.example/${n}`).join('\n'));
  assert.ok(await file.isDisabled(), 'at most ten addresses');
  await page.getByLabel('Evidence (optional)').fill('https://shop.example/batches.pdf\n\n');
  await file.press('Enter');
  const appeals = region(page, 'Appeals');
  await appeals.getByText(/^Before a second jury\. An answer is due by .* \(6 days left\)\./).waitFor();
  await appeals.getByRole('heading', { name: /^Appeal against: .Goods not as described.$/ }).waitFor();
  await violations.getByText('Its points count for no new measure while the appeal is open.').waitFor();
  const sent = page.calls.find(({ name }) => name === 'POST /appeals').body;
  assert.deepEqual(sent, {
    target: { kind: 'violation', id: violation({}).id },
    text: 'Only the first batch had that label.',
    evidence: ['https://shop.example/batches.pdf'],
  });

  await appeals.getByRole('button', { name: 'Withdraw the appeal…' }).click();
  await appeals.getByText('What it was against stays, and cannot be appealed again.').waitFor();
  await appeals.getByRole('button', { name: 'Do it' }).click();
  await appeals.getByText(/^Withdrawn · /).waitFor();
  const withdrawn = page.calls.find(({ name }) => name.endsWith('/withdraw'));
  assert.equal(withdrawn.version, '"1"');
  await leave(page);
});

test('a refused appeal keeps what was typed, and says why in words', async () => {
  const page = await openMe({
    'GET /me': () => standing({}),
    'POST /appeals': () => problem(409, 'appeal_too_late'),
  });
  await region(page, 'Violations').getByRole('button', { name: 'Appeal…' }).first().click();
  await page.getByLabel('Why is it wrong?').fill('It was another shop.');
  await page.getByRole('button', { name: 'File the appeal' }).click();
  await page.getByText('The time for an appeal is over.').waitFor();
  assert.equal(await page.getByLabel('Why is it wrong?').inputValue(), 'It was another shop.');
  await leave(page, /status of 409/);
});

test('a shop in good standing reads so, and a time that is over offers no appeal', async () => {
  const over = Date.now() - 1_000;
  const page = await openMe({
    'GET /me': () => standing({ points: 0, tier: 'clear', gate: undefined, measures: [], statements: [], violations: [violation({ jury_until_ms: over, appeal_until_ms: over })] }),
  });
  await region(page, 'Standing').getByText('In good standing.').waitFor();
  await region(page, 'Violations').getByText(/^9 points:/).waitFor();
  assert.equal(await page.getByRole('button', { name: 'Appeal…' }).count(), 0);
  assert.equal(await region(page, 'Measures').count(), 0);
  await leave(page);
});

for (const colorScheme of ['light', 'dark']) {
  test(`the merchant's page fits 320 px and is accessible, ${colorScheme}`, async () => {
    for (const lang of ['en', 'zh-CN']) {
      const page = await openMe(
        { 'GET /me': () => standing({ appeals: [appeal({})] }) },
        { lang, colorScheme, viewport: { width: 320, height: 640 }, reducedMotion: 'reduce' },
      );
      await page.locator('.dimension').first().waitFor();
      for (const summary of await page.locator('summary').all()) await summary.click();
      await page.locator('.step-form > button').first().click();
      await page.locator('form.asking').waitFor();
      assert.deepEqual((await accessibility(page)).violations, []);
      assert.deepEqual(await page.evaluate(cutOff), []);
      await leave(page);
    }
  });
}
