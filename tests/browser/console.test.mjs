// A moderator opens a case at the desk, and it appears in a viewer's room in another browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launch, openPage, provide, startDemo, widgetOf } from './harness.mjs';

const { demo, ...browsers } = await provide({ demo: startDemo, moderator: launch, viewer: launch });

test('a case opened at the desk appears in the room', async () => {
  const [room, desk] = await Promise.all([openPage(browsers.viewer), openPage(browsers.moderator)]);
  await room.goto(demo.viewer);
  await widgetOf(room).getByRole('radio').first().waitFor();
  await desk.goto(demo.moderator);

  await desk.getByRole('button', { name: /^Not as described/ }).click();
  const title = 'Is this the scarf that was shown?';
  await desk.getByLabel('Title: the question viewers answer').fill(title);
  await desk.getByRole('button', { name: 'Open now' }).click();
  await desk.getByRole('heading', { name: title }).first().waitFor();
  await widgetOf(room).getByText(title).first().waitFor({ state: 'attached' });

  await widgetOf(room).getByRole('radio').first().waitFor();
  assert.deepEqual([...room.faults, ...desk.faults], []);
});
