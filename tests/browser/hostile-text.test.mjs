// Text from people is shown as text on every page: no script runs, nothing loads, no other text is reordered, and
// nothing overflows a small phone. Evidence is fetched and opened without a referrer.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ask, closeCase, moderator, openCase, openPage, stopTime, token, widgetOf } from './harness.mjs';
import { providePlatform } from './platform.mjs';
import { SIZES } from './surfaces.mjs';

const ROOM = 'hostile';
const EVIDENCE = 'https://evidence.example';
/** Reverses the direction of the text after it. */
const OVERRIDE = '\u202e';

/** Markup, a direction override and an endless word, as long as the field allows. */
const hostile = (name, length) => `${name} <img src=x onerror=breach()>${OVERRIDE}<script>breach()</script>javascript:breach()`.padEnd(length, 'W').slice(0, length);
const TEXTS = {
  title: hostile('title', 200),
  summary: hostile('summary', 1_000),
  buyer: hostile('buyer', 2_000),
  merchant: hostile('merchant', 2_000),
  evidence: hostile('evidence', 1_000),
  caption: hostile('caption', 300),
  link: hostile('link', 300),
  remedy: hostile('remedy', 200),
  labelBuyer: hostile('for the buyer', 60),
  labelMerchant: hostile('for the merchant', 60),
};
const REASON = hostile('reason', 500);
const SUBJECT = hostile('subject', 128);

const caseOfHostiles = (fields) => ({
  title: TEXTS.title,
  summary: TEXTS.summary,
  subject: { merchant: SUBJECT, host: SUBJECT, product: SUBJECT, order: SUBJECT },
  statements: { buyer: TEXTS.buyer, merchant: TEXTS.merchant },
  evidence: [
    { type: 'image', url: `${EVIDENCE}/picture.png`, caption: TEXTS.caption, by: 'buyer' },
    { type: 'text', text: TEXTS.evidence, by: 'merchant' },
    { type: 'link', url: `${EVIDENCE}/link`, caption: TEXTS.link, by: 'platform' },
  ],
  options: [
    { id: 'buyer', label: TEXTS.labelBuyer },
    { id: 'merchant', label: TEXTS.labelMerchant },
  ],
  rules: { quorum: 1, reveal: 'live' },
  remedy: TEXTS.remedy,
  ...fields,
});

const { platform, jury, browser } = await providePlatform();

/** Opens a page on a small phone. A script in a text would be a fault, and requests for evidence are answered. */
async function open(url) {
  const page = await openPage(browser, { viewport: SIZES[360], reducedMotion: 'reduce' });
  const context = page.context();
  await context.exposeFunction('breach', () => page.faults.push('a script of somebody’s text ran'));
  page.fetched = [];
  await context.route(`${EVIDENCE}/**`, async (route) => {
    page.fetched.push({ url: route.request().url(), referer: (await route.request().allHeaders()).referer });
    await route.fulfill({ contentType: 'image/svg+xml', body: '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>' });
  });
  await page.clock.install();
  await page.goto(url);
  return page;
}

/** Flaws of the texts in a document, and all texts. Runs in the page. */
function flaws(people) {
  const found = [];
  const texts = [];
  const visit = (root) => {
    for (const element of root.querySelectorAll('*')) {
      if (element.shadowRoot) visit(element.shadowRoot);
      if (element.matches('img[src="x"]') || (element.matches('script:not([src])') && /breach/.test(element.textContent))) found.push(`made of text: ${element.outerHTML}`);
      for (const { name } of element.attributes) if (name.startsWith('on')) found.push(`${name} on ${element.outerHTML.slice(0, 80)}`);
      if (element.matches('a[href]') && !/^https?:$/.test(element.protocol)) found.push(`a link to ${element.href}`);
      for (const node of element.childNodes) if (node.nodeType === Node.TEXT_NODE && node.data.trim()) look(element, node);
    }
  };
  const look = (element, { data }) => {
    texts.push(data);
    const { unicodeBidi } = getComputedStyle(element);
    // Text for screen readers only is a whole sentence and is not visible.
    if (element.closest('.lj-spoken, .spoken, .lj-hidden')) return;
    const bare = data.replace(/\u2068[^\u2069]*\u2069/g, '').trim();
    if (bare.includes('\u202e') && (!people.includes(bare) || unicodeBidi === 'normal')) found.push(`other words beside: ${bare.slice(0, 120)}`);
    const { left, right, width } = element.getBoundingClientRect();
    let scrolls = element.parentElement;
    while (scrolls && !['auto', 'scroll'].includes(getComputedStyle(scrolls).overflowX)) scrolls = scrolls.parentElement;
    const inStrip = scrolls && scrolls.scrollWidth > scrolls.clientWidth;
    if (width > 0 && !inStrip && (left < -1 || right > innerWidth + 1)) found.push(`from ${left} to ${right}: ${data.slice(0, 60)}`);
  };
  visit(document);
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`${scrollWidth} px of content in ${clientWidth} px`);
  return { found, texts };
}

