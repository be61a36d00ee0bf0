// The figures and lists of the console: ballot rate, refusals, past cases, and the rule of a wrong field.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { ask, cast, closeCase, launch, moderator, openCase, openPage, provide, startServer, token } from './harness.mjs';

const { jury, browser } = await provide({ jury: () => startServer(['https://live.example']), browser: launch });

async function openConsole(room, asked = '') {
  const page = await openPage(browser);
  await page.goto(`${jury.origin}/console/${asked}#token=${token({ sub: 'moderator-1', room, role: 'moderator' })}`);
  return page;
}

test('a running case shows turnout, shares, ballot rate and refusals by reason', async () => {
  const { id } = await openCase(jury.origin, moderator(), 'figures', { rules: { quorum: 4, min_account_age_days: 30 } });
  const page = await openConsole('figures');
  // The curve needs three samples. All of them are before the first vote.
  const curve = page.locator('.pace path');
  await page.waitForFunction(() => document.querySelector('.pace path')?.getAttribute('d'));
  const voteAs = (sub, since) => cast(browser, jury.origin, { sub, room: 'figures', since }, id, 'buyer');
  for (const sub of ['ann', 'ben', 'cai']) assert.equal((await voteAs(sub, 0)).type, 'ballot');
  assert.equal((await voteAs('new')).reason, 'account_too_new');

  await page.getByText('3 votes of 4 needed').waitFor();
  await page.locator('.shares').getByText('100%').waitFor();
  await page.getByText(/^Votes\/s \d+ · peak [1-3]$/).waitFor();
  assert.match(await curve.getAttribute('d'), /L[\d.]+ 0\.0/, 'the peak touches the top');
  const refusals = page.locator('.refusals li');
  await refusals.filter({ hasText: 'Account too new' }).getByText('1', { exact: true }).waitFor();
  assert.equal(await refusals.count(), 1);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('past cases are found by text and by outcome, beyond the newest page', async () => {
  const over = async (title, reason) => {
    const { id } = await openCase(jury.origin, moderator(), 'past', { title });
    await (reason ? ask(jury.origin, moderator(), `/cases/${id}/void`, 'POST', { reason }) : closeCase(jury.origin, moderator(), id));
  };
  await over('Is the velvet real?');
  await over('Was this one opened by mistake?', 'It was');
  for (let cup = 1; cup <= 22; cup += 1) await over(`Is cup ${cup} chipped?`);
  const page = await openConsole('past');
  const rows = page.locator('.list-button');
  await rows.filter({ hasText: 'Is cup 22 chipped?' }).waitFor();
  assert.equal(await rows.count(), 20, 'one page');

  const search = page.getByRole('searchbox', { name: 'Search past cases' });
  await page.keyboard.press('/');
  assert.ok(await search.evaluate((field) => field === document.activeElement));
  await search.fill('VELVET');
  await rows.filter({ hasText: 'Is the velvet real?' }).waitFor();
  assert.equal(await rows.count(), 1);
  await search.fill('no such words');
  await page.getByText('Nothing here.').waitFor();
  await search.fill('');
  await page.getByRole('combobox', { name: 'Outcome' }).selectOption({ label: 'This case was cancelled' });
  await rows.filter({ hasText: 'Was this one opened by mistake?' }).waitFor();
  assert.equal(await rows.count(), 1);
  await page.getByRole('combobox', { name: 'Outcome' }).selectOption({ label: 'All outcomes' });

  await search.fill('velvet');
  await rows.first().click();
  const record = page.getByRole('dialog', { name: 'Record of a case' });
  await record.getByRole('button', { name: 'Audit trail' }).click();
  for (const line of ['created', 'opened', 'closed']) await record.getByText(line, { exact: true }).waitFor();
  const downloading = page.waitForEvent('download');
  await record.getByRole('button', { name: 'Ballots (CSV)' }).click();
  const file = await downloading;
  assert.match(file.suggestedFilename(), /^ballots-.*\.csv$/);
  assert.match(readFileSync(await file.path(), 'utf8'), /^pseudonym,option,side,cast_at/);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a console in Chinese gives the rule of a field in Chinese', async () => {
  const page = await openConsole('words', '?lang=zh-CN');
  await page.getByRole('button', { name: /^虚假宣传/ }).click();
  await page.getByLabel('标题：观众要回答的问题').fill(' ');
  await page.getByRole('button', { name: '立即开启' }).click();
  await page.locator('.field-wrong').getByText('标题须为 1 至 200 个字符，须看得见，且不能含控制字符').waitFor();
  await page.locator('.composer-said').getByText('操作未完成：标题须为 1 至 200 个字符，须看得见，且不能含控制字符（422）').waitFor();
  assert.doesNotMatch(await page.locator('.composer-said').innerText(), /[a-z]{3}/);
  await page.context().close();
});
