// Starts browsers over Puppeteer, and opens pages in them. Playwright drives neither Debian's Firefox nor an old
// Chromium. Fonts and limits are the other tests' own.

import { fileURLToPath } from 'node:url';

import puppeteer from 'puppeteer-core';

import { BROWSER_ENV, CHROMIUM, CHROMIUM_ARGS, PATIENCE_MS } from './harness.mjs';

const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';
/** The oldest Chromium that the guide promises. oldest-chromium.mjs unpacks it. */
const OLDEST_CHROMIUM = fileURLToPath(new URL('node_modules/.chromium/chromium', import.meta.url));

const FONTS = fileURLToPath(new URL('node_modules/', import.meta.url));

const start = (options) => puppeteer.launch({ env: BROWSER_ENV, timeout: PATIENCE_MS, protocolTimeout: PATIENCE_MS, ...options });

const startChromium = (executablePath) =>
  start({ executablePath, headless: 'shell', args: [...CHROMIUM_ARGS, '--disable-gpu', '--lang=en-GB'] });

/** Starts today's Chromium with an empty profile. */
export const launchChromium = () => startChromium(CHROMIUM);

/** Starts the oldest promised Chromium with an empty profile. */
export const launchOldestChromium = () => startChromium(OLDEST_CHROMIUM);

/** Starts Firefox with an empty profile. Its sandbox would keep the tests' fonts from it, and boxes would be drawn. */
export const launchFirefox = () => start({
  browser: 'firefox',
  executablePath: FIREFOX,
  extraPrefsFirefox: { 'intl.accept_languages': 'en-GB', 'security.sandbox.content.read_path_whitelist': FONTS },
});

/** A page whose `faults` list its console errors and exceptions. */
export async function openTab(browser, viewport = { width: 1280, height: 800 }) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  await page.setViewport(viewport);
  page.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error.stack ?? error}`));
  return Object.assign(page, { faults, end: () => context.close() });
}

/** The widget's document: the frame's within a page, or the page itself if the widget is inline. */
export async function widgetWithin(page, mode = 'frame') {
  if (mode === 'inline') return page;
  const frame = await page.waitForSelector('live-jury >>> iframe');
  return frame.contentFrame();
}

/** Waits for a visible text, also in shadow trees. */
export const seeText = (place, text) => place.waitForFunction((wanted) => {
  const isWanted = (node) => node.nodeType === Node.TEXT_NODE && node.data.includes(wanted);
  // Old browsers have no checkVisibility.
  const isVisible = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility === 'visible';
  const shows = (root) => [...root.querySelectorAll('*')].some((element) =>
    (element.shadowRoot && shows(element.shadowRoot))
    || ([...element.childNodes].some(isWanted) && isVisible(element)));
  return shows(document);
}, {}, text);

/**
 * Waits for the first visible button with this name, and clicks it. Firefox answers a search for accessible names in
 * seconds where a page has hundreds of elements, so the names are read in the page.
 */
export async function press(page, name) {
  const found = await page.waitForFunction((wanted) => {
    const plain = (text) => text.replace(/\s+/g, ' ').trim();
    const spoken = (node) => {
      if (node.nodeType === Node.TEXT_NODE) return node.data;
      return node.getAttribute?.('aria-hidden') === 'true' ? '' : [...node.childNodes].map(spoken).join('');
    };
    const buttons = [...document.querySelectorAll('button, [role=button]')].filter((one) => one.getClientRects().length > 0);
    return buttons.find((one) => plain(one.getAttribute('aria-label') ?? spoken(one)) === wanted) ?? null;
  }, { polling: 50 }, name);
  await found.click();
}

/** Whether the element with the focus fits `selector`, also in shadow trees. Runs in the page. */
function hasFocus(selector) {
  let element = document.activeElement;
  while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
  return element?.matches(selector) ?? false;
}

/** Waits until an element that fits `selector` has the focus. */
export const seeFocus = (page, selector) => page.waitForFunction(hasFocus, {}, selector);

/** Presses Tab, or Shift and Tab, until an element that fits `selector` has the focus. */
export async function tabTo(page, selector, { back = false } = {}) {
  if (back) await page.keyboard.down('Shift');
  for (let presses = 0; !(await page.evaluate(hasFocus, selector)); presses += 1) {
    if (presses > 30) throw new Error(`Tab never reached ${selector}`);
    await page.keyboard.press('Tab');
  }
  if (back) await page.keyboard.up('Shift');
}
