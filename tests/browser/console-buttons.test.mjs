// Every button of the console and of the host's view is pressed and does what it says. The last tests fail for a button
// that was shown and never pressed here, and for one in the sources that was never shown.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { buttonsInSources, recordButtons } from './buttons.mjs';
import { ask, caseOf, casesOf, cast, closeCase, launch, leave, moderator, openCase, openPage, provide, startServer, stopTime, token, until, watch } from './harness.mjs';

const { jury, browser } = await provide({ jury: () => startServer(['https://live.example']), browser: launch });
const TITLE = 'Title: the question viewers answer';

const buttons = recordButtons();

/** The console of a moderator of `room`, or of all rooms (`*`). `arrange(page)` runs before it loads. */
async function openConsole(room, arrange = () => {}) {
  const page = await openPage(browser);
  await buttons.watch(page);
  await arrange(page);
  await page.goto(`${jury.origin}/console/#token=${token({ sub: 'moderator-1', room, role: 'moderator' })}`);
  return page;
}

/** The view of the room's host. */
async function openHost(room, arrange = () => {}) {
  const page = await openPage(browser);
  await buttons.watch(page);
  await arrange(page);
  await page.goto(`${jury.origin}/host/${room}#token=${token({ sub: 'host-1', room, role: 'host' })}`);
  return page;
}

const button = (within, name) => within.getByRole('button', { name, exact: true });

const rowOf = (page, text) => page.getByRole('listitem').filter({ hasText: text });
const form = (page) => page.locator('form.composer');

test('each extension moves the deadline by its own time', async () => {
  const { id } = await openCase(jury.origin, moderator(), 'extend');
  const page = await openConsole('extend');
  let extended = 0;
  for (const [name, seconds, text] of [['+0:30', 30, '30 s'], ['+1:00', 60, '1 min'], ['+5:00', 300, '5 min']]) {
    await button(page, name).click();
    await page.getByText(`extended by ${text}`).waitFor();
    extended += seconds;
    assert.equal((await caseOf(jury.origin, moderator(), id)).extended_s, extended);
  }
  await leave(page);
});

test('close asks first, and an ended case has its record until it is put away', async () => {
  const { id, title } = await openCase(jury.origin, moderator(), 'close');
  const page = await openConsole('close');
  await button(page, 'Close…').click();
  await button(page, 'Keep it open').click();
  await button(page, 'Close…').waitFor();
  assert.equal((await caseOf(jury.origin, moderator(), id)).state, 'open');
  await button(page, 'Close…').click();
  await button(page, 'Close now').click();
  const ended = page.locator('.case-ended');
  await ended.getByText('Too few votes').waitFor();
  assert.equal((await caseOf(jury.origin, moderator(), id)).state, 'decided');

  const downloading = page.waitForEvent('download');
  await button(ended, 'Ballots (CSV)').click();
  assert.match(readFileSync(await (await downloading).path(), 'utf8'), /^pseudonym,option,side,cast_at/);
  await button(ended, 'Audit trail').click();
  await ended.locator('.trail').getByText('closed', { exact: true }).waitFor();
  await button(ended, 'Audit trail').click();
  await ended.locator('.trail').waitFor({ state: 'detached' });
  await button(ended, 'Put away').click();
  await ended.waitFor({ state: 'detached' });

  await page.locator('.list-button').filter({ hasText: title }).click();
  const record = page.getByRole('dialog', { name: 'Record of a case' });
  await record.getByText('Too few votes').first().waitFor();
  await button(record, 'Ballots (CSV)').click();
  await button(record, 'Audit trail').click();
  await record.locator('.trail').waitFor();
  await button(record, 'Close').click();
  await record.waitFor({ state: 'hidden' });
  await leave(page);
});

test('a verdict is appealed after a question, and the appeal is a draft for a larger panel', async () => {
  const { id, title } = await openCase(jury.origin, moderator(), 'appeal', { rules: { quorum: 1 } });
  await cast(browser, jury.origin, { sub: 'ann', room: 'appeal', role: 'viewer' }, id, 'buyer');
  await closeCase(jury.origin, moderator(), id);
  const page = await openConsole('appeal');
  await page.locator('.list-button').filter({ hasText: title }).click();
  const record = page.getByRole('dialog', { name: 'Record of a case' });
  await button(record, 'Appeal').click();
  await record.getByText('31 buyers and 31 merchants').waitFor();
  await button(record, 'File the draft').click();
  await record.getByText('The appeal is among the drafts.').waitFor();
  await button(record, 'Appeal').click();
  await button(record, 'File the draft').click();
  await record.getByText('This was appealed before.').waitFor();
  await button(record, 'Close').click();
  const draft = rowOf(page, 'Appeal against an earlier verdict');
  await draft.waitFor();
  const [{ appeal_of: appealOf, rules }] = await casesOf(jury.origin, moderator(), 'appeal', 'draft');
  assert.deepEqual([appealOf, rules.panel.other], [id, 63]);
  await button(draft, 'Open').click();
  await page.locator('.case').getByText(/^Appeal against an earlier verdict: /).waitFor();
  await leave(page, /status of 409/);
});

