// Writes a brotli copy beside every file of a folder that gets smaller by it. The server never compresses.

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

/** The forms of distances, as Brotli's postfix bits and direct codes. Which one is shortest depends on the file. */
const DISTANCES = [[0, 0], [1, 0], [2, 0], [3, 0], [0, 15], [1, 16], [2, 32], [3, 64]];
/** Files above this size, the programs, are compressed in one form: the others gain nothing there, and take minutes. */
const SMALL_BYTES_MAX = 65_536;
const MODES = [constants.BROTLI_MODE_GENERIC, constants.BROTLI_MODE_FONT];
const COMPRESSIBLE = new Set(['.css', '.html', '.js', '.json', '.svg', '.txt', '.wasm']);

/** The shortest form of a file. */
function smallest(plain) {
  const [modes, distances] = plain.length > SMALL_BYTES_MAX ? [MODES.slice(0, 1), DISTANCES.slice(0, 1)]
    : [MODES, DISTANCES];
  const forms = modes.flatMap((mode) => distances.map(([postfix, direct]) => brotliCompressSync(plain, {
    params: {
      [constants.BROTLI_PARAM_MODE]: mode,
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
      [constants.BROTLI_PARAM_NPOSTFIX]: postfix,
      [constants.BROTLI_PARAM_NDIRECT]: direct,
    },
  })));
  return forms.reduce((short, form) => (form.length < short.length ? form : short));
}

/** Compresses the files in `folder`, and returns their sizes in bytes, by name. */
export function compress(folder) {
  const sizes = {};
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, name);
    if (!COMPRESSIBLE.has(extname(name)) || !statSync(path).isFile()) continue;
    const plain = readFileSync(path);
    const small = smallest(plain);
    if (small.length < plain.length) writeFileSync(`${path}.br`, small);
    sizes[name] = { plain: plain.length, brotli: Math.min(small.length, plain.length) };
  }
  return sizes;
}

if (import.meta.url === pathToFileURL(argv[1]).href) compress(argv[2]);
