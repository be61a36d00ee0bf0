// Measures the widget against the same widget in Preact, in turns, and writes down what came of it: results/widget.json
// and the table in docs/widget.md. `--pairs N` says how often; `--add` keeps the turns measured before with the same files, and
// takes it as shown that both draw the same.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { launch, startServer, token } from '../../tests/browser/harness.mjs';
import { startPlatform } from '../../tests/browser/platform.mjs';
import { build } from '../preact-widget/build.mjs';
import { alike } from './alike.mjs';
import { startCrowd } from './crowd.mjs';
import { startEdge } from './edge.mjs';
import { CPU_SLOWDOWN, LINE, startPhone } from './phone.mjs';
import { openScene } from './scene.mjs';
import { writeTable } from './table.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const RESULTS = fileURLToPath(new URL('../results/widget.json', import.meta.url));
/** How long a tally that moves is watched. */
const TALLY_S = 15;
/** A name with a hash of the content in it: the same names, the same programs. */
const HASHED = /-[0-9a-f]{16}/;
/** Fewer drawings a second than this, and it was a busy machine that was measured. */
const TALLIES_PER_S_MIN = 3;

const { values: asked } = parseArgs({ options: { pairs: { type: 'string', default: '5' }, add: { type: 'boolean' } } });

/** Platform, program, and one edge a widget. */
async function setUp() {
  const preact = `${ROOT}target/preact-widget`;
  build(preact);
  const widgets = [
    { name: 'leptos', edge: await startEdge(`${ROOT}dist/widget`) },
    { name: 'preact', edge: await startEdge(preact) },
  ];
  const platform = await startPlatform();
  const jury = await startServer([platform.origin, ...widgets.map(({ edge }) => edge.origin)]);
  for (const { edge } of widgets) await edge.lead(jury.origin);
  const stop = async () => {
    for (const { edge } of widgets) edge.stop();
    platform.stop();
    await jury.stop();
  };
  return { widgets, platform, jury, stop };
}

/** One visit with nothing in the caches: arrive, vote, watch the tally. */
async function visit({ platform, jury }, { name, edge }, turn) {
  const room = `${name}-${turn}`;
  const shown = await openScene(jury.origin, room);
  platform.jury = edge.origin;
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
  const fetched = [...requests.values()].filter(({ url }) => url.origin === edge.origin);
  await radio.check();
  await widget.locator('button[part=submit]').click();
  await widget.locator('.lj-bars').waitFor();

  const crowd = startCrowd(jury.origin, room, shown.id);
  const tallies = () => page.evaluate(() => window.events.filter(([type]) => type === 'jury:tally').length);
  await page.waitForFunction(() => window.events.some(([type, detail]) => type === 'jury:tally' && JSON.parse(detail).ballots > 8));
  const [before, heardBefore] = [await phone.busy(), await tallies()];
  await page.waitForTimeout(TALLY_S * 1000);
  const [after, heardAfter] = [await phone.busy(), await tallies()];
  await crowd.stop();
  const memory = await phone.memory();
  const { version } = phone;
  await phone.stop();
  if (page.faults.length > 0) throw new Error(`${name}: ${page.faults.join('\n')}`);
  const talliesPerS = (heardAfter - heardBefore) / TALLY_S;
  if (talliesPerS < TALLIES_PER_S_MIN) throw new Error(`${name}: only ${talliesPerS} tallies a second were drawn`);

  const since = Math.min(...[...requests.values()].map(({ from }) => from));
  const ms = (seconds) => Math.round(seconds * 1000);
  const figures = {
    widget: name,
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

function earlier(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).visits;
  } catch {
    return [];
  }
}

const stage = await setUp();
try {
  if (!asked.add) {
    const browser = await launch();
    for (const lang of ['en', 'zh-CN']) await alike(browser, stage, lang);
    await browser.close();
    console.log('Both draw the same, in every state. Measuring.');
  }

  const kept = asked.add ? earlier(RESULTS) : [];
  const visits = [];
  const loading = {};
  let chromium;
  for (let pair = 0; pair < Number(asked.pairs); pair += 1) {
    for (const widget of stage.widgets) {
      const visited = await visit(stage, widget, pair);
      visits.push(visited.figures);
      chromium = visited.version;
      // Of the last visit: how its files came, one beside the other.
      loading[widget.name] = visited.loading;
      console.log(JSON.stringify(visited.figures));
    }
  }
  const measured = new Set(visits.map(({ files }) => files));
  const all = [...kept.filter(({ files }) => measured.has(files)), ...visits];
  const results = {
    date: new Date().toISOString().slice(0, 10),
    chromium,
    processor: `${cpus().length} × ${cpus()[0].model}`,
    cpu_slowdown: CPU_SLOWDOWN,
    line: LINE,
    tally_s: TALLY_S,
    visits: all,
    loading,
  };
  mkdirSync(fileURLToPath(new URL('../results', import.meta.url)), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
  console.log(writeTable(results));
} finally {
  await stage.stop();
}