test('void needs a reason, can be cancelled, and can be undone', async () => {
  const { id } = await openCase(jury.origin, moderator(), 'void');
  const page = await openConsole('void', (page) => page.clock.install());
  await button(page, 'Void…').waitFor();
  await stopTime(page);
  await button(page, 'Void…').click();
  assert.ok(await button(page, 'Void this case').isDisabled());
  await button(page, 'Cancel').click();
  const askForVoid = async () => {
    await button(page, 'Void…').click();
    await page.getByLabel(/Why is it void/).fill('Opened twice');
    await button(page, 'Void this case').click();
    await page.getByText(/Voiding in 10 s/).waitFor();
  };
  await askForVoid();
  await button(page, 'Undo').click();
  await page.clock.runFor(11_000);
  assert.equal((await caseOf(jury.origin, moderator(), id)).state, 'open');
  await askForVoid();
  await page.clock.runFor(10_500);
  const { verdict } = await until(() => caseOf(jury.origin, moderator(), id), ({ state }) => state === 'void');
  assert.equal(verdict.reason, 'Opened twice');
  await leave(page);
});

test('a step that waits for a second moderator is confirmed', async () => {
  const platform = token({ sub: 'shop', room: '*', role: 'platform' });
  await ask(jury.origin, platform, '/rooms/second/policy', 'PUT', { second_moderator: ['void'] });
  const { id } = await openCase(jury.origin, moderator(), 'second');
  const other = token({ sub: 'moderator-2', room: 'second', role: 'moderator' });
  await ask(jury.origin, other, `/cases/${id}/void`, 'POST', { reason: 'Opened twice' });
  const page = await openConsole('second');
  await page.getByRole('status').filter({ hasText: /moderator-2.* asks: Void this case: Opened twice$/ }).waitFor();
  await button(page, 'Confirm').click();
  const { verdict } = await until(() => caseOf(jury.origin, moderator(), id), ({ state }) => state === 'void');
  assert.equal(verdict.reason, 'Opened twice');
  await button(page, 'Put away').click();
  await leave(page);
});

test('a draft is edited, kept after an undone discard, and opened', async () => {
  const { id } = await openCase(jury.origin, moderator(), 'drafts', { open: false, title: 'Is the draft right?' });
  const page = await openConsole('drafts', (page) => page.clock.install());
  const row = rowOf(page, 'Is the draft right?');
  await button(row, 'Edit').click();
  await page.getByLabel(TITLE).fill('Is the edited draft right?');
  await button(page, 'Save draft').click();
  const edited = rowOf(page, 'Is the edited draft right?');
  await edited.waitFor();

  await stopTime(page);
  await button(edited, 'Discard').click();
  await edited.getByText('Discarding in 10 s.').waitFor();
  await button(edited, 'Undo').click();
  await page.clock.runFor(11_000);
  assert.equal((await caseOf(jury.origin, moderator(), id)).state, 'draft');
  await button(edited, 'Open').click();
  await page.getByRole('heading', { name: 'Is the edited draft right?' }).waitFor();
  assert.equal((await caseOf(jury.origin, moderator(), id)).state, 'open');
  await leave(page);
});

test('each template starts a case of its kind', async () => {
  const page = await openConsole('templates');
  const kinds = ['False advertising', 'Not as described', 'Counterfeit', 'After-sales', 'Host conduct'];
  for (const kind of kinds) {
    await page.getByRole('button', { name: new RegExp(`^${kind}`) }).click();
    await button(form(page), kind).and(page.locator('[aria-pressed=true]')).waitFor();
    assert.notEqual(await page.getByLabel(TITLE).inputValue(), '');
    await button(page, 'Back').click();
    await form(page).waitFor({ state: 'detached' });
  }
  await page.getByRole('button', { name: /^Counterfeit/ }).click();
  const titles = new Set();
  for (const kind of kinds) {
    await button(form(page), kind).click();
    await button(form(page), kind).and(page.locator('[aria-pressed=true]')).waitFor();
    titles.add(await page.getByLabel(TITLE).inputValue());
  }
  assert.equal(titles.size, kinds.length);
  await leave(page);
});