/** Asserts that each expected text is shown unchanged, and that no text has a flaw. */
async function isText(page, ...expected) {
  const people = [...Object.values(TEXTS), `draft ${TEXTS.title.slice(6)}`, REASON, SUBJECT];
  const all = await Promise.all(page.frames().map((frame) => frame.evaluate(`(${flaws})(${JSON.stringify(people)})`)));
  assert.deepEqual(all.flatMap(({ found }) => found), []);
  const shown = all.flatMap(({ texts }) => texts);
  for (const text of expected) assert.ok(shown.some((told) => told.includes(text)), `shown: ${text.slice(0, 20)}…`);
  assert.deepEqual(page.faults, []);
}

const link = (path, role) => `${jury.origin}${path}#token=${token({ sub: `${role}-1`, room: ROOM, role })}`;

test('an address without https is refused', async () => {
  for (const url of ['javascript:breach()', 'JaVaScRiPt:breach()', ' javascript:breach()', 'java\nscript:breach()', 'data:text/html,<script>breach()</script>', 'http://evidence.example/', '//evidence.example/', `https://${OVERRIDE}elpmaxe.ecnedive/`]) {
    const evidence = [{ type: 'link', url, caption: 'x', by: 'buyer' }];
    await assert.rejects(openCase(jury.origin, moderator(), ROOM, caseOfHostiles({ evidence })), /refused: 4\d\d .*evidence\[0\]\.url/, url);
  }
});

