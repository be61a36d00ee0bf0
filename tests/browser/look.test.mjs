// Compares every state of the widget with approved boxes and pictures.
//
// The folder approved/ holds a JSON file of boxes and a small PNG for each width, theme and language. `make approve`
// replaces them after an intended change. Look at the differences before you commit them.
//
// Fonts are the tests' own (fonts.conf), but browsers' versions draw letters differently. A part may move or grow by
// 3 px plus a tenth of its size. One more line of text, or a part that is missing, cut off or misplaced, exceeds that.
// Pictures are compared at an eighth of their size, where letters are grey. Up to 4 % of the pixels may differ.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';

import { STATES, exhibit, openGallery, seeImages } from './gallery.mjs';
import { launch, provide, startDemo } from './harness.mjs';

const { demo, browser } = await provide({ demo: startDemo, browser: launch });
const APPROVES = process.env.APPROVE === '1';
const FOLDER = new URL('approved/', import.meta.url);
const MOVED_PX = 3;
const MOVED_PART = 0.1;
/** Scale of the compared pictures, and the part of their pixels that may differ. */
const COARSE = 8;
const DIFFERS_PART = 0.04;
const WIDTHS = { 360: { width: '360', viewport: 360 }, 1280: { width: 'panel', viewport: 1280 } };

/** The boxes of a state's parts, relative to its widget: `name: x y width height`, in pixels. */
const boxes = (page, state) => exhibit(page, state).evaluate((element) => {
  const corner = element.querySelector('.lj-widget').getBoundingClientRect();
  const seen = {};
  const found = {};
  for (const part of element.querySelectorAll('.lj-widget [class*="lj-"]')) {
    const { left, top, width, height } = part.getBoundingClientRect();
    if (width === 0 || part.closest('.lj-hidden, .lj-spoken, svg svg')) continue;
    const name = [...part.classList].find((name) => name.startsWith('lj-'));
    seen[name] = (seen[name] ?? 0) + 1;
    found[`${name} ${seen[name]}`] = [left - corner.left, top - corner.top, width, height].map(Math.round);
  }
  return found;
});

/** Descriptions of the parts that moved, grew, disappeared or are new. */
function moved(approved, now) {
  const found = [];
  for (const name of new Set([...Object.keys(approved), ...Object.keys(now)])) {
    if (!approved[name] || !now[name]) {
      found.push(`${name} is ${now[name] ? 'new' : 'gone'}`);
      continue;
    }
    const [width, height] = approved[name].slice(2);
    const room = [width, height, width, height].map((side) => MOVED_PX + side * MOVED_PART);
    // A part may be lower by as much as the parts above it may be taller.
    room[1] += MOVED_PART * approved[name][1];
    room[0] += MOVED_PART * approved[name][0];
    const isOff = approved[name].some((side, at) => Math.abs(side - now[name][at]) > room[at]);
    if (isOff) found.push(`${name} was at ${approved[name]} and is at ${now[name]}`);
  }
  return found;
}

/** A picture of the whole page, at an eighth of its size. */
async function picture(page) {
  const { width, height, data } = PNG.sync.read(await page.screenshot({ fullPage: true }));
  const small = new PNG({ width: Math.floor(width / COARSE), height: Math.floor(height / COARSE) });
  for (let y = 0; y < small.height; y += 1) {
    for (let x = 0; x < small.width; x += 1) {
      const sum = [0, 0, 0];
      for (let at = 0; at < COARSE * COARSE; at += 1) {
        const from = ((y * COARSE + Math.floor(at / COARSE)) * width + x * COARSE + (at % COARSE)) * 4;
        for (let of = 0; of < 3; of += 1) sum[of] += data[from + of];
      }
      small.data.set([...sum.map((one) => Math.round(one / (COARSE * COARSE))), 255], (y * small.width + x) * 4);
    }
  }
  return small;
}

