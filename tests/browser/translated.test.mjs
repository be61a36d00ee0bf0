// A browser's translator replaces each text node while the widget or a page runs, in Chromium and in Firefox. Every
// text goes on: figures move, and all texts follow the language that is chosen next.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launchChromium, launchFirefox, openTab, press, seeText } from './browsers.mjs';
import { ask, cast, closeCase, launch, moderator, openCase, provide, startServer, token, until } from './harness.mjs';
import { startPlatform } from './platform.mjs';

const { platform, voters, ...browsers } = await provide({ platform: startPlatform, voters: launch, Chromium: launchChromium, Firefox: launchFirefox });
const { jury } = await provide({ jury: () => startServer([platform.origin]) });
platform.jury = jury.origin;

/** How translators change a text: the node moves into a new element, or a new node takes its place there. */
const WAYS = ['wrapped', 'replaced'];

/** Changes each text node below `selector`, shadow root included. */
const translate = (page, way, selector = 'body') => page.evaluate((way, selector) => {
  const root = document.querySelector(selector);
  const walk = document.createTreeWalker(root.shadowRoot ?? root, NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walk.nextNode()) if (walk.currentNode.data.trim()) texts.push(walk.currentNode);
  for (const text of texts) {
    const font = document.createElement('font');
    text.replaceWith(font);
    font.append(way === 'replaced' ? document.createTextNode(text.data) : text);
  }
  return texts.length;
}, way, selector);

/** All texts of a page. Digits are alike: clocks move. The preview is the widget, which has a test of its own. */
const texts = (page) => page.evaluate(() => {
  const copy = document.body.cloneNode(true);
  for (const apart of copy.querySelectorAll('script, .preview')) apart.remove();
  return copy.textContent.replace(/\d+/g, '0').replace(/\s+/g, ' ');
});

/** Chooses a language in the bar, also below an open dialog. */
const speak = (page, lang) => page.evaluate((lang) => {
  const select = document.querySelector('.top-end select');
  select.value = lang;
  select.dispatchEvent(new Event('change', { bubbles: true }));
}, lang);

/** Translates the page, and checks that each text still follows the chosen language. */
async function followsLanguage(page, way, what) {
  const english = await texts(page);
  await speak(page, 'zh-CN');
  const chinese = await texts(page);
  assert.notEqual(chinese, english, what);
  await speak(page, 'en');
  assert.equal(await texts(page), english, what);
  assert.ok((await translate(page, way)) > 10, what);
  await speak(page, 'zh-CN');
  assert.equal(await texts(page), chinese, `${what}, ${way}`);
  await speak(page, 'en');
  assert.equal(await texts(page), english, `${what}, ${way}`);
  await translate(page, way);
}

const textOf = (page, selector) => page.$eval(selector, (element) => element.textContent);

/** Waits until an element's text differs from `before`. */
const differs = (page, selector, before) =>
  page.waitForFunction((selector, before) => document.querySelector(selector).textContent !== before, {}, selector, before);

/** Waits until one of the elements has this text. */
const shows = (page, selector, text) =>
  page.waitForFunction(
    (selector, text) => [...document.querySelectorAll(selector)].some((element) => element.textContent.includes(text)),
    {}, selector, text,
  );

/** Enough voters at once for a rate of one a second and more over two seconds. */
const FIRST_VOTERS = Array.from({ length: 8 }, (_, n) => `early-${n}`);

const voteAs = (sub, room, id) => cast(voters, jury.origin, { sub, room }, id, 'buyer');
const link = (path, role, room, claims = {}) => `${jury.origin}/${path}?lang=en#token=${token({ sub: `${role}-1`, room, role, ...claims })}`;

async function leave(page, expected = /^$/) {
  assert.deepEqual(page.faults.filter((fault) => !expected.test(fault)), []);
  await page.end();
}

