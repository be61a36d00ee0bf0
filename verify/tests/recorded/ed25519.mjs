// Reads lines `key message signature` in hexadecimal, and prints 1 for each good signature, else 0.

import { readFileSync } from 'node:fs';

import { isSigned } from '../../../tools/verify/note.mjs';

const lines = readFileSync(0, 'utf8').split('\n').filter((line) => line !== '');
const bytes = (hex) => Buffer.from(hex === '-' ? '' : hex, 'hex');
console.log(lines.map((line) => (isSigned(...line.split(' ').map(bytes)) ? 1 : 0)).join(''));
