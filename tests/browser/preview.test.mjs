// The form of the console: a filled-in template for each kind, a preview equal to the viewers' widget, and typed text
// that triggers no shortcut.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launch, openPage, provide, startServer, token, widgetOf } from './harness.mjs';
import { startPlatform } from './platform.mjs';

const { platform } = await provide({ platform: startPlatform });
const { jury, browser } = await provide({ jury: () => startServer([platform.origin]), browser: launch });
platform.jury = jury.origin;

const KINDS = ['False advertising', 'Not as described', 'Counterfeit', 'After-sales', 'Host conduct'];

async function openConsole(room) {
  const page = await openPage(browser);
  await page.goto(`${jury.origin}/console/#token=${token({ sub: 'moderator-1', room, role: 'moderator' })}`);
  return page;
}

/** A widget's markup, without the parts that change with time and viewers. */
const drawn = (widget) => widget.evaluate((element) => {
  const copy = element.cloneNode(true);
  for (const moving of copy.querySelectorAll('.lj-countdown, .lj-viewers, .lj-spoken')) moving.remove();
  for (const named of copy.querySelectorAll('[id], [name], [aria-labelledby], [tabindex]')) for (const name of ['id', 'name', 'aria-labelledby', 'tabindex']) named.removeAttribute(name);
  return copy.querySelector('.lj-case').innerHTML;
});

test('each kind has its template, and the widget shows what the preview showed', async () => {
  const page = await openConsole('preview');
  await page.getByRole('button', { name: new RegExp(`^${KINDS[0]}`) }).click();
  const preview = page.locator('.preview .lj-widget');
  for (const kind of KINDS) {
    await page.getByRole('button', { name: kind, exact: true }).click();
    await preview.locator('p.lj-eyebrow').filter({ hasText: kind }).waitFor();
    const title = await page.getByLabel('Title: the question viewers answer').inputValue();
    await preview.getByRole('heading', { name: title }).waitFor();
    for (const field of ['The buyer says', 'The merchant says', 'What follows if an option wins', 'Quorum, votes', 'Threshold, %', 'Open for']) {
      assert.notEqual(await page.getByLabel(field).inputValue(), '', `${kind}: ${field}`);
    }
    assert.ok((await preview.getByRole('radio').count()) >= 3, kind);
  }
  await page.getByLabel('Title: the question viewers answer').fill('Was the viewer spoken to as one should be?');
  await preview.getByRole('heading', { name: 'Was the viewer spoken to as one should be?' }).waitFor();
  const promised = await drawn(preview);

  await page.getByRole('button', { name: 'Open now' }).click();
  await page.locator('.case .turnout').waitFor();
  const room = await openPage(browser, { viewport: { width: 420, height: 900 } });
  await room.goto(platform.url('preview'));
  await widgetOf(room).getByRole('radio').first().waitFor();
  assert.equal(await drawn(widgetOf(room).locator('.lj-widget')), promised);
  assert.deepEqual([...page.faults, ...room.faults], []);
  await Promise.all([page, room].map((page) => page.context().close()));
});

test('typed text triggers no shortcut', async () => {
  const page = await openConsole('typed');
  await page.getByRole('button', { name: /^Counterfeit/ }).click();
  const title = page.getByLabel('Title: the question viewers answer');
  await title.fill('');
  await title.pressSequentially('n?/0');
  assert.equal(await title.inputValue(), 'n?/0');
  assert.equal(await page.locator('dialog[open]').count(), 0);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
