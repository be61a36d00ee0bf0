// The pages of a demo in their states, and the sign that each is ready.

import { widgetOf } from './harness.mjs';

/** A small phone and a desktop. */
export const SIZES = {
  360: { width: 360, height: 740 },
  1280: { width: 1280, height: 800 },
};

/** The links of the demo's room in a language, by name. */
export async function linksOf(demo, lang) {
  const room = lang === 'en' ? 'demo' : 'demo-zh';
  const found = await (await fetch(`${demo.origin}/demo/links?room=${room}`)).json();
  const links = Object.fromEntries(Object.entries(found).map(([name, link]) => [name, demo.origin + link]));
  return { ...links, viewer: `${demo.viewer}?lang=${lang}`, name: room };
}

const isOpen = (page) => widgetOf(page).getByRole('radio').first().waitFor();
const showsTurnout = (page) => page.locator('.case .turnout').first().waitFor();

/** Opens the form with the first template. */
async function write(page) {
  await showsTurnout(page);
  await page.locator('[data-template]').first().click();
  await page.locator('.preview .lj-card').waitFor();
}

async function listShortcuts(page) {
  await showsTurnout(page);
  await page.keyboard.press('?');
  await page.locator('dialog[open] .keys').waitFor();
}

async function vote(page) {
  await isOpen(page);
  await widgetOf(page).getByRole('radio').first().check();
  await widgetOf(page).locator('button[type=submit]').click();
  await widgetOf(page).locator('.lj-answer-title').waitFor();
}

async function makeSmall(page) {
  await isOpen(page);
  await widgetOf(page).getByRole('button', { expanded: true }).first().click();
  await widgetOf(page).locator('.lj-pill').waitFor();
}

/** Sets the widget's transparent theme. */
const wearTransparent = (page) => page.evaluate(() => document.querySelector('live-jury').setAttribute('theme', 'transparent'));

/**
 * The pages of a room with an open case: name, address, and `ready(page)`. Pages that can be transparent have
 * `turnTransparent(page)`.
 */
export async function surfaces(demo, lang = 'en') {
  const links = await linksOf(demo, lang);
  return [
    { name: 'room', url: links.viewer, ready: isOpen, turnTransparent: wearTransparent },
    { name: 'room-voted', url: links.viewer, ready: vote },
    { name: 'room-pill', url: links.viewer, ready: makeSmall, turnTransparent: wearTransparent },
    { name: 'console', url: links.console, ready: showsTurnout },
    { name: 'console-new', url: links.console, ready: write },
    { name: 'console-keys', url: links.console, ready: listShortcuts },
    { name: 'host', url: links.host, ready: showsTurnout },
    { name: 'platform', url: links.platform, ready: (page) => page.locator('.messages li').first().waitFor() },
    // Without a theme in its address, the overlay is transparent.
    { name: 'overlay', url: links.overlay, ready: (page) => page.locator('.plate .turnout').waitFor(), turnTransparent: () => {} },
  ];
}
