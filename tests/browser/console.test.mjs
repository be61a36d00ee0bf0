// A moderator opens a case at the desk, and it appears in a viewer's room in another browser.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  caseOf, casesOf, launch, moderator, openCase, openPage, provide, startDemo, startServer, stopTime, token, until, widgetOf,
} from './harness.mjs';

const { demo, ...browsers } = await provide({ demo: startDemo, moderator: launch, viewer: launch });

test('a case opened at the desk appears in the room', async () => {
  const [room, desk] = await Promise.all([openPage(browsers.viewer), openPage(browsers.moderator)]);
  await room.goto(demo.viewer);
  await widgetOf(room).getByRole('radio').first().waitFor();
  await desk.goto(demo.moderator);

  // By hand: to find a thing and press it takes 2.65 s, to press a key 0.28 s (the usual keystroke-level model).
  let seconds = 0;
  const press = (name) => {
    seconds += 2.65;
    return desk.getByRole('button', { name }).click();
  };
  const title = 'Is this the scarf that was shown?';
  await press(/^Not as described/);
  const field = desk.getByLabel('Title: the question viewers answer');
  if (!(await field.evaluate((element) => element === document.activeElement))) seconds += 2.65;
  seconds += 0.28 * title.length;
  await field.fill(title);
  await press('Open now');
  assert.ok(seconds < 20, `${seconds} s by hand`);
  await desk.getByRole('heading', { name: title }).first().waitFor();
  await widgetOf(room).getByText(title).first().waitFor({ state: 'attached' });

  await widgetOf(room).getByRole('radio').first().waitFor();
  assert.deepEqual([...room.faults, ...desk.faults], []);
});

test('a void can be taken back for ten seconds, and acts after them', async () => {
  const { jury } = await provide({ jury: () => startServer(['https://live.example']) });
  const opened = await openCase(jury.origin, moderator(), 'undo', { title: 'Is this one void?' });
  const desk = await openPage(browsers.moderator);
  await desk.clock.install();
  await desk.goto(`${jury.origin}/console/#token=${moderator()}`);
  await desk.getByRole('textbox', { name: 'Add a room' }).fill('undo');
  await desk.keyboard.press('Enter');
  const ask = async () => {
    await desk.getByRole('button', { name: 'Void…' }).click();
    await desk.getByLabel(/Why is it void/).fill('Opened by mistake');
    await desk.getByRole('button', { name: 'Void this case' }).click();
    await desk.getByText(/Voiding in 10 s/).waitFor();
  };
  await desk.getByRole('button', { name: 'Void…' }).waitFor();
  await stopTime(desk);
  await ask();
  await desk.clock.runFor(9_000);
  await desk.getByRole('button', { name: 'Undo', exact: true }).click();
  await desk.getByRole('button', { name: 'Void…' }).waitFor();
  await desk.clock.runFor(5_000);
  assert.equal((await caseOf(jury.origin, moderator(), opened.id)).state, 'open');
  await ask();
  await desk.clock.runFor(10_500);
  const { verdict } = await until(() => caseOf(jury.origin, moderator(), opened.id), ({ state }) => state === 'void');
  assert.equal(verdict.reason, 'Opened by mistake');
  assert.deepEqual(desk.faults, []);
  await desk.context().close();
});

test('a draft is discarded after ten seconds', async () => {
  const { jury } = await provide({ jury: () => startServer(['https://live.example']) });
  await openCase(jury.origin, moderator(), 'discard', { open: false, title: 'Is this one discarded?' });
  const page = await openPage(browsers.moderator);
  await page.clock.install();
  await page.goto(`${jury.origin}/console/#token=${token({ sub: 'moderator-1', room: 'discard', role: 'moderator' })}`);
  const draft = page.getByRole('listitem').filter({ hasText: 'Is this one discarded?' });
  await draft.waitFor();
  await stopTime(page);
  await draft.getByRole('button', { name: 'Discard' }).click();
  await draft.getByText('Discarding in 10 s.').waitFor();
  await page.clock.runFor(10_500);
  await until(() => casesOf(jury.origin, moderator(), 'discard', 'draft'), ({ length }) => length === 0);
  await draft.waitFor({ state: 'detached' });
  await page.getByText('No drafts.').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('shortcuts are listed under ?, and can be turned off', async () => {
  const desk = await openPage(browsers.moderator);
  await desk.goto(demo.moderator);
  await desk.getByText(/silk/i).first().waitFor();
  await desk.keyboard.press('n');
  await desk.locator('form.composer').waitFor();
  await desk.getByLabel('Title: the question viewers answer').press('Escape');
  await desk.locator('form.composer').waitFor({ state: 'detached' });
  await desk.keyboard.press('?');
  const list = desk.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await list.getByLabel('Use shortcuts').uncheck();
  await desk.keyboard.press('Escape');
  await list.waitFor({ state: 'hidden' });
  await desk.keyboard.press('?');
  await desk.keyboard.press('n');
  assert.equal(await list.isVisible(), false);
  assert.equal(await desk.locator('form.composer').count(), 0);
  assert.deepEqual(desk.faults, []);
  await desk.context().close();
});