test('each button of the form changes the form, and Open now opens the case as written', async () => {
  const page = await openConsole('form');
  await page.getByRole('button', { name: /^Counterfeit/ }).click();
  for (const [name, count, unit] of [['1 min', '1', 'min'], ['2 min', '2', 'min'], ['3 min', '3', 'min'], ['10 min', '10', 'min'], ['5 min', '5', 'min']]) {
    await button(form(page), name).click();
    assert.equal(await page.getByLabel('Open for').inputValue(), count);
    assert.equal(await page.getByLabel('Unit').inputValue(), unit);
  }

  const labels = page.getByLabel('Label');
  const before = await labels.count();
  await button(page, 'Add an option').click();
  await labels.nth(before).waitFor();
  await button(page, 'Remove this option').nth(before - 1).click();
  await labels.nth(before).waitFor({ state: 'detached' });
  const address = page.getByLabel('Address (https)');
  await button(page, 'Add evidence').click();
  await address.waitFor();
  await button(page, 'Remove this evidence').click();
  await address.waitFor({ state: 'detached' });

  await page.getByLabel(TITLE).fill('Is every button in place?');
  await button(page, 'Back').click();
  await button(page, 'Stay').click();
  await button(page, 'Stay').waitFor({ state: 'detached' });
  assert.equal(await page.getByLabel(TITLE).inputValue(), 'Is every button in place?');
  await button(page, 'Open now').click();
  // The form's preview has that heading too.
  await form(page).waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'Is every button in place?' }).waitFor();
  const [opened] = await casesOf(jury.origin, moderator(), 'form', 'open');
  assert.deepEqual([opened.title, opened.duration_s, opened.options.length], ['Is every button in place?', 300, before]);

  await page.getByRole('button', { name: /^Counterfeit/ }).click();
  await page.getByLabel(TITLE).fill('Never sent');
  await button(page, 'Back').click();
  await button(page, 'Leave').click();
  await form(page).waitFor({ state: 'detached' });
  assert.deepEqual(await casesOf(jury.origin, moderator(), 'form', 'draft'), []);
  await leave(page);
});

test('after a conflict the form takes the other version, or is saved over it', async () => {
  const { id } = await openCase(jury.origin, moderator(), 'conflict', { open: false, title: 'Draft' });
  const changeMeanwhile = (title) => ask(jury.origin, moderator(), `/cases/${id}`, 'PATCH', { title });
  const page = await openConsole('conflict');
  await button(rowOf(page, 'Draft'), 'Edit').click();
  await changeMeanwhile('Theirs');
  await page.getByLabel(TITLE).fill('Mine');
  await button(page, 'Save draft').click();
  await button(page, 'Load their version').click();
  await page.waitForFunction((title) => document.querySelector('textarea[data-field=title]').value === title, 'Theirs');

  await changeMeanwhile('Theirs again');
  await page.getByLabel(TITLE).fill('Mine again');
  await button(page, 'Save draft').click();
  await button(page, 'Keep mine, then save again').click();
  assert.equal(await page.getByLabel(TITLE).inputValue(), 'Mine again');
  await button(page, 'Save draft').click();
  await rowOf(page, 'Mine again').waitFor();
  assert.equal((await caseOf(jury.origin, moderator(), id)).title, 'Mine again');
  // The browser reports each refused request by itself.
  await leave(page, /status of 412/);
});

test('rooms are added, shown alone or all at once, and removed', async () => {
  for (const room of ['first', 'second']) await openCase(jury.origin, moderator(), room, { title: `Is this the ${room} room?` });
  const page = await openConsole('*');
  const heading = (room) => page.getByRole('heading', { name: `Is this the ${room} room?` });
  for (const room of ['first', 'second']) {
    await page.getByRole('textbox', { name: 'Add a room' }).fill(room);
    await button(page, 'Add a room').click();
    await heading(room).waitFor();
  }
  assert.equal(await heading('first').count(), 0);
  const tabs = page.getByRole('navigation', { name: 'Rooms' });
  await button(tabs, 'All rooms').click();
  for (const room of ['first', 'second']) await heading(room).waitFor();
  await button(page.getByRole('region', { name: 'first' }), 'Open').click();
  await heading('second').waitFor({ state: 'detached' });
  await heading('first').waitFor();
  await tabs.getByRole('button', { name: /^second/ }).click();
  await heading('second').waitFor();
  await button(tabs, 'Take second off this console').click();
  await heading('first').waitFor();
  assert.equal(await heading('second').count(), 0);
  // The browser keeps the rooms that are left.
  await page.reload();
  await heading('first').waitFor();
  assert.equal(await tabs.getByRole('button', { name: /^second/ }).count(), 0);
  await leave(page);
});

