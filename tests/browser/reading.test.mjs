// Readability of the widget: order of a case, equal sides, text for each state, visible stream and chat, steady
// numbers, and a quiet notice of a lost connection.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { STATES, exhibit, openGallery } from './gallery.mjs';
import { casesOf, launch, moderator, openCase, openPage, provide, startDemo, stopTime, tokenOf, until, widgetOf } from './harness.mjs';
import { heard, providePlatform } from './platform.mjs';
import { SIZES } from './surfaces.mjs';

const { demo, wide } = await provide({ demo: startDemo, wide: launch });
const { line, platform, jury, browser } = await providePlatform({ withLine: true });

/** The parts of a case in reading order. */
const ORDER = ['.lj-title', '.lj-countdown', '.lj-side[data-hue=buyer]', '.lj-side[data-hue=merchant]', '.lj-exhibit', '.lj-option', '.lj-ballot .lj-button'];

for (const [lang, width] of [['en', '320'], ['en', 'panel'], ['zh-CN', '360']]) {
  test(`title, time, both sides, evidence, options, Submit come in this order, ${lang}, ${width}`, async () => {
    const page = await openGallery(browser, demo, { state: 'evidence', lang, width });
    const tops = await exhibit(page, 'evidence').evaluate((element, order) => order.map((part) => element.querySelector(part).getBoundingClientRect().top), ORDER);
    assert.deepEqual(tops, tops.toSorted((a, b) => a - b), 'on the page');
    const follows = await exhibit(page, 'evidence').evaluate((element, order) => order.slice(1).every((part, at) => {
      const [before, after] = [element.querySelector(order[at]), element.querySelector(part)];
      return before.compareDocumentPosition(after) & Node.DOCUMENT_POSITION_FOLLOWING;
    }), ORDER);
    assert.ok(follows, 'and in the document');
    await page.context().close();
  });
}

test('both sides have the same size, whatever their text', async () => {
  const long = 'This is said at some length, and again. '.repeat(12);
  const { statements } = await openCase(jury.direct, moderator(), 'sides', { statements: { buyer: long, merchant: long } });
  assert.equal(statements.buyer, statements.merchant);
  for (const viewport of Object.values(SIZES)) {
    const page = await openPage(browser, { viewport });
    await page.goto(platform.url('sides', 'inline'));
    const sides = page.locator('live-jury .lj-side');
    await sides.nth(1).waitFor();
    const [buyer, merchant] = await sides.evaluateAll((all) => all.map((side) => [side.offsetWidth, side.offsetHeight]));
    assert.deepEqual(buyer, merchant);
    await page.context().close();
  }
});

/** The text of each state, in English and Chinese. */
const WORDS = {
  connecting: [/Joining the room/, /正在进入房间/],
  'nothing-open': [/No case is open/, /暂无进行中的案件/],
  open: [/Vote now/, /立即投票/],
  pending: [/Sending your vote/, /正在提交你的投票/],
  voted: [/Your vote is in/, /你的投票已计入/],
  sealed: [/Voting has closed/, /投票已截止/],
  decided: [/The jury has decided/, /评审已有结果/],
  'remedy-owed': [/Due by Mar 5, 2026.*: .Refund without return/, /应于 2026年3月5日.* 前完成：.仅退款，无需退货/],
  'remedy-done': [/Refund without return.\s· Done Mar 2, 2026/, /仅退款，无需退货.\s· 2026年3月2日.* 已完成/],
  'remedy-late': [/Not done in time; the platform knows\./, /逾期，已通知平台。/],
  'remedy-past': [/Earlier results[\s\S]*Due by Mar 5, 2026/, /往期结果[\s\S]*应于 2026年3月5日/],
  hung: [/The jury is split/, /评审意见不一/],
  'no-quorum': [/Too few votes/, /票数不足/],
  void: [/This case was cancelled/, /案件已取消/],
  panel: [/A drawn panel of 15 decides/, /由抽签产生的 15 人评审组裁定/],
  called: [/You were drawn for the panel/, /你被抽中进入评审组/],
  'panel-decided': [/Panel: 15 of 15 votes/, /评审组：15 席中 15 票/],
  'panel-short': [/Too few of those drawn voted/, /被抽中者投票太少/],
  'thin-margin': [/The lead is too small/, /领先幅度过小/],
  'not-balanced': [/weighed the same, this side would not lead/, /权重相同，这一方并不领先/],
  'sides-disagree': [/Buyers and merchants do not agree/, /买家与商家意见不一致/],
  'sides-short': [/Too few of one side voted/, /一方投票者太少/],
  'sides-unknown': [/Of most voters the side is not known/, /多数投票者的身份不明/],
  'late-cohort': [/Those who were here before the case opened/, /案件开启前已在场的观众结论不同/],
  watching: [/Watching only/, /仅观看/],
  reconnecting: [/Connection lost\. Reconnecting/, /连接已断开，正在重新连接/],
  failed: [/The jury cannot be shown/, /无法显示评审/],
  several: [/1:30[\s\S]*3:00/, /1:30[\s\S]*3:00/],
  evidence: [/Evidence \(3\)/, /证据（3）/],
  pill: [/Vote now\s*1:30/, /立即投票\s*1:30/],
};

test('each state has its own text, in both languages', async () => {
  assert.deepEqual(Object.keys(WORDS), STATES);
  for (const [at, lang] of ['en', 'zh-CN'].entries()) {
    const page = await openGallery(browser, demo, { lang });
    for (const state of STATES) assert.match(await exhibit(page, state).locator('.lj-widget').innerText(), WORDS[state][at], state);
    await page.context().close();
  }
});

