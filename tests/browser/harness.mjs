// Starts the real program and a real browser, and records faults of every page: errors, exceptions, policy violations.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

const PROGRAM = process.env.LIVE_JURY ?? fileURLToPath(new URL('../../target/debug/live-jury', import.meta.url));
export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
/** Chromium without background traffic. */
export const CHROMIUM_ARGS = ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update',
  '--disable-sync'];
/** The environment of a browser. Its fonts are the tests' own, as those of machines differ. */
export const BROWSER_ENV = { ...process.env, FONTCONFIG_FILE: fileURLToPath(new URL('fonts.conf', import.meta.url)) };
/** Limit of every wait, in milliseconds. Only a failure waits this long, even on a busy machine. */
export const PATIENCE_MS = 30_000;
/** Interval of `until`, in milliseconds. */
const ASK_AGAIN_MS = 20;

/** Starts today's Chromium. */
export const launch = () => chromium.launch({ executablePath: CHROMIUM, env: BROWSER_ENV, args: CHROMIUM_ARGS });

const provided = [];

/**
 * Starts the named resources of a file's tests, all at once, and returns them. They are stopped after the tests, the
 * latest first, and also if one of them fails to start.
 */
export async function provide(starts) {
  if (provided.length === 0) after(stopProvided);
  const names = Object.keys(starts);
  const outcomes = await Promise.allSettled(names.map((name) => starts[name]()));
  provided.push(outcomes.map(({ value }) => value).filter(Boolean));
  const failed = outcomes.find(({ status }) => status === 'rejected');
  if (!failed) return Object.fromEntries(names.map((name, at) => [name, outcomes[at].value]));
  await stopProvided();
  throw failed.reason;
}

async function stopProvided() {
  while (provided.length > 0) await Promise.all(provided.pop().map((one) => (one.close ? one.close() : one.stop())));
}

/** Starts `live-jury ARGS`. Returns the lines of its output and of its log as they come, and `stop`. */
function start(args, env = {}) {
  const child = spawn(PROGRAM, args, { env: { ...process.env, NO_COLOR: '1', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const ended = new Promise((resolve) => child.once('exit', resolve));
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => { said += text; });
  return {
    printed: createInterface({ input: child.stdout }),
    logged: createInterface({ input: child.stderr }),
    /** Rejects with the program's output when it ends. */
    failed: ended.then((code) => { throw new Error(`live-jury ${args[0]} ended with ${code}:\n${said}`); }),
    async stop() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}

/** A demo on a free port, with cases that outlast a test. Returns its links by name, and `stop`. */
export async function startDemo() {
  const program = start(['demo', '--bind', '127.0.0.1:0', '--case-seconds', '3600']);
  const links = {};
  const told = new Promise((resolve) => {
    program.printed.on('line', (line) => {
      const found = line.match(/^\s*(viewer|moderator|host|practice|overlay)\s+(http\S+)/);
      if (found) links[found[1]] = found[2];
      if (Object.keys(links).length === 5) resolve();
    });
  });
  await Promise.race([told, program.failed]);
  program.failed.catch(() => {});
  return { ...links, origin: new URL(links.viewer).origin, stop: program.stop };
}

export const SECRET = 'a secret of the browser tests, long enough';
const BALLOT_SECRET = 'a ballot secret of the browser tests, long enough';

/**
 * A server that allows the given origins. Returns its public origin, `direct` (its address without the proxy `line`),
 * and `stop`.
 */
export async function startServer(allowedOrigins, { line, env = {} } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'live-jury-browser-'));
  const program = start(['serve'], {
    LIVE_JURY_BIND: '127.0.0.1:0',
    LIVE_JURY_ADMIN_BIND: 'off',
    LIVE_JURY_DATABASE: `sqlite://${join(folder, 'jury.db')}`,
    LIVE_JURY_TOKEN_SECRET: SECRET,
    LIVE_JURY_BALLOT_SECRET: BALLOT_SECRET,
    LIVE_JURY_ALLOWED_ORIGINS: allowedOrigins.join(','),
    ...(line ? { LIVE_JURY_PUBLIC_URL: line.origin } : {}),
    ...env,
  });
  const told = new Promise((resolve) => {
    program.logged.on('line', (line) => {
      const said = JSON.parse(line);
      if (said.message === 'listening') resolve(said);
    });
  });
  const { address, public_url: origin } = await Promise.race([told, program.failed]);
  program.failed.catch(() => {});
  line?.lead(address);
  return {
    origin,
    direct: `http://${address}`,
    async stop() {
      await program.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A token, signed as a platform does. */
export function token(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const body = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ exp: Math.floor(Date.now() / 1000) + 900, ...claims })}`;
  return `${body}.${createHmac('sha256', SECRET).update(body).digest('base64url')}`;
}

/** The token of a moderator of all rooms. */
export const moderator = () => token({ sub: 'moderator-1', room: '*', role: 'moderator' });

/** The token in a link's fragment. */
export const tokenOf = (link) => new URLSearchParams(new URL(link).hash.slice(1)).get('token');

/** Opens a case in the room by the moderator's token. Returns the case. */
export async function openCase(origin, moderator, room, fields = {}) {
  const answer = await ask(origin, moderator, `/rooms/${room}/cases`, 'POST', {
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
  });
  return answer.json();
}

/** The cases of a room in a state. */
export const casesOf = async (origin, moderator, room, state) =>
  (await (await ask(origin, moderator, `/rooms/${room}/cases?state=${state}`)).json()).items;

/** Calls the API with a moderator's token. Returns the answer, or throws its problem. */
export async function ask(origin, moderator, path, method = 'GET', body = undefined) {
  const answer = await fetch(`${origin}/api/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${moderator}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${path} refused: ${answer.status} ${await answer.text()}`);
  return answer;
}

/** The tally of a case, as a moderator sees it. */
export const tallyOf = async (origin, moderator, id) => (await ask(origin, moderator, `/cases/${id}/tally`)).json();

/** Casts on a socket of its own, with a token of these claims. Returns the server's `ballot` or `refused`. */
export async function cast(browser, origin, claims, id, option) {
  const page = await openPage(browser);
  await page.goto(`${origin}/embed/v1/frame`);
  const answer = await page.evaluate(({ room, id, option, pass }) => new Promise((resolve, reject) => {
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/api/v1/rooms/${room}/socket`, 'jury.v1.json');
    const say = (frame) => socket.send(JSON.stringify(frame));
    socket.onopen = () => say({ type: 'join', token: pass });
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
    socket.onmessage = ({ data }) => {
      const frame = JSON.parse(data);
      if (frame.type === 'docket') say({ type: 'cast', case: id, option });
      if (['ballot', 'refused'].includes(frame.type)) resolve(frame);
    };
  }), { room: claims.room, id, option, pass: token({ role: 'viewer', ...claims }) });
  await page.context().close();
  return answer;
}

