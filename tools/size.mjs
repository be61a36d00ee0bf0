// Holds what browsers are sent against the budgets: brotli bytes as served, by part. It reads dist/ and builds nothing.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { argv, exit } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';

const DIST = fileURLToPath(new URL('../dist', import.meta.url));

// The widget comes uninvited into a room whose video is what people came for: at a phone's 1.6 Mbit/s this is under half
// a second of the line.
const WIDGET_BYTES_MAX = 90_000;
// Moderators, hosts and the overlay's streaming software open it once a shift, on a desk: it may take two seconds of the
// same line. Just above what it is, so that growth is a decision.
const CONSOLE_BYTES_MAX = 390_000;

const FRONT_ENDS = [
  { name: 'widget', who: 'viewers in a room', folder: 'widget', bytesMax: WIDGET_BYTES_MAX },
  { name: 'console', who: 'moderators, hosts, overlay', folder: 'console', bytesMax: CONSOLE_BYTES_MAX },
];

/** The first pattern that fits names the part. */
const PARTS = [
  ['page', /\.html$/],
  ['program (WebAssembly)', /\.wasm$/],
  ['its glue', /^(widget|console)-[0-9a-f]{16}\.js$/],
  ['styles', /\.css$/],
  ['loader.js', /^loader\.js$/],
  ['start', /\.js$/],
];
// Read by `mode="inline"` alone, in the place of page and start.
const NOT_COUNTED = /^manifest\.json$/;

/** Bytes on the wire by part, for a folder of files with their compressed copies beside them. */
export function sizesOf(folder) {
  const sizes = new Map(PARTS.map(([part]) => [part, 0]));
  for (const name of readdirSync(folder).filter((name) => !name.endsWith('.br') && !NOT_COUNTED.test(name))) {
    const part = PARTS.find(([, pattern]) => pattern.test(name))?.[0];
    if (!part) throw new Error(`${join(folder, name)} belongs to no part: name it in tools/size.mjs`);
    const compressed = join(folder, `${name}.br`);
    sizes.set(part, sizes.get(part) + statSync(existsSync(compressed) ? compressed : join(folder, name)).size);
  }
  return sizes;
}

const total = (sizes) => [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
const figure = (bytes) => bytes.toLocaleString('en').padStart(9);

function check({ name, who, folder, bytesMax }) {
  const sizes = sizesOf(join(DIST, folder));
  const sum = total(sizes);
  console.log(`      ${name} (${who})`);
  for (const [part, bytes] of sizes) if (bytes > 0) console.log(`      ${figure(bytes)}  ${part}`);
  const verdict = sum > bytesMax ? `over by ${(sum - bytesMax).toLocaleString('en')}` : 'within';
  console.log(`      ${figure(sum)}  of ${bytesMax.toLocaleString('en')} bytes: ${verdict}`);
  return sum <= bytesMax;
}

if (import.meta.url === pathToFileURL(argv[1]).href) {
  const kept = FRONT_ENDS.map(check);
  if (!kept.every(Boolean)) {
    console.error('A front end is over its budget. Make it smaller, or say in tools/size.mjs why it may be larger.');
    exit(1);
  }
}
