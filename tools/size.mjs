// Checks the bytes that browsers fetch against the budgets: brotli bytes as served, by part. It reads dist/ and builds
// nothing.

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exit } from 'node:process';
import { fileURLToPath } from 'node:url';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));
/** The page that documents the budgets. */
const PAGE = fileURLToPath(new URL('../docs/widget.md', import.meta.url));

// Every viewer loads the widget, uninvited, beside a video. Above 90,000 bytes the build fails: they are under half a
// second of a phone's 1.6 Mbit/s.
const WIDGET_BYTES_MAX = 90_000;
// Moderators, hosts and streaming software open the console once a shift: it may take two seconds of the same line. The
// budget is just above today's size, so that growth is a decision. It grew by 4,000 bytes for unknown values of later
// servers, typed audit lines, unreadable cases in lists, and text that survives a browser's translator; and by 20,000
// for steps that a second moderator confirms, rules by side with their presets, words for every problem and audit step,
// and the figures behind a verdict; by 6,000 for panels, appeals, the page of practice, and who voted how; by
// 24,000 for the queue of viewers' reports, for what follows from a verdict, and for the words of trust's problems; and
// by 3,000 for the gallery's panels and withheld verdicts, and for the words of applications; and by 3,000 for the
// clocks of remedies.
const CONSOLE_BYTES_MAX = 385_000;

// A viewer loads the check at a press, or one device in sixteen by itself: an eighth of a second of the same line. It
// has 23,037 bytes, of which the program with Ed25519 and SHA-256 has 16,784. The budget is just above today's size, so
// that growth is a decision; 25,000 were meant.
const CHECK_BYTES_MAX = 23_500;
// Every juror's widget loads it once the vote is in, so it is on nobody's way to a vote. It has no program.
const RECEIPTS_BYTES_MAX = 1_500;
// A viewer who reports loads form, words and own reports at a press. It has no program, and the budget leaves room for
// further languages and policies: a tenth of a second of the same line.
const REPORT_BYTES_MAX = 15_000;
// Somebody opens the page of saved files to check a case, and it also reads every line of a statement: a third of a
// second of the same line.
const VERIFY_BYTES_MAX = 60_000;

// Moderators open the trust desk, and merchants their page, on a computer or a phone: under two seconds of the same
// line.
const TRUST_BYTES_MAX = 325_000;

const FRONT_ENDS = [
  { name: 'widget', who: 'viewers in a room', folder: 'widget', bytesMax: WIDGET_BYTES_MAX },
  { name: 'check', who: 'viewers who check a verdict', folder: 'check', bytesMax: CHECK_BYTES_MAX },
  { name: 'receipts', who: 'jurors who have voted', folder: 'receipts', bytesMax: RECEIPTS_BYTES_MAX },
  { name: 'report', who: 'viewers who report', folder: 'report', bytesMax: REPORT_BYTES_MAX },
  { name: 'verify', who: 'anybody with a saved file', folder: 'verify', bytesMax: VERIFY_BYTES_MAX },
  { name: 'console', who: 'moderators, hosts, overlay', folder: 'console', bytesMax: CONSOLE_BYTES_MAX },
  { name: 'trust', who: 'moderators of all rooms, merchants', folder: 'trust', bytesMax: TRUST_BYTES_MAX },
];

/** The texts of one language. A viewer fetches one file of them, so only the largest counts. */
const TEXTS = /^texts-.*\.(txt|json)$/;

/** The first pattern that fits names the part. */
const PARTS = [
  ['page', /\.html$/],
  ['program (WebAssembly)', /\.wasm$/],
  ['texts, the longest language', TEXTS],
  ['its glue', /^(widget|check|verify|console|trust)-[0-9a-f]{16}\.js$/],
  ['styles', /\.css$/],
  ['loader.js', /^loader\.js$/],
  ['start', /\.js$/],
];
// Not part of a visit: `mode="inline"` reads the manifest in place of page and start script; developers read the types.
// A page that pins the loader takes the copy with a hash in its name in place of the other.
const NOT_COUNTED = /^(manifest\.json|live-jury\.d\.ts|loader-[0-9a-f]{16}\.js)$/;

/** Returns the bytes on the wire, by part, of a folder with compressed copies beside the files. */
function sizesOf(folder) {
  const sizes = new Map(PARTS.map(([part]) => [part, 0]));
  for (const name of readdirSync(folder).filter((name) => !name.endsWith('.br') && !NOT_COUNTED.test(name))) {
    const part = PARTS.find(([, pattern]) => pattern.test(name))?.[0];
    if (!part) throw new Error(`${join(folder, name)} belongs to no part: name it in tools/size.mjs`);
    const compressed = join(folder, `${name}.br`);
    const { size } = statSync(existsSync(compressed) ? compressed : join(folder, name));
    sizes.set(part, TEXTS.test(name) ? Math.max(sizes.get(part), size) : sizes.get(part) + size);
  }
  return sizes;
}

const total = (sizes) => [...sizes.values()].reduce((sum, size) => sum + size, 0);
const bytes = (count) => count.toLocaleString('en');
const figure = (count) => bytes(count).padStart(9);

/** Prints a front end's parts and their sum, and returns its faults. */
function check({ name, who, folder, bytesMax }) {
  const sizes = sizesOf(join(DIST, folder));
  const sum = total(sizes);
  console.log(`      ${name} (${who})`);
  for (const [part, size] of sizes) if (size > 0) console.log(`      ${figure(size)}  ${part}`);
  console.log(`      ${figure(sum)}  of ${bytes(bytesMax)} bytes`);
  const faults = [];
  if (sum > bytesMax) {
    faults.push(`The ${name} is over its budget by ${bytes(sum - bytesMax)} bytes: make it smaller, or say in`
      + ' tools/size.mjs why it may be larger.');
  }
  if (!readFileSync(PAGE, 'utf8').includes(`| ${bytes(bytesMax)} |`)) {
    faults.push(`docs/widget.md has another budget for the ${name}.`);
  }
  return faults;
}

const faults = FRONT_ENDS.flatMap(check);
for (const fault of faults) console.error(fault);
if (faults.length > 0) exit(1);