test('text from people stays text', async (t) => {
  const opened = await openCase(jury.origin, moderator(), ROOM, caseOfHostiles());
  const [frame, inline, consolePage, host, overlay] = await Promise.all([
    open(platform.url(ROOM)),
    open(platform.url(ROOM, 'inline')),
    open(link('/console/', 'moderator')),
    open(link(`/host/${ROOM}`, 'host')),
    open(link(`/overlay/${ROOM}`, 'overlay')),
  ]);
  const widgets = { frame: [frame, widgetOf(frame)], inline: [inline, inline.locator('live-jury')] };
  const { title, labelBuyer, labelMerchant, remedy, ...rest } = TEXTS;

  for (const [mode, [page, widget]] of Object.entries(widgets)) {
    await t.test(`for a viewer who votes, ${mode}`, async () => {
      await widget.getByRole('radio').first().waitFor();
      // The frame has its final height.
      await page.locator('live-jury[expanded]').waitFor();
      await isText(page, title, labelBuyer, labelMerchant, ...Object.values(rest));
      await widget.getByRole('radio').first().check();
      await widget.getByRole('button', { name: 'Submit vote' }).click();
      await widget.getByText('Your vote is in').first().waitFor();
      await isText(page, title, labelBuyer);
    });
  }

  await t.test('on console, host view and overlay, while a case is open', async () => {
    for (const page of [consolePage, host, overlay]) await page.getByText(title.slice(0, 20)).first().waitFor();
    await isText(consolePage, title, labelBuyer, labelMerchant);
    await host.getByText('Both sides').first().click();
    await isText(host, title, labelBuyer, TEXTS.buyer, TEXTS.merchant);
    await isText(overlay, title, labelBuyer, labelMerchant);
  });

  await t.test('in a verdict', async () => {
    // The overlay shows a verdict for some seconds only. The stopped clock keeps it.
    await stopTime(overlay);
    await closeCase(jury.origin, moderator(), opened.id);
    for (const [page, widget] of Object.values(widgets)) {
      await widget.getByText('The jury has decided').first().waitFor();
      await isText(page, labelBuyer, remedy);
    }
    for (const page of [consolePage, host, overlay]) await page.getByText('The jury has decided').first().waitFor();
    await isText(overlay, title, labelBuyer, remedy);
    await consolePage.getByRole('button', { name: 'Audit trail' }).first().click();
    await isText(consolePage, title, labelBuyer);
    await isText(host, title, labelBuyer, remedy);
  });

  await t.test('in a void case', async () => {
    const cancelled = await openCase(jury.origin, moderator(), ROOM, caseOfHostiles());
    for (const [, widget] of Object.values(widgets)) await widget.getByRole('radio').first().waitFor();
    await ask(jury.origin, moderator(), `/cases/${cancelled.id}/void`, 'POST', { reason: REASON });
    for (const [page, widget] of Object.values(widgets)) {
      await widget.getByText('This case was cancelled').first().waitFor();
      await isText(page, REASON);
    }
    for (const page of [consolePage, host]) {
      await page.getByText('This case was cancelled').first().waitFor();
      await isText(page, REASON);
    }
  });

  await t.test('in a draft, and in the form that edits it', async () => {
    await openCase(jury.origin, moderator(), ROOM, caseOfHostiles({ open: false, title: `draft ${title.slice(6)}` }));
    await consolePage.reload();
    await consolePage.getByText('draft <img').waitFor();
    await isText(consolePage, title.slice(6));
    await consolePage.getByRole('button', { name: 'Edit' }).click();
    await consolePage.locator('.lj-widget').getByText('draft <img').first().waitFor();
    await isText(consolePage, TEXTS.summary, labelBuyer, TEXTS.evidence);
  });

  await t.test('in the lists of past cases', async () => {
    for (const page of [consolePage, host]) {
      await page.reload();
      await page.locator('.list-button').first().click();
      await page.getByText(REASON.slice(0, 20)).first().waitFor();
      await isText(page, title, REASON);
    }
  });
  await Promise.all([frame, inline, consolePage, host, overlay].map((page) => page.context().close()));
});

test('evidence is fetched and opened without a referrer', async () => {
  await openCase(jury.origin, moderator(), 'evidence', caseOfHostiles());
  // The platform's page has no referrer policy, so the widget alone decides.
  const page = await open(platform.url('evidence', 'inline'));
  const widget = page.locator('live-jury');
  await widget.locator('.lj-exhibit-picture img').scrollIntoViewIfNeeded();
  await page.waitForFunction(() => document.querySelector('live-jury').shadowRoot.querySelector('.lj-exhibit-picture img').complete);
  await page.evaluate((src) => new Promise((resolve) => Object.assign(new Image(), { onload: resolve, src })), `${EVIDENCE}/by-the-page.png`);
  const referers = Object.fromEntries(page.fetched.map(({ url, referer }) => [url.slice(EVIDENCE.length), referer]));
  assert.deepEqual(referers, { '/picture.png': undefined, '/by-the-page.png': `${platform.origin}/` });

  for (const kind of ['.lj-exhibit-link', '.lj-exhibit-picture']) {
    const opening = page.context().waitForEvent('page');
    await widget.locator(kind).first().click();
    const shown = await opening;
    await shown.waitForLoadState();
    assert.deepEqual(await shown.evaluate(() => [document.referrer, window.opener]), ['', null]);
    assert.equal(page.fetched.at(-1).referer, undefined);
    const rel = (await widget.locator(kind).first().getAttribute('rel')).split(' ');
    assert.ok(rel.includes('noopener') && rel.includes('noreferrer'), rel.join(' '));
    assert.equal(await widget.locator(kind).first().getAttribute('referrerpolicy'), 'no-referrer');
    await shown.close();
  }
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
