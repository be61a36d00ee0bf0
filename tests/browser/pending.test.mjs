// A vote without an answer survives a reload and a lost connection, counts once, and is confirmed.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ballotsOf, closeCase, moderator, openCase, openPage, stopTime, tallyOf, until, widgetOf } from './harness.mjs';
import { eventsOf, heard, providePlatform } from './platform.mjs';

const { line, platform, jury, browser } = await providePlatform({ withLine: true });

const votesIn = async (opened) => (await tallyOf(jury.direct, moderator(), opened.id)).ballots;

/** A page with a submitted vote for the merchant, while `hold` holds back one direction of the connection. */
async function pressWhile(hold, room) {
  const opened = await openCase(jury.direct, moderator(), room);
  const page = await openPage(browser);
  await page.clock.install();
  line.mend();
  await page.goto(platform.url(room));
  const widget = widgetOf(page);
  await widget.getByRole('radio', { name: 'Support the merchant' }).check();
  hold();
  await widget.getByRole('button', { name: 'Submit vote' }).click();
  await widget.getByText('Sending your vote').first().waitFor();
  return { page, widget, opened };
}

/** Asserts that the vote counts once, and that viewer and page learn it. */
async function isIn({ page, widget, opened }, status) {
  await widget.getByText('Your vote is in').first().waitFor();
  await widget.getByText('You chose').waitFor();
  await heard(page, 'jury:vote-accepted', { case: opened.id, status });
  assert.equal((await eventsOf(page, 'jury:vote-accepted')).length, 1);
  await closeCase(jury.direct, moderator(), opened.id);
  await widget.getByText('The jury has decided').first().waitFor();
  const ballots = await ballotsOf(jury.direct, moderator(), opened.id);
  assert.equal(ballots.length, 1, ballots.join('\n'));
  assert.match(ballots[0], /merchant/);
  await page.context().close();
}

/** Reloads the page after the connection was cut. The stopped clock keeps the old page from reconnecting first. */
async function reload(page) {
  await stopTime(page);
  line.cut();
  line.mend();
  await page.reload();
  await page.clock.resume();
}

const WAYS = {
  'a reload': ({ page }) => reload(page),
  'a reconnection': async ({ widget }) => {
    line.cut();
    await widget.getByText('Your vote is kept and will be sent').first().waitFor();
    line.mend();
  },
};

for (const [name, way] of Object.entries(WAYS)) {
  test(`a recorded vote whose answer was lost is confirmed after ${name}`, async () => {
    const vote = await pressWhile(() => line.holdAnswers(), `answer-${name.split(' ')[1]}`);
    await until(() => votesIn(vote.opened), (ballots) => ballots === 1);
    await way(vote);
    await isIn(vote, 'duplicate');
  });

  test(`a vote that never arrived is sent again after ${name}`, async () => {
    const vote = await pressWhile(() => line.holdRequests(), `request-${name.split(' ')[1]}`);
    assert.equal(await votesIn(vote.opened), 0);
    await way(vote);
    await isIn(vote, 'counted');
  });
}

for (const [name, way] of Object.entries(WAYS)) {
  test(`a recorded vote is confirmed though the case ended before ${name}`, async () => {
    const vote = await pressWhile(() => line.holdAnswers(), `ended-${name.split(' ')[1]}`);
    const { page, widget, opened } = vote;
    await until(() => votesIn(opened), (ballots) => ballots === 1);
    await closeCase(jury.direct, moderator(), opened.id);
    await way(vote);
    await heard(page, 'jury:vote-accepted', { case: opened.id, status: 'duplicate' });
    assert.deepEqual(await eventsOf(page, 'jury:vote-refused'), [], 'a recorded vote is never called uncounted');
    // A page that loads after the end shows no ended case, so only the page that stayed shows the choice.
    if (name === 'a reconnection') await widget.getByText('You chose “').first().waitFor();
    assert.equal((await ballotsOf(jury.direct, moderator(), opened.id)).length, 1);
    await page.context().close();
  });
}

test('a vote that never arrived before the end is refused by the server', async () => {
  const vote = await pressWhile(() => line.holdRequests(), 'ended-unsent');
  await closeCase(jury.direct, moderator(), vote.opened.id);
  await WAYS['a reconnection'](vote);
  await heard(vote.page, 'jury:vote-refused', { case: vote.opened.id, reason: 'closed' });
  assert.deepEqual(await eventsOf(vote.page, 'jury:vote-accepted'), []);
  await vote.page.context().close();
});

test('a pending vote is not sent for another viewer who signs in after a reload', async (t) => {
  const { mint } = platform;
  t.after(() => (platform.mint = mint));
  const { page, widget, opened } = await pressWhile(() => line.holdRequests(), 'another');
  platform.mint = (room) => mint(room, 'viewer-2');
  await reload(page);
  await widget.getByRole('radio').first().waitFor();
  await widget.getByRole('button', { name: 'Vote now' }).waitFor();
  assert.equal(await widget.getByRole('radio', { checked: true }).count(), 0);
  assert.equal(await votesIn(opened), 0);
  await page.context().close();
});
