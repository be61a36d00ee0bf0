// Starts Firefox over WebDriver BiDi, and opens pages in it. Its fonts and limits are Chromium's.

import puppeteer from 'puppeteer-core';

import { BROWSER_ENV, PATIENCE_MS } from './harness.mjs';

const FIREFOX = process.env.FIREFOX ?? '/usr/bin/firefox-esr';

/** Starts a browser with an empty profile. */
export async function launchFirefox() {
  return puppeteer.launch({
    browser: 'firefox',
    executablePath: FIREFOX,
    env: BROWSER_ENV,
    timeout: PATIENCE_MS,
    protocolTimeout: PATIENCE_MS,
    extraPrefsFirefox: { 'intl.accept_languages': 'en-GB' },
  });
}

/** A page whose `faults` list its console errors and exceptions. */
export async function openFirefoxPage(browser) {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error.stack ?? error}`));
  return Object.assign(page, { faults, end: () => context.close() });
}

/** The widget's document: the frame's within a page, or the page itself if the widget is inline. */
export async function firefoxWidget(page, mode) {
  if (mode === 'inline') return page;
  const frame = await page.waitForSelector('live-jury >>> iframe');
  return frame.contentFrame();
}

/** Waits for a visible text, also in shadow trees. */
export const seeText = (place, text) => place.waitForFunction((wanted) => {
  const isWanted = (node) => node.nodeType === Node.TEXT_NODE && node.data.includes(wanted);
  const shows = (root) => [...root.querySelectorAll('*')].some((element) =>
    (element.shadowRoot && shows(element.shadowRoot))
    || (element.checkVisibility() && [...element.childNodes].some(isWanted)));
  return shows(document);
}, {}, text);

/** Waits for the first button with this name, and clicks it. */
export const press = async (page, name) =>
  (await page.waitForSelector(`::-p-aria([name="${name}"][role="button"])`)).click();
