// The shipped WebAssembly decodes every golden server frame: the widget, or the console, shows or reports its fields.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { moderator, openPage, until, widgetOf } from './harness.mjs';
import { eventsOf, heard, providePlatform } from './platform.mjs';

const FOLDER = fileURLToPath(new URL('../../protocol/tests/golden', import.meta.url));
const ROOM = 'live-42';
/** A value that no version of the protocol has yet. */
const LATER = 'a_later_value';

const golden = Object.fromEntries(readdirSync(FOLDER)
  .filter((file) => file.startsWith('server_'))
  .map((file) => [file.replace('.json', ''), JSON.parse(readFileSync(join(FOLDER, file), 'utf8'))]));
const [open, sealed, decided, voided] = golden.server_docket.cases;
const docket = (rev, ...cases) => ({ type: 'docket', rev, cases });
const PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>';
/** A viewer without a ballot. */
const WELCOME = { ...golden.server_welcome, ballots: [] };

const { platform, jury, browser } = await providePlatform();

/** The widget in a room whose server is this test: it has joined and received `frames`. */
async function openWidget(frames, { welcome = WELCOME } = {}) {
  const page = await openPage(browser);
  const room = await answer(page, [welcome, ...frames]);
  await page.goto(platform.url(ROOM));
  await heard(page, 'jury:connection', { state: 'live' });
  return { ...room, widget: widgetOf(page) };
}

/** Takes the server's place on every socket of a page: answers each join with `frames`. */
async function answer(page, frames) {
  // The picture of the golden evidence.
  await page.route('https://example.com/**', (route) => route.fulfill({ contentType: 'image/svg+xml', body: PICTURE }));
  const room = { page, received: [], joined: [], send: undefined };
  await page.routeWebSocket(/\/socket$/, (socket) => {
    room.send = (frame) => socket.send(JSON.stringify(frame));
    socket.onMessage((text) => {
      const frame = JSON.parse(text);
      room.received.push({ ...frame, at: Date.now() });
      if (frame.type !== 'join') return;
      room.joined.push(Date.now());
      frames.forEach(room.send);
    });
  });
  return { ...room, send: (frame) => room.send(frame) };
}

async function castIn({ widget }, label = 'Support the buyer') {
  await widget.getByRole('radio', { name: label }).check();
  await widget.getByRole('button', { name: 'Submit vote' }).click();
}

const casts = ({ received }) => received.filter(({ type }) => type === 'cast');
const without = (frame, ...names) =>
  Object.fromEntries(Object.entries(frame).filter(([name]) => !names.includes(name)));

