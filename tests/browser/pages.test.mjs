// Every surface, wide and narrow, light and dark: it renders, nothing spills over the side, nothing is out of reach for
// assistive technology, and its security policy is never violated.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { test } from 'node:test';

import { launch, openPage, provide, startDemo } from './harness.mjs';
import { SIZES, surfaces } from './surfaces.mjs';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const { demo, browser } = await provide({ demo: startDemo, browser: launch });

async function accessibility(frame) {
  // Playwright evaluates past the page's policy, so that axe needs no exception in it.
  await frame.evaluate(AXE);
  const { passes, violations } = await frame.evaluate(() => window.axe.run(document, { iframes: false, runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'] }));
  assert.ok(passes.length > 0, 'axe looked at something');
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`);
}

/** What a strict policy forbids, as it stands in a frame's document and as the server sent it. */
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
    test(`surfaces at ${name}, ${colorScheme}`, async (t) => {
      for (const surface of surfaces(demo)) {
        await t.test(surface.name, async () => {
          const page = await openPage(browser, { viewport, colorScheme, reducedMotion: 'reduce' });
          await page.goto(surface.url);
          await surface.ready(page);
          const { scrollWidth, clientWidth } = await page.evaluate(() => {
            const { scrollWidth, clientWidth } = document.documentElement;
            return { scrollWidth, clientWidth };
          });
          for (const frame of page.frames()) assert.deepEqual(await inlined(frame), [], frame.url());
          assert.ok(scrollWidth <= clientWidth, `${scrollWidth} px of content in ${clientWidth} px`);
          for (const frame of page.frames()) assert.deepEqual(await accessibility(frame), [], frame.url());
          assert.deepEqual(page.faults, []);
          await page.context().close();
        });
      }
    });
  }
}
