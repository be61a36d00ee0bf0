// Unpacks the Chinese font of the tests, and changes nothing else. Chromium ignores a WOFF2 file among the system's
// fonts: it draws boxes instead.

import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';

import { decompress } from 'wawoff2';

const PACKED = new URL('node_modules/@fontsource-variable/noto-sans-sc/files/', import.meta.url);
/** A folder that fonts.conf names. `npm ci` deletes it, then runs this program. */
const UNPACKED = new URL('node_modules/.fonts/', import.meta.url);

mkdirSync(UNPACKED, { recursive: true });
for (const name of readdirSync(PACKED)) {
  const font = await decompress(readFileSync(new URL(name, PACKED)));
  writeFileSync(new URL(name.replace(/woff2$/, 'ttf'), UNPACKED), font);
}
