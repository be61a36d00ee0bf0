// Accessibility of every state of the widget: axe in every theme, large text and large targets on a small phone, forced
// colours, reduced motion, and right-to-left pages.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessibility } from './axe.mjs';
import { STATES, THEMES, exhibit, misfits, openGallery } from './gallery.mjs';
import { launch, provide, startDemo } from './harness.mjs';

const { demo, browser } = await provide({ demo: startDemo, browser: launch });
/** Smallest side of a target, in pixels. Apple's and Google's guidelines ask for 44 and 48. */
const TARGET_PX = 44;

test('the gallery shows every state, lists every part, and follows its selects', async () => {
  const page = await openGallery(browser, demo);
  const shown = await page.locator('[data-state]').evaluateAll((all) => all.map((one) => one.dataset.state));
  assert.deepEqual(shown, STATES);
  const parts = await page.locator('[part]').evaluateAll((all) => [...new Set(all.map((one) => one.getAttribute('part')))]);
  const listed = await page.locator('.gallery-parts li').allTextContents();
  assert.deepEqual(parts.toSorted(), listed.toSorted());
  await page.getByLabel('Theme').selectOption('dark');
  await page.getByLabel('Language').selectOption('zh-CN');
  await page.getByLabel('宽度').selectOption('320');
  await page.getByLabel('状态').selectOption('decided');
  await exhibit(page, 'decided').getByText('支持买家').first().waitFor();
  assert.equal(new URL(page.url()).search, '?theme=dark&lang=zh-CN&width=320&state=decided');
  assert.equal(await page.locator('[data-state]').count(), 1);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

/** Backgrounds of each theme. A stream behind the transparent theme can be as bright and as dark as these. */
const GROUNDS = { light: [undefined], dark: [undefined], contrast: [undefined], transparent: ['#fff', '#000'] };
for (const theme of THEMES) {
  for (const ground of GROUNDS[theme]) {
    test(`axe finds nothing in any state, ${theme}${ground ? ` over ${ground}` : ''}`, async () => {
      for (const lang of ['en', 'zh-CN']) {
        const page = await openGallery(browser, demo, { theme, lang });
        if (ground) {
          await page.locator('.gallery-ground').evaluateAll((all, ground) => all.forEach((one) => (one.style.background = ground)), ground);
        }
        const { violations, passes } = await accessibility(page);
        assert.deepEqual(violations, []);
        assert.ok(passes['color-contrast'] > STATES.length, 'it looked at the colours');
        assert.deepEqual(page.faults, []);
        await page.context().close();
      }
    });
  }
}

test('axe finds nothing with prefers-contrast: more', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const page = await openGallery(browser, demo, { theme: colorScheme }, { contrast: 'more', colorScheme });
    assert.deepEqual((await accessibility(page)).violations, []);
    const quiet = exhibit(page, 'open').locator('.lj-summary');
    const [text, title] = await Promise.all([quiet, exhibit(page, 'open').locator('.lj-title')].map((one) => one.evaluate((element) => getComputedStyle(element).color)));
    assert.equal(text, title, 'quiet text has the colour of all text');
    await page.context().close();
  }
});

for (const [name, fontSize] of [['text', ''], ['text of twice the size', '200%']]) {
  test(`${name} fits a phone of 320 px, and every target is 44 px`, async () => {
    for (const lang of ['en', 'zh-CN']) {
      const page = await openGallery(browser, demo, { width: 320, lang }, { viewport: { width: 320, height: 640 } });
      await page.evaluate((size) => (document.documentElement.style.fontSize = size), fontSize);
      if (fontSize) assert.equal(await page.locator('.lj-title').first().evaluate((title) => parseFloat(getComputedStyle(title).fontSize) > 38), true);
      assert.deepEqual(await page.evaluate(misfits, TARGET_PX), []);
      await page.context().close();
    }
  });
}

test('a widget that does not fit is found', async () => {
  const page = await openGallery(browser, demo, { width: 320 }, { viewport: { width: 320, height: 640 } });
  await exhibit(page, 'open').locator('.lj-button').evaluate((button) => (button.style.cssText = 'min-width:400px;min-height:0;height:40px;padding:0'));
  const found = await page.evaluate(misfits, TARGET_PX);
  assert.ok(found.some((misfit) => /open: button\.lj-button.* is 400 × 40/.test(misfit)), found.join('\n'));
  assert.ok(found.some((misfit) => /from .* to 4/.test(misfit)), found.join('\n'));
  await page.context().close();
});

