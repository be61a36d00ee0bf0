// The widget by keyboard and by screen reader: focus, accessible names, and announcements.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { exhibit, openGallery } from './gallery.mjs';
import { closeCase, launch, moderator, openCase, openPage, provide, startDemo, stopTime, tallyOf, until, widgetOf } from './harness.mjs';
import { heard, providePlatform } from './platform.mjs';

const { demo } = await provide({ demo: startDemo });
const { platform, jury, browser } = await providePlatform();

/** Presses `key` until `wanted` has the focus. */
async function tabTo(page, wanted, key = 'Tab') {
  for (let presses = 0; presses < 30; presses += 1) {
    if (await wanted.evaluate((element) => element.getRootNode().activeElement === element)) return;
    await page.keyboard.press(key);
  }
  assert.fail(`${key} never reached ${wanted}`);
}

const hasFocus = (wanted) => wanted.evaluate((element) => new Promise((resolve) => {
  const isThere = () => element.getRootNode().activeElement === element;
  if (isThere()) return resolve();
  element.addEventListener('focus', resolve, { once: true });
}));

test('a viewer reads, chooses, votes, changes the case and collapses the widget by keyboard alone', async () => {
  const [first, second] = [await openCase(jury.origin, moderator(), 'keys', { title: 'Is the label right?' }), await openCase(jury.origin, moderator(), 'keys', { title: 'Was it late?' })];
  const page = await openPage(browser);
  await page.goto(platform.url('keys'));
  const widget = widgetOf(page);
  await widget.getByRole('heading', { name: 'Is the label right?' }).waitFor();

  const small = widget.getByRole('button', { name: 'Make smaller' });
  await tabTo(page, small);
  await page.keyboard.press('Enter');
  const pill = widget.getByRole('button', { name: 'Open the jury' });
  await hasFocus(pill);
  await page.keyboard.press('Space');
  await hasFocus(small);

  await tabTo(page, widget.getByRole('region', { name: 'About this case' }));
  const radios = widget.getByRole('radio');
  await tabTo(page, radios.first());
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await widget.getByRole('radio', { name: 'Cannot tell', checked: true }).waitFor();
  await page.keyboard.press('ArrowUp');
  await widget.getByRole('radio', { name: 'Support the merchant', checked: true }).waitFor();
  assert.equal((await tallyOf(jury.origin, moderator(), first.id)).ballots, 0, 'a selection casts no ballot');
  await page.keyboard.press('Tab');
  await hasFocus(widget.getByRole('button', { name: 'Submit vote' }));
  await page.keyboard.press('Enter');
  await heard(page, 'jury:vote-accepted', { case: first.id });
  await hasFocus(widget.locator('.lj-answer-title'));

  const other = widget.getByRole('button', { name: /^Case 2 of 2/ });
  await tabTo(page, other, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await widget.getByRole('heading', { name: 'Was it late?' }).waitFor();
  await hasFocus(other);
  assert.equal(await other.getAttribute('aria-current'), 'true');
  await tabTo(page, radios.first());
  await page.keyboard.press('Space');
  await page.keyboard.press('Enter');
  await until(() => tallyOf(jury.origin, moderator(), second.id), ({ ballots }) => ballots === 1);
  await hasFocus(widget.locator('.lj-answer-title'));
  await tabTo(page, small, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await hasFocus(pill);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

// The page's clock moves by less than the 90 s after which the page would ping the server.
test('time left is announced three times, the verdict once', async () => {
  const opened = await openCase(jury.origin, moderator(), 'ear', { title: 'Is the label right?', duration_s: 80 });
  const page = await openPage(browser);
  await page.addInitScript(() => {
    // Records every announcement, as one may be replaced at any time.
    window.said = [];
    let last = '';
    const attach = Element.prototype.attachShadow;
    Element.prototype.attachShadow = function (init) {
      const root = attach.call(this, init);
      const hear = () => {
        const now = root.querySelector('.lj-spoken')?.textContent ?? '';
        if (now && now !== last) window.said.push(now);
        last = now;
      };
      new MutationObserver(hear).observe(root, { childList: true, characterData: true, subtree: true });
      return root;
    };
  });
  await page.clock.install();
  await page.goto(platform.url('ear', 'inline'));
  const widget = page.locator('live-jury');
  await widget.getByRole('radio').first().waitFor();
  await stopTime(page);
  const digits = widget.locator('.lj-digits').first();
  const left = async () => {
    const [minutes, seconds] = (await digits.textContent()).split(':').map(Number);
    return minutes * 60 + seconds;
  };
  /** Moves the clock until `seconds` are left. Returns the announcements since the last call. */
  const passTo = async (seconds) => {
    while ((await left()) > seconds) await page.clock.runFor(1_000);
    return page.evaluate(() => window.said.splice(0));
  };
  assert.deepEqual(await passTo(31), ['A case is open for voting: Is the label right?']);
  assert.deepEqual(await passTo(30), ['30 seconds left to vote.']);
  assert.deepEqual(await passTo(11), []);
  assert.deepEqual(await passTo(9), ['10 seconds left to vote.']);
  assert.deepEqual(await passTo(1), []);
  await page.clock.runFor(1_000);
  assert.deepEqual(await page.evaluate(() => window.said.splice(0)), ['Voting has closed.']);
  await closeCase(jury.origin, moderator(), opened.id);
  await widget.getByText('Too few votes').first().waitFor();
  await page.clock.runFor(5_000);
  const [verdict, ...more] = await page.evaluate(() => window.said.splice(0));
  assert.match(verdict, /^Result: Is the label right\?\. Too few votes\. .*Support the buyer: 0%, 0 votes/);
  assert.deepEqual(more, []);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

/** The accessibility tree of a page: each node that is not ignored, with its role, name and properties. */
async function tree(page) {
  const session = await page.context().newCDPSession(page);
  const { nodes } = await session.send('Accessibility.getFullAXTree');
  return nodes.filter(({ ignored }) => !ignored).map(({ nodeId, parentId, role, name, properties = [] }) => ({
    id: nodeId,
    parent: parentId,
    role: role?.value,
    name: name?.value ?? '',
    ...Object.fromEntries(properties.map(({ name, value }) => [name, value.value])),
  }));
}

/** The nearest ancestor with one of the roles. */
function above(nodes, node, roles) {
  let at = node;
  while (at && !roles.includes(at.role)) at = nodes.find(({ id }) => id === at.parent);
  return at;
}

test('options are radios in a group named after the title, and only announcements are live', async () => {
  const page = await openGallery(browser, demo, { state: 'open' });
  const nodes = await tree(page);
  const radios = nodes.filter(({ role }) => role === 'radio');
  assert.deepEqual(radios.map(({ name }) => name), ['Support the buyer', 'Support the merchant', 'Cannot tell']);
  for (const radio of radios) {
    const group = above(nodes, radio, ['group', 'radiogroup']);
    assert.match(group?.name ?? 'no group', /^Your vote\s*: Is the “100% pure mulberry silk” claim misleading\?$/);
  }
  const live = nodes.filter((node) => node.live && node.live !== 'off');
  assert.deepEqual([...new Set(live.map(({ role }) => role))], ['status'], 'a live clock would be read out every second');
  await exhibit(page, 'open').getByRole('button', { name: 'Vote now' }).click();
  const [alert] = (await tree(page)).filter(({ role }) => role === 'alert');
  assert.ok(alert, 'a submit without a selection has an alert');
  await page.context().close();
});

test('shares are text', async () => {
  for (const [state, share] of [['voted', '72%, 31 votes'], ['decided', '72%, 31 votes'], ['hung', '50%, 21 votes']]) {
    const page = await openGallery(browser, demo, { state });
    const nodes = await tree(page);
    assert.ok(nodes.some(({ role, name }) => role === 'StaticText' && name === share), `${share} in ${state}`);
    await page.context().close();
  }
});
