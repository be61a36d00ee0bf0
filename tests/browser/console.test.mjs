// The console together with a viewer's room in another browser: open, void, discard, and shortcuts.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  caseOf, casesOf, launch, moderator, openCase, openPage, provide, startDemo, startServer, stopTime, token, until, widgetOf,
} from './harness.mjs';

const { demo, ...browsers } = await provide({ demo: startDemo, moderator: launch, viewer: launch });

test('a case opened in the console appears in the room', async () => {
  const [room, page] = await Promise.all([openPage(browsers.viewer), openPage(browsers.moderator)]);
  await room.goto(demo.viewer);
  await widgetOf(room).getByRole('radio').first().waitFor();
  await page.goto(demo.moderator);

  // The keystroke-level model: pointing and clicking takes 2.65 s, one key 0.28 s.
  let seconds = 0;
  const press = (name) => {
    seconds += 2.65;
    return page.getByRole('button', { name }).click();
  };
  const title = 'Is this the scarf that was shown?';
  await press(/^Not as described/);
  const field = page.getByLabel('Title: the question viewers answer');
  if (!(await field.evaluate((element) => element === document.activeElement))) seconds += 2.65;
  seconds += 0.28 * title.length;
  await field.fill(title);
  await press('Open now');
  assert.ok(seconds < 20, `${seconds} s by hand`);
  await page.getByRole('heading', { name: title }).first().waitFor();
  await widgetOf(room).getByText(title).first().waitFor({ state: 'attached' });

  await widgetOf(room).getByRole('radio').first().waitFor();
  assert.deepEqual([...room.faults, ...page.faults], []);
});

test('a void can be undone for ten seconds, and then acts', async () => {
  const { jury } = await provide({ jury: () => startServer(['https://live.example']) });
  const opened = await openCase(jury.origin, moderator(), 'undo', { title: 'Is this one void?' });
  const page = await openPage(browsers.moderator);
  await page.clock.install();
  await page.goto(`${jury.origin}/console/#token=${moderator()}`);
  await page.getByRole('textbox', { name: 'Add a room' }).fill('undo');
  await page.keyboard.press('Enter');
  const ask = async () => {
    await page.getByRole('button', { name: 'Void…' }).click();
    await page.getByLabel(/Why is it void/).fill('Opened by mistake');
    await page.getByRole('button', { name: 'Void this case' }).click();
    await page.getByText(/Voiding in 10 s/).waitFor();
  };
  await page.getByRole('button', { name: 'Void…' }).waitFor();
  await stopTime(page);
  await ask();
  await page.clock.runFor(9_000);
  await page.getByRole('button', { name: 'Undo', exact: true }).click();
  await page.getByRole('button', { name: 'Void…' }).waitFor();
  await page.clock.runFor(5_000);
  assert.equal((await caseOf(jury.origin, moderator(), opened.id)).state, 'open');
  await ask();
  await page.clock.runFor(10_500);
  const { verdict } = await until(() => caseOf(jury.origin, moderator(), opened.id), ({ state }) => state === 'void');
  assert.equal(verdict.reason, 'Opened by mistake');
  assert.deepEqual(page.faults, []);
  await page.context().close();
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

test('shortcuts are listed under ?, and can be switched off', async () => {
  const page = await openPage(browsers.moderator);
  await page.goto(demo.moderator);
  await page.getByText(/silk/i).first().waitFor();
  await page.keyboard.press('n');
  await page.locator('form.composer').waitFor();
  await page.getByLabel('Title: the question viewers answer').press('Escape');
  await page.locator('form.composer').waitFor({ state: 'detached' });
  await page.keyboard.press('?');
  const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await list.getByLabel('Use shortcuts').uncheck();
  await page.keyboard.press('Escape');
  await list.waitFor({ state: 'hidden' });
  await page.keyboard.press('?');
  await page.keyboard.press('n');
  assert.equal(await list.isVisible(), false);
  assert.equal(await page.locator('form.composer').count(), 0);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
