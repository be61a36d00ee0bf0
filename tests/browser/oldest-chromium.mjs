// Unpacks the oldest Chromium that the guide promises, and changes nothing else.

import { createReadStream, createWriteStream, mkdirSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';

const PACKED = new URL('node_modules/@sparticuz/chromium/bin/chromium.br', import.meta.url);
/** The folder that browsers.mjs names. `npm ci` deletes it, then runs this program. */
const UNPACKED = new URL('node_modules/.chromium/', import.meta.url);

mkdirSync(UNPACKED, { recursive: true });
await pipeline(createReadStream(PACKED), createBrotliDecompress(), createWriteStream(new URL('chromium', UNPACKED), { mode: 0o755 }));
