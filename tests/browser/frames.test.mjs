// Late and repeated frames change nothing on the page and cause no event.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { cast, closeCase, moderator, openCase, openPage, widgetOf } from './harness.mjs';
import { heard, providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();

/** The widget's text, without the parts that change with time. */
const shown = (widget) => widget.locator('.lj-widget').evaluate((element) => {
  const copy = element.cloneNode(true);
  for (const moving of copy.querySelectorAll('.lj-countdown, .lj-viewers, .lj-spoken')) moving.remove();
  return copy.innerText.replace(/\s+/g, ' ');
});

/** A case of no room. Its tally causes an event after those sent before, and is shown nowhere. */
const ELSEWHERE = '01890a5d-ac96-774b-bcce-b302099a8057';

test('repeated and reordered frames change nothing', async () => {
  const opened = await openCase(jury.origin, moderator(), 'frames', { rules: { quorum: 1, reveal: 'live' } });
  const page = await openPage(browser);
  const frames = [];
  let socket;
  let marks = 0;
  await page.routeWebSocket(/\/socket$/, (route) => {
    socket = route;
    route.connectToServer().onMessage((frame) => {
      frames.push(frame);
      route.send(frame);
    });
  });
  await page.goto(platform.url('frames'));
  const widget = widgetOf(page);
  await widget.getByRole('radio', { name: 'Support the merchant' }).check();
  await widget.getByRole('button', { name: 'Submit vote' }).click();
  await widget.getByText('Your vote is in').first().waitFor();
  for (let juror = 2; juror <= 3; juror += 1) await cast(browser, jury.origin, { sub: `viewer-${juror}`, room: 'frames' }, opened.id, 'buyer');
  await heard(page, 'jury:tally', { case: opened.id, ballots: 3 });
  await unmoved('open');

  // Both wait to be drawn, and the older one came last.
  const last = frames.map((frame) => JSON.parse(frame)).findLast(({ type }) => type === 'tally');
  for (const ahead of [1, 0]) socket.send(JSON.stringify({ ...last, rev: last.rev + ahead, ballots: last.ballots + ahead }));
  await heard(page, 'jury:tally', { case: opened.id, ballots: 4 });

  await closeCase(jury.origin, moderator(), opened.id);
  await widget.getByText('The jury has decided').first().waitFor();
  await unmoved('decided');
  const kinds = new Set(frames.map((frame) => JSON.parse(frame).type));
  for (const kind of ['welcome', 'docket', 'ballot', 'tally']) assert.ok(kinds.has(kind), `${kind} among ${[...kinds]}`);
  assert.deepEqual(page.faults, []);
  await page.context().close();

  async function unmoved(when) {
    await settle();
    // The first welcome has no ballot, so the page would cast again. Another test covers that.
    const old = frames.filter((frame) => JSON.parse(frame).type !== 'welcome');
    const [before, told] = [await shown(widget), await page.evaluate(() => window.events.length)];
    for (const frame of [...old, ...old.toReversed()]) socket.send(frame);
    await settle();
    assert.equal(await shown(widget), before, when);
    const since = await page.evaluate((told) => window.events.slice(told), told);
    assert.deepEqual(since.filter(([, detail]) => JSON.parse(detail).case !== ELSEWHERE), [], when);
  }

  /** Sends a new tally and waits for its event, so that all earlier frames are handled. */
  async function settle() {
    marks += 1;
    socket.send(JSON.stringify({ type: 'tally', case: ELSEWHERE, epoch: 1, rev: marks, ballots: 0 }));
    await heard(page, 'jury:tally', { case: ELSEWHERE, rev: marks });
  }
});
