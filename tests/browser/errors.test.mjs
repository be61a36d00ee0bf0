// Errors of a page that embeds the widget. The console and one `jury:error` name the cause, and the viewer sees a mild
// text. Errors of the origin are in embed.test.mjs.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openPage, until, widgetOf } from './harness.mjs';
import { eventsOf, providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();

const withoutToken = { rewrite: (html) => html.replace('jury.getToken =', 'jury.forgotten =') };
const withPolicy = (policy) => ({ policy: `${policy} ${jury.origin}` });

const SORRY = /The jury cannot be shown/;
const ERRORS = [
  { what: 'no getToken', mode: 'frame', code: 'no_token', platform: withoutToken, waits: 10_000, says: /set `getToken` on the <live-jury> element/, kind: /This page could not sign you in/ },
  { what: 'no getToken', mode: 'inline', code: 'no_token', platform: withoutToken, waits: 10_000, says: /set `getToken` on the <live-jury> element/, kind: /This page could not sign you in/ },
  { what: 'a policy that forbids the frame', mode: 'frame', code: 'frame_blocked', waits: 15_000, says: () => new RegExp(`frame-src ${jury.origin}`), kind: SORRY,
    platform: withPolicy("frame-src 'none'; script-src 'unsafe-inline'") },
  { what: 'a policy that forbids WebAssembly', mode: 'inline', code: 'inline_failed', says: /‘wasm-unsafe-eval’/, kind: SORRY,
    platform: withPolicy("script-src 'unsafe-inline'") },
  { what: 'a policy that forbids its styles', mode: 'inline', code: 'inline_failed', says: () => new RegExp(`allow style-src ${jury.origin}`), kind: SORRY,
    platform: withPolicy("style-src 'none'; script-src 'unsafe-inline' 'wasm-unsafe-eval'") },
  ...['frame', 'inline'].map((mode) => ({ what: 'no WebAssembly', mode, code: 'no_webassembly', says: /no WebAssembly, or a policy forbids it/, kind: SORRY,
    arrange: (page) => page.addInitScript(() => delete window.WebAssembly) })),
  { what: 'an invalid room', mode: 'frame', code: 'bad_room', says: /needs room="…"/, kind: SORRY,
    platform: { rewrite: (html) => html.replace(/<live-jury room="[^"]*"/, '<live-jury room="a b"') } },
  ...['an evaluated loader', 'an imported loader'].map((what) => ({ what, mode: 'frame', code: 'bad_server', says: /needs server="https:/, kind: SORRY,
    platform: { rewrite: (html) => html.replace(/<script async src="([^"]*)"><.script>/, what === 'an imported loader'
      ? '<script type="module">import("$1")</script>'
      : '<script type="module">(0, eval)(await (await fetch("$1")).text())</script>') } })),
  { what: 'an invalid room, reported before the page listens', mode: 'frame', code: 'bad_room', says: /needs room="…"/, kind: SORRY,
    platform: { rewrite: (html) => html.replace(/<live-jury room="[^"]*"/, '<live-jury room="a b"').replace('script async', 'script') } },
];

for (const { what, mode, code, arrange, platform: changes, waits, says, kind } of ERRORS) {
  test(`${what} is reported, ${mode}`, async () => {
    const page = await openPage(browser);
    await page.clock.install();
    await arrange?.(page);
    Object.assign(platform, { policy: undefined, rewrite: (html) => html, ...changes });
    await page.goto(platform.url('errors', mode));
    await page.waitForFunction(() => customElements.get('live-jury') && window.errors);
    if (waits) await page.clock.runFor(waits);
    const [error] = await until(() => eventsOf(page, 'jury:error'), (errors) => errors.length > 0);
    assert.equal(error.code, code);
    assert.match(error.message, typeof says === 'function' ? says() : says);
    await until(() => page.faults, (faults) => faults.some((fault) => fault.startsWith('console: live-jury:') && fault.includes(error.message)));
    const seen = code === 'no_token' && mode === 'frame' ? widgetOf(page) : page.locator('live-jury');
    if (code === 'no_token') await seen.getByRole('button', { name: /The jury cannot be shown/ }).click();
    const text = seen.getByText(kind).first();
    await text.waitFor({ state: 'attached' });
    assert.doesNotMatch(await text.textContent(), /getToken|policy|src|http/, 'the viewer sees no technical terms');
    assert.equal((await eventsOf(page, 'jury:error')).length, 1);
    assert.deepEqual(await page.evaluate(() => window.errors), [error], 'the page’s own script received the event');
    await page.context().close();
  });
}
