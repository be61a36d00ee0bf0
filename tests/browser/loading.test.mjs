// Loading of the widget: all files are requested at once, and a second visit requests only those that may have changed.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { launch, moderator, openCase, openPage, startServer, widgetOf } from './harness.mjs';
import { startPlatform } from './platform.mjs';

let platform;
let jury;
let browser;
before(async () => {
  platform = await startPlatform();
  [jury, browser] = await Promise.all([startServer([platform.origin]), launch()]);
  platform.jury = jury.origin;
});
after(async () => {
  await browser?.close();
  await jury?.stop();
  platform?.stop();
});

/** Holds back requests that match `held`. Returns the function that releases them. */
async function holding(page, held) {
  let release;
  const released = new Promise((resolve) => { release = resolve; });
  await page.route(held, async (route) => {
    await released;
    await route.continue();
  });
  return release;
}

const askedFor = (page, patterns) => Promise.all(patterns.map((pattern) => page.waitForRequest(pattern)));

const GLUE = /\/widget-[0-9a-f]{16}\.js$/;
const PROGRAM = /\/widget-[0-9a-f]{16}_bg\.wasm$/;
const STYLES = /\/widget-[0-9a-f]{16}\.css$/;
const TEXTS = /\/texts-en-[0-9a-f]{16}\.txt$/;
const START = /\/boot-[0-9a-f]{16}\.js$/;

test('in a frame all files are requested at once, and the token meanwhile', async () => {
  await openCase(jury.origin, moderator(), 'frame');
  const page = await openPage(browser);
  const releases = [await holding(page, GLUE), await holding(page, PROGRAM)];
  const asked = askedFor(page, [START, GLUE, STYLES, PROGRAM, TEXTS]);
  await page.goto(platform.url('frame'));
  await asked;
  await page.waitForFunction(() => window.asked.length === 1);
  for (const release of releases) release();
  await widgetOf(page).getByRole('radio').first().waitFor();
  assert.equal(await page.evaluate(() => window.asked.length), 1, 'the token requested in advance is the one used');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('inline program, texts and glue are requested together', async () => {
  await openCase(jury.origin, moderator(), 'inline');
  const page = await openPage(browser);
  const release = await holding(page, GLUE);
  const asked = askedFor(page, [GLUE, STYLES, PROGRAM, TEXTS]);
  await page.goto(platform.url('inline', 'inline'));
  await asked;
  release();
  await page.getByRole('radio').first().waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a program that does not load is reported once, and can be loaded again', async () => {
  const page = await openPage(browser);
  await page.route(PROGRAM, (route) => route.abort());
  await page.goto(platform.url('inline', 'inline'));
  const told = () => page.evaluate(() => window.events.filter(([type]) => type === 'jury:error').map(([, detail]) => JSON.parse(detail).code));
  await page.waitForFunction(() => window.events.some(([type]) => type === 'jury:error'));
  assert.deepEqual(await told(), ['inline_failed']);
  assert.deepEqual(page.faults.filter((fault) => fault.startsWith('exception')), []);
  await page.unroute(PROGRAM);
  await page.locator('live-jury').evaluate((element) => element.setAttribute('lang', 'zh-CN'));
  await page.locator('.lj-widget').waitFor();
  await page.context().close();
});

test('a second visit requests only files without a hash in their name', async () => {
  const first = await openPage(browser);
  await first.goto(platform.url('again'));
  await widgetOf(first).locator('.lj-widget').waitFor();
  const second = await first.context().newPage();
  const devtools = await first.context().newCDPSession(second);
  const fetched = new Map();
  devtools.on('Network.requestWillBeSent', ({ requestId, request }) => fetched.set(requestId, new URL(request.url)));
  devtools.on('Network.requestServedFromCache', ({ requestId }) => fetched.delete(requestId));
  devtools.on('Network.responseReceived', ({ requestId, response }) => response.fromDiskCache && fetched.delete(requestId));
  await devtools.send('Network.enable');
  await second.goto(platform.url('again'));
  await widgetOf(second).locator('.lj-widget').waitFor();
  const paths = [...fetched.values()].filter(({ origin }) => origin === jury.origin).map(({ pathname }) => pathname);
  assert.deepEqual(paths.sort(), ['/embed/v1/frame', '/embed/v1/loader.js']);
  assert.deepEqual(first.faults, []);
  await first.context().close();
});