/** The part of the pixels that differ: 1 if widths differ, or heights by more than a tenth. */
function difference(approved, now) {
  if (approved.width !== now.width || Math.abs(approved.height - now.height) > approved.height * MOVED_PART) return 1;
  const height = Math.min(approved.height, now.height);
  const cut = ({ width, data }) => data.subarray(0, width * height * 4);
  return pixelmatch(cut(approved), cut(now), undefined, now.width, height, { threshold: 0.2 }) / (now.width * height);
}

async function open(theme, lang, { width, viewport }) {
  const page = await openGallery(browser, demo, { theme, lang, width }, { viewport: { width: viewport, height: 800 } });
  // A late picture would be missing in one of the two screenshots.
  await seeImages(page);
  return page;
}

const approvedBoxes = (name) => JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER)));
const approvedPicture = (name) => PNG.sync.read(readFileSync(new URL(`${name}.png`, FOLDER)));

/** JSON with one part a line, for readable diffs. */
const written = (states) => `{\n${Object.entries(states).map(([state, parts]) => `  "${state}": {\n${Object.entries(parts).map(([part, box]) => `    "${part}": ${JSON.stringify(box)}`).join(',\n')}\n  }`).join(',\n')}\n}\n`;

for (const [size, asked] of Object.entries(WIDTHS)) {
  for (const theme of ['light', 'dark', 'transparent']) {
    for (const lang of ['en', 'zh-CN']) {
      const name = `${size}-${theme}-${lang}`;
      test(`the gallery looks as approved, ${name}`, async () => {
        const page = await open(theme, lang, asked);
        const now = {};
        for (const state of STATES) now[state] = await boxes(page, state);
        const seen = await picture(page);
        if (APPROVES) {
          mkdirSync(FOLDER, { recursive: true });
          // Themes differ in colours only, so one file of boxes serves all.
          if (theme === 'light') writeFileSync(new URL(`${size}-${lang}.json`, FOLDER), written(now));
          writeFileSync(new URL(`${name}.png`, FOLDER), PNG.sync.write(seen));
        }
        const approved = approvedBoxes(`${size}-${lang}`);
        for (const state of STATES) assert.deepEqual(moved(approved[state], now[state]), [], state);
        const part = difference(approvedPicture(name), seen);
        assert.ok(part <= DIFFERS_PART, `${(part * 100).toFixed(1)} % of the picture differs from ${fileURLToPath(new URL(`${name}.png`, FOLDER))}`);
        await page.context().close();
      });
    }
  }
}

/** Faults of a layout, and the expected description. */
const BREAKS = {
  'a misplaced button': { part: '.lj-button', style: 'transform: translateX(-60px)', says: /lj-button 1 was at/ },
  'a missing part': { part: '.lj-turnout', style: 'display: none', says: /lj-turnout 1 is gone/ },
  'a taller statement': { part: '.lj-side', style: 'padding-block: 24px', says: /lj-side 1 was at/ },
};
for (const [what, { part, style, says }] of Object.entries(BREAKS)) {
  test(`${what} is found`, async () => {
    const page = await open('light', 'en', WIDTHS[360]);
    await exhibit(page, 'open').locator(part).first().evaluate((element, style) => (element.style.cssText += style), style);
    assert.match(moved(approvedBoxes('360-en').open, await boxes(page, 'open')).join('\n'), says);
    await page.context().close();
  });
}

test("another theme's colours and moved words are found", async () => {
  const page = await open('dark', 'en', WIDTHS[360]);
  const seen = await picture(page);
  assert.ok(difference(approvedPicture('360-light-en'), seen) > DIFFERS_PART);
  assert.ok(difference(approvedPicture('360-dark-en'), seen) <= DIFFERS_PART);
  await page.evaluate(() => document.querySelectorAll('.lj-card').forEach((card) => (card.style.transform = 'translateY(24px)')));
  assert.ok(difference(approvedPicture('360-dark-en'), await picture(page)) > DIFFERS_PART);
  await page.context().close();
});