test('a card in the view of all rooms has the buttons of its case', async () => {
  const opened = await Promise.all(['left', 'right'].map((room) => openCase(jury.origin, moderator(), room, { title: `Is it on the ${room}?` })));
  const page = await openConsole('*', (page) => page.addInitScript(() => localStorage.setItem('live-jury.rooms', 'left right')));
  await button(page.getByRole('article', { name: 'Is it on the right?' }), '+0:30').click();
  await page.getByText('extended by 30 s').waitFor();
  const extensions = await Promise.all(opened.map(({ id }) => caseOf(jury.origin, moderator(), id)));
  assert.deepEqual(extensions.map(({ extended_s: extended }) => extended), [0, 30]);
  await leave(page);
});

test('after a draft was opened meanwhile, the form offers to leave', async () => {
  const { id } = await openCase(jury.origin, moderator(), 'opened', { open: false, title: 'Draft' });
  const page = await openConsole('opened');
  await button(rowOf(page, 'Draft'), 'Edit').click();
  await page.getByLabel(TITLE).fill('Mine');
  await ask(jury.origin, moderator(), `/cases/${id}/open`, 'POST');
  await button(page, 'Save draft').click();
  await button(page.locator('.composer-said'), 'Leave').click();
  await form(page).waitFor({ state: 'detached' });
  assert.equal((await caseOf(jury.origin, moderator(), id)).title, 'Draft');
  await leave(page, /status of 4(09|12|22)/);
});

/** Closes the first socket of a page for good. 4510: a newer window of the same person took the socket's place. */
const replaceFirst = (room = '') => async (page) => {
  let sockets = 0;
  await page.routeWebSocket(new RegExp(`${room}/socket$`), (route) => {
    sockets += 1;
    return sockets === 1 ? route.close({ code: 4510 }) : route.connectToServer();
  });
};

test('Try again connects after a lasting failure', async () => {
  await openCase(jury.origin, moderator(), 'retry', { title: 'Is it connected?' });
  for (const open of [openConsole, openHost]) {
    const page = await open('retry', replaceFirst());
    await page.getByText('This room was opened in a newer window.').waitFor();
    await button(page, 'Try again').click();
    await page.getByText('Connected', { exact: true }).waitFor();
    await page.getByRole('heading', { name: 'Is it connected?' }).waitFor();
    await leave(page);
  }
});

test('Try again in the view of all rooms connects that room', async () => {
  for (const room of ['up', 'down']) await openCase(jury.origin, moderator(), room, { title: `Is it ${room}?` });
  const page = await openConsole('*', async (page) => {
    await replaceFirst('down')(page);
    await page.addInitScript(() => localStorage.setItem('live-jury.rooms', 'up down'));
  });
  const column = page.getByRole('region', { name: 'down' });
  await column.getByText('This room was opened in a newer window.').waitFor();
  await button(column, 'Try again').click();
  await page.getByRole('heading', { name: 'Is it down?' }).waitFor();
  await leave(page);
});

test('Try again reads a list whose request failed, and Show more reads its next page', async () => {
  // One more than a page holds.
  for (let number = 1; number <= 21; number += 1) {
    const { id } = await openCase(jury.origin, moderator(), 'lists', { title: `Is cup ${number} chipped?` });
    await closeCase(jury.origin, moderator(), id);
    await openCase(jury.origin, moderator(), 'lists', { title: `Is plate ${number} chipped?`, open: false });
  }
  const lists = [
    { open: openConsole, requests: /\/verdicts/, name: 'Past cases', row: '.list-button', item: 'cup' },
    { open: openConsole, requests: /state=draft/, name: 'Drafts', row: '.list-row', item: 'plate' },
    { open: openHost, requests: /\/verdicts/, name: 'Past cases', row: '.list-button', item: 'cup' },
  ];
  for (const { open, requests, name, row, item } of lists) {
    let isDown = true;
    let failures = 0;
    const page = await open('lists', async (page) => {
      await page.clock.install();
      await page.route(requests, (route) => {
        failures += isDown;
        return isDown ? route.abort() : route.continue();
      });
    });
    // The list is read once at the start, and again with the first view of the socket.
    await until(() => failures, (count) => count >= 2);
    const list = page.getByRole('region', { name });
    await list.getByText(/No answer from the server/).waitFor();
    // The console also reads drafts by itself every few seconds.
    await stopTime(page);
    isDown = false;
    await button(list, 'Try again').click();
    await list.locator(row).filter({ hasText: `Is ${item} 21 chipped?` }).waitFor();
    await list.getByText(/No answer from the server/).waitFor({ state: 'detached' });
    await button(list, 'Show more').click();
    await list.locator(row).filter({ hasText: `Is ${item} 1 chipped?` }).waitFor();
    await button(list, 'Show more').waitFor({ state: 'detached' });
    await leave(page, /ERR_FAILED/);
  }
});

