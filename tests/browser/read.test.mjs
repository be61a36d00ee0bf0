// What a vote says about the statements: one counts as read once it was open in full for three seconds, or is empty.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ballotsOf, closeCase, moderator, openCase, openPage, stopTime } from './harness.mjs';
import { providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();

/** The time after which an open statement counts as read. */
const READ_MS = 3_000;
/** At most three lines in a wide widget, and more in a narrow one. */
const SENTENCE = 'The label inside the collar names another fibre than the page of the shop, and so does the parcel. ';
const LONG = SENTENCE.repeat(2);

const button = (tab, name) => tab.locator('live-jury').getByRole('button', { name });

/** Waits until the page has handled the sizes that the elements have now. */
const measured = (tab) => tab.evaluate(() => new Promise((resolve) => {
  new ResizeObserver((_, observer) => resolve(observer.disconnect())).observe(document.body);
}));

let rooms = 0;

/** The statements that a vote says were read, after these steps in the viewer's page. Its clock is stopped. */
async function readAfter(statements, ...steps) {
  const room = `read-${++rooms}`;
  const tab = await openPage(browser);
  const said = [];
  tab.on('websocket', (socket) => socket.on('framesent', ({ payload }) => {
    const frame = JSON.parse(payload);
    if (frame.type === 'cast') said.push(frame.read);
  }));
  await tab.clock.install();
  await tab.goto(platform.url(room, 'inline'));
  const widget = tab.locator('live-jury');
  await widget.getByText('No case is open').first().waitFor();
  await widget.evaluate((element) => element.style.setProperty('inline-size', '20rem'));
  await stopTime(tab);
  const opened = await openCase(jury.origin, moderator(), room, { statements });
  await button(tab, 'Vote now').waitFor();
  await measured(tab);
  for (const step of steps) {
    await (typeof step === 'number' ? tab.clock.runFor(step) : button(tab, step).click());
    await measured(tab);
  }
  await widget.getByRole('radio', { name: 'Support the buyer' }).check();
  await button(tab, 'Submit vote').click();
  await widget.getByText('Your vote is in').first().waitFor();
  assert.equal(said.length, 1);
  assert.deepEqual(tab.faults, []);
  await tab.context().close();
  await closeCase(jury.origin, moderator(), opened.id);
  const [ballot] = await ballotsOf(jury.origin, moderator(), opened.id);
  assert.equal(ballot.split(',')[6], ['none', 'buyer', 'merchant', 'both'][said[0]], 'as recorded');
  return said[0];
}

test('both statements are read only after they were open in full for three seconds', async () => {
  const long = { buyer: LONG, merchant: LONG };
  assert.equal(await readAfter(long, 2 * READ_MS), 0, 'cut');
  assert.equal(await readAfter(long, 'Read all', READ_MS - 1), 0, 'open for less');
  assert.equal(await readAfter(long, 'Read all', READ_MS - 1, 'Show less', 2 * READ_MS), 0, 'cut again before');
  assert.equal(await readAfter(long, 'Read all', READ_MS), 3);
  assert.equal(await readAfter(long, 'Read all', READ_MS, 'Show less', 1), 3, 'cut again after');
});

test('a short statement is open in full from the start, and an empty one is read at once', async () => {
  const short = { buyer: 'It is not silk.', merchant: LONG };
  assert.deepEqual([await readAfter(short, READ_MS - 1), await readAfter(short, READ_MS)], [0, 1]);
  assert.equal(await readAfter({ buyer: LONG, merchant: '' }), 2);
  assert.equal(await readAfter({ buyer: '', merchant: '' }), 3);
});
