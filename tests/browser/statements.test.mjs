// The statements: a cut one can be expanded, and the button appears only if one is cut.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { moderator, openCase, openPage } from './harness.mjs';
import { providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();

// At most three lines in a wide widget, and more in a narrow one.
const LONG = 'The label on the inside of the collar names another fibre than the page of the shop does, and so did the parcel. '.repeat(2);
const STATEMENTS = { buyer: LONG, merchant: LONG };

const offer = (tab) => tab.locator('live-jury').getByRole('button', { name: 'Read all' });

/** The number of cut texts. */
const cutTexts = (tab) => tab.locator('live-jury').locator('.lj-clamp').evaluateAll((texts) => texts.filter((text) => text.scrollHeight > text.clientHeight + 1).length);

test('Read all is offered only at a width that cuts a statement', async () => {
  const room = 'read-all';
  const tab = await openPage(browser, { viewport: { width: 1280, height: 900 } });
  await tab.goto(platform.url(room, 'inline'));
  await tab.locator('live-jury').getByText('No case is open').first().waitFor();
  // The widget is a narrow pill until a case opens.
  await tab.locator('live-jury').evaluate((element) => element.style.setProperty('inline-size', '56rem'));
  await openCase(jury.origin, moderator(), room, { statements: STATEMENTS });
  await tab.locator('live-jury').getByText('The buyer says').waitFor();
  await offer(tab).waitFor({ state: 'hidden' });
  assert.equal(await cutTexts(tab), 0, 'nothing is cut in a wide widget');

  await tab.locator('live-jury').evaluate((element) => element.style.setProperty('inline-size', '20rem'));
  await offer(tab).waitFor();
  assert.ok((await cutTexts(tab)) > 0, 'a statement is cut in a narrow widget');
  await offer(tab).click();
  await tab.locator('live-jury').getByRole('button', { name: 'Show less' }).click();
  await offer(tab).waitFor();

  await tab.locator('live-jury').evaluate((element) => element.style.setProperty('inline-size', '56rem'));
  await offer(tab).waitFor({ state: 'detached' });
  assert.equal(await cutTexts(tab), 0);
  assert.deepEqual(tab.faults, []);
  await tab.context().close();
});
