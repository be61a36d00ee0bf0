// Every page, wide and narrow, light and dark: it renders, nothing overflows sideways, axe finds nothing, and its
// security policy is kept.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessibility } from './axe.mjs';
import { launch, openPage, provide, startDemo } from './harness.mjs';
import { SIZES, surfaces } from './surfaces.mjs';

const { demo, browser } = await provide({ demo: startDemo, browser: launch });

/** Inline code and styles that a strict policy forbids, in a frame's document and in the server's answer. */
async function inlined(frame) {
  return frame.evaluate(async () => {
    const sent = new DOMParser().parseFromString(await (await fetch(location.href)).text(), 'text/html');
    const found = [];
    for (const page of [document, sent]) {
      for (const element of page.querySelectorAll('*')) {
        const isInline = element.matches('script:not([src]), style, base, object, embed, [srcdoc], [href^="javascript:" i]');
        const handler = element.getAttributeNames().find((attribute) => attribute.startsWith('on'));
        if (isInline || handler || (page === sent && element.hasAttribute('style'))) found.push(element.outerHTML.slice(0, 160));
      }
    }
    return found;
  });
}

for (const [name, viewport] of Object.entries(SIZES)) {
  for (const colorScheme of ['light', 'dark']) {
    test(`every page fits, is accessible and keeps its policy, at ${name}, ${colorScheme}`, async (t) => {
      // The language changes line breaks, not colours. So Chinese is tested once, at the narrow width.
      const found = [...await surfaces(demo), ...(name === '360' && colorScheme === 'light' ? await surfaces(demo, 'zh-CN') : [])];
      for (const surface of found) {
        await t.test(`${surface.name}, ${new URL(surface.url).searchParams.get('lang') ?? 'en'}`, async () => {
          const page = await openPage(browser, { viewport, colorScheme, reducedMotion: 'reduce' });
          await page.goto(surface.url);
          await surface.ready(page);
          const { scrollWidth, clientWidth } = await page.evaluate(() => {
            const { scrollWidth, clientWidth } = document.documentElement;
            return { scrollWidth, clientWidth };
          });
          for (const frame of page.frames()) assert.deepEqual(await inlined(frame), [], frame.url());
          assert.ok(scrollWidth <= clientWidth, `${scrollWidth} px of content in ${clientWidth} px`);
          for (const frame of page.frames()) {
            const { violations, passes } = await accessibility(frame);
            assert.deepEqual(violations, [], frame.url());
            assert.ok(Object.keys(passes).length > 0, 'axe ran');
          }
          assert.deepEqual(page.faults, []);
          await page.context().close();
        });
      }
    });
  }
}
