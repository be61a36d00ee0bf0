// Flips bits of a bundle, and prints how many of the others the second verifier finds good.
//
//   node flips.mjs BUNDLE VKEY STEP

import { readFileSync } from 'node:fs';

import { exitCode, verify } from '../../../tools/verify.mjs';
import { Unreadable } from '../../../tools/verify/bytes.mjs';
import { parseVkey } from '../../../tools/verify/note.mjs';

const [path, vkey, step] = process.argv.slice(2);
const bundle = readFileSync(path);
const known = { log: parseVkey(vkey), receipts: [] };

function code(bytes) {
  try {
    return exitCode(verify(bytes, known));
  } catch (error) {
    // Anything else is a fault of the verifier.
    if (!(error instanceof Unreadable)) throw error;
    return 2;
  }
}

if (code(bundle) !== 0) throw new Error('the bundle itself is not good');
let missed = 0;
for (let bit = 0; bit < bundle.length * 8; bit += Number(step)) {
  bundle[bit >> 3] ^= 1 << (bit & 7);
  if (code(bundle) === 0) missed++;
  bundle[bit >> 3] ^= 1 << (bit & 7);
}
console.log(missed);
