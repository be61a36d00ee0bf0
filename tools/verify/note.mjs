// Ed25519 in its strict form, signed notes, checkpoints and tlog-proofs of C2SP.

import { createPublicKey, verify as verifySignature } from 'node:crypto';

import { Refused, fromBase64, refuse, sha256, unreadable } from './bytes.mjs';

// The keys of a small order, as Ed25519 encodes them, canonical or not. Node would accept signatures of theirs on any
// text.
const SMALL_ORDER = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff',
]);
// The order of the base point: S must be below it.
const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

// Whether a signature is one of Ed25519 in its strict form. A commitment R of a small order is refused, too.
export function isSigned(key, message, signature) {
  if (key.length !== 32 || signature.length !== 64) return false;
  const hex = signature.toString('hex');
  if (SMALL_ORDER.has(key.toString('hex')) || SMALL_ORDER.has(hex.slice(0, 64))) return false;
  const scalar = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);
  if (scalar >= ORDER) return false;
  try {
    const publicKey = createPublicKey({ key: Buffer.concat([SPKI, key]), format: 'der', type: 'spki' });
    return verifySignature(null, message, publicKey, signature);
  } catch {
    return false;
  }
}

const isKeyName = (name) => /^[^\s\p{White_Space}\p{Cc}+]+$/u.test(name);

/** A log's key, `name+id+base64`. */
export function parseVkey(vkey) {
  const [, name, id, typed] = /^([^+]*)\+([^+]*)\+(.*)$/s.exec(vkey) ?? [];
  unreadable(name !== undefined && isKeyName(name), 'a vkey is name+id+base64');
  const bytes = fromBase64(typed);
  unreadable(bytes.length === 33 && bytes[0] === 1, "the vkey is not a log's");
  const own = sha256(name, '\n', bytes).subarray(0, 4).toString('hex');
  unreadable(id === own, "the vkey's id is not that of its key");
  unreadable(!SMALL_ORDER.has(bytes.subarray(1).toString('hex')), 'the key is of a small order');
  return { name, id, key: bytes.subarray(1) };
}

/** A text with its signatures. */
export function parseNote(note) {
  refuse(Buffer.byteLength(note) <= 64 * 1024, 'the note is longer than 64 KiB');
  refuse(!/[\0-\x09\x0b-\x1f]/.test(note), 'the note has a control character');
  const end = note.lastIndexOf('\n\n') + 1;
  refuse(end > 0 && note.endsWith('\n') && note.length > end + 1, 'the note has no signatures');
  const signatures = note.slice(end + 1, -1).split('\n').map((line) => {
    const [, name, base64] = /^— ([^ ]+) ([^ ]*)$/.exec(line) ?? [];
    refuse(name !== undefined && isKeyName(name), 'a signature is not on a line `— name base64`');
    const bytes = fromBase64(base64, Refused);
    refuse(bytes.length > 4, 'a signature is too short');
    return { name, id: bytes.subarray(0, 4).toString('hex'), bytes: bytes.subarray(4) };
  });
  refuse(signatures.length <= 32, 'the note has more than 32 signatures');
  return { text: note.slice(0, end), signatures };
}

const NUMBER = /^(0|[1-9][0-9]{0,19})$/;

/** Origin, size and root of a log. */
export function parseCheckpoint(text) {
  const lines = text.slice(0, -1).split('\n');
  refuse(lines.length === 3 && isKeyName(lines[0]) && NUMBER.test(lines[1]), 'a checkpoint is three lines');
  const root = fromBase64(lines[2], Refused);
  refuse(root.length === 32 && BigInt(lines[1]) < 2n ** 64n, 'a checkpoint is three lines');
  return { origin: lines[0], size: BigInt(lines[1]), root };
}

/** A tlog-proof. */
export function parseProof(proof) {
  const end = proof.indexOf('\n\n');
  refuse(end > 0, 'the text is no tlog-proof');
  const lines = proof.slice(0, end).split('\n');
  refuse(lines.shift() === 'c2sp.org/tlog-proof@v1', 'the text is no tlog-proof');
  const extra = lines[0]?.startsWith('extra ') ? fromBase64(lines.shift().slice(6), Refused) : undefined;
  const [, index] = /^index (\d+)$/.exec(lines.shift() ?? '') ?? [];
  refuse(index !== undefined && NUMBER.test(index) && BigInt(index) < 2n ** 64n, 'the proof has no index');
  const path = lines.map((line) => fromBase64(line, Refused));
  refuse(path.length <= 64 && path.every((hash) => hash.length === 32), 'the path is no list of hashes');
  return { extra, index: BigInt(index), path, checkpoint: proof.slice(end + 2) };
}
