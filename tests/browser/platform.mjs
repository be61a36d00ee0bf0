// A platform's page on its own origin, which embeds the widget as the guide says and records its events.

import { createServer } from 'node:http';

import { launch, provide, startServer, token } from './harness.mjs';
import { startLine } from './line.mjs';

/** The page. Each test has its own room. */
const page = ({ jury, room, mode }) => `<!doctype html>
<html lang="en"><meta name="viewport" content="width=device-width"><title>A platform</title><link rel="icon" href="data:,">
<script>
  // Listens before any other script runs.
  window.events = [];
  for (const type of ['ready', 'connection', 'case-opened', 'vote-accepted', 'vote-refused', 'tally', 'verdict', 'error'])
    addEventListener('jury:' + type, (event) => window.events.push([event.type, JSON.stringify(event.detail ?? null)]));
</script>
<script async src="${jury}/embed/v1/loader.js"></script>
<live-jury room="${room}" mode="${mode}"></live-jury>
<script type="module">
  const jury = document.querySelector('live-jury');
  window.asked = [];
  jury.getToken = async () => {
    window.asked.push(Date.now());
    const answer = await fetch('/my/jury-token?room=${room}', { method: 'POST' });
    if (!answer.ok) throw new Error('the platform answers ' + answer.status);
    return answer.text();
  };
  window.errors = [];
  jury.addEventListener('jury:error', (event) => window.errors.push(event.detail));
</script>`;

/**
 * A platform. `origin` is its origin, `stranger` the same server under a name that no jury allows, and `url(room,
 * mode)` a page. Set `jury` to the jury's origin. A test may replace `mint(room)`, which refuses by returning nothing,
 * `rewrite(html)`, `policy`, the page's content security policy, and `embedderPolicy`.
 */
export async function startPlatform() {
  const platform = {
    jury: undefined,
    policy: undefined,
    embedderPolicy: undefined,
    rewrite: (html) => html,
    mint: (room, sub = 'viewer-1') => token({ sub, room, role: 'viewer' }),
    url: (room, mode = 'frame', origin = platform.origin) => `${origin}/?room=${room}&mode=${mode}`,
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url, 'http://platform');
    const room = url.searchParams.get('room');
    if (url.pathname === '/my/jury-token') {
      const minted = await platform.mint(room);
      response.statusCode = minted ? 200 : 500;
      return response.end(minted);
    }
    response.setHeader('content-type', 'text/html; charset=utf-8');
    if (url.pathname !== '/') return response.end('<!doctype html><title>Another page</title>');
    const mode = url.searchParams.get('mode');
    if (platform.policy) response.setHeader('content-security-policy', platform.policy);
    if (platform.embedderPolicy) response.setHeader('cross-origin-embedder-policy', platform.embedderPolicy);
    return response.end(platform.rewrite(page({ jury: platform.jury, room, mode })));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  return Object.assign(platform, {
    origin: `http://127.0.0.1:${port}`,
    stranger: `http://localhost:${port}`,
    stop: () => server.close(),
  });
}

/** A platform, a jury that allows it, and a browser; with a proxy before the jury if `withLine`. */
export async function providePlatform({ withLine = false, env } = {}) {
  const { platform, line } = await provide({ platform: startPlatform, ...(withLine && { line: startLine }) });
  const { jury, browser } = await provide({ jury: () => startServer([platform.origin], { line, env }), browser: launch });
  platform.jury = jury.origin;
  return { platform, line, jury, browser };
}

/** The details of the page's events of a type. */
export const eventsOf = (page, type) =>
  page.evaluate((wanted) => window.events.filter(([name]) => name === wanted).map(([, detail]) => JSON.parse(detail)), type);

/** Waits for an event of the type whose detail has these fields. */
export const heard = (page, type, fields = {}) =>
  page.waitForFunction(([wanted, some]) => window.events.some(([name, detail]) => {
    const told = JSON.parse(detail);
    return name === wanted && Object.entries(some).every(([field, value]) => told?.[field] === value);
  }), [type, fields]);
