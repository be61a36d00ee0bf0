// The look of every page in Firefox, in the oldest promised Chromium and in today's: nothing is cut off, and the frame
// fits the window. Approved pictures are compared in today's Chromium alone (look.test.mjs).

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launchChromium, launchFirefox, launchOldestChromium, openTab, widgetWithin } from './browsers.mjs';
import { STATES, misfits } from './gallery.mjs';
import { moderator, openCase, provide, startDemo, startServer } from './harness.mjs';
import { cutOff } from './layout.mjs';
import { startPlatform } from './platform.mjs';
import { SIZES, linksOf } from './surfaces.mjs';

const { demo, platform, ...browsers } = await provide({
  demo: startDemo, platform: startPlatform, Firefox: launchFirefox, 'the oldest Chromium': launchOldestChromium, "today's Chromium": launchChromium,
});
const { jury } = await provide({ jury: () => startServer([platform.origin]) });
platform.jury = jury.origin;

/** Smallest side of a target of the widget, in pixels: see access.test.mjs. */
const TARGET_PX = 44;
/** The height of a small laptop's window, and the share of it that the frame may fill. */
const WINDOW_PX = 700;
const FRAME_PART = 0.85;

const RADIO = 'input[type=radio]';
const inFrame = (page) => widgetWithin(page);
const showsCase = (page) => page.waitForSelector('.case .turnout');

/** The pages of a demo's room: link, and what to do until it is ready. `place` is the document to look at. */
const PAGES = {
  room: { link: 'viewer', place: inFrame, ready: (widget) => widget.waitForSelector(RADIO) },
  'room, voted': {
    link: 'viewer',
    place: inFrame,
    ready: async (widget) => {
      await (await widget.waitForSelector(RADIO)).click();
      await (await widget.waitForSelector('button[type=submit]')).click();
      await widget.waitForSelector('.lj-answer-title');
    },
  },
  console: { link: 'console', ready: showsCase },
  'the form': {
    link: 'console',
    ready: async (page) => {
      await showsCase(page);
      await (await page.waitForSelector('[data-template]')).click();
      await page.waitForSelector('.preview .lj-card');
    },
  },
  'the list of shortcuts': {
    link: 'console',
    ready: async (page) => {
      await showsCase(page);
      await page.keyboard.press('?');
      await page.waitForSelector('dialog[open] .keys');
    },
  },
  host: { link: 'host', ready: showsCase },
  overlay: { link: 'overlay', ready: (page) => page.waitForSelector('.plate .turnout') },
};

for (const [at, [name, browser]] of Object.entries(browsers).entries()) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    // The language changes line breaks: it matters where they are narrow.
    for (const lang of size === '360' ? ['en', 'zh-CN'] : ['en']) {
      test(`nothing is cut off in ${name}, ${size}, ${lang}`, async (t) => {
        const links = await linksOf(demo, lang);
        for (const [page, { link, place = (tab) => tab, ready }] of Object.entries(PAGES)) {
          await t.test(page, async () => {
            const tab = await openTab(browser, viewport);
            const url = new URL(links[link]);
            url.searchParams.set('lang', lang);
            await tab.goto(url.href);
            const shown = await place(tab);
            await ready(shown);
            assert.deepEqual(await tab.evaluate(cutOff), []);
            if (shown !== tab) assert.deepEqual(await shown.evaluate(cutOff), []);
            assert.deepEqual(tab.faults, []);
            await tab.end();
          });
        }
      });
    }
  }

  test(`every state of the widget fits in ${name}`, async () => {
    for (const [width, lang] of [['320', 'en'], ['360', 'zh-CN'], ['panel', 'en']]) {
      const tab = await openTab(browser, { width: width === 'panel' ? 1280 : Number(width), height: 800 });
      await tab.goto(`${demo.origin}/gallery?${new URLSearchParams({ width, lang, theme: 'light' })}`);
      await tab.waitForSelector(`[data-state=${STATES.at(-1)}] .lj-widget`);
      assert.deepEqual(await tab.evaluate(misfits, TARGET_PX), [], `${width}, ${lang}`);
      await tab.end();
    }
  });

  test(`the frame fits a window of ${WINDOW_PX} px in ${name}, and its button can be reached`, async () => {
    const room = `frame-${at}`;
    await openCase(jury.origin, moderator(), room, { summary: 'A long summary of the case. '.repeat(20), statements: { buyer: 'I bought it. '.repeat(60), merchant: 'We sold it. '.repeat(60) } });
    for (const width of [360, 1280]) {
      const tab = await openTab(browser, { width, height: WINDOW_PX });
      await tab.goto(platform.url(room));
      const widget = await widgetWithin(tab);
      await widget.waitForSelector(RADIO);
      const frameHeight = () => document.querySelector('live-jury').shadowRoot.querySelector('iframe').getBoundingClientRect().height;
      // The frame gets its height after its first layout.
      await tab.waitForFunction(`(${frameHeight})() > 200`);
      const height = await tab.evaluate(frameHeight);
      assert.ok(height <= WINDOW_PX * FRAME_PART + 1, `${height} px`);
      const button = await widget.evaluate(() => {
        const submit = document.querySelector('button[type=submit]');
        submit.scrollIntoView({ block: 'nearest' });
        const { top, bottom } = submit.getBoundingClientRect();
        return { top, bottom, window: innerHeight };
      });
      assert.ok(button.top >= 0 && button.bottom <= button.window, JSON.stringify(button));
      assert.deepEqual(tab.faults, []);
      await tab.end();
    }
  });
}