test('with forced colours, no mark, bar or border disappears', async () => {
  const page = await openGallery(browser, demo, {}, { forcedColors: 'active' });
  const lost = await page.evaluate(() => {
    const color = (of) => Object.assign(document.body.appendChild(document.createElement('i')), { style: `color:${of}` });
    const [canvas, canvasText] = ['Canvas', 'CanvasText'].map((of) => getComputedStyle(color(of)).color);
    const found = [];
    let seen = 0;
    for (const element of document.querySelectorAll('.lj-widget :is(.lj-mark, .lj-bar-fill, .lj-turnout-fill, .lj-countdown-fill)')) {
      seen += 1;
      if (getComputedStyle(element).backgroundColor !== canvasText) found.push(element.className);
    }
    for (const element of document.querySelectorAll('.lj-widget :is(.lj-button, .lj-pill, .lj-option, .lj-card, .lj-tab[aria-current])')) {
      seen += 1;
      const { borderTopColor, borderTopWidth } = getComputedStyle(element);
      if (borderTopWidth === '0px' || borderTopColor === canvas) found.push(element.className);
    }
    return seen > 60 ? found : [`saw ${seen} alone`];
  });
  assert.deepEqual(lost, []);
  // axe reads `-webkit-text-fill-color`, which keeps the style's colour while the system's is painted. So its contrast
  // rule means nothing here.
  assert.deepEqual((await accessibility(page, ['color-contrast'])).violations, []);
  await page.context().close();
});

for (const colorScheme of ['light', 'dark']) {
  test(`with forced colours, ${colorScheme}, text has the contrast that the system asks for`, async () => {
    const page = await openGallery(browser, demo, {}, { forcedColors: 'active', colorScheme });
    const { seen, faint } = await page.evaluate(() => {
      const numbers = (color) => color.match(/[\d.]+/g).map(Number);
      const luminance = (color) => {
        const [red, green, blue] = numbers(color).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
      };
      const ground = (element) => {
        const { backgroundColor } = getComputedStyle(element);
        return numbers(backgroundColor)[3] === 0 && element.parentElement ? ground(element.parentElement) : backgroundColor;
      };
      const faint = [];
      let seen = 0;
      for (const element of document.querySelectorAll('.lj-widget *')) {
        const isWritten = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
        if (!isWritten || !element.checkVisibility() || element.matches(':disabled *, :disabled')) continue;
        seen += 1;
        const [one, other] = [getComputedStyle(element).color, ground(element)].map(luminance).sort((a, b) => b - a);
        if ((one + 0.05) / (other + 0.05) < 4.5) faint.push(element.outerHTML.slice(0, 120));
      }
      return { seen, faint };
    });
    assert.deepEqual(faint, []);
    assert.ok(seen > 200, `${seen} texts`);
    await page.context().close();
  });
}

test('nothing is animated with prefers-reduced-motion: reduce', async () => {
  const running = (page) => page.evaluate(() => document.getAnimations().length);
  const still = await openGallery(browser, demo);
  await exhibit(still, 'open').getByRole('button', { name: 'Make smaller' }).click();
  await exhibit(still, 'open').locator('.lj-pill').click();
  await exhibit(still, 'open').getByRole('radio').first().check();
  await exhibit(still, 'open').locator('.lj-button').hover();
  assert.equal(await running(still), 0);
  const moving = await openGallery(browser, demo, {}, { reducedMotion: 'no-preference' });
  assert.ok((await running(moving)) > 0, 'an animation is detected');
  await Promise.all([still, moving].map((page) => page.context().close()));
});

test('the widget runs from right to left in a page that does', async () => {
  const page = await openGallery(browser, demo, { width: 320 }, { viewport: { width: 320, height: 640 } });
  await page.evaluate(() => (document.documentElement.dir = 'rtl'));
  assert.deepEqual(await page.evaluate(misfits, TARGET_PX), []);
  const wrong = await page.evaluate(() => {
    const middle = (element) => { const { left, right } = element.getBoundingClientRect(); return (left + right) / 2; };
    const open = document.querySelector('[data-state=open]');
    const option = open.querySelector('.lj-option');
    const found = [];
    if (middle(option.querySelector('input')) < middle(option.querySelector('.lj-option-label'))) found.push('the radio comes after its label');
    if (middle(open.querySelector('.lj-small')) > middle(open.querySelector('.lj-brand'))) found.push('the head is not turned');
    const people = '.lj-title, .lj-summary, .lj-side-text, .lj-option-label, .lj-exhibit-caption, .lj-exhibit-text, .lj-tab-title, .lj-remedy-text, .lj-earlier-title';
    const texts = document.querySelectorAll(people);
    if (texts.length < 60) found.push(`${texts.length} texts alone`);
    for (const text of texts) if (text.dir !== 'auto') found.push(`${text.className} has dir=${text.dir}`);
    return found;
  });
  assert.deepEqual(wrong, []);
  await page.context().close();
});
