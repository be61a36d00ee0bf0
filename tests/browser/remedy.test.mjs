// The clock of a remedy that a verdict ordered: in the widget, at the console, in the host's view, and on the page of
// the shop that owes it. It moves while a page is open.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { accessibility } from './axe.mjs';
import { caseOf, cast, closeCase, leave, moderator, openCase, openPage, token, until } from './harness.mjs';
import { cutOff } from './layout.mjs';
import { heard, providePlatform } from './platform.mjs';
import { clear, problem } from './standing.mjs';
import { openTrust, sendFacts } from './trust.mjs';

const ROOM = 'live-42';
const HOUR_MS = 3_600_000;
const golden = (name) => {
  const file = new URL(`../../protocol/tests/golden/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(fileURLToPath(file), 'utf8'));
};
const welcome = { ...golden('server_welcome'), ballots: [] };
const [open, , decided] = golden('server_docket').cases;
const DUE_MS = decided.verdict.decided_at_ms + 72 * HOUR_MS;
const DONE_MS = decided.verdict.decided_at_ms + 26 * HOUR_MS;

const { platform, jury, browser } = await providePlatform();

/** An empty picture. */
const PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>';

const docket = (rev, ...cases) => ({ type: 'docket', rev, cases });

/** The decided case with a clock in this state. Each step is a version. */
const clocked = (version, state, fields = {}) => ({
  ...decided,
  version,
  remedy_clock: { kind: 'refund', due_ms: DUE_MS, state, ...(state === 'done' && { done_ms: DONE_MS }) },
  ...fields,
});

/** The widget in a room whose server sends these frames. */
async function openWidget(...frames) {
  const page = await openPage(browser);
  // The picture of the golden evidence.
  await page.route('https://example.com/**', (route) => route.fulfill({ contentType: 'image/svg+xml', body: PICTURE }));
  let send;
  await page.routeWebSocket(/\/socket$/, (socket) => {
    send = (frame) => socket.send(JSON.stringify(frame));
    socket.onMessage((text) => {
      if (JSON.parse(text).type === 'join') [welcome, ...frames].forEach(send);
    });
  });
  await page.goto(platform.url(ROOM, 'inline'));
  await heard(page, 'jury:connection', { state: 'live' });
  return { page, widget: page.locator('live-jury'), send };
}

/** The widget of a viewer who saw the case open. */
async function openWatched() {
  const room = await openWidget(docket(1, open));
  await heard(room.page, 'jury:case-opened', { case: open.id });
  return room;
}

/** The texts of the states, in English and Chinese. */
const WORDS = {
  owed: [/^Due by .*2027.*: .Refund without return.$/, /^应于 2027年.* 前完成：.Refund without return.$/],
  late: [/^.Refund without return.\s· Not done in time; the platform knows\.$/, /^.Refund without return.\s· 逾期，已通知平台。$/],
  done: [/^.Refund without return.\s· Done .*2027/, /^.Refund without return.\s· 2027年.* 已完成$/],
};

test('the widget tells when a remedy is due, late and done, in both languages, as the clock moves', async () => {
  const { page, widget, send } = await openWatched();
  const remedy = widget.locator('.lj-remedy-text');
  send(docket(2, decided));
  await remedy.filter({ hasText: /^Refund without return$/ }).waitFor();
  // The result stays, and with it the lines of a check.
  await widget.locator('.lj-verdict').evaluate((result) => (result.dataset.kept = ''));
  let rev = 3;
  for (const state of ['owed', 'late', 'done']) {
    send(docket(rev, clocked(rev + 3, state)));
    await remedy.filter({ hasText: WORDS[state][0] }).waitFor();
    rev += 1;
  }
  assert.equal(await remedy.count(), 1);
  assert.equal(await widget.locator('.lj-verdict[data-kept]').count(), 1);
  await widget.evaluate((element) => element.setAttribute('lang', 'zh-CN'));
  await remedy.filter({ hasText: WORDS.done[1] }).waitFor();
  for (const state of ['owed', 'late']) {
    send(docket(rev, clocked(rev + 3, state)));
    await remedy.filter({ hasText: WORDS[state][1] }).waitFor();
    rev += 1;
  }
  await leave(page);
});

test('a remedy that an appeal took back reads as none, and a state of a later version as the remedy alone', async () => {
  const { page, widget, send } = await openWatched();
  const remedy = widget.locator('.lj-remedy-text');
  send(docket(2, clocked(6, 'owed')));
  await remedy.filter({ hasText: WORDS.owed[0] }).waitFor();
  send(docket(3, clocked(7, 'waived')));
  await remedy.filter({ hasText: /^Nothing follows from this case\.$/ }).waitFor();
  send(docket(4, clocked(8, 'a_later_state')));
  await remedy.filter({ hasText: /^Refund without return$/ }).waitFor();
  await leave(page);
});

test('earlier results tell the clock, and follow it', async () => {
  const other = { id: open.id.replace(/.$/, '5'), title: 'Was it late?' };
  const { page, widget, send } = await openWidget(docket(1, clocked(6, 'owed'), clocked(6, 'late', other)));
  await widget.getByRole('button', { name: 'Open the jury' }).click();
  const results = widget.locator('.lj-earlier-outcome');
  await results.filter({ hasText: /^Support the buyer · Due by .*: .Refund without return.$/ }).waitFor();
  await results.filter({ hasText: /Not done in time; the platform knows\.$/ }).waitFor();
  send(docket(2, clocked(7, 'done'), clocked(6, 'late', other)));
  await results.filter({ hasText: /· Done .*2027/ }).waitFor();
  assert.equal(await results.filter({ hasText: /Due by/ }).count(), 0);
  await leave(page);
});

/** A case with a remedy about the shop and its host, open in a room. */
const openOwing = (room) => openCase(jury.origin, moderator(), room, {
  title: `Is it silk in ${room}?`,
  subject: { merchant: `shop-${room}`, host: 'ann' },
  options: [
    { id: 'buyer', label: 'Support the buyer', upholds: true },
    { id: 'merchant', label: 'Support the merchant' },
  ],
});

/** The verdict for the buyer, with the clock that follows. */
async function uphold(room, { id }) {
  await cast(browser, jury.origin, { sub: 'ben', room }, id, 'buyer');
  await closeCase(jury.origin, moderator(), id);
  return until(() => caseOf(jury.origin, moderator(), id), ({ remedy_clock }) => remedy_clock?.state === 'owed');
}

/** The platform's word that the remedy was given. */
const give = (room, { id }) =>
  sendFacts(jury.origin, [{ id: `done-${id}`, type: 'remedy.done', at_ms: Date.now(), merchant: `shop-${room}`, case: id }]);

/** Has a page read each clock that is owed as late. */
async function readLate(page) {
  const late = (text) => text.replaceAll('"state":"owed"', '"state":"late"');
  await page.routeWebSocket(/\/socket$/, (route) => {
    route.connectToServer().onMessage((frame) => route.send(late(String(frame))));
  });
  await page.route('**/api/v1/**', async (route) => {
    const response = await route.fetch();
    return route.fulfill({ response, body: late(await response.text()) });
  });
}

const past = (page) => page.getByRole('region', { name: 'Past cases' });

test('a viewer in the room reads when the remedy is due, and then that it was done', async () => {
  const opened = await openOwing('viewer');
  const page = await openPage(browser);
  await page.goto(platform.url('viewer', 'inline'));
  const remedy = page.locator('live-jury .lj-remedy-text');
  await page.locator('live-jury').getByRole('radio').first().waitFor();
  await uphold('viewer', opened);
  await remedy.filter({ hasText: /^Due by .*: .Refund without return.$/ }).waitFor();
  await give('viewer', opened);
  await remedy.filter({ hasText: /^.Refund without return.\s· Done / }).waitFor();
  await leave(page);
});

test('a moderator reads at the verdict and in the list until when a remedy is owed, and that it was given', async () => {
  const opened = await openOwing('console');
  const page = await openPage(browser);
  await page.goto(`${jury.origin}/console/#token=${token({ sub: 'moderator-1', room: 'console', role: 'moderator' })}`);
  await page.getByRole('heading', { name: opened.title }).waitFor();
  await uphold('console', opened);
  const ended = page.locator('.case-ended');
  await ended.getByText('Refund without return').waitFor();
  await ended.getByText(/^Remedy owed until .*\.$/).waitFor();
  const row = page.locator('.list-row', { hasText: opened.title });
  await row.getByText(/^Remedy owed until .*\.$/).waitFor();
  await give('console', opened);
  await ended.getByText(/^Remedy given .*\.$/).waitFor();
  await row.getByText(/^Remedy given .*\.$/).waitFor();
  await row.getByRole('button').click();
  await page.getByRole('dialog', { name: 'Record of a case' }).getByText(/^Remedy given .*\.$/).waitFor();
  await page.keyboard.press('Escape');
  await page.getByLabel('Language').selectOption('zh-CN');
  await row.getByText(/^处理已于 .* 完成。$/).waitFor();
  await leave(page);
});

