// The reasons of a case beside its options: chosen or not, by mouse and by keyboard, and sent with the vote.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { closeCase, moderator, openCase, openPage } from './harness.mjs';
import { providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();

const reasons = [{ id: 'label', label: 'What the label says' }, { id: 'host', label: 'What the host said' }];

/** A viewer of a room with one case. `casts` lists the votes that the page sends. */
async function viewerOf(room, rules = { reasons }) {
  const { id } = await openCase(jury.origin, moderator(), room, { rules });
  const page = await openPage(browser);
  const casts = [];
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => {
    const frame = JSON.parse(payload);
    if (frame.type === 'cast') casts.push(frame);
  }));
  await page.goto(platform.url(room, 'inline'));
  const widget = page.locator('live-jury');
  await widget.getByRole('radio', { name: 'Support the buyer' }).waitFor();
  return { page, widget, casts, id };
}

async function leave({ page, id }) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
  await closeCase(jury.origin, moderator(), id);
}

async function submit({ widget }) {
  await widget.getByRole('button', { name: 'Submit vote' }).click();
  await widget.getByText('Your vote is in').first().waitFor();
}

test('a chosen reason is sent with the vote, by its number', async () => {
  const viewer = await viewerOf('reasons-chosen');
  const group = viewer.widget.getByRole('radiogroup', { name: 'Your reason (optional)' });
  await group.getByRole('radio', { name: 'What the host said' }).check();
  await viewer.widget.getByRole('radio', { name: 'Support the buyer' }).check();
  assert.ok(await group.getByRole('radio', { name: 'What the host said' }).isChecked(), 'options are a group apart');
  await submit(viewer);
  assert.deepEqual(viewer.casts.map(({ reason }) => reason), [2]);
  await leave(viewer);
});

test('a vote needs no reason, and a chosen one can be taken back', async () => {
  const viewer = await viewerOf('reasons-none');
  const none = viewer.widget.getByRole('radio', { name: 'No reason' });
  assert.ok(await none.isChecked());
  await viewer.widget.getByRole('radio', { name: 'What the label says' }).check();
  await none.check();
  await viewer.widget.getByRole('radio', { name: 'Support the merchant' }).check();
  await submit(viewer);
  assert.equal(viewer.casts.length, 1);
  assert.ok(!('reason' in viewer.casts[0]));
  await leave(viewer);
});

test('a reason is chosen by keyboard alone', async () => {
  const viewer = await viewerOf('reasons-keys');
  await viewer.widget.getByRole('radio', { name: 'Support the buyer' }).focus();
  for (const key of ['Space', 'Tab', 'ArrowDown', 'Tab', 'Enter']) await viewer.page.keyboard.press(key);
  await viewer.widget.getByText('Your vote is in').first().waitFor();
  assert.deepEqual(viewer.casts.map(({ option, reason }) => [option, reason]), [['buyer', 1]]);
  await leave(viewer);
});

test('reasons have a name in Chinese, and a case without reasons has no such group', async () => {
  const viewer = await viewerOf('reasons-zh');
  await viewer.widget.evaluate((element) => element.setAttribute('lang', 'zh-CN'));
  const group = viewer.widget.getByRole('radiogroup', { name: '你的理由（可不选）' });
  await group.getByRole('radio', { name: '不说明理由' }).waitFor();
  await leave(viewer);
  const plain = await viewerOf('reasons-off', {});
  assert.equal(await plain.widget.getByRole('radiogroup').count(), 0);
  await leave(plain);
});
