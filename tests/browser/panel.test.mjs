// A drawn panel in the widget: a juror who is drawn reads so at once, everybody else reads who decides, and the verdict
// shows both counts. The test takes the server's place on the socket.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { openPage } from './harness.mjs';
import { heard, providePlatform } from './platform.mjs';

const ROOM = 'live-42';
const golden = (name) => {
  const file = new URL(`../../protocol/tests/golden/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(fileURLToPath(file), 'utf8'));
};
const welcome = { ...golden('server_welcome'), ballots: [] };
const [example, , decided] = golden('server_docket').cases;
const panel = { buyer: 15, merchant: 15, other: 0, call: 2, present_s: 60, min_level: 0, stop_early: false };
/** An open case that a panel of 30 decides. */
const open = { ...example, evidence: [], rules: { ...example.rules, panel } };
const called = { type: 'called', case: open.id, place: 3, side: 'buyer' };
const DRAWN = 'You were drawn for the panel. Your vote decides.';
const GALLERY = 'A drawn panel of 30 decides; your vote counts beside it.';

const { platform, browser } = await providePlatform();

/** The widget in a room whose server sends these frames. */
async function openWidget(...frames) {
  const page = await openPage(browser);
  const room = { page, widget: page.locator('live-jury') };
  await page.routeWebSocket(/\/socket$/, (socket) => {
    room.send = (frame) => socket.send(JSON.stringify(frame));
    socket.onMessage((text) => {
      if (JSON.parse(text).type === 'join') [welcome, ...frames].forEach(room.send);
    });
  });
  await page.goto(platform.url(ROOM, 'inline'));
  await heard(page, 'jury:connection', { state: 'live' });
  return room;
}

async function leave({ page }) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

test('a juror who is drawn reads so at once, and hears it', async () => {
  const room = await openWidget({ type: 'docket', rev: 1, cases: [open] });
  await room.widget.getByText(GALLERY).waitFor();
  room.send(called);
  await room.widget.locator('.lj-called').getByText(DRAWN).waitFor();
  await room.widget.locator('.lj-spoken').getByText(DRAWN).waitFor({ state: 'attached' });
  assert.equal(await room.widget.getByText(GALLERY).count(), 0);
  await leave(room);
});

test('everybody else reads who decides, in both languages', async () => {
  const room = await openWidget({ type: 'docket', rev: 1, cases: [open] });
  await room.widget.getByText(GALLERY).waitFor();
  await room.widget.evaluate((element) => element.setAttribute('lang', 'zh-CN'));
  await room.widget.getByText('由抽签产生的 30 人评审组裁定，你的票并列公布。').waitFor();
  await leave(room);
});

test('a verdict shows the panel above all votes', async () => {
  const counts = Object.fromEntries(decided.options.map(({ id }, at) => [id, 20 - 5 * at]));
  const verdict = { ...decided.verdict, panel: { seats: 45, counted: 45, counts } };
  const room = await openWidget({ type: 'docket', rev: 1, cases: [open] });
  await room.widget.getByText(GALLERY).waitFor();
  const over = { ...decided, id: open.id, rules: open.rules, verdict };
  room.send({ type: 'docket', rev: 2, cases: [over] });
  await room.widget.getByText('Panel: 45 of 45 votes').waitFor();
  const titles = await room.widget.locator('.lj-verdict h3').allInnerTexts();
  assert.deepEqual(titles.map((title) => title.toLowerCase()), ['panel: 45 of 45 votes', 'all votes']);
  assert.equal(await room.widget.locator('.lj-verdict .lj-bars').count(), 2);
  await leave(room);
});