test('a host reads what is owed and until when, and that the time is over', async () => {
  const opened = await openOwing('host');
  const link = `${jury.origin}/host/host#token=${token({ sub: 'ann', room: 'host', role: 'host' })}`;
  const page = await openPage(browser);
  await page.goto(link);
  await page.getByRole('heading', { name: opened.title }).waitFor();
  await uphold('host', opened);
  const verdict = page.locator('.host-verdict');
  await verdict.getByText('Refund without return').waitFor();
  await verdict.getByText(/^Remedy owed until .*\.$/).waitFor();
  await past(page).getByText(/^Remedy owed until .*\.$/).waitFor();
  await leave(page);

  const later = await openPage(browser);
  await readLate(later);
  await later.goto(link);
  const line = past(later).getByText(/^Remedy not given by .*; the platform was told\.$/);
  await line.waitFor();
  await past(later).getByRole('button', { name: opened.title }).click();
  await line.nth(1).waitFor();
  await later.getByLabel('Language').selectOption('zh-CN');
  await later.getByText(/^处理未在 .* 前完成，已通知平台。$/).nth(1).waitFor();
  await leave(later);
});

/** A remedy that a shop owes, with a clock in this state. */
const owing = (state, due_ms) => ({
  case: state === 'late' ? decided.id : open.id.replace(/.$/, '5'),
  room: ROOM,
  title: decided.title,
  remedy: 'Refund without return',
  clock: { kind: 'refund', due_ms, state },
});

