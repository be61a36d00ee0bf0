// What a moderator reads at the desk: how fast votes come and why some were refused, past cases however far back, and what
// a field may hold, in the language of the desk.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { ask, cast, closeCase, launch, moderator, openCase, openPage, provide, startServer, token } from './harness.mjs';

const { jury, browser } = await provide({ jury: () => startServer(['https://live.example']), browser: launch });

async function openDesk(room, asked = '') {
  const page = await openPage(browser);
  await page.goto(`${jury.origin}/console/${asked}#token=${token({ sub: 'moderator-1', room, role: 'moderator' })}`);
  return page;
}

test('turnout, shares, the pace of votes and refusals by reason', async () => {
  const { id } = await openCase(jury.origin, moderator(), 'figures', { rules: { quorum: 4, min_account_age_days: 30 } });
  const desk = await openDesk('figures');
  // The curve begins with its third reading, of which none has a vote.
  const curve = desk.locator('.pace path');
  await desk.waitForFunction(() => document.querySelector('.pace path')?.getAttribute('d'));
  const voteAs = (sub, since) => cast(browser, jury.origin, { sub, room: 'figures', since }, id, 'buyer');
  for (const sub of ['ann', 'ben', 'cai']) assert.equal((await voteAs(sub, 0)).type, 'ballot');
  assert.equal((await voteAs('new')).reason, 'account_too_new');

  await desk.getByText('3 votes of 4 needed').waitFor();
  await desk.locator('.shares').getByText('100%').waitFor();
  await desk.getByText(/^Votes\/s \d+ · peak [1-3]$/).waitFor();
  assert.match(await curve.getAttribute('d'), /L[\d.]+ 0\.0/, 'the peak touches the top');
  const refusals = desk.locator('.refusals li');
  await refusals.filter({ hasText: 'Account too new' }).getByText('1', { exact: true }).waitFor();
  assert.equal(await refusals.count(), 1);
  assert.deepEqual(desk.faults, []);
  await desk.context().close();
});

test('past cases are found by their words and their outcome, beyond the newest page', async () => {
  const over = async (title, reason) => {
    const { id } = await openCase(jury.origin, moderator(), 'past', { title });
    await (reason ? ask(jury.origin, moderator(), `/cases/${id}/void`, 'POST', { reason }) : closeCase(jury.origin, moderator(), id));
  };
  await over('Is the velvet real?');
  await over('Was this one opened by mistake?', 'It was');
  for (let cup = 1; cup <= 22; cup += 1) await over(`Is cup ${cup} chipped?`);
  const desk = await openDesk('past');
  const rows = desk.locator('.list-button');
  await rows.filter({ hasText: 'Is cup 22 chipped?' }).waitFor();
  assert.equal(await rows.count(), 20, 'a page');

  const search = desk.getByRole('searchbox', { name: 'Search past cases' });
  await desk.keyboard.press('/');
  assert.ok(await search.evaluate((field) => field === document.activeElement));
  await search.fill('VELVET');
  await rows.filter({ hasText: 'Is the velvet real?' }).waitFor();
  assert.equal(await rows.count(), 1);
  await search.fill('no such words');
  await desk.getByText('Nothing here.').waitFor();
  await search.fill('');
  await desk.getByRole('combobox', { name: 'Outcome' }).selectOption({ label: 'This case was cancelled' });
  await rows.filter({ hasText: 'Was this one opened by mistake?' }).waitFor();
  assert.equal(await rows.count(), 1);
  await desk.getByRole('combobox', { name: 'Outcome' }).selectOption({ label: 'All outcomes' });

  await search.fill('velvet');
  await rows.first().click();
  const record = desk.getByRole('dialog', { name: 'Record of a case' });
  await record.getByRole('button', { name: 'Audit trail' }).click();
  for (const line of ['created', 'opened', 'closed']) await record.getByText(line, { exact: true }).waitFor();
  const downloading = desk.waitForEvent('download');
  await record.getByRole('button', { name: 'Ballots (CSV)' }).click();
  const file = await downloading;
  assert.match(file.suggestedFilename(), /^ballots-.*\.csv$/);
  assert.match(readFileSync(await file.path(), 'utf8'), /^pseudonym,option,side,cast_at/);
  assert.deepEqual(desk.faults, []);
  await desk.context().close();
});

test('a desk in Chinese says in Chinese what a field may hold', async () => {
  const desk = await openDesk('words', '?lang=zh-CN');
  await desk.getByRole('button', { name: /^虚假宣传/ }).click();
  await desk.getByLabel('标题：观众要回答的问题').fill(' ');
  await desk.getByRole('button', { name: '立即开启' }).click();
  await desk.locator('.field-wrong').getByText('标题须为 1 至 200 个字符，且不能含控制字符').waitFor();
  await desk.locator('.composer-said').getByText('操作未完成：标题须为 1 至 200 个字符，且不能含控制字符（422）').waitFor();
  assert.doesNotMatch(await desk.locator('.composer-said').innerText(), /[a-z]{3}/);
  await desk.context().close();
});
