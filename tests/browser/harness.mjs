// Starts the real program and a real browser for the suites, and watches every page for what must never happen.

import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const PROGRAM = process.env.LIVE_JURY ?? fileURLToPath(new URL('../../target/debug/live-jury', import.meta.url));
const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Long enough for a busy machine; nothing waits this long unless it has failed. */
export const PATIENCE_MS = 30_000;

/** A browser that talks to the test's servers only. */
export async function launch() {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  });
}

/** Starts `live-jury ARGS`; gives the lines it prints and those it logs, as they come, and `stop`. */
function start(args, env = {}) {
  const child = spawn(PROGRAM, args, { env: { ...process.env, NO_COLOR: '1', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { said += text; });
  return {
    printed: createInterface({ input: child.stdout }),
    logged: createInterface({ input: child.stderr }),
    /** Rejects with what the program said, when it ends. */
    failed: ended.then((code) => { throw new Error(`live-jury ${args[0]} ended with ${code}:\n${said}`); }),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A demo on a free port, with cases that outlast a test: its links by name, and `stop`. */
export async function startDemo() {
  const program = start(['demo', '--bind', '127.0.0.1:0', '--case-seconds', '3600']);
  const links = {};
  const told = new Promise((resolve) => {
    program.printed.on('line', (line) => {
      const found = line.match(/^\s*(viewer|moderator|host|overlay)\s+(http\S+)/);
      if (found) links[found[1]] = found[2];
      if (Object.keys(links).length === 4) resolve();
    });
  });
  await Promise.race([told, program.failed]);
  program.failed.catch(() => {});
  return { ...links, origin: new URL(links.viewer).origin, stop: program.stop };
}

const SECRET = 'a secret of the browser tests, long enough';

/** A server as a platform runs it, which allows the origins given: its own origin, `token` and `stop`. */
export async function startServer(allowedOrigins) {
  const folder = mkdtempSync(join(tmpdir(), 'live-jury-browser-'));
  const program = start(['serve'], {
    LIVE_JURY_BIND: '127.0.0.1:0',
    LIVE_JURY_ADMIN_BIND: 'off',
    LIVE_JURY_DATABASE: `sqlite://${join(folder, 'jury.db')}`,
    LIVE_JURY_TOKEN_SECRET: SECRET,
    LIVE_JURY_ALLOWED_ORIGINS: allowedOrigins.join(','),
  });
  const told = new Promise((resolve) => {
    program.logged.on('line', (line) => {
      const { message, public_url: origin } = JSON.parse(line);
      if (message === 'listening') resolve(origin);
    });
  });
  const origin = await Promise.race([told, program.failed]);
  program.failed.catch(() => {});
  return {
    origin,
    token,
    async stop() {
      await program.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A token as a platform mints it. */
export function token(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp: Math.floor(Date.now() / 1000) + 900, ...claims })}`;
  return `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`;
}

/** The token in a link's fragment. */
export const tokenOf = (link) => new URLSearchParams(new URL(link).hash.slice(1)).get('token');

/** Opens a case in the room by the moderator's token; gives the case. */
export async function openCase(origin, moderator, room, fields = {}) {
  const answer = await fetch(`${origin}/api/v1/rooms/${room}/cases`, {
    method: 'POST',
    headers: { authorization: `Bearer ${moderator}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      title: 'Is the “pure silk” claim misleading?',
      kind: 'false_advertising',
      statements: { buyer: 'The label says 70% silk.', merchant: 'The first batch had the wrong label.' },
      options: [
        { id: 'buyer', label: 'Support the buyer' },
        { id: 'merchant', label: 'Support the merchant' },
        { id: 'abstain', label: 'Cannot tell', abstain: true },
      ],
      rules: { quorum: 1 },
      remedy: 'Refund without return',
      duration_s: 600,
      open: true,
      ...fields,
    }),
  });
  if (answer.status !== 201) throw new Error(`case refused: ${answer.status} ${await answer.text()}`);
  return answer.json();
}

/** The cases of a room in the state given. */
export async function casesOf(origin, moderator, room, state) {
  const answer = await fetch(`${origin}/api/v1/rooms/${room}/cases?state=${state}`, { headers: { authorization: `Bearer ${moderator}` } });
  return (await answer.json()).items;
}

/** Closes a case by the moderator's token. */
export async function closeCase(origin, moderator, id) {
  const answer = await fetch(`${origin}/api/v1/cases/${id}/close`, { method: 'POST', headers: { authorization: `Bearer ${moderator}` } });
  if (!answer.ok) throw new Error(`closing refused: ${answer.status} ${await answer.text()}`);
}

/**
 * A page that remembers what must never happen in it: console errors, exceptions, violations of the content security
 * policy. `faults` lists them.
 */
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  await context.exposeFunction('reportViolation', (text) => faults.push(text));
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      window.reportViolation(`${location.pathname}: ${event.effectiveDirective} forbids ${event.blockedURI || event.sample}`);
    });
  });
  const page = await context.newPage();
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) faults.push(`console: ${message.text()} (${message.location().url})`);
  });
  page.on('pageerror', (error) => faults.push(`exception: ${error.stack ?? error}`));
  return Object.assign(page, { faults });
}

/** The widget's own document within a page. */
export const widgetOf = (page) => page.frameLocator('live-jury iframe');