/** The page of a shop's owner, who owes these remedies. */
const openMe = (remedies, options) =>
  openTrust(browser, jury.origin, '/trust/me', { sub: 'owner', room: '*', role: 'merchant', merchant: 'm-1' }, {
    'GET /me': () => (clear({ remedies })),
    'GET /merchants/m-1/index': () => problem(404, 'not_found'),
    'GET /merchants/m-1/promises': () => ({ merchant: 'm-1', assured: false, promises: [] }),
    'GET /claims': () => ({ items: [] }),
  }, options);

test("a shop's owner reads what verdicts ordered of it, how long is left, and what is late", async () => {
  const page = await openMe([owing('late', Date.now() - HOUR_MS), owing('owed', Date.now() + 27.5 * HOUR_MS)]);
  const owed = page.getByRole('region', { name: 'Remedies owed' });
  await owed.getByText(/^Not done by .*: .Refund without return.\. The platform knows\. It can still be done\.$/).waitFor();
  await owed.getByText(/^Due by .*: .Refund without return. \(27 hours left\)\.$/).waitFor();
  await owed.getByText(/^From a case in room .live-42.\.$/).first().waitFor();
  await leave(page, /status of 404/);
  const none = await openMe([]);
  await none.getByRole('region', { name: 'Standing', exact: true }).waitFor();
  assert.equal(await none.getByRole('region', { name: 'Remedies owed' }).count(), 0);
  await leave(none, /status of 404/);
});

test("a shop's owner reads the server's own answer, until the remedy is given", async () => {
  const opened = await openOwing('shop');
  await uphold('shop', opened);
  const claims = { sub: 'owner', room: '*', role: 'merchant', merchant: 'shop-shop' };
  const page = await openTrust(browser, jury.origin, '/trust/me', claims);
  await page.getByRole('region', { name: 'Remedies owed' }).getByText(/^Due by .*\((2 days|7\d hours) left\)\.$/).waitFor();
  await give('shop', opened);
  await page.reload();
  await page.getByRole('region', { name: 'Standing', exact: true }).waitFor();
  assert.equal(await page.getByRole('region', { name: 'Remedies owed' }).count(), 0);
  await leave(page, /status of 40[14]/);
});

for (const colorScheme of ['light', 'dark']) {
  test(`owed remedies fit 320 px and are accessible, ${colorScheme}`, async () => {
    for (const lang of ['en', 'zh-CN']) {
      const look = { lang, colorScheme, viewport: { width: 320, height: 640 }, reducedMotion: 'reduce' };
      const page = await openMe([owing('late', Date.now() - HOUR_MS), owing('owed', Date.now() + 27.5 * HOUR_MS)], look);
      await page.locator('[data-clock=owed]').waitFor();
      assert.deepEqual((await accessibility(page)).violations, []);
      assert.deepEqual(await page.evaluate(cutOff), []);
      await leave(page, /status of 404/);
    }
  });
}
