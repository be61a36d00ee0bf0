// Writes measurements as a table between the two marks of docs/widget.md; it measures nothing.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../docs/widget.md', import.meta.url));
const BEGIN = '<!-- measured: written by `make bench-widget` -->';
const END = '<!-- measured: end -->';
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

function table({ date, chromium, processor, cpu_slowdown: slowdown, line, tally_s: tallyS, visits }) {
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

/** Writes the table into the page, and returns it. */
export function writeTable(results) {
  const written = table(results);
  const page = readFileSync(PAGE, 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PAGE} lacks the marks ${BEGIN} … ${END}`);
  writeFileSync(PAGE, `${page.slice(0, from)}${BEGIN}\n\n${written}\n\n${page.slice(to)}`);
  return written;
}
