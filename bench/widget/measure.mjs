// Measures the widget on a slow phone and writes results/widget.json and the table in docs/widget.md.
// `--pairs N` is the number of visits; `--add` keeps earlier visits that loaded the same files. It builds nothing.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { startServer, token } from '../../tests/browser/harness.mjs';
import { startPlatform } from '../../tests/browser/platform.mjs';
import { startCrowd } from './crowd.mjs';
import { CPU_SLOWDOWN, LINE, startPhone } from './phone.mjs';
import { openScene } from './scene.mjs';
import { VISITS, writeTable } from './table.mjs';

const RESULTS = fileURLToPath(new URL('../results/widget.json', import.meta.url));
/** The widget's name in the results, which also hold visits to a widget in Preact. */
const WIDGET = 'leptos';
/** Seconds for which the moving tally is measured. */
const TALLY_S = 15;
/** A name with a hash of the content in it: equal names are equal programs. */
const HASHED = /-[0-9a-f]{16}/;
/** Tallies drawn a second, at least: a busy machine draws fewer, and such a run says nothing about the widget. */
const TALLIES_PER_S_MIN = 3;

const { values: asked } = parseArgs({ options: { pairs: { type: 'string', default: '5' }, add: { type: 'boolean' } } });

/** Starts the platform and the program. */
async function setUp() {
  const platform = await startPlatform();
  const jury = await startServer([platform.origin]);
  platform.jury = jury.origin;
  const answer = await fetch(`${jury.origin}/embed/v1/frame`);
  if (!answer.ok) throw new Error(`the program has no widget in it (${answer.status}): build it first`);
  const stop = async () => {
    platform.stop();
    await jury.stop();
  };
  return { platform, jury, stop };
}

/** One visit with empty caches: arrive, vote, watch the tally. */
async function visit({ platform, jury }, turn) {
  const room = `${WIDGET}-${turn}`;
  const shown = await openScene(jury.origin, room);
  platform.mint = (asked) => token({ sub: 'viewer-1', room: asked, role: 'viewer' });
  const phone = await startPhone();
  const { page, widget, requests } = phone;
  await page.goto(platform.url(room));
  const radio = widget.locator('.lj-ballot input[type=radio]').first();
  await radio.waitFor();
  const votableAtMs = await radio.evaluate(() => new Promise((resolve) => {
    const look = () => (window.votableAtMs ? resolve(window.votableAtMs) : requestAnimationFrame(look));
    look();
  }));
  const beganAtMs = await page.evaluate(() => performance.timeOrigin);
  const start = await phone.busy();
  const fetched = [...requests.values()].filter(({ url }) => url.origin === jury.origin);
  await radio.check();
  await widget.locator('button[part=submit]').click();
  await widget.locator('.lj-bars').waitFor();

  const crowd = startCrowd(jury.origin, room, shown.id);
  const tallies = () => page.evaluate(() => window.events.filter(([type]) => type === 'jury:tally').length);
  await page.waitForFunction(
    () => window.events.some(([type, detail]) => type === 'jury:tally' && JSON.parse(detail).ballots > 8),
  );
  const [before, talliesBefore] = [await phone.busy(), await tallies()];
  await page.waitForTimeout(TALLY_S * 1000);
  const [after, talliesAfter] = [await phone.busy(), await tallies()];
  await crowd.stop();
  const memory = await phone.memory();
  const { version } = phone;
  await phone.stop();
  if (page.faults.length > 0) throw new Error(page.faults.join('\n'));
  const talliesPerS = (talliesAfter - talliesBefore) / TALLY_S;
  if (talliesPerS < TALLIES_PER_S_MIN) throw new Error(`only ${talliesPerS} tallies a second were drawn`);

  const since = Math.min(...[...requests.values()].map(({ from }) => from));
  const ms = (seconds) => Math.round(seconds * 1000);
  const figures = {
    widget: WIDGET,
    files: fetched.map(({ url }) => url.pathname).filter((path) => HASHED.test(path)).sort().join(' '),
    wire_bytes: fetched.reduce((sum, { bytes }) => sum + bytes, 0),
    votable_ms: Math.round(votableAtMs - beganAtMs),
    start_task_ms: ms(start.task),
    start_script_ms: ms(start.script),
    tallies_per_s: talliesPerS,
    tally_task_ms_per_s: ms(after.task - before.task) / TALLY_S,
    tally_script_ms_per_s: ms(after.script - before.script) / TALLY_S,
    tally_layout_ms_per_s: ms(after.layout - before.layout) / TALLY_S,
    script_bytes: memory.script,
    wasm_bytes: memory.wasm,
    process_bytes: memory.process,
  };
  const loading = [...requests.values()].map(({ url, from, to, bytes, mime, protocol }) => ({
    path: url.pathname, from_ms: ms(from - since), to_ms: ms(to - since), bytes, mime, protocol,
  }));
  return { version, figures, loading };
}

/** Visits of an earlier run; none where the file is missing. */
function earlier(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).visits;
  } catch {
    return [];
  }
}

const stage = await setUp();
try {
  const kept = asked.add ? earlier(RESULTS) : [];
  const visits = [];
  let last;
  for (let turn = 0; turn < Number(asked.pairs); turn += 1) {
    last = await visit(stage, turn);
    visits.push(last.figures);
    console.log(JSON.stringify(last.figures));
  }
  const measured = new Set(visits.map(({ files }) => files));
  const all = [...kept.filter(({ files }) => measured.has(files)), ...visits];
  const results = {
    date: new Date().toISOString().slice(0, 10),
    chromium: last.version,
    processor: `${cpus().length} × ${cpus()[0].model}`,
    cpu_slowdown: CPU_SLOWDOWN,
    line: LINE,
    tally_s: TALLY_S,
    visits: all,
    // Of the last visit: the order in which its files came.
    loading: { [WIDGET]: last.loading },
  };
  mkdirSync(fileURLToPath(new URL('../results', import.meta.url)), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
  console.log(writeTable(VISITS, results));
} finally {
  await stage.stop();
}
