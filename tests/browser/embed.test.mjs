// A live platform of another origin embeds the widget from a server that allows it; one that is not allowed cannot.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { closeCase, launch, openCase, openPage, startServer, token, widgetOf } from './harness.mjs';

/** A platform's page: the lines of the guide, in the mode given; each mode has a room of its own. */
const page = (jury, mode) => `<!doctype html>
<html lang="en"><title>A platform</title><link rel="icon" href="data:,">
<script async src="${jury}/embed/v1/loader.js"></script>
<live-jury room="live-${mode}" mode="${mode}"></live-jury>
<script type="module">
  const jury = document.querySelector('live-jury');
  jury.getToken = async () => (await fetch('/my/jury-token?room=live-${mode}', { method: 'POST' })).text();
  window.events = [];
  for (const type of ['ready', 'case-opened', 'vote-accepted', 'tally', 'verdict', 'error'])
    jury.addEventListener('jury:' + type, (event) => window.events.push([event.type, JSON.stringify(event.detail ?? null)]));
</script>`;

let jury;
let browser;
let platform;
let origin;
let stranger;
before(async () => {
  platform = createServer((request, response) => {
    const url = new URL(request.url, 'http://platform');
    if (url.pathname === '/my/jury-token') return response.end(token({ sub: 'viewer-1', room: url.searchParams.get('room'), role: 'viewer' }));
    response.setHeader('content-type', 'text/html; charset=utf-8');
    return response.end(page(jury.origin, url.searchParams.get('mode')));
  });
  await new Promise((resolve) => platform.listen(0, '127.0.0.1', resolve));
  const { port } = platform.address();
  origin = `http://127.0.0.1:${port}`;
  // The same server under a name that is not on the list.
  stranger = `http://localhost:${port}`;
  [jury, browser] = await Promise.all([startServer([origin]), launch()]);
});
after(async () => {
  await browser?.close();
  await jury?.stop();
  platform?.close();
});

const moderator = () => token({ sub: 'moderator-1', room: '*', role: 'moderator' });

for (const mode of ['frame', 'inline']) {
  test(`a vote and a verdict on a platform's page, ${mode}`, async () => {
    const tab = await openPage(browser);
    await tab.goto(`${origin}/?mode=${mode}`);
    const widget = mode === 'frame' ? widgetOf(tab) : tab.locator('live-jury');
    await widget.getByText('No case is open').first().waitFor();

    const title = `Is the ${mode} claim misleading?`;
    const opened = await openCase(jury.origin, moderator(), `live-${mode}`, { title });
    await widget.getByRole('radio').nth(1).check();
    await widget.getByRole('button', { name: 'Submit vote' }).click();
    await widget.getByText('Your vote is in').first().waitFor();
    await closeCase(jury.origin, moderator(), opened.id);
    await widget.getByText('The jury has decided').first().waitFor();

    await tab.waitForFunction(() => window.events.some(([type]) => type === 'jury:verdict'));
    const events = await tab.evaluate(() => window.events);
    const types = events.map(([type]) => type);
    for (const type of ['jury:ready', 'jury:case-opened', 'jury:vote-accepted']) assert.ok(types.includes(type), `${type} in ${types}`);
    assert.ok(!types.includes('jury:error'), JSON.stringify(events));
    const [, accepted] = events.find(([type]) => type === 'jury:vote-accepted');
    assert.doesNotMatch(accepted, /"(merchant|buyer|abstain)"/, 'the choice stays secret');
    assert.deepEqual(tab.faults, []);
    await tab.context().close();
  });
}

test('a page of another origin cannot frame the widget', async () => {
  const tab = await openPage(browser);
  const refused = tab.waitForEvent('console', (message) => /frame-ancestors/.test(message.text()));
  await tab.goto(`${stranger}/?mode=frame`);
  await refused;
  await tab.context().close();
});
