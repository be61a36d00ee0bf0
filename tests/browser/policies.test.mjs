// What binds moderators, on the pages: a second moderator, hidden counts, a fixed end, and the facts that always show.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ask, caseOf, cast, closeCase, moderator, openCase, openPage, token, widgetOf } from './harness.mjs';
import { providePlatform } from './platform.mjs';

const { jury, platform, browser } = await providePlatform();

const shop = () => token({ sub: 'shop', room: '*', role: 'platform' });
const button = (within, name) => within.getByRole('button', { name, exact: true });

/** The console of a moderator of a room. `sent` lists the socket's frames. */
async function consoleOf(sub, room) {
  const page = await openPage(browser);
  const sent = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => sent.push(payload)));
  await page.goto(`${jury.origin}/console/#token=${token({ sub, room, role: 'moderator' })}`);
  return Object.assign(page, { sent });
}

async function leave(...pages) {
  for (const page of pages) {
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
}

test('a step that needs two moderators waits, and the second confirms it with one press', async () => {
  await ask(jury.origin, shop(), '/rooms/two/policy', 'PUT', { second_moderator: ['close', 'extend'] });
  const { id, title } = await openCase(jury.origin, moderator(), 'two', { rules: { quorum: 30 } });
  const [alice, bob] = await Promise.all([consoleOf('alice', 'two'), consoleOf('bob', 'two')]);
  for (const page of [alice, bob]) await page.getByRole('heading', { name: title }).waitFor();

  await button(alice, '+0:30').click();
  for (const page of [alice, bob]) {
    await page.getByRole('status').filter({ hasText: /alice.* asks: Extend \+30 s$/ }).waitFor();
    await page.getByText(/^Waits for another moderator: (10:00|9:\d\d)$/).waitFor();
  }
  assert.equal((await caseOf(jury.origin, moderator(), id)).extended_s, 0);
  assert.equal(await button(alice, 'Confirm').count(), 0, 'alice confirms nothing of her own');
  assert.equal(await alice.getByText('extended by 30 s').count(), 0, 'it has not happened yet');
  await button(bob, 'Confirm').click();
  await bob.getByText('extended by 30 s').waitFor();
  assert.equal((await caseOf(jury.origin, moderator(), id)).extended_s, 30);
  for (const page of [alice, bob]) await page.getByText(/^Waits for another moderator/).waitFor({ state: 'detached' });

  await button(bob, 'Close…').click();
  await button(bob, 'Close now').click();
  await alice.getByRole('status').filter({ hasText: /bob.* asks: Close now$/ }).waitFor();
  await button(alice, 'Confirm').click();
  for (const page of [alice, bob]) await page.getByRole('article').getByText('Too few votes').first().waitFor();
  await button(alice, 'Audit trail').first().click();
  const trail = alice.locator('.trail li').filter({ hasText: 'asked for' });
  await trail.filter({ hasText: 'Close now' }).getByText('bob').waitFor();
  await trail.filter({ hasText: 'Extend +30 s' }).getByText('alice').waitFor();
  await leave(alice, bob);
});

test('a blind case with a fixed end says so, and sends no count to the console', async () => {
  const page = await consoleOf('alice', 'blind');
  await page.getByRole('button', { name: /^Counterfeit/ }).click();
  const blind = page.getByRole('checkbox', { name: /^Blind/ });
  assert.ok(await blind.isDisabled(), 'counts show before the end');
  await page.getByLabel('Viewers see counts').selectOption({ label: 'when it is over' });
  await blind.check();
  await page.getByRole('checkbox', { name: /^Fixed end/ }).check();
  await button(page, 'Open now').click();
  await page.getByText('Counts: hidden until the seal.').waitFor();
  await page.getByText('Nobody closes or extends the case. It can be voided.').waitFor();
  for (const name of ['+0:30', '+1:00', '+5:00', 'Close…']) assert.ok(await button(page, name).isDisabled(), name);
  const { items: [opened] } = await (await ask(jury.origin, moderator(), '/rooms/blind/cases?state=open')).json();
  assert.deepEqual([opened.rules.blind, opened.rules.fixed_end], [true, true]);
  // An account of 1970 is old enough for every template.
  for (const sub of ['ann', 'ben']) {
    assert.equal((await cast(browser, jury.origin, { sub, room: 'blind', since: 0 }, opened.id, 'buyer')).type, 'ballot');
  }
  await page.getByText(/^2 votes of/).waitFor();
  assert.ok(page.sent.some((frame) => frame.includes('"tally"')));
  assert.ok(page.sent.every((frame) => !frame.includes('"counts"')), 'no count is in the bytes');
  await leave(page);
});

test('a rule of a draft is taken back', async () => {
  const rules = { quorum: 1, reveal: 'after_close', blind: true, fixed_end: true };
  const { id, title } = await openCase(jury.origin, moderator(), 'back', { open: false, rules });
  const page = await consoleOf('alice', 'back');
  await button(page.getByRole('listitem').filter({ hasText: title }), 'Edit').click();
  for (const name of [/^Blind/, /^Fixed end/]) await page.getByRole('checkbox', { name }).uncheck();
  await button(page, 'Save draft').click();
  await page.locator('form.composer').waitFor({ state: 'detached' });
  const draft = await caseOf(jury.origin, moderator(), id);
  assert.deepEqual([draft.rules.blind, draft.rules.fixed_end, draft.rules.reveal], [undefined, undefined, 'after_close']);
  await leave(page);
});

test('every page shows how many viewers are recused, and the number of the case', async () => {
  const subject = { order: 'o-1' };
  const first = await openCase(jury.origin, moderator(), 'facts', { subject });
  await closeCase(jury.origin, moderator(), first.id);
  const second = await openCase(jury.origin, moderator(), 'facts', { subject, rules: { quorum: 1, recused: ['u_1', 'u_2'] } });
  const told = 'Case 2 on this matter · 2 recused';
  const open = async (url) => {
    const page = await openPage(browser);
    await page.goto(url);
    return page;
  };
  const linkOf = (path, role) => `${jury.origin}/${path}#token=${token({ sub: `${role}-1`, room: 'facts', role })}`;
  const viewer = await open(platform.url('facts'));
  const [console, host, overlay] = await Promise.all([
    consoleOf('alice', 'facts'), open(linkOf('host/facts', 'host')), open(linkOf('overlay/facts', 'overlay')),
  ]);
  await widgetOf(viewer).getByText(`False advertising · ${told}`).waitFor();
  for (const page of [console, host, overlay]) await page.getByText(told).first().waitFor();

  await closeCase(jury.origin, moderator(), second.id);
  await widgetOf(viewer).locator('.lj-verdict').waitFor();
  await widgetOf(viewer).getByText(`False advertising · ${told}`).waitFor();
  await console.locator('.case-ended').getByText(told).waitFor();
  await host.locator('.host-verdict').getByText(told).waitFor();
  await overlay.locator('.plate-verdict').getByText(told).waitFor();

  const chinese = await open(linkOf('host/facts?lang=zh-CN', 'host'));
  await chinese.getByRole('button', { name: /silk/ }).first().click();
  await chinese.getByText('同一争议第 2 案 · 2 人回避').waitFor();
  await leave(viewer, console, host, overlay, chinese);
});