/** A page whose socket has joined a room, with a token of these claims, and stays until the page is closed. */
export async function watch(browser, origin, claims) {
  const page = await openPage(browser);
  await page.goto(`${origin}/embed/v1/frame`);
  await page.evaluate(({ room, pass }) => new Promise((resolve, reject) => {
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/api/v1/rooms/${room}/socket`, 'jury.v1.json');
    socket.onopen = () => socket.send(JSON.stringify({ type: 'join', token: pass }));
    socket.onclose = ({ code }) => reject(new Error(`closed with ${code}`));
    socket.onmessage = resolve;
    window.socket = socket;
  }), { room: claims.room, pass: token({ role: 'viewer', ...claims }) });
  return page;
}

/** The present state of a case. */
export const caseOf = async (origin, moderator, id) => (await ask(origin, moderator, `/cases/${id}`)).json();

/** The recorded ballots of an ended case, one a line. */
export async function ballotsOf(origin, moderator, id) {
  const csv = await (await ask(origin, moderator, `/cases/${id}/ballots.csv`)).text();
  return csv.trim().split(/\r?\n/).slice(1);
}

/** Calls `asked` until `isWanted` accepts its answer. Returns that answer. */
export async function until(asked, isWanted) {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const answer = await asked();
    if (isWanted(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)}`);
    // Leaves processor time to the program under test.
    await new Promise((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
  }
}

/** Closes a case by the moderator's token. */
export const closeCase = (origin, moderator, id) => ask(origin, moderator, `/cases/${id}/close`, 'POST');

/**
 * A page whose `faults` list its console errors and warnings, exceptions, and violations of the content security
 * policy.
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

/** Ends a test with a page of `openPage`. It fails for a fault that `expected` does not match. */
export async function leave(page, expected = /^$/) {
  assert.deepEqual(page.faults.filter((fault) => !expected.test(fault)), []);
  await page.context().close();
}

/** The region of a page with this name. */
export const region = (page, name) => page.getByRole('region', { name, exact: true });

/**
 * Stops the page's installed clock. From here on time passes by `clock.runFor` only. No timer fires on the way, even on
 * a busy machine.
 */
export async function stopTime(page) {
  const now = await page.evaluate(() => Date.now());
  // pauseAt rejects a time that has passed meanwhile, so the time is fixed first.
  await page.clock.setFixedTime(now);
  await page.clock.pauseAt(now);
  await page.clock.setSystemTime(now);
}

/** The widget's document within a page. */
export const widgetOf = (page) => page.frameLocator('live-jury iframe');
