// Reports by viewers: the form that the widget opens, what it says about each answer, and the moderators' queue.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { accessibility } from './axe.mjs';
import { ask, moderator, openPage, token, until } from './harness.mjs';
import { providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();
const html = platform.rewrite;
const mint = platform.mint;

const NAMED = 'merchant="m_77" host="h_12" product="p_9"';
let rooms = 0;

const widgetOf = (page, mode) => (mode === 'frame' ? page.frameLocator('live-jury iframe') : page.locator('live-jury'));
const view = (widget) => widget.locator('.lj-report-view');
const says = (widget, text) => view(widget).getByText(text).first().waitFor();
/** The JSON of an answer to a moderator. */
const read = async (path, method) => (await ask(jury.origin, moderator(), path, method)).json();
const buckets = async (room) => (await read(`/rooms/${room}/buckets`)).items;
/** Faults of a page, but for the browser's own line about an answer that refuses. */
const faultsOf = (page) => page.faults.filter((fault) => !fault.includes('Failed to load resource'));

/** A viewer of its own whose widget is expanded, in a room of its own: what a viewer reports counts in all rooms. */
async function viewer({ mode = 'frame', lang = 'en', attributes = NAMED, claims = {}, options } = {}) {
  const room = `report-${++rooms}`;
  platform.mint = (of) => token({ sub: `viewer of ${room}`, room: of, role: 'viewer', ...claims });
  platform.rewrite = (page) => html(page).replace('<live-jury ', `<live-jury lang="${lang}" ${attributes} `);
  const page = await openPage(browser, options);
  await page.goto(platform.url(room, mode));
  platform.rewrite = html;
  const widget = widgetOf(page, mode);
  const pill = widget.locator('.lj-pill');
  await pill.waitFor();
  await widget.getByText(lang === 'en' ? 'No case is open' : '暂无进行中的案件').first().waitFor();
  await pill.click();
  const button = widget.getByRole('button', { name: lang === 'en' ? 'Report' : '举报', exact: true });
  await button.waitFor();
  return { page, widget, room, button };
}

async function finish({ page }) {
  platform.mint = mint;
  assert.deepEqual(faultsOf(page), []);
  await page.context().close();
}

for (const mode of ['frame', 'inline']) {
  test(`a viewer reports by keyboard and reads what became of it, ${mode}`, async () => {
    const opened = await viewer({ mode });
    const { page, widget, room, button } = opened;
    await button.focus();
    await page.keyboard.press('Enter');
    await says(widget, 'You have reported nothing yet.');
    assert.equal(await button.getAttribute('aria-expanded'), 'true');
    const titles = await view(widget).locator('fieldset label').allInnerTexts();
    const isFirst = (title) => title.startsWith('False advertising') && title.includes('clause 1.1');
    assert.ok(titles.some(isFirst), titles.join());
    assert.ok(!titles.some((title) => title.startsWith('Evading a ban')), 'a policy that viewers cannot report');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Space');
    await view(widget).getByLabel('Your words (optional)').fill('The label says polyester.');
    await says(widget, '475 characters left');
    await view(widget).getByRole('button', { name: 'Send report' }).press('Enter');
    await says(widget, 'Reported. Moderators see how many, not who.');
    await says(widget, 'Moderators have it.');
    const [bucket] = await buckets(room);
    assert.deepEqual(bucket.subject, { merchant: 'm_77', host: 'h_12', product: 'p_9' });
    assert.deepEqual([bucket.policy, bucket.reporters], ['false_advertising', 1]);
    const inside = mode === 'frame' ? page.frames()[1] : page;
    assert.deepEqual((await accessibility(inside)).violations, []);

    // The same again, and then the case that a moderator makes of it.
    await view(widget).getByRole('radio').first().check();
    await view(widget).getByRole('button', { name: 'Send report' }).click();
    await says(widget, 'You have reported this today.');
    await read(`/trust/buckets/${bucket.id}/draft`, 'POST');
    await button.click();
    await view(widget).waitFor({ state: 'detached' });
    assert.equal(await button.getAttribute('aria-expanded'), 'false');
    await button.click();
    await says(widget, 'A case is being prepared.');
    await finish(opened);
  });
}

test('a report about an own order is proven, in Chinese', async () => {
  const opened = await viewer({ lang: 'zh-CN', claims: { orders: ['o_7', 'o_8'] } });
  const { widget, room, button } = opened;
  await button.click();
  await view(widget).getByRole('radio', { name: /货不对板/ }).check();
  await view(widget).getByRole('checkbox', { name: '与我的订单有关' }).check();
  await view(widget).getByRole('combobox').selectOption('o_8');
  await view(widget).getByRole('button', { name: '提交举报' }).click();
  await says(widget, '已举报，管理员只看到人数。');
  await says(widget, '案件正在准备。');
  const [bucket] = await buckets(room);
  assert.equal(bucket.proven, 1);
  const draft = await read(`/cases/${bucket.case}`);
  assert.match(draft.title, /收到的商品是否与描述不符/);
  await finish(opened);
});

test('the form names only those whom the page names, and follows the page', async () => {
  const opened = await viewer({ attributes: 'host="h_12"' });
  const { page, widget, room, button } = opened;
  await button.click();
  await says(widget, 'Abuse of viewers or buyers');
  assert.equal(await view(widget).getByRole('radio', { name: /not as described/ }).count(), 0, 'no merchant is named');
  await button.click();
  await page.evaluate(() => document.querySelector('live-jury').setAttribute('merchant', 'm_78'));
  await until(async () => {
    await button.click();
    await view(widget).getByRole('button', { name: 'Send report' }).waitFor();
    const named = await view(widget).getByRole('radio', { name: /not as described/ }).count();
    if (named === 0) await button.click();
    return named;
  }, (named) => named === 1);
  await view(widget).getByRole('radio', { name: /not as described/ }).check();
  await view(widget).getByRole('button', { name: 'Send report' }).click();
  await says(widget, 'Reported.');
  assert.equal((await buckets(room))[0].subject.merchant, 'm_78');
  await finish(opened);
});

test('each viewer who cannot report is told why', async () => {
  for (const [setting, text] of [
    [{ attributes: '' }, 'This page does not say whom a report would be about.'],
    [{ claims: { anon: true } }, 'Sign in to report.'],
    [{ claims: { role: 'host' } }, 'Only viewers report.'],
  ]) {
    const opened = await viewer(setting);
    await opened.button.click();
    await says(opened.widget, text);
    await finish(opened);
  }
});

test('a report without a choice is not sent, and one that fails says so', async () => {
  const opened = await viewer();
  const { page, widget, room, button } = opened;
  await button.click();
  const send = view(widget).getByRole('button', { name: 'Send report' });
  await send.click();
  await says(widget, 'Choose what breaks the rules.');
  await view(widget).getByRole('radio').first().check();
  await page.route('**/reports', (route) => route.abort());
  await send.click();
  await says(widget, 'The report was not sent. Try again in a moment.');
  assert.deepEqual(await buckets(room), []);
  await page.unroute('**/reports');
  await send.click();
  await says(widget, 'Reported.');
  await finish(opened);
});

test('the form fits a narrow screen', async () => {
  const options = { viewport: { width: 320, height: 640 } };
  const opened = await viewer({ options, claims: { orders: ['o'.repeat(64), 'p'] } });
  const { page, widget, button } = opened;
  await button.click();
  await view(widget).getByRole('checkbox').check();
  const frame = page.frames()[1];
  const measure = () => ({ wide: document.documentElement.scrollWidth, inner: innerWidth });
  const { wide, inner } = await frame.evaluate(measure);
  assert.ok(wide <= inner, `${wide} px of ${inner}`);
  await finish(opened);
});

test('a moderator drafts a case from the queue of reports', async () => {
  const room = `queue-${++rooms}`;
  const report = (sub, body) =>
    ask(jury.origin, token({ sub, room, role: 'viewer' }), `/rooms/${room}/reports`, 'POST', body);
  const subject = { merchant: 'm_77', host: 'h_12', product: 'p_9' };
  const said = { text: 'The label says polyester.', stream_at_ms: 734_000 };
  await report('ann', { subject, policy: 'false_advertising', ...said });
  await report('bob', { subject, policy: 'false_advertising' });
  await report('ann', { subject, policy: 'counterfeit' });
  const page = await openPage(browser, { viewport: { width: 1280, height: 900 } });
  await page.goto(`${jury.origin}/console/#token=${token({ sub: 'mia', room, role: 'moderator' })}&lang=en`);
  const panel = page.getByRole('region', { name: 'Reports by viewers' });
  await panel.getByText('False advertising').waitFor();
  const heaviest = await panel.locator('li[data-bucket]').first().innerText();
  assert.match(heaviest, /2 viewers · weight 0\.7/, 'the heaviest first');
  await panel.locator('summary').first().click();
  await panel.getByText('The label says polyester.').waitFor();
  await panel.getByText('12:14').waitFor();
  assert.deepEqual((await accessibility(page)).violations, []);

  const started = performance.now();
  await panel.getByRole('button', { name: 'Draft a case' }).first().click();
  const title = page.getByRole('textbox', { name: 'Title' });
  await title.waitFor();
  assert.equal(await title.inputValue(), 'Was the product advertised misleadingly?');
  const [{ case: draft }] = (await buckets(room)).filter((bucket) => bucket.case);
  const open = page.getByRole('button', { name: /^Open/ }).first();
  await open.click();
  await until(() => read(`/cases/${draft}`), ({ state }) => state === 'open');
  assert.ok(performance.now() - started < 20_000, 'from the queue to an open case');
  const { subject: named, policy, evidence } = await read(`/cases/${draft}`);
  assert.deepEqual([named.merchant, policy, evidence[0].stream_at_ms], ['m_77', 'false_advertising', 734_000]);

  const other = panel.locator('li[data-bucket]');
  await other.getByRole('button', { name: 'Close…' }).click();
  const close = other.getByRole('button', { name: 'Close as unfounded' });
  await other.getByRole('textbox').fill('too short');
  assert.ok(await close.isDisabled());
  await other.getByRole('textbox').fill('The maker has confirmed the goods.');
  await close.click();
  await panel.waitFor({ state: 'detached' });
  assert.deepEqual(faultsOf(page), []);
  await page.context().close();
});
