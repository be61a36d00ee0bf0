// A browser's translator replaces each text node while the widget or a page runs. Live text goes on.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cast, moderator, openCase, openPage, token } from './harness.mjs';
import { providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();

/** How translators change a text: the node moves into a new element, or a new node takes its place there. */
const WAYS = ['wrapped', 'replaced'];

/** Changes each text node below `root`, shadow root included. */
function translate(root, way) {
  const below = root.shadowRoot ?? root;
  const walk = document.createTreeWalker(below, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walk.nextNode()) texts.push(walk.currentNode);
  for (const text of texts) {
    const font = document.createElement('font');
    text.replaceWith(font);
    font.append(way === 'replaced' ? document.createTextNode(text.data) : text);
  }
  return texts.length;
}

const translated = (page, selector, way) =>
  page.evaluate(`(${translate})(document.querySelector(${JSON.stringify(selector)}), ${JSON.stringify(way)})`);

for (const way of WAYS) {
  test(`the widget's clock and tally go on after its text was ${way}`, async () => {
    const room = `widget-${way}`;
    const opened = await openCase(jury.origin, moderator(), room);
    const page = await openPage(browser);
    await page.goto(platform.url(room, 'inline'));
    const widget = page.locator('live-jury');
    const clock = widget.locator('.lj-countdown').first();
    await clock.waitFor();
    assert.ok((await translated(page, 'live-jury', way)) > 10);
    const before = await clock.textContent();
    await page.waitForFunction(
      (before) => document.querySelector('live-jury').shadowRoot.querySelector('.lj-countdown').textContent !== before, before,
    );
    await cast(browser, jury.origin, { sub: 'viewer-2', room }, opened.id, 'buyer');
    await widget.getByText('1 vote in').first().waitFor();
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  for (const surface of ['host', 'overlay']) {
    test(`the ${surface}'s clock and turnout go on after its text was ${way}`, async () => {
      const room = `${surface}-${way}`;
      const opened = await openCase(jury.origin, moderator(), room);
      const page = await openPage(browser);
      await page.goto(`${jury.origin}/${surface}/${room}#token=${token({ sub: surface, room, role: surface })}`);
      const clock = page.getByRole('timer').first();
      await clock.waitFor();
      await translated(page, 'main', way);
      const before = await clock.textContent();
      await page.waitForFunction((before) => document.querySelector('[role=timer]').textContent !== before, before);
      await cast(browser, jury.origin, { sub: 'viewer-2', room }, opened.id, 'buyer');
      await page.waitForFunction(() => document.querySelector('.turnout .figure').textContent === '1');
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });
  }
}
