// Both sides' words: what is cut can be read whole, and nothing is offered where nothing is cut, at any width.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { moderator, openCase, openPage } from './harness.mjs';
import { providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();

// Three lines of a wide widget at most, and more of a narrow one.
const LONG = 'The label on the inside of the collar names another fibre than the page of the shop does, and so did the parcel. '.repeat(2);
const STATEMENTS = { buyer: LONG, merchant: LONG };

const offer = (tab) => tab.locator('live-jury').getByRole('button', { name: 'Read all' });

/** How many texts show less than they have. */
const cutTexts = (tab) => tab.locator('live-jury').locator('.lj-clamp').evaluateAll((texts) => texts.filter((text) => text.scrollHeight > text.clientHeight + 1).length);

test('what is cut at one width is offered there alone', async () => {
  const room = 'read-all';
  const tab = await openPage(browser, { viewport: { width: 1280, height: 900 } });
  await tab.goto(platform.url(room, 'inline'));
  await tab.locator('live-jury').getByText('No case is open').first().waitFor();
  // The widget is a narrow pill until the case opens it.
  await tab.locator('live-jury').evaluate((element) => element.style.setProperty('inline-size', '56rem'));
  await openCase(jury.origin, moderator(), room, { statements: STATEMENTS });
  await tab.locator('live-jury').getByText('The buyer says').waitFor();
  await offer(tab).waitFor({ state: 'hidden' });
  assert.equal(await cutTexts(tab), 0, 'all is seen where there is room');

  await tab.locator('live-jury').evaluate((element) => element.style.setProperty('inline-size', '20rem'));
  await offer(tab).waitFor();
  assert.ok((await cutTexts(tab)) > 0, 'something is cut where there is none');
  await offer(tab).click();
  await tab.locator('live-jury').getByRole('button', { name: 'Show less' }).click();
  await offer(tab).waitFor();

  await tab.locator('live-jury').evaluate((element) => element.style.setProperty('inline-size', '56rem'));
  await offer(tab).waitFor({ state: 'detached' });
  assert.equal(await cutTexts(tab), 0);
  assert.deepEqual(tab.faults, []);
  await tab.context().close();
});