async function close({ page }, expected = []) {
  assert.deepEqual(page.faults.map((fault) => fault.replace(/ \(http.*$/, '')), expected);
  await page.context().close();
}

/** For each type of frame: what a reader of the page must see of every field that the client uses. */
const CHECKS = {
  async welcome(frame) {
    const room = await openWidget([docket(1, open)], { welcome: frame });
    await heard(room.page, 'jury:ready', { role: frame.role });
    // The clock: 85 s are left on the server's, whatever the browser's own says.
    const leftS = (open.closes_at_ms - frame.server_time_ms) / 1000;
    const [minutes, seconds] = (await room.widget.locator('time').first().innerText()).split(':').map(Number);
    const shownS = 60 * minutes + seconds;
    assert.ok(shownS <= leftS && shownS > leftS - 30, `${shownS} of ${leftS} s`);
    const { label } = open.options.find(({ id }) => id === frame.ballots[0].option);
    await room.widget.locator('.lj-answer', { hasText: label }).waitFor();
    const warning = room.widget.getByText('A technical fault here may lose votes.');
    assert.equal(await warning.count(), frame.durable === false ? 1 : 0);
    // The ballot's number: a change gets the next one. The case allows changes.
    await room.widget.getByRole('button', { name: 'Change my vote' }).click();
    await castIn(room, 'Support the merchant');
    const [cast] = await until(() => casts(room), (all) => all.length > 0);
    assert.equal(cast.change, frame.ballots[0].change + 1);
    await close(room);
  },

  async docket(frame) {
    const room = await openWidget([frame]);
    if (frame.cases.length === 0) {
      await room.widget.getByText('No case is open').first().waitFor();
      return close(room);
    }
    await shows(room, open);
    // The ended cases of the file, one state after the other.
    room.send(docket(frame.rev + 1, sealed));
    await room.widget.getByText('Voting has closed').first().waitFor();
    let rev = frame.rev + 2;
    for (const ended of [decided, voided]) {
      room.send(docket(rev, open));
      room.send(docket(rev + 1, ended));
      await until(() => eventsOf(room.page, 'jury:verdict'), (all) => all.length > (ended === voided ? 1 : 0));
      const { id, title, verdict, remedy, closed_by } = ended;
      const told = (await eventsOf(room.page, 'jury:verdict')).at(-1);
      assert.deepEqual(told, { case: id, title, verdict, remedy, closed_by });
      rev += 2;
    }
    await room.widget.getByText(voided.verdict.reason).first().waitFor();
    await room.widget.getByText(/Closed by a moderator · extended by 30 s/).waitFor();
    return close(room);
  },

  async called(frame) {
    const room = await openWidget([docket(1, open), frame]);
    await shows(room, open);
    await close(room);
  },

  async ballot(frame) {
    // A changed ballot replaces an earlier one.
    const before = frame.change > 0 ? [{ ...golden.server_welcome.ballots[0], option: 'merchant' }] : [];
    const room = await openWidget([docket(1, open)], { welcome: { ...WELCOME, ballots: before } });
    if (before.length > 0) await room.widget.getByRole('button', { name: 'Change my vote' }).click();
    await castIn(room);
    await until(() => casts(room), (all) => all.length > 0);
    room.send(frame);
    await heard(room.page, 'jury:vote-accepted', { case: frame.case, status: frame.status });
    await room.widget.locator('.lj-answer', { hasText: 'You chose' }).getByText('Support the buyer').waitFor();
    await close(room);
  },

  async refused(frame) {
    const room = await openWidget([docket(1, open)]);
    await castIn(room);
    const [first] = await until(() => casts(room), (all) => all.length > 0);
    room.send(frame);
    if (frame.retry_after_ms) {
      const [, again] = await until(() => casts(room), (all) => all.length > 1);
      assert.deepEqual(without(again, 'at'), without(first, 'at'));
      assert.ok(again.at - first.at >= frame.retry_after_ms, `after ${again.at - first.at} ms`);
    } else if (frame.case === open.id) {
      await heard(room.page, 'jury:vote-refused', { case: frame.case, reason: frame.reason });
    } else {
      // The refusal names no case of the room, so the vote stays pending. The next frame is handled after it.
      room.send(golden.server_tally);
      await heard(room.page, 'jury:tally', { case: golden.server_tally.case });
      assert.deepEqual(await eventsOf(room.page, 'jury:vote-refused'), []);
    }
    await close(room);
  },

  receipt: passes,
  no_receipt: passes,

  async tally(frame) {
    const room = await openWidget([docket(1, open)]);
    room.send(frame);
    await heard(room.page, 'jury:tally', { rev: frame.rev });
    assert.deepEqual(await eventsOf(room.page, 'jury:tally'), [without(frame, 'type')]);
    await room.widget.getByText(`${frame.ballots} votes in`).waitFor();
    await close(room);
  },

  async presence(frame) {
    const room = await openWidget([docket(1, open), frame]);
    await room.widget.getByText(`${frame.viewers.toLocaleString('en')} watching`).waitFor();
    await close(room);
  },

  async stats(frame) {
    const page = await openPage(browser);
    await answer(page, [{ ...WELCOME, role: 'moderator' }, docket(1), frame]);
    await page.goto(`${jury.origin}/console/#token=${moderator()}`);
    await page.getByRole('textbox', { name: 'Add a room' }).fill(ROOM);
    await page.keyboard.press('Enter');
    const figures = page.locator('.figures dd');
    await figures.getByText(frame.viewers.toLocaleString('en')).waitFor();
    const wanted = [frame.viewers, frame.nodes, frame.ballots_per_s].map((figure) => figure.toLocaleString('en'));
    assert.deepEqual(await figures.allInnerTexts(), wanted);
    const refused = { closed: 'Too late', already_voted: 'Voted already' };
    const lines = Object.entries(frame.refused).map(([reason, count]) => `${refused[reason]} ${count}`);
    const shown = (await page.locator('.refusals li').allInnerTexts()).map((line) => line.replace(/\s+/g, ' '));
    assert.deepEqual(shown.sort(), lines.sort());
    await close({ page });
  },

  async draining(frame) {
    const room = await openWidget([docket(1, open)]);
    const from = Date.now();
    room.send(frame);
    await until(() => room.joined, (all) => all.length > 1);
    const waited = room.joined[1] - from;
    assert.ok(waited >= frame.reconnect_after_ms, `${waited} ms`);
    await close(room);
  },

  async error(frame) {
    const room = await openWidget([docket(1, open)]);
    room.send(frame);
    const name = frame.code.split('_').map((word) => word[0].toUpperCase() + word.slice(1)).join('');
    await until(() => room.page.faults, (faults) => faults.length > 0);
    await close(room, [`console: live-jury: ${name}: ${frame.detail}`]);
  },
};

/** The page did not ask for this receipt, so the frame changes nothing. The next one is handled after it. */
async function passes(frame) {
  const room = await openWidget([docket(1, open)]);
  room.send(frame);
  room.send(golden.server_tally);
  await heard(room.page, 'jury:tally', { case: golden.server_tally.case });
  await close(room);
}

/** Every field of an open case that a viewer can see. */
async function shows({ page, widget }, shown) {
  await heard(page, 'jury:case-opened', { case: shown.id, title: shown.title, closes_at_ms: shown.closes_at_ms });
  const text = (await widget.locator('.lj-case').first().innerText()).replace(/\s+/g, ' ');
  const wanted = [
    'False advertising', shown.title, shown.summary, shown.statements.buyer, shown.statements.merchant,
    ...shown.options.map(({ label }) => label),
    ...shown.evidence.flatMap((piece) => [piece.caption, piece.text].filter(Boolean)),
    'from the buyer', 'from the platform · at 12:14 in the stream',
    `${shown.rules.quorum} more needed for a result`, 'Counts appear when voting closes',
  ];
  for (const part of wanted) assert.ok(text.toLowerCase().includes(part.toLowerCase()), `“${part}” in: ${text}`);
  assert.equal(await widget.locator('.lj-exhibit-picture').getAttribute('href'), shown.evidence[0].url);
}

for (const [name, frame] of Object.entries(golden)) {
  test(`the program decodes ${name}`, async () => {
    const check = CHECKS[frame.type];
    assert.ok(check, `no check for ${frame.type}: say here what a page shows of it`);
    await check(frame);
  });
}

test('a frame that lacks a field is reported, so an undecoded golden frame would be', async () => {
  const room = await openWidget([docket(1, open)]);
  room.send({ type: 'tally', case: open.id });
  await until(() => room.page.faults, (faults) => faults.length > 0);
  await close(room, ['console: live-jury: a frame was not understood: not the JSON that was expected']);
});

test('values of a later version leave the rest of the widget working', async () => {
  const evidence = [
    { ...open.evidence[0], type: LATER, by: LATER },
    { ...open.evidence[1], type: LATER, by: LATER },
  ];
  const newer = { ...open, evidence, rules: { ...open.rules, reveal: LATER } };
  const other = { ...open, id: '01a203b5-95b3-7ce4-89c4-bc6b96795f55', title: 'Is it another case?', state: LATER };
  const room = await openWidget([docket(1, newer, other), { type: LATER }]);
  await heard(room.page, 'jury:case-opened', { case: newer.id });
  await room.widget.getByText('from another party').first().waitFor();
  assert.equal(await room.widget.locator('.lj-exhibit a').getAttribute('href'), evidence[0].url);
  await room.widget.locator('.lj-exhibit blockquote', { hasText: evidence[1].text }).waitFor();
  assert.equal(await room.widget.getByText(other.title).count(), 0);

  // An unknown reason with a delay: the same cast again. Without: the vote did not count.
  await castIn(room);
  await until(() => casts(room), (all) => all.length > 0);
  room.send({ ...golden.server_refused_busy, reason: LATER });
  await until(() => casts(room), (all) => all.length > 1);
  room.send({ ...golden.server_refused_recused, reason: LATER });
  await heard(room.page, 'jury:vote-refused', { case: newer.id, reason: 'unknown' });
  await room.widget.getByText('Your vote did not count.').first().waitFor();

  const verdict = { ...decided.verdict, outcome: LATER, option: null };
  room.send(docket(2, { ...decided, closed_by: LATER, verdict }));
  await heard(room.page, 'jury:verdict', { case: decided.id, closed_by: 'unknown' });
  await room.widget.getByText('This case has ended').first().waitFor();
  await close(room);
});

test('an acknowledgement with a status of a later version still counts', async () => {
  const room = await openWidget([docket(1, open)], { welcome: { ...WELCOME, role: 'viewer' } });
  await castIn(room);
  await until(() => casts(room), (all) => all.length > 0);
  room.send({ ...golden.server_ballot_counted, status: LATER });
  await heard(room.page, 'jury:vote-accepted', { case: open.id, status: 'unknown' });
  await room.widget.getByText('Your vote is in').first().waitFor();
  await close(room);
});

test('a role of a later version may watch', async () => {
  const room = await openWidget([docket(1, open)], { welcome: { ...WELCOME, role: LATER } });
  await heard(room.page, 'jury:ready', { role: 'unknown' });
  await room.widget.getByText('Watching only').first().waitFor();
  await close(room);
});
