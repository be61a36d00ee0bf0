// Writes measurements as tables, each between two marks of docs/widget.md; it measures nothing.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../docs/widget.md', import.meta.url));
const LOCK = fileURLToPath(new URL('../../Cargo.lock', import.meta.url));

const kb = (bytes) => (bytes / 1000).toLocaleString('en', { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const mb = (bytes) => (bytes / 1e6).toFixed(1);
const whole = (number) => Math.round(number).toLocaleString('en');
const tenth = (number) => number.toFixed(1);

const ROWS = [
  ['fetched, KB as sent, with headers', 'wire_bytes', kb],
  ['until a vote can be cast, ms', 'votable_ms', whole],
  ['main thread until then, ms', 'start_task_ms', whole],
  ['… of it scripts, ms', 'start_script_ms', whole],
  ['main thread while the tally moves, ms a second', 'tally_task_ms_per_s', tenth],
  ['… of it scripts', 'tally_script_ms_per_s', tenth],
  ['… of it styles and layout', 'tally_layout_ms_per_s', tenth],
  ['JavaScript heap, MB', 'script_bytes', mb],
  ['WebAssembly memory, MB', 'wasm_bytes', mb],
  ["private memory of the tab's process, MB", 'process_bytes', mb],
];

function spread(visits, field) {
  const sorted = visits.map((visit) => visit[field]).sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const median = (sorted[Math.floor(middle)] + sorted[Math.ceil(middle)]) / 2;
  return { median, least: sorted[0], most: sorted.at(-1) };
}

function cell(visits, field, write) {
  const { median, least, most } = spread(visits, field);
  return write(least) === write(most) ? write(median) : `${write(median)} (${write(least)}–${write(most)})`;
}

/** The rows of a check: the figure of a fast network, and that of the phone's line. */
const CHECK_ROWS = [
  ['from a press to the drawn answer, ms', 'press_ms', whole],
  ['scripts in that time, with the program, ms', 'script_ms', whole],
  ['the same press again, ms', 'again_ms', whole],
  ['fetched files, KB as sent, with headers', 'wire_bytes', kb],
];

function visitTable({ date, chromium, processor, cpu_slowdown: slowdown, line, tally_s: tallyS, visits }) {
  const leptos = visits.filter(({ widget }) => widget === 'leptos');
  const leptosVersion = readFileSync(LOCK, 'utf8').match(/name = "leptos"\nversion = "([^"]+)"/)[1];
  const perS = spread(leptos, 'tallies_per_s');
  return [
    `Measured ${date}: Chromium ${chromium}, ${processor}; processor slowed ${slowdown} times,`,
    `${line.down_kbit_s} kbit/s down, ${line.up_kbit_s} kbit/s up, ${line.latency_ms} ms to an answer;`,
    `${leptos.length} visits; ${tallyS} s of a tally that is drawn ${tenth(perS.median)} times a second.`,
    'Medians, with the least and the most.',
    '',
    `| | Leptos ${leptosVersion} |`,
    '| --- | --- |',
    ...ROWS.map(([what, field, write]) => `| ${what} | ${cell(leptos, field, write)} |`),
  ].join('\n');
}

function checkTable({ date, chromium, processor, cpu_slowdown: slowdown, line, ballots, visits }) {
  const [local, slow] = [false, true].map((is) => visits.filter((visit) => visit.line === is));
  const row = ([what, field, write]) => `| ${what} | ${cell(local, field, write)} | ${cell(slow, field, write)} |`;
  return [
    `Measured ${date}: Chromium ${chromium}, ${processor}; processor slowed ${slowdown} times;`,
    `a case of ${whole(ballots)} ballots; ${local.length} visits each. Medians, with the least and the most.`,
    '',
    `| | the machine's own network | ${whole(line.down_kbit_s)} kbit/s, ${line.latency_ms} ms to an answer |`,
    '| --- | --- | --- |',
    ...CHECK_ROWS.map(row),
  ].join('\n');
}

/** The table of visits. */
export const VISITS = { mark: 'measured', table: visitTable };
/** The table of checks. */
export const CHECK = { mark: 'measured check', table: checkTable };

/** Writes a table into the page, and returns it. */
export function writeTable({ mark, table }, results) {
  const [begin, end] = [`<!-- ${mark}: written by \`make bench-widget\` -->`, `<!-- ${mark}: end -->`];
  const written = table(results);
  const page = readFileSync(PAGE, 'utf8');
  const [from, to] = [page.indexOf(begin), page.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`${PAGE} lacks the marks ${begin} … ${end}`);
  writeFileSync(PAGE, `${page.slice(0, from)}${begin}\n\n${written}\n\n${page.slice(to)}`);
  return written;
}
