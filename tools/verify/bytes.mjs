// Hashes, base64 and the two ways to fail.

import crypto from 'node:crypto';

/** The bundle cannot be read. */
export class Unreadable extends Error {}
/** A check does not hold. */
export class Refused extends Error {}

// One call for one hash is faster than a hash object. Node has it from 20.12.
const once = crypto.hash
  ? (bytes) => crypto.hash('sha256', bytes, 'buffer')
  : (bytes) => crypto.createHash('sha256').update(bytes).digest();
const bytesOf = (piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece);

/** The SHA-256 of pieces, one after the other. */
export function sha256(...pieces) {
  return once(pieces.length === 1 ? bytesOf(pieces[0]) : Buffer.concat(pieces.map(bytesOf)));
}

/** HMAC-SHA256 with a key of at most 64 bytes, as a function of the message. */
export function hmacWith(key) {
  const padded = (pad) => Buffer.alloc(64).map((_, at) => (key[at] ?? 0) ^ pad);
  const [inner, outer] = [padded(0x36), padded(0x5c)];
  return (message) => sha256(outer, sha256(inner, message));
}

/** Fails a check unless it holds. */
export const refuse = (holds, text) => {
  if (!holds) throw new Refused(text);
};

/** Stops unless it holds: nothing can be checked then. */
export const unreadable = (holds, text) => {
  if (!holds) throw new Unreadable(text);
};

/** The bytes of padded base64 whose unused bits are 0. */
export function fromBase64(text, error = Unreadable) {
  const bytes = Buffer.from(text, 'base64');
  if (bytes.toString('base64') !== text) throw new error('a value is not in base64');
  return bytes;
}
