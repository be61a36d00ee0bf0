// Two moderators of one room, each in a browser of their own. Each sees the other's changes, and a conflicting action
// is refused with the name of the first.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { caseOf, casesOf, launch, moderator, openCase, openPage, provide, startServer, token } from './harness.mjs';

const { jury, ...browsers } = await provide({ jury: () => startServer(['https://live.example']), alice: launch, bob: launch });
const TITLE = 'Title: the question viewers answer';

/**
 * The console of a moderator of a room. `hold()` holds back the socket's frames, as a slow connection would.
 * `release()` delivers them.
 */
async function consoleOf(name, room) {
  const page = await openPage(browsers[name]);
  let held = null;
  let deliver;
  await page.routeWebSocket(/\/socket$/, (route) => {
    deliver = (frame) => route.send(frame);
    route.connectToServer().onMessage((frame) => (held ? held.push(frame) : deliver(frame)));
  });
  await page.goto(`${jury.origin}/console/#token=${token({ sub: name, room, role: 'moderator' })}`);
  return Object.assign(page, {
    hold: () => { held = []; },
    release: () => {
      held.forEach(deliver);
      held = null;
    },
  });
}

const consolesOf = (room) => Promise.all([consoleOf('alice', room), consoleOf('bob', room)]);
const button = (page, name) => page.getByRole('button', { name, exact: true });

async function leave(...pages) {
  for (const page of pages) {
    // The browser itself reports an answer of 409 or 412.
    assert.deepEqual(page.faults.filter((fault) => !/status of (409|412)/.test(fault)), []);
    await page.context().close();
  }
}

test("each moderator sees the other's actions on a case", async () => {
  const { id, title } = await openCase(jury.origin, moderator(), 'both', { duration_s: 3_600 });
  const [alice, bob] = await consolesOf('both');
  for (const page of [alice, bob]) await page.getByRole('heading', { name: title }).waitFor();
  const clock = bob.getByRole('timer');
  await clock.getByText(/\b\d\d:\d\d$/).waitFor();

  await button(alice, '+5:00').click();
  await clock.getByText(/1:0\d:\d\d$/).waitFor();
  await alice.getByText('extended by 5 min').waitFor();
  assert.equal((await caseOf(jury.origin, moderator(), id)).extended_s, 300);

  await button(bob, 'Close…').click();
  await button(bob, 'Close now').click();
  for (const page of [alice, bob]) await page.getByRole('article').getByText('Too few votes').first().waitFor();
  await button(alice, 'Audit trail').first().click();
  const trail = alice.locator('.trail li');
  await trail.filter({ hasText: 'extended' }).getByText('alice').waitFor();
  await trail.filter({ hasText: 'closed' }).getByText('bob').waitFor();
  await leave(alice, bob);
});

test("the second of two conflicting actions is refused, with the first moderator's name", async () => {
  const { id, title } = await openCase(jury.origin, moderator(), 'second');
  const [alice, bob] = await consolesOf('second');
  for (const page of [alice, bob]) await page.getByRole('heading', { name: title }).waitFor();
  bob.hold();
  await button(alice, '+0:30').click();
  await alice.getByText('extended by 30 s').waitFor();
  await button(bob, '+1:00').click();
  await bob.getByText(/^Not done: alice was first \(extended, .*\)\. What you see now is how it stands\.$/).waitFor();
  assert.equal((await caseOf(jury.origin, moderator(), id)).extended_s, 30);
  bob.release();

  // With the new version, bob's action succeeds.
  await button(bob, '+1:00').click();
  await bob.getByText('extended by 1 min').waitFor();
  assert.equal((await caseOf(jury.origin, moderator(), id)).extended_s, 90);
  await leave(alice, bob);
});

test('a draft is shared, and a conflicting save is refused', async () => {
  const [alice, bob] = await consolesOf('drafts');
  const titleOf = (page) => page.getByLabel(TITLE);
  const write = async (page, text) => {
    await titleOf(page).fill(text);
    await button(page, 'Save draft').click();
  };
  await alice.getByRole('button', { name: /^Counterfeit/ }).click();
  await write(alice, 'Is this bag what it says?');
  const row = (page, text) => page.getByRole('listitem').filter({ hasText: text });
  await row(bob, 'Is this bag what it says?').waitFor();

  await button(row(bob, 'Is this bag what it says?'), 'Edit').click();
  await titleOf(bob).fill('Bob’s words');
  await button(row(alice, 'Is this bag what it says?'), 'Edit').click();
  await write(alice, 'Alice’s words');
  await row(alice, 'Alice’s words').waitFor();

  await button(bob, 'Save draft').click();
  await bob.getByText(/^Not saved: alice was first \(edited, .*\)\. What you typed is still here\.$/).waitFor();
  assert.equal(await titleOf(bob).inputValue(), 'Bob’s words');
  await button(bob, 'Load their version').click();
  await bob.waitForFunction((label) => document.querySelector('form.composer textarea[data-field=title]').value === label, 'Alice’s words');
  await write(bob, 'The words of both');
  await row(alice, 'The words of both').waitFor();
  const [draft, ...more] = await casesOf(jury.origin, moderator(), 'drafts', 'draft');
  assert.deepEqual([draft.title, more.length], ['The words of both', 0]);

  await button(row(alice, 'The words of both'), 'Open').click();
  await bob.getByRole('heading', { name: 'The words of both' }).waitFor();
  await row(bob, 'The words of both').waitFor({ state: 'detached' });
  await leave(alice, bob);
});
