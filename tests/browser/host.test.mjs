// The host view: open cases, turnout, time left, and verdicts. Counts that viewers may not see are not sent to the
// host.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cast, closeCase, launch, moderator, openCase, openPage, provide, startServer, token } from './harness.mjs';

const { jury, browser } = await provide({ jury: () => startServer(['https://live.example']), browser: launch });

test('the host view shows open cases, turnout, time left, the verdict, and past verdicts', async () => {
  const earlier = await openCase(jury.origin, moderator(), 'on-air', { title: 'Was the first one late?', rules: { quorum: 30 } });
  await closeCase(jury.origin, moderator(), earlier.id);
  const { id, title } = await openCase(jury.origin, moderator(), 'on-air', { rules: { quorum: 2 } });
  const page = await openPage(browser);
  const sent = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => sent.push(payload)));
  await page.goto(`${jury.origin}/host/on-air#token=${token({ sub: 'host-1', room: 'on-air', role: 'host' })}`);

  const open = page.getByRole('article');
  await open.getByRole('heading', { name: title }).waitFor();
  await open.getByRole('timer').getByText(/\b(10:00|\d:\d\d)$/).waitFor();
  await open.getByText('0 votes of 2 needed').waitFor();
  for (const juror of ['ann', 'ben', 'cai']) await cast(browser, jury.origin, { sub: juror, room: 'on-air' }, id, 'buyer');
  await open.getByText('3 votes; 2 needed').waitFor();
  await open.getByText('Quorum met').waitFor();
  assert.equal(await page.locator('.shares').count(), 0);
  assert.ok(sent.some((frame) => frame.includes('"tally"')) && sent.every((frame) => !frame.includes('"buyer":3')), 'hidden counts are not sent');
  await open.getByText('Both sides').click();
  for (const words of ['The label says 70% silk.', 'The first batch had the wrong label.']) await open.getByText(words).waitFor();

  await closeCase(jury.origin, moderator(), id);
  const verdict = page.locator('.host-verdict');
  await verdict.getByText('Support the buyer').first().waitFor();
  await verdict.getByText('100% · 3').waitFor();
  await verdict.getByText('Refund without return').waitFor();
  const past = page.getByRole('region', { name: 'Past cases' });
  await past.getByRole('button', { name: title }).waitFor();
  await past.getByRole('button', { name: 'Was the first one late?' }).click();
  await past.locator('.verdict').getByText('Too few votes').waitFor();
  assert.equal(await page.getByRole('button', { name: /^(vote|submit|close|void|extend)/i }).count(), 0, 'the host view has no buttons for actions');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
