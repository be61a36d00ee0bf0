// A platform's page of an allowed origin embeds the widget; a page of another origin gets an error.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { closeCase, moderator, openCase, openPage, widgetOf } from './harness.mjs';
import { eventsOf, heard, providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();

for (const mode of ['frame', 'inline']) {
  test(`a vote and a verdict on a platform's page, ${mode}`, async () => {
    const tab = await openPage(browser);
    await tab.goto(platform.url(`live-${mode}`, mode));
    const widget = mode === 'frame' ? widgetOf(tab) : tab.locator('live-jury');
    await widget.getByText('No case is open').first().waitFor();

    const title = `Is the ${mode} claim misleading?`;
    const opened = await openCase(jury.origin, moderator(), `live-${mode}`, { title });
    await widget.getByRole('radio').nth(1).check();
    await widget.getByRole('button', { name: 'Submit vote' }).click();
    await widget.getByText('Your vote is in').first().waitFor();
    await closeCase(jury.origin, moderator(), opened.id);
    await widget.getByText('The jury has decided').first().waitFor();

    await heard(tab, 'jury:verdict', { case: opened.id });
    for (const type of ['jury:ready', 'jury:case-opened']) assert.equal((await eventsOf(tab, type)).length, 1, type);
    assert.deepEqual(await eventsOf(tab, 'jury:error'), []);
    assert.deepEqual(await eventsOf(tab, 'jury:vote-accepted'), [{ case: opened.id, status: 'counted' }], 'the choice stays secret');
    assert.deepEqual(tab.faults, []);
    await tab.context().close();
  });
}

test('a page of another origin cannot frame the widget, and learns the setting to change', async () => {
  const tab = await openPage(browser);
  await tab.clock.install();
  const refused = tab.waitForEvent('console', (message) => /frame-ancestors/.test(message.text()));
  await tab.goto(platform.url('live-frame', 'frame', platform.stranger));
  await refused;
  await tab.clock.runFor(15_000);
  await isTurnedAway(tab, 'frame_blocked');
});

test('a page of another origin with the widget inline learns the setting to change', async () => {
  const tab = await openPage(browser);
  await tab.goto(platform.url('live-inline', 'inline', platform.stranger));
  await isTurnedAway(tab, 'origin_not_allowed');
});

/** The console has one error with the setting to change, and the viewer sees a mild text. */
async function isTurnedAway(tab, code) {
  await tab.locator('live-jury').getByText('Reload the page, or try again later').waitFor();
  const [error, ...more] = await eventsOf(tab, 'jury:error');
  assert.equal(error.code, code);
  assert.match(error.message, new RegExp(`${platform.stranger}.*--allowed-origins`));
  assert.deepEqual(more, []);
  assert.ok(tab.faults.some((fault) => fault.startsWith(`console: live-jury: ${error.message}`)), tab.faults.join('\n'));
  await tab.context().close();
}

test('the widget retries after the server was unavailable', async () => {
  const tab = await openPage(browser);
  // Only the sockets fail, as during a node's restart.
  await tab.addInitScript(() => {
    const Real = window.WebSocket;
    window.WebSocket = function (url, protocol) {
      return window.away === false ? new Real(url, protocol) : new Real('ws://127.0.0.1:1/', protocol);
    };
    Object.assign(window.WebSocket, { OPEN: Real.OPEN });
    window.WebSocket.prototype = Real.prototype;
  });
  const asked = tab.waitForResponse((answer) => answer.url().endsWith('/openapi.json') && answer.ok());
  await tab.goto(platform.url('live-inline', 'inline'));
  await asked;
  await tab.evaluate(() => (window.away = false));
  await heard(tab, 'jury:connection', { state: 'live' });
  assert.deepEqual(await eventsOf(tab, 'jury:error'), []);
  await tab.context().close();
});

test('the loader works as a module', async (t) => {
  const { rewrite } = platform;
  t.after(() => (platform.rewrite = rewrite));
  platform.rewrite = (html) => html.replace('script async', 'script type="module"');
  const tab = await openPage(browser);
  await tab.goto(platform.url('module'));
  await widgetOf(tab).getByText('No case is open').first().waitFor();
  assert.deepEqual(tab.faults, []);
  await tab.context().close();
});

test('a page may pin the bytes of the loader, and other bytes do not run', async (t) => {
  const { rewrite } = platform;
  t.after(() => (platform.rewrite = rewrite));
  const { loader } = await (await fetch(`${jury.origin}/embed/v1/manifest.json`)).json();
  assert.match(loader.name, /^loader-[0-9a-f]{16}\.js$/);
  const pinned = (integrity) => (html) => html.replace(/<script async src="[^"]*"/, `<script async crossorigin="anonymous"
    src="${jury.origin}/embed/v1/${loader.name}" integrity="${integrity}"`);
  platform.rewrite = pinned(loader.integrity);
  const tab = await openPage(browser);
  await tab.goto(platform.url('pinned'));
  await widgetOf(tab).getByText('No case is open').first().waitFor();
  assert.deepEqual(tab.faults, []);

  platform.rewrite = pinned(`sha384-${'A'.repeat(64)}`);
  const refused = tab.waitForEvent('console', (message) => /integrity/.test(message.text()));
  await tab.goto(platform.url('pinned'));
  await refused;
  assert.equal(await tab.evaluate(() => customElements.get('live-jury') === undefined), true);
  await tab.context().close();
});

test('the frame is sandboxed, and cannot navigate the page', async () => {
  const tab = await openPage(browser);
  await tab.goto(platform.url('sandbox'));
  await widgetOf(tab).getByText('No case is open').first().waitFor();
  const granted = await tab.evaluate(() => [...document.querySelector('live-jury').shadowRoot.querySelector('iframe').sandbox].sort());
  assert.deepEqual(granted, ['allow-downloads', 'allow-forms', 'allow-popups', 'allow-popups-to-escape-sandbox', 'allow-same-origin', 'allow-scripts']);
  assert.deepEqual(tab.faults, []);
  await tab.context().close();
});

for (const policy of ['require-corp', 'credentialless']) {
  for (const mode of ['frame', 'inline']) {
    test(`the widget works in a page with the embedder policy ${policy}, ${mode}`, async (t) => {
      t.after(() => (platform.embedderPolicy = undefined));
      platform.embedderPolicy = policy;
      const tab = await openPage(browser);
      await tab.goto(platform.url('embedder', mode));
      const widget = mode === 'frame' ? widgetOf(tab) : tab.locator('live-jury');
      await widget.getByText('No case is open').first().waitFor();
      assert.deepEqual(tab.faults, []);
      await tab.context().close();
    });
  }
}
