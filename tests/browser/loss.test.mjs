// The tally store loses its data during a case. An open page casts again by itself, and the verdict counts that ballot.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ballotsOf, caseOf, closeCase, moderator, openCase, openPage, provide, tallyOf, until, widgetOf } from './harness.mjs';
import { eventsOf, heard, providePlatform } from './platform.mjs';
import { startPostgres, startRedis } from './stores.mjs';

const { redis, postgres } = await provide({ redis: startRedis, postgres: startPostgres });
const { jury, platform, browser } = await providePlatform({ env: { LIVE_JURY_REDIS: redis.url, LIVE_JURY_DATABASE: postgres.url } });

test('an open page casts again by itself after the tally store lost its data', async () => {
  const opened = await openCase(jury.origin, moderator(), 'loss');
  const page = await openPage(browser);
  await page.goto(platform.url('loss'));
  const widget = widgetOf(page);
  await widget.getByRole('radio', { name: 'Support the merchant' }).check();
  await widget.getByRole('button', { name: 'Submit vote' }).click();
  await heard(page, 'jury:vote-accepted', { case: opened.id, status: 'counted' });
  assert.deepEqual(await tallied(opened), { epoch: 1, ballots: 1 });

  await redis.flush();
  await heard(page, 'jury:tally', { case: opened.id, epoch: 2 });
  await until(() => tallied(opened), ({ epoch, ballots }) => epoch === 2 && ballots === 1);
  await page.waitForFunction(() => window.events.filter(([type]) => type === 'jury:vote-accepted').length === 2);
  await widget.getByText('Your vote is in').first().waitFor();
  assert.deepEqual((await eventsOf(page, 'jury:connection')).map(({ state }) => state), ['connecting', 'live'], 'the connection was kept');

  // After a loss a case stays open long enough for jurors to cast again.
  await until(() => closeCase(jury.origin, moderator(), opened.id).catch(String), (closed) => closed.ok || !String(closed).includes('too_early'));
  await widget.getByText('The jury has decided').first().waitFor();
  const { epoch, verdict } = await caseOf(jury.origin, moderator(), opened.id);
  assert.deepEqual([epoch, verdict.option, verdict.counts.merchant], [2, 'merchant', 1]);
  assert.equal((await ballotsOf(jury.origin, moderator(), opened.id)).length, 1);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

async function tallied(opened) {
  const { epoch, ballots } = await tallyOf(jury.origin, moderator(), opened.id);
  return { epoch, ballots };
}
