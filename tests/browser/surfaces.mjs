// The pages of a demo in each of their states, and how each shows that it is ready to be looked at.

import { widgetOf } from './harness.mjs';

/** A small phone and a desktop. */
export const SIZES = {
  360: { width: 360, height: 740 },
  1280: { width: 1280, height: 800 },
};

/** The pages of the demo's room of that language, by name. */
export async function linksOf(demo, lang) {
  const room = lang === 'en' ? 'demo' : 'demo-zh';
  const found = await (await fetch(`${demo.origin}/demo/links?room=${room}`)).json();
  const links = Object.fromEntries(Object.entries(found).map(([name, link]) => [name, demo.origin + link]));
  return { ...links, viewer: `${demo.viewer}?lang=${lang}`, name: room };
}

const isOpen = (page) => widgetOf(page).getByRole('radio').first().waitFor();
const isAtDesk = (page) => page.locator('.case .turnout').first().waitFor();

/** Shows the form of a new case, as its first template fills it in. */
async function write(page) {
  await isAtDesk(page);
  await page.locator('[data-template]').first().click();
  await page.locator('.preview .lj-card').waitFor();
}

async function listShortcuts(page) {
  await isAtDesk(page);
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

/** Has the widget of a room let the stream show through. */
const wearTransparent = (page) => page.evaluate(() => document.querySelector('live-jury').setAttribute('theme', 'transparent'));

/**
 * The surfaces of a room in which a case is open: name, address, and `ready(page)`; those that can be transparent have
 * `turnTransparent(page)`.
 */
export async function surfaces(demo, lang = 'en') {
  const links = await linksOf(demo, lang);
  return [
    { name: 'room', url: links.viewer, ready: isOpen, turnTransparent: wearTransparent },
    { name: 'room-voted', url: links.viewer, ready: vote },
    { name: 'room-pill', url: links.viewer, ready: makeSmall, turnTransparent: wearTransparent },
    { name: 'console', url: links.console, ready: isAtDesk },
    { name: 'console-new', url: links.console, ready: write },
    { name: 'console-keys', url: links.console, ready: listShortcuts },
    { name: 'host', url: links.host, ready: isAtDesk },
    // The overlay is transparent where its address names no theme.
    { name: 'overlay', url: links.overlay, ready: (page) => page.locator('.plate .turnout').waitFor(), turnTransparent: () => {} },
  ];
}
