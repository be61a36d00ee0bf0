// The bundle: one JSON file, with one spelling.

import { Unreadable, fromBase64, unreadable } from './bytes.mjs';

/** The length of a row, in bytes: pseudonym, option, side, flags. */
export const ROW_BYTES = 19;
const REST_BYTES = 6;
// Limits a bundle, in bytes, and its rows. A larger one is not readable, as in the first verifier.
const BUNDLE_BYTES_MAX = 64 * 1024 * 1024, ROWS_MAX = 2_000_000;

/** The bundle of its bytes, with its rows as bytes. */
export function parseBundle(bytes) {
  unreadable(bytes.length <= BUNDLE_BYTES_MAX, 'the bundle is longer than 64 MiB');
  let bundle;
  try {
    bundle = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new Unreadable('the bundle is no JSON');
  }
  unreadable(bundle && typeof bundle === 'object', 'the bundle is no object');
  const keys = ['format', 'statement', 'proof', 'brief', 'audit', 'rows', 'opening'];
  unreadable(JSON.stringify(Object.keys(bundle)) === JSON.stringify(keys), 'the bundle has other keys');
  unreadable(bundle.format === 'live-jury/bundle/v1', 'the bundle is of another format');
  // A half of a surrogate pair is no text.
  const isText = (value) => typeof value === 'string' && !/[\ud800-\udfff]/u.test(value);
  unreadable(isText(bundle.statement) && isText(bundle.proof), 'the bundle has no statement or proof');
  for (const key of ['brief', 'audit', 'rows']) unreadable(bundle[key] === null || isText(bundle[key]), 'no text');
  if (bundle.opening !== null) {
    const opening = bundle.opening;
    unreadable(typeof opening === 'object' && JSON.stringify(Object.keys(opening)) === '["key","rest"]', 'no opening');
    unreadable(isText(opening.key) && /^[0-9a-f]{64}$/.test(opening.key) && isText(opening.rest), 'no opening');
  }
  // Written again, a text with a second spelling is another one. `Buffer.compare` also finds bytes that are no UTF-8.
  unreadable(Buffer.from(JSON.stringify(bundle)).equals(bytes), 'the bundle has a value in another spelling');
  const rows = bundle.rows === null ? null : fromBase64(bundle.rows);
  const rest = bundle.opening && fromBase64(bundle.opening.rest);
  unreadable(!rows || (rows.length % ROW_BYTES === 0 && rows.length <= ROWS_MAX * ROW_BYTES), 'the rows are not whole');
  const count = rows ? rows.length / ROW_BYTES : 0;
  unreadable(!rest || rest.length === count * REST_BYTES, 'the opening has not one part for each row');
  for (let at = 0; rows && at < rows.length; at += ROW_BYTES) {
    const [option, side, flags] = [rows[at + 16], rows[at + 17], rows[at + 18]];
    const called = (flags & 2) !== 0, stratum = flags >> 2;
    unreadable(option < 5 && side <= 2 && flags < 16, 'a row has a byte that no row has');
    unreadable(called === stratum > 0 && stratum <= 3 && (called || !(flags & 1)), 'a row has flags that no row has');
    const ascends = at === 0 || rows.compare(rows, at - ROW_BYTES, at - ROW_BYTES + 16, at, at + 16) > 0;
    unreadable(ascends, 'the rows are not ascending');
  }
  const opening = rest && { key: Buffer.from(bundle.opening.key, 'hex'), rest };
  return { ...bundle, rows, count, opening };
}
