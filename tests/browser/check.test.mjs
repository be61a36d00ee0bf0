// The check of a verdict on a viewer's device: its steps in words, with a pinned key and without, and what it says when
// the server's answers do not hold.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessibility } from './axe.mjs';
import { ask, closeCase, moderator, openCase, openPage, stopTime, until } from './harness.mjs';
import { eventsOf, providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();
const html = platform.rewrite;

/** The time after which a widget checks by itself, at most. */
const SELF_CHECK_MS = 70_000;
/** A good key that no log of these tests has. */
const OTHER_KEY = 'jury.example.com/log/1+cf111579+ARl/ayPhbIUyxqvIOPrNXqeJvgx2spIDNAOb+os9No1h';

let rooms = 0;

/** The parts of the page in which the widget is drawn. */
const widgetOf = (page, mode) => (mode === 'frame' ? page.frameLocator('live-jury iframe') : page.locator('live-jury'));

/**
 * A viewer who voted, in a room whose case has ended. `attributes` are further ones of the element, `fields` those of
 * the case; `opened` is awaited before the vote.
 */
async function ended({
  mode = 'frame', attributes = '', votes = true, lang = 'en', fields = {}, opened, prepare, options,
} = {}) {
  const room = `check-${++rooms}`;
  platform.rewrite = (page) => html(page).replace('<live-jury ', `<live-jury lang="${lang}" ${attributes} `);
  const page = await openPage(browser, options);
  await prepare?.(page);
  await page.goto(platform.url(room, mode));
  platform.rewrite = html;
  await page.evaluate(() => {
    addEventListener('jury:checked', (event) => window.events.push([event.type, JSON.stringify(event.detail)]));
  });
  const widget = widgetOf(page, mode);
  await widget.getByText(lang === 'en' ? 'No case is open' : '暂无进行中的案件').first().waitFor();
  const { id } = await openCase(jury.origin, moderator(), room, fields);
  await opened?.(widget);
  if (votes) {
    await widget.getByRole('radio', { name: 'Support the buyer' }).check();
    await widget.getByRole('button', { name: lang === 'en' ? 'Submit vote' : '提交' }).click();
    await until(() => eventsOf(page, 'jury:vote-accepted'), (events) => events.length === 1);
  }
  await closeCase(jury.origin, moderator(), id);
  const isSigned = () => ask(jury.origin, moderator(), `/cases/${id}/verdict.tlog-proof`).then(() => true, () => false);
  await until(isSigned, (signed) => signed);
  await widget.locator('.lj-verdict').waitFor();
  return { page, widget, id };
}

/** Alters the answer of `/proof`. */
const altered = (alter) => (page) => page.route('**/proof', async (route) => {
  const answer = await route.fetch();
  if (!answer.ok()) return route.fulfill({ response: answer });
  return route.fulfill({ response: answer, json: alter(await answer.json()) });
});

const view = (widget) => widget.locator('.lj-check-view');
/** Waits until the view says a text. */
const says = (widget, text) => view(widget).getByText(text).waitFor();
const press = (widget, name) => widget.getByRole('button', { name }).click();

async function finish({ page }) {
  assert.deepEqual(page.faults, []);
  await page.context().close();
}

const keyOfLog = async () => (await (await fetch(`${jury.origin}/log/keys`)).text()).trim();

for (const mode of ['frame', 'inline']) {
  test(`a viewer checks the own vote, ${mode}`, async () => {
    const case_ = await ended({ mode });
    const { page, widget, id } = case_;
    const button = widget.getByRole('button', { name: 'Check my vote' });
    await button.focus();
    await page.keyboard.press('Enter');
    await says(widget, 'Your vote is in this result, as you cast it. This device checked it.');
    assert.deepEqual(await view(widget).locator('li').evaluateAll((all) => all.map((one) => one.dataset.result)),
      ['pass', 'pass', 'pass', 'pass', 'pass']);
    await says(widget, /not pinned/);
    await says(widget, 'This proves nothing to others: anybody can claim any line.');
    assert.equal(await button.getAttribute('aria-expanded'), 'true');
    assert.deepEqual(await eventsOf(page, 'jury:checked'), [{ case: id, ok: true }]);
    const inside = mode === 'frame' ? page.frames()[1] : page;
    assert.deepEqual((await accessibility(inside)).violations, []);
    await button.press('Enter');
    await view(widget).waitFor({ state: 'detached' });
    assert.equal(await button.getAttribute('aria-expanded'), 'false');
    await finish(case_);
  });
}

test('a viewer reads how the case was decided', async () => {
  const case_ = await ended();
  const { widget } = case_;
  await press(widget, 'How this was decided');
  await says(widget, 'This result is in the public log, as this page shows it.');
  await says(widget, 'more than 50% of the votes that decide');
  await says(widget, 'The words of the case are those of the record.');
  const facts = await view(widget).locator('dl').innerText();
  assert.match(facts.replace(/\s+/g, ' '), /Votes 1, and 1 were needed Support the buyer 1 Support the merchant 0/);
  const saved = case_.page.waitForEvent('download');
  await press(widget, 'Save the file for a recount');
  assert.match((await saved).suggestedFilename(), /^verdict-.*\.json$/);
  await finish(case_);
});

test('a juror who was drawn checks the draw, too', async () => {
  const case_ = await ended({
    fields: { rules: { quorum: 1, panel: { other: 7, present_s: 0 } } },
    opened: (widget) => widget.getByText('You were drawn for the panel. Your vote decides.').first().waitFor(),
  });
  await press(case_.widget, 'Check my vote');
  await says(case_.widget, 'Your vote is in this result, as you cast it. This device checked it.');
  await says(case_.widget, 'The panel is drawn by the number that was fixed before.');
  assert.deepEqual(await view(case_.widget).locator('li').evaluateAll((all) => all.map((one) => one.dataset.result)),
    Array(6).fill('pass'));
  await press(case_.widget, 'How this was decided');
  await says(case_.widget, 'This result is in the public log, as this page shows it.');
  await says(case_.widget, 'The panel is drawn by the number that was fixed before.');
  await finish(case_);
});

test('a pinned key is named, and another one vouches for nothing', async () => {
  const good = await ended({ attributes: `log-key="${OTHER_KEY} ${await keyOfLog()}"` });
  await press(good.widget, 'Check my vote');
  await says(good.widget, /Your vote is in this result/);
  await says(good.widget, /This page names the log's key/);
  await finish(good);

  const other = await ended({ attributes: `log-key="${OTHER_KEY}"` });
  await press(other.widget, 'Check my vote');
  await says(other.widget, 'The known key of the log did not sign this result. Tell the platform.');
  assert.deepEqual(await eventsOf(other.page, 'jury:checked'), [{ case: other.id, ok: false }]);
  assert.deepEqual((await accessibility(other.page.frames()[1])).violations, []);
  await finish(other);
});

const ALTERED = {
  'a vote that is missing': [(answer) => ({ ...answer, ballot: null }),
    'Your vote is not in this result. Tell the platform.'],
  'a statement with other counts': [(answer) => {
    const statement = answer.statement.replace('counts 1 0', 'counts 0 1');
    return { ...answer, statement };
  }, 'This result is not in the signed log. Tell the platform.'],
  'a row with another choice': [({ ballot, ...answer }) => {
    const bytes = Buffer.from(ballot.rows.bytes, 'base64');
    bytes[16] = 1;
    return { ...answer, ballot: { ...ballot, rows: { ...ballot.rows, bytes: bytes.toString('base64') } } };
  }, 'What the server sent does not prove that your vote is in this result. Tell the platform.'],
  'a seal of nobody': [({ ballot, ...answer }) => ({ ...answer, ballot: { ...ballot, seal: '77'.repeat(32) } }),
    'What the server sent does not prove that your vote is in this result. Tell the platform.'],
};
for (const [name, [alter, text]] of Object.entries(ALTERED)) {
  test(`${name} is told in words`, async () => {
    const case_ = await ended({ prepare: altered(alter) });
    await press(case_.widget, 'Check my vote');
    await says(case_.widget, text);
    assert.deepEqual(await eventsOf(case_.page, 'jury:checked'), [{ case: case_.id, ok: false }]);
    await finish(case_);
  });
}

test('a server that recorded another choice than was pressed is found out', async () => {
  // The acknowledgement names the recorded choice, and the tab remembers what it pressed.
  const prepare = (page) => page.routeWebSocket(/socket$/, (socket) => {
    const server = socket.connectToServer();
    socket.onMessage((text) => server.send(text.replace('"option":"buyer"', '"option":"merchant"')));
  });
  const case_ = await ended({ prepare });
  await press(case_.widget, 'Check my vote');
  await says(case_.widget, 'Your line has another choice. Only you can see this; tell the platform.');
  await finish(case_);
});

test('a viewer without a vote checks the result alone', async () => {
  const case_ = await ended({ votes: false });
  await press(case_.widget, 'Check my vote');
  await says(case_.widget, 'This result is in the public log. You did not vote in this case.');
  await finish(case_);
});

test('the check speaks Chinese', async () => {
  const case_ = await ended({ lang: 'zh-CN' });
  await press(case_.widget, '核对我的票');
  await says(case_.widget, '你的一票已计入本结果，且与你所投一致。本设备已核对。');
  await press(case_.widget, '结果如何得出');
  await says(case_.widget, '本结果已在公开日志中，与本页所示一致。');
  assert.equal(await view(case_.widget).count(), 1);
  await finish(case_);
});

test('a small case is checked by every device of a juror, and only a failure is shown', async () => {
  for (const [alter, ok] of [[(answer) => answer, true], [(answer) => ({ ...answer, ballot: null }), false]]) {
    const prepare = async (page) => {
      await page.clock.install();
      await altered(alter)(page);
    };
    const case_ = await ended({ mode: 'inline', prepare });
    await stopTime(case_.page);
    await case_.page.clock.runFor(SELF_CHECK_MS);
    await until(() => eventsOf(case_.page, 'jury:checked'), (events) => events.length === 1);
    assert.deepEqual(await eventsOf(case_.page, 'jury:checked'), [{ case: case_.id, ok }]);
    if (!ok) await says(case_.widget, 'Your vote is not in this result. Tell the platform.');
    assert.equal(await view(case_.widget).count(), ok ? 0 : 1);
    await finish(case_);
  }
});

test('the view fits a small phone', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const case_ = await ended({ options: { viewport: { width: 320, height: 700 }, colorScheme } });
    await press(case_.widget, 'How this was decided');
    await says(case_.widget, 'This result is in the public log, as this page shows it.');
    const frame = case_.page.frames()[1];
    assert.equal(await frame.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true);
    const { violations, passes } = await accessibility(frame);
    assert.deepEqual(violations, []);
    assert.ok(passes['color-contrast'] > 0);
    await finish(case_);
  }
});
