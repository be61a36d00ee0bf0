// A moderator opens a case at the desk, and it appears in a viewer's room in another browser.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, openPage, startDemo, widgetOf } from './harness.mjs';

let demo;
let browsers;
before(async () => {
  [demo, ...browsers] = await Promise.all([startDemo(), launch(), launch()]);
});
after(async () => {
  await Promise.all((browsers ?? []).map((browser) => browser.close()));
  await demo?.stop();
});

test('a case opened at the desk appears in the room', async () => {
  const [room, desk] = await Promise.all(browsers.map((browser) => openPage(browser)));
  await room.goto(demo.viewer);
  await widgetOf(room).getByRole('radio').first().waitFor();
  await desk.goto(demo.moderator);
});