for (const [at, [name, browser]] of Object.entries(browsers).entries()) {
  for (const way of WAYS) {
    const roomOf = (surface) => `${surface}-${at}-${way}`;

    test(`the widget goes on in ${name} after its text was ${way}`, async () => {
      const room = roomOf('widget');
      const opened = await openCase(jury.origin, moderator(), room);
      const page = await openTab(browser);
      await page.goto(platform.url(room, 'inline'));
      const clock = () => page.evaluate(() => document.querySelector('live-jury').shadowRoot.querySelector('.lj-countdown').textContent);
      await page.waitForSelector('live-jury >>> .lj-countdown');
      assert.ok((await translate(page, way, 'live-jury')) > 10);
      const before = await clock();
      await until(clock, (now) => now !== before);
      await voteAs('viewer-2', room, opened.id);
      await seeText(page, '1 vote in');
      await translate(page, way, 'live-jury');
      await closeCase(jury.origin, moderator(), opened.id);
      await seeText(page, 'The jury has decided');
      await leave(page);
    });

    test(`the console's figures go on in ${name} after its text was ${way}`, async () => {
      const room = roomOf('figures');
      const opened = await openCase(jury.origin, moderator(), room, { rules: { quorum: 1, recused: ['barred'] } });
      const page = await openTab(browser);
      await page.goto(link('console/', 'moderator', room));
      await shows(page, '.connection', 'Connected');
      await page.waitForSelector('.case .share');
      await translate(page, way);
      const clock = await textOf(page, '[role=timer]');
      for (const sub of FIRST_VOTERS) await voteAs(sub, room, opened.id);
      assert.equal((await voteAs('barred', room, opened.id)).reason, 'recused');
      await differs(page, '[role=timer]', clock);
      await shows(page, '.turnout .figure', '8');
      await shows(page, '.turnout-met', 'Quorum met');
      await shows(page, '.share-figures', '100%');
      await page.waitForFunction(() => /peak [1-9]/.test(document.querySelector('.pace')?.textContent));
      await shows(page, '.refusals li .figure', '1');
      await translate(page, way);
      await voteAs('viewer-3', room, opened.id);
      await shows(page, '.turnout .figure', '9');
      await shows(page, '.share-figures', '9');
      await press(page, '+0:30');
      await shows(page, '.case .note', 'extended by 30 s');
      await translate(page, way);
      await press(page, '+1:00');
      await shows(page, '.case .note', 'extended by 1 min');
      await leave(page);
    });

    test(`the console's texts follow the language in ${name} after they were ${way}`, async () => {
      const room = roomOf('console');
      const earlier = await openCase(jury.origin, moderator(), room, { title: 'Was the first one late?' });
      await closeCase(jury.origin, moderator(), earlier.id);
      const opened = await openCase(jury.origin, moderator(), room);
      await openCase(jury.origin, moderator(), room, { open: false, title: 'Is the draft right?' });
      const page = await openTab(browser);
      await page.goto(link('console/', 'moderator', room));
      await shows(page, '.connection', 'Connected');
      for (const part of ['.case .share', '.room-aside .list-row', '.list-button']) await page.waitForSelector(part);
      await followsLanguage(page, way, 'a room');

      await press(page, 'Close…');
      await shows(page, '.asking', 'Close');
      await followsLanguage(page, way, 'the question before closing');
      await press(page, 'Keep it open');
      await press(page, 'Void…');
      await page.waitForSelector('.asking textarea');
      await followsLanguage(page, way, 'the reason of a void');
      await press(page, 'Cancel');

      await press(page, 'Keyboard shortcuts');
      await page.waitForSelector('dialog[open] .keys');
      await followsLanguage(page, way, 'the list of shortcuts');
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog[open]', { hidden: true });

      await page.click('.list-button');
      await press(page, 'Audit trail');
      await page.waitForSelector('dialog[open] .trail');
      await followsLanguage(page, way, 'the record of a case');
      await page.keyboard.press('Escape');
      await page.waitForSelector('dialog[open]', { hidden: true });

      await closeCase(jury.origin, moderator(), opened.id);
      await page.waitForSelector('.case-ended .verdict');
      await page.waitForFunction(() => document.querySelectorAll('.list-button').length === 2);
      await followsLanguage(page, way, 'an ended case');
      // The same elements now show another case.
      await page.evaluate(() => document.querySelectorAll('.list-button')[1].click());
      await shows(page, 'dialog[open] h3', 'Was the first one late?');
      await leave(page);
    });

    test(`the form's texts follow the language in ${name} after they were ${way}`, async () => {
      const room = roomOf('form');
      const draft = await openCase(jury.origin, moderator(), room, { open: false, title: 'Is the draft right?' });
      const page = await openTab(browser);
      await page.goto(link('console/', 'moderator', room));
      await press(page, 'Edit');
      await page.waitForSelector('.preview .lj-card');
      await press(page, 'Add evidence');
      await page.waitForSelector('.piece');
      await page.$$eval('.composer details', (groups) => groups.forEach((group) => (group.open = true)));
      await followsLanguage(page, way, 'the form');
      await page.$eval('textarea[data-field=title]', (field) => {
        field.value = 'Is it?';
        field.dispatchEvent(new Event('input', { bubbles: true }));
      });
      await shows(page, '.counter', '6/');
      await press(page, 'Save draft');
      await page.waitForSelector('.composer-said .fault');
      await followsLanguage(page, way, 'a wrong field');
      await press(page, 'Remove this evidence');
      await ask(jury.origin, moderator(), `/cases/${draft.id}`, 'PATCH', { title: 'Theirs' });
      await press(page, 'Save draft');
      await shows(page, '.composer-said', 'Load their version');
      await followsLanguage(page, way, 'a conflict');
      await press(page, 'Back');
      await page.waitForSelector('.composer .banner');
      await followsLanguage(page, way, 'the question before leaving');
      await leave(page, /status of 4(12|22)/);
    });

    test(`tabs, the view of all rooms and the warning of a token that ends go on in ${name} after they were ${way}`, async () => {
      const rooms = [roomOf('left'), roomOf('right')];
      for (const room of rooms) await openCase(jury.origin, moderator(), room);
      const page = await openTab(browser);
      await page.evaluateOnNewDocument((rooms) => localStorage.setItem('live-jury.rooms', rooms), rooms.join(' '));
      await page.goto(link('console/', 'moderator', '*', { exp: Math.floor(Date.now() / 1000) + 110 }));
      await page.waitForSelector('.column:nth-child(2) .case .share');
      await page.waitForFunction(() => document.querySelectorAll('.tab-clock').length === 2);
      await translate(page, way);
      for (const moving of ['.banner strong', '.tab-clock', '[role=timer]']) await differs(page, moving, await textOf(page, moving));
      await openCase(jury.origin, moderator(), rooms[0], { title: 'Is it the second?' });
      await shows(page, '.badge', '2');
      await shows(page, '.case:nth-child(2) .share-figures', '0%');
      await followsLanguage(page, way, 'all rooms');
      await leave(page);
    });

    test(`the host's view goes on in ${name} after its text was ${way}`, async () => {
      const room = roomOf('host');
      const [first, second, third] = await Promise.all(['first', 'second', 'third'].map((which) => openCase(jury.origin, moderator(), room, { title: `Was the ${which} one late?` })));
      const page = await openTab(browser);
      await page.goto(link(`host/${room}`, 'host', room));
      await shows(page, '.connection', 'Connected');
      await page.waitForFunction(() => document.querySelectorAll('.host-open .turnout').length === 3);
      await followsLanguage(page, way, 'open cases');
      const clock = await textOf(page, '[role=timer]');
      await differs(page, '[role=timer]', clock);
      for (const { id } of [first, second, third]) await voteAs('viewer-2', room, id);
      await shows(page, '.turnout .figure', '1');

      await closeCase(jury.origin, moderator(), first.id);
      await shows(page, '.host-verdict', first.title);
      await page.waitForSelector('.list-button');
      await page.click('.list-button');
      await page.waitForSelector('.list .verdict');
      await followsLanguage(page, way, 'a verdict');
      // The same elements now show another case.
      await closeCase(jury.origin, moderator(), second.id);
      await shows(page, '.host-verdict', second.title);
      await shows(page, '.host-verdict .share-figures', '100%');
      await leave(page);
    });

    test(`the overlay goes on in ${name} after its text was ${way}`, async () => {
      const room = roomOf('overlay');
      const first = await openCase(jury.origin, moderator(), room, { title: 'Was the first one late?', rules: { quorum: 1, reveal: 'live' } });
      const page = await openTab(browser);
      await page.goto(link(`overlay/${room}`, 'overlay', room));
      await page.waitForSelector('.plate .turnout');
      await translate(page, way);
      const clock = await textOf(page, '[role=timer]');
      await differs(page, '[role=timer]', clock);
      await voteAs('viewer-2', room, first.id);
      await shows(page, '.turnout .figure', '1');
      await shows(page, '.share-figures', '100%');
      const second = await openCase(jury.origin, moderator(), room, { title: 'Was the second one late?', duration_s: 60 });
      await shows(page, '.plate h1', second.title);
      await translate(page, way);
      await closeCase(jury.origin, moderator(), first.id);
      await shows(page, '.plate-verdict', first.title);
      await translate(page, way);
      // The same plate now shows another verdict.
      await closeCase(jury.origin, moderator(), second.id);
      await shows(page, '.plate-verdict', second.title);
      await shows(page, '.plate-verdict h1', 'Too few votes');
      await leave(page);
    });
  }
}