for (const [size, viewport] of Object.entries(SIZES)) {
  test(`a new case takes no focus, and leaves stream and chat visible, ${size}`, async () => {
    const pass = tokenOf(demo.moderator);
    const running = (await until(() => casesOf(demo.origin, pass, 'demo', 'open'), ({ length }) => length > 0)).at(-1);
    const page = await openPage(wide, { viewport, reducedMotion: 'reduce' });
    await page.goto(demo.viewer);
    await widgetOf(page).getByRole('radio').first().waitFor();
    const chat = page.locator('.lines');
    await chat.focus();
    const title = `Does this one come in quietly at ${size}?`;
    await openCase(demo.origin, pass, 'demo', { title, duration_s: 30, rules: { quorum: 1 } });
    await widgetOf(page).locator('.lj-tab').filter({ hasText: title }).waitFor();
    assert.ok(await chat.evaluate((element) => element === document.activeElement), 'the focus stays in the chat');
    // The earlier case stays selected.
    await widgetOf(page).getByRole('heading', { name: running.title }).waitFor();
    const free = await page.evaluate(() => {
      const box = (selector) => document.querySelector(selector).getBoundingClientRect();
      const [jury, chat, stage] = [box('live-jury'), box('.chat'), box('.stage')];
      const meets = (one, other) => one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;
      return { coversChat: meets(jury, chat), chat: chat.height, stage: Math.min(stage.bottom, jury.left >= stage.right ? innerHeight : jury.top) - stage.top };
    });
    assert.equal(free.coversChat, false);
    assert.ok(free.chat >= 60, `${free.chat} px of chat`);
    assert.ok(free.stage >= viewport.height * 0.4, `${free.stage} px of the stream`);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
}

/** A page whose `hear(frame)` delivers a frame as if it came from the server. */
async function openHearing(room) {
  const page = await openPage(browser, { viewport: SIZES[360], reducedMotion: 'reduce' });
  await page.addInitScript(() => {
    const Real = window.WebSocket;
    window.WebSocket = class extends Real {
      constructor(...args) {
        super(...args);
        window.wire = this;
      }
    };
  });
  await page.clock.install();
  line.mend();
  await page.goto(platform.url(room, 'inline'));
  await page.locator('live-jury').getByRole('radio').first().waitFor();
  await stopTime(page);
  const hear = (frame) => page.evaluate((data) => { window.wire.dispatchEvent(new MessageEvent('message', { data })); }, JSON.stringify(frame));
  return Object.assign(page, { hear });
}

test('counts change at most four times a second, and move nothing else', async () => {
  const { id } = await openCase(jury.direct, moderator(), 'moving', { rules: { quorum: 100, reveal: 'live' } });
  const page = await openHearing('moving');
  const bar = page.locator('live-jury .lj-bar-count').first();
  const say = (ballots) => page.hear({ type: 'tally', case: id, epoch: 1, rev: 1_000 + ballots, ballots, counts: { buyer: ballots - 11, merchant: 11, abstain: 0 } });
  await say(111);
  await page.clock.runFor(1_000);
  await bar.waitFor();
  const boxes = () => page.locator('live-jury').evaluate((element) => [...element.shadowRoot.querySelectorAll('.lj-turnout, .lj-turnout-words, .lj-bars, .lj-bar, .lj-bar-label, .lj-side, .lj-option, .lj-button')]
    // A label's box may be wider than its text, so its width is left out.
    .map((part) => { const { x, y, width, height } = part.getBoundingClientRect(); return [part.className, x, y, part.matches('.lj-bar-label') || width, height].join(' '); }));
  const [before, drawn] = [await boxes(), new Set()];
  // Twenty tallies in a second, more than a server sends.
  for (let ballots = 112; ballots < 132; ballots += 1) {
    await say(ballots);
    drawn.add(await bar.textContent());
    await page.clock.runFor(50);
  }
  assert.ok(drawn.size <= 5, `one at the start and four in a second: ${[...drawn].join(' | ')}`);
  assert.ok(drawn.size >= 3, 'the counts change');
  await page.clock.runFor(250);
  assert.match(await bar.textContent(), /120 votes/, 'the last tally is drawn');
  assert.deepEqual(await boxes(), before);
  assert.match(await bar.evaluate((element) => getComputedStyle(element).fontVariantNumeric), /tabular-nums/);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a lost connection is shown after a second, with the state of the vote', async () => {
  await openCase(jury.direct, moderator(), 'quiet');
  const page = await openHearing('quiet');
  const widget = page.locator('live-jury');
  await widget.getByRole('radio').first().check();
  await widget.getByRole('button', { name: 'Submit vote' }).click();
  await heard(page, 'jury:vote-accepted');
  const banner = widget.locator('.lj-banner');
  line.cut();
  await page.waitForFunction(() => window.wire.readyState === WebSocket.CLOSED);
  await page.clock.runFor(950);
  assert.equal(await banner.count(), 0, 'most connections return within a second');
  await page.clock.runFor(100);
  await banner.getByText('Connection lost. Reconnecting… Your vote is in.').waitFor();
  line.mend();
  // Longer than the longest wait before the next attempt.
  await page.clock.runFor(10_000);
  await banner.waitFor({ state: 'detached' });
  await widget.getByText('Your vote is in').first().waitFor();
  await page.context().close();
});