test('the host reads a past verdict and puts the newest one away', async () => {
  const { id, title } = await openCase(jury.origin, moderator(), 'host');
  const page = await openHost('host');
  await page.locator('.host-open .turnout').waitFor();
  await closeCase(jury.origin, moderator(), id);
  await button(page, 'Put away').click();
  await page.locator('.host-verdict').waitFor({ state: 'detached' });
  const past = page.getByRole('region', { name: 'Past cases' });
  await past.locator('.list-button').filter({ hasText: title }).click();
  await past.locator('.verdict').getByText('Too few votes').waitFor();
  await leave(page);
});

test('the list of shortcuts opens and closes by its buttons', async () => {
  const page = await openConsole('shortcuts');
  await button(page, 'Keyboard shortcuts').click();
  const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await list.waitFor();
  await button(list, 'Close').click();
  await list.waitFor({ state: 'hidden' });
  await leave(page);
});

test('a preset sets the rules of a case, and those by side need viewers with a side', async () => {
  const page = await openConsole('presets');
  const preset = (name) => button(form(page), name);
  await page.getByRole('button', { name: /^Counterfeit/ }).click();
  await preset('Standard').waitFor();
  assert.ok(await preset('Fair').isDisabled() && (await preset('Strict').isDisabled()), 'nobody is there');
  const viewer = await watch(browser, jury.origin, { sub: 'buyer-1', room: 'presets', side: 'buyer' });
  await until(() => preset('Fair').isDisabled(), (isDisabled) => !isDisabled);
  const isChosen = async (name) => until(() => preset(name).getAttribute('aria-pressed'), (pressed) => pressed === 'true');
  const lines = form(page).locator('.rule-lines li');
  for (const [name, count] of [['Strict', 3], ['Fair', 2], ['Standard', 0]]) {
    await preset(name).click();
    await isChosen(name);
    assert.equal(await lines.count(), count, name);
  }
  await viewer.context().close();
  await leave(page);
});

test('language and theme are chosen in the bar, and the browser keeps them', async () => {
  const page = await openPage(browser);
  await page.goto(`${jury.origin}/console/#token=${token({ sub: 'moderator-1', room: 'bar', role: 'moderator' })}`);
  await page.getByLabel('Theme').selectOption('dark');
  await page.getByLabel('Language').selectOption('zh-CN');
  const hasBoth = async () => {
    await page.getByRole('heading', { name: '进行中' }).waitFor();
    assert.deepEqual(await page.locator('html').evaluate(({ lang, dataset }) => [lang, dataset.theme]), ['zh-CN', 'dark']);
  };
  await hasBoth();
  await page.reload();
  await hasBoth();
  await leave(page);
});

test('every button that the pages showed was pressed', () => {
  assert.ok(buttons.pressed.size > 40, `${buttons.pressed.size} buttons`);
  assert.deepEqual([...buttons.shown].filter((name) => !buttons.pressed.has(name)).toSorted(), []);
});

test('every button in the sources was pressed', () => {
  const pressed = new Set([...buttons.pressed].map((name) => name.slice(name.indexOf(': ') + 2)));
  const { names, others } = buttonsInSources();
  assert.ok(names.size > 20, `${names.size} names`);
  assert.deepEqual([...names].filter((name) => !pressed.has(name)), []);
  // Extensions, templates (twice), durations, presets, tabs (twice), rows, two buttons of the form whose name changes,
  // two of an appeal, two of the page of practice, which practice.test.mjs presses, and three of the queue of reports,
  // which report.test.mjs presses. A new one needs a test above.
  assert.equal(others, 17);
});
