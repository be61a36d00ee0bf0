// Messages between page and frame: each accepts only the other's, and a token goes to the server's origin only.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { closeCase, moderator, openCase, openPage, widgetOf } from './harness.mjs';
import { eventsOf, heard, providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();

/** A platform's page with a connected widget in a frame. */
async function openLive(room) {
  const page = await openPage(browser);
  await page.goto(platform.url(room));
  await widgetOf(page).getByText('No case is open').first().waitFor();
  return page;
}

const isWidget = (frame) => frame.url() === `${jury.origin}/embed/v1/frame`;

/** Sends messages to the widget's frame from the window of `name`, or from the page. */
const send = (page, name, messages) => page.evaluate(([name, messages]) => {
  const frame = document.querySelector('live-jury')?.shadowRoot.querySelector('iframe') ?? document.querySelector('iframe');
  const sender = name ? document.querySelector(`iframe[name=${name}]`).contentWindow : window;
  // The function belongs to the sender's realm, because a message's source is the window of the calling script.
  const post = sender.Function('frame', 'message', 'frame.postMessage(message, "*")');
  for (const message of messages) post(frame.contentWindow, { jury: 1, ...message });
}, [name, messages]);

/** Adds another frame to the page, at `url`. */
async function intrude(page, url) {
  const element = await page.evaluateHandle((src) => new Promise((resolve) => {
    const frame = document.createElement('iframe');
    frame.onload = () => resolve(frame);
    frame.src = src;
    frame.name = 'intruder';
    document.body.append(frame);
  }), url);
  return element.contentFrame();
}

/** Messages of a hostile frame. */
const LIES = [
  { type: 'event', name: 'jury:verdict', detail: { case: 'forged', verdict: { outcome: 'decided', option: 'buyer' } } },
  { type: 'event', name: 'jury:vote-accepted', detail: { case: 'forged', status: 'counted' } },
  { type: 'failed', code: 'start_failed', message: 'forged' },
  { type: 'size', height: 9_000, width: 9_000, expanded: true },
  { type: 'get-token', id: 1 },
  { type: 'hello' },
];

const INTRUDERS = {
  'of another origin': () => `${platform.stranger}/another`,
  'of the page’s own origin': () => `${platform.origin}/another`,
  'of the server’s origin': () => `${jury.origin}/embed/v1/frame`,
};
for (const [whose, url] of Object.entries(INTRUDERS)) {
  test(`a page ignores messages from a frame ${whose}`, async () => {
    const room = `lies-${Object.keys(INTRUDERS).indexOf(whose)}`;
    const page = await openLive(room);
    const intruder = await intrude(page, url());
    const asked = await page.evaluate(() => window.asked.length);
    await page.evaluate(() => addEventListener('message', ({ data, source }) => data?.ping && source.postMessage({ over: 1 }, '*')));
    const answers = await intruder.evaluate((lies) => new Promise((resolve) => {
      const answers = [];
      addEventListener('message', ({ data }) => (data?.over ? resolve(answers) : answers.push(data)));
      for (const lie of lies) parent.postMessage({ jury: 1, ...lie }, '*');
      parent.postMessage({ ping: 1 }, '*');
    }), LIES);
    assert.deepEqual(answers, [], 'nothing is answered');
    const now = await page.evaluate(() => ({ asked: window.asked.length, height: document.querySelector('live-jury').getBoundingClientRect().height }));
    assert.equal(now.asked, asked);
    // The frame may still report its own height, which is far from the forged one.
    assert.ok(now.height < 800, `${now.height} px`);

    // Messages of the right frame still arrive, and no forged event came before.
    const opened = await openCase(jury.origin, moderator(), room);
    await widgetOf(page).getByRole('radio').first().waitFor();
    await closeCase(jury.origin, moderator(), opened.id);
    await heard(page, 'jury:verdict', { case: opened.id });
    assert.deepEqual((await eventsOf(page, 'jury:verdict')).map((detail) => detail.case), [opened.id]);
    assert.deepEqual(await eventsOf(page, 'jury:vote-accepted'), []);
    assert.deepEqual(await eventsOf(page, 'jury:error'), []);
    await page.context().close();
  });
}

/** Waits until the frame has handled all messages sent to it. */
const settled = async (page, frame) => {
  await frame.evaluate(() => {
    window.over = new Promise((resolve) => addEventListener('message', ({ data }) => data?.over && resolve()));
  });
  await page.evaluate(() => {
    const frame = document.querySelector('live-jury')?.shadowRoot.querySelector('iframe') ?? document.querySelector('iframe');
    frame.contentWindow.postMessage({ over: 1 }, '*');
  });
  await frame.evaluate(() => window.over);
};

test('the frame ignores messages from windows other than its parent', async () => {
  const page = await openLive('orders');
  const frame = page.frames().find(isWidget);
  await intrude(page, `${platform.origin}/another`);
  const theme = () => frame.evaluate(() => document.getElementById('jury').dataset.theme);
  await send(page, 'intruder', [{ type: 'look', theme: 'dark', look: {} }]);
  await settled(page, frame);
  assert.equal(await theme(), 'auto');
  await send(page, null, [{ type: 'look', theme: 'dark', look: {} }]);
  await settled(page, frame);
  assert.equal(await theme(), 'dark', 'the parent’s message is applied');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the frame applies only the listed properties', async () => {
  const page = await openLive('looks');
  const frame = page.frames().find(isWidget);
  const look = {
    '--jury-accent': '#0a5',
    '--jury-radius': '8px',
    '--jury-background': 'url(https://evil.example/seen.png)',
    '--jury-surface': 'image-set(URL("https://evil.example/seen.png"))',
    '--jury-text': 'red; position: fixed',
    '--jury-border': 'attr(data-secret)',
    '--jury-shadow': '\\75rl(https://evil.example/)',
    '--jury-font': 'x'.repeat(201),
    '--jury-font-size': 16,
    '--jury-max-height': '1px',
    '--lj-bg': 'red',
    '--lj-room': '1px',
    display: 'none',
  };
  await send(page, null, [{ type: 'look', theme: 'neon', look }]);
  await settled(page, frame);
  const worn = await frame.evaluate(() => {
    const { style, dataset } = document.getElementById('jury');
    return [dataset.theme, Object.fromEntries([...style].map((name) => [name, style.getPropertyValue(name)]))];
  });
  // The frame sets --lj-room itself.
  const { '--lj-room': room, ...listed } = worn[1];
  assert.ok(Number.parseFloat(room) > 1, room);
  assert.deepEqual([worn[0], listed], ['auto', { '--jury-accent': '#0a5', '--jury-radius': '8px' }]);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

/** Has the platform's token wait until `give`, for one test. Returns `give` and the platform's own `mint`. */
function holdToken(t) {
  const { mint } = platform;
  t.after(() => (platform.mint = mint));
  let give;
  const given = new Promise((resolve) => (give = resolve));
  platform.mint = () => given;
  return { mint, give };
}

test('the frame accepts a token from its parent only', async (t) => {
  const { mint, give } = holdToken(t);
  const page = await openPage(browser);
  const joined = page.waitForEvent('websocket').then((socket) => socket.waitForEvent('framesent')).then(({ payload }) => JSON.parse(payload));
  await page.goto(platform.url('forged'));
  await page.waitForFunction(() => window.asked.length === 1);
  await intrude(page, `${platform.origin}/another`);
  const forged = mint('forged', 'someone-else');
  await send(page, 'intruder', [0, 1, 2, 3].map((id) => ({ type: 'token', id, token: forged })));
  await settled(page, page.frames().find(isWidget));
  const own = mint('forged');
  give(own);
  assert.deepEqual(await joined, { type: 'join', token: own });
  await page.context().close();
});

test('the frame is started by its parent only', async () => {
  const page = await openPage(browser);
  await page.goto(`${platform.origin}/another`);
  await page.evaluate(() => {
    window.told = [];
    addEventListener('message', ({ data }) => window.told.push(data));
  });
  const frame = await intrude(page, `${jury.origin}/embed/v1/frame`);
  await page.evaluate(() => document.querySelector('iframe').name = 'widget');
  await page.waitForFunction(() => window.told.length === 1);
  assert.deepEqual(await page.evaluate(() => window.told), [{ jury: 1, type: 'hello' }], 'the first message has no data');
  await intrude(page, `${platform.origin}/another`);
  const start = [{ type: 'start', room: 'started', lang: 'en', theme: 'auto', look: {} }];
  await send(page, 'intruder', start);
  await settled(page, frame);
  assert.equal(await frame.locator('#jury').innerHTML(), '');
  await send(page, null, start);
  await page.waitForFunction(() => window.told.some(({ type }) => type === 'get-token'));
  await page.context().close();
});

test('a token never goes to another origin, even if the frame was navigated', async (t) => {
  const { mint, give } = holdToken(t);
  const page = await openPage(browser);
  await page.goto(platform.url('gone'));
  await page.waitForFunction(() => window.asked.length === 1);
  // The frame is navigated while the platform still signs a token.
  const frame = page.frames().find(isWidget);
  await frame.goto(`${platform.stranger}/another`);
  await frame.evaluate(() => {
    window.told = [];
    addEventListener('message', ({ data }) => window.told.push(data));
    parent.postMessage({ jury: 1, type: 'hello' }, '*');
    parent.postMessage({ jury: 1, type: 'get-token', id: 2 }, '*');
  });
  const answer = page.waitForResponse(/jury-token/);
  give(mint('gone'));
  await (await answer).finished();
  // One more request, after which the page has handled the token.
  await page.evaluate(() => fetch('/another'));
  await settled(page, frame);
  assert.deepEqual(await frame.evaluate(() => window.told), [{ over: 1 }]);
  assert.equal(await page.evaluate(() => window.asked.length), 1, 'no further token was requested');
  await page.context().close();
});
