// Hashes, base64 and the two ways to fail.

import { createHash } from 'node:crypto';

/** The bundle cannot be read. */
export class Unreadable extends Error {}
/** A check does not hold. */
export class Refused extends Error {}

/** The SHA-256 of pieces, one after the other. */
export const sha256 = (...pieces) => {
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return hash.digest();
};

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
