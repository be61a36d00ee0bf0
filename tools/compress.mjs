// Writes a brotli copy beside every file of a folder that gets smaller by it. The server never compresses.

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { argv } from 'node:process';
import { pathToFileURL } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const COMPRESSIBLE = new Set(['.css', '.html', '.js', '.json', '.svg', '.txt', '.wasm']);

/** Compresses the files in `folder`, and returns their sizes in bytes, by name. */
export function compress(folder) {
  const sizes = {};
  for (const name of readdirSync(folder, { recursive: true })) {
    const path = join(folder, name);
    if (!COMPRESSIBLE.has(extname(name)) || !statSync(path).isFile()) continue;
    const plain = readFileSync(path);
    const small = brotliCompressSync(plain, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: plain.length,
      },
    });
    if (small.length < plain.length) writeFileSync(`${path}.br`, small);
    sizes[name] = { plain: plain.length, brotli: Math.min(small.length, plain.length) };
  }
  return sizes;
}

if (import.meta.url === pathToFileURL(argv[1]).href) compress(argv[2]);
