// The checks of a bundle. Each returns its word and a sentence, or throws `Refused`.

import { refuse, sha256, unreadable } from './bytes.mjs';
import { ROW_BYTES } from './bundle.mjs';
import { judge } from './law.mjs';
import { leafHash, rootFromPath, rootOf } from './merkle.mjs';
import { isSigned, parseCheckpoint, parseNote, parseProof } from './note.mjs';

const ROWS_PER_LEAF = 256;

/** A check that holds. */
export const good = (text) => ['good', text];
/** A check for which there is nothing. */
export const none = (text) => ['none', text];
/** A check that needs a key or erased data. */
export const unchecked = (text) => ['unchecked', text];

function countRows(rows, options, of) {
  const counts = new Array(options).fill(0);
  for (let at = 0; at < rows.length; at += ROW_BYTES) if (of(rows[at + 17], rows[at + 18])) counts[rows[at + 16]]++;
  return counts;
}

const same = (left, right) => JSON.stringify(left) === JSON.stringify(right);
const total = (counts) => counts.reduce((sum, count) => sum + count, 0);

export function checkSums({ rows }, statement) {
  if (!statement.counts) return none('a void case has no sums');
  if (!rows) return unchecked('erased, not recounted');
  const options = statement.options.length;
  for (let at = 0; at < rows.length; at += ROW_BYTES) refuse(rows[at + 16] < options, 'a row has an unknown option');
  refuse(same(countRows(rows, options, () => true), statement.counts.map(Number)), 'the rows do not add up');
  const strata = { buyer: 1, merchant: 2, other: 3 };
  for (const panel of statement.panel) {
    const own = countRows(rows, options, (_, flags) => (flags & 1) && flags >> 2 === strata[panel.stratum]);
    refuse(BigInt(total(own)) === panel.counted, "the rows do not add up to the panel's counts");
    refuse(!panel.counts || same(own, panel.counts.map(Number)), "the rows do not add up to the panel's counts");
  }
  for (const [place, side] of [1, 2].entries()) {
    const own = countRows(rows, options, (of) => of === side);
    if (statement.side) refuse(same(own, statement.side[place].map(Number)), 'the rows do not add up to the sides');
    else refuse(total(own) === 0, 'a row tells a side that is not published');
  }
  return good(`${rows.length / ROW_BYTES} ballots, counted again from the rows`);
}

export function checkRows({ rows, brief, count }, statement) {
  if (!statement.rows) {
    refuse(!rows, 'a void case has rows');
    return none('a void case has no rows');
  }
  if (!rows) {
    refuse(brief === null, 'the rows are missing');
    return unchecked('erased, not recounted');
  }
  refuse(BigInt(count) === statement.ballots, 'the rows are not as many as the ballots');
  const leaves = [];
  for (let at = 0; at < rows.length; at += ROWS_PER_LEAF * ROW_BYTES) {
    leaves.push(leafHash(rows.subarray(at, at + ROWS_PER_LEAF * ROW_BYTES)));
  }
  const isStated = BigInt(leaves.length) === statement.rows.size && rootOf(leaves).equals(statement.rows.root);
  refuse(isStated, 'the rows are not those of the stated root');
  return good(`${count} rows in ${leaves.length} leaves have the stated root`);
}

export function checkLaw(statement) {
  const outcome = judge(statement);
  refuse(outcome, 'the statement has too few numbers for the law');
  refuse(outcome === statement.outcome, `the law reaches ${outcome}, and ${statement.outcome} is stated`);
  return good('the law reaches the stated outcome');
}

function parts(value, or) {
  if (value === undefined || value === null) return or;
  const scaled = value * 10_000;
  const isShare = typeof value === 'number' && scaled >= 0 && scaled <= 10_000;
  refuse(isShare && Math.abs(scaled - Math.round(scaled)) <= 1e-6, 'the brief has a share without a value');
  return Math.round(scaled);
}

// The line `rule` that a brief asks for. A rule that it does not name has its default.
function ruleOf(rules) {
  let line = `quorum=${rules.quorum ?? 30} threshold=${parts(rules.threshold, 5_000)}`;
  const band = parts(rules.bias_band, 0);
  if (band) line += ` band=${band}`;
  if (rules.hold_when_balanced) line += ' balanced=1';
  const sides = rules.two_sided;
  if (sides) line += ` sides=${sides.min_per_side ?? 20}:${parts(sides.threshold, 5_000)}`;
  if (rules.panel) {
    const { buyer = 0, merchant = 0, other = 0, call = 2 } = rules.panel;
    line += ` panel=${buyer},${merchant},${other}:${call}`;
  }
  const raid = rules.raid ?? 'show';
  return raid === 'off' ? line : `${line} raid=${raid}`;
}

export function checkBrief({ brief, rows }, statement) {
  if (brief === null) {
    refuse(rows === null, 'the brief is missing');
    return unchecked('erased, not compared');
  }
  refuse(sha256(brief).toString('hex') === statement.brief, 'the brief is not the one that is stated');
  let written;
  try {
    written = JSON.parse(brief);
  } catch {
    written = undefined;
  }
  refuse(written?.format === 'live-jury/brief/v1', 'the brief is not of the format live-jury/brief/v1');
  const options = Array.isArray(written.options) ? written.options : [];
  const line = options.map((option) => `${option?.id}${option?.abstain ? '~' : ''}`).join(' ');
  refuse(line === statement.optionLine, 'the brief has other options than the statement');
  refuse(ruleOf(written.rules ?? {}) === statement.ruleLine, 'the brief has other rules than the statement');
  return good('the brief is the stated one, with the stated options and rules');
}

export function checkAudit({ audit }, statement) {
  if (audit === null) return none('the bundle has no audit lines: they are for moderators');
  const lines = audit.split('\n').length - 1;
  const isStated = (audit === '' || audit.endsWith('\n')) && BigInt(lines) === statement.audit.lines
    && sha256(audit).toString('hex') === statement.audit.hash;
  refuse(isStated, 'the audit lines are not those that are stated');
  return good(`${lines} audit lines are the stated ones`);
}

export function checkProof(bundle, statement) {
  const proof = parseProof(bundle.proof);
  const hash = (bytes) => bytes.toString('hex');
  const caseHash = sha256('live-jury case v1\n', statement.caseBytes);
  const entry = `live-jury/verdict/v1\n${hash(caseHash)}\n${hash(sha256(bundle.statement))}\n`;
  refuse(proof.extra?.equals(Buffer.from(entry)), 'the entry in the proof is not that of the statement');
  const { size, root } = parseCheckpoint(parseNote(proof.checkpoint).text);
  const proved = rootFromPath(proof.index, size, leafHash(entry), proof.path);
  refuse(proved?.equals(root), "the entry is not in the log's tree");
  return good(`the statement is entry ${proof.index} of a log of ${size}`);
}

export function checkCheckpoint(bundle, log) {
  if (!log) return unchecked('no key was given: nobody vouches for the log');
  const note = parseNote(parseProof(bundle.proof).checkpoint);
  const { origin, size } = parseCheckpoint(note.text);
  const own = note.signatures.filter(({ name, id }) => name === log.name && id === log.id);
  refuse(own.length > 0 && origin === log.name, 'the log did not sign the checkpoint');
  const all = own.every(({ bytes }) => isSigned(log.key, Buffer.from(note.text), bytes));
  refuse(all, 'a signature of a known key is bad');
  return good(`${origin} signed it at size ${size}`);
}

export function checkDraw({ rows }, statement) {
  const each = function* () {
    for (let at = 0; rows && at < rows.length; at += ROW_BYTES) yield [rows.subarray(at, at + 16), rows[at + 18]];
  };
  if (!statement.draw) {
    for (const [, flags] of each()) refuse(!(flags & 2), 'a row was called, and no panel was drawn');
    return none('no panel was drawn');
  }
  const { commitment, nonce } = statement.draw;
  refuse(sha256('live-jury commit v1\n', nonce).equals(commitment), 'the nonce is not the one that was committed to');
  const beacon = statement.beacon?.signature ?? Buffer.alloc(0);
  const seed = sha256('live-jury draw v1\n', nonce, statement.caseBytes, beacon);
  const own = { buyer: [], merchant: [], other: [] };
  for (const [pseudonym, flags] of each()) {
    if (!(flags & 2)) continue;
    const stratum = ['buyer', 'merchant', 'other'][(flags >> 2) - 1];
    const isStated = statement.called.some((called) => called.stratum === stratum);
    refuse(isStated, 'a row was called to a stratum that is not stated');
    const ticket = sha256('live-jury ticket v1\n', seed, pseudonym).readBigUInt64BE();
    own[stratum].push({ ticket, pseudonym, counted: Boolean(flags & 1) });
  }
  const byPseudonym = (a, b) => Buffer.compare(a.pseudonym, b.pseudonym);
  const first = (a, b) => (a.ticket < b.ticket ? -1 : a.ticket > b.ticket ? 1 : byPseudonym(a, b));
  let sum = 0n;
  for (const { stratum, seats, called, last } of statement.called) {
    const rowsOf = own[stratum].sort(first);
    refuse(BigInt(rowsOf.length) <= called, 'more rows were called than are stated');
    refuse(rowsOf.every(({ ticket }) => ticket <= last), 'a row was called whose ticket is above the last one');
    const isFirst = rowsOf.every(({ counted }, place) => counted === BigInt(place) < seats);
    refuse(isFirst, 'the counted ballots are not those of the lowest tickets');
    sum += called;
  }
  if (!rows && statement.counts) return unchecked('the nonce is the one that was committed to; the rows were erased');
  if (!rows) return good('the nonce is the one that was committed to; a void case has no rows');
  return good(`${sum} were called by their tickets, and the first who voted were counted`);
}

export function checkSeals(seals, statement) {
  for (let at = 1; at < seals.length; at++) {
    refuse(Buffer.compare(seals[at - 1], seals[at]) < 0, 'the seals are not ascending, or one is there twice');
  }
  const root = rootOf(seals.map(leafHash));
  const isStated = BigInt(seals.length) === statement.seals.size && root.equals(statement.seals.root);
  refuse(isStated, 'the seals are not those of the stated root');
  return good(`${seals.length} seals have the stated root`);
}

/** Reads a receipt: its bytes, or their base64 with or without line ends around it. Other bytes cannot be read. */
export function parseReceipt(given) {
  const spelled = given.toString('latin1').trim();
  const decoded = Buffer.from(spelled, 'base64');
  const bytes = spelled && decoded.toString('base64') === spelled ? decoded : given;
  unreadable(bytes.length >= 82 + 64 && bytes[0] === 1 && bytes[1] <= 1, 'the bytes are no receipt');
  const [index, size] = [bytes.readUInt32BE(42), bytes.readUInt32BE(46)];
  unreadable(size >= 1 && size <= 1_000 && index < size && (bytes.length - 146) % 32 === 0, 'the bytes are no receipt');
  const path = [];
  for (let at = 82; at < bytes.length - 64; at += 32) path.push(bytes.subarray(at, at + 32));
  const seal = bytes.subarray(50, 82);
  const root = rootFromPath(BigInt(index), BigInt(size), leafHash(seal), path);
  unreadable(root, "the receipt's path has the wrong length");
  const id = bytes.subarray(2, 18);
  const uuid = id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const [epoch, batch] = [bytes.readBigUInt64BE(18), bytes.readBigUInt64BE(34)];
  const node = bytes.subarray(26, 34).toString('hex');
  const text = `live-jury/receipt/v1\ncase ${uuid}\nepoch ${epoch}\nnode ${node}\nbatch ${batch}\nsize ${size}\n`;
  return { id, epoch, seal, signature: bytes.subarray(-64), text: `${text}${root.toString('base64')}\n` };
}

export function checkReceipts(bundle, statement, known, receipts, seals) {
  if (!known.log) return unchecked('no key was given: nobody vouches for the receipts');
  if (!seals) return unchecked('no seals were given: neither the opening nor the stream is there');
  const there = new Set(seals.map((seal) => seal.toString('hex')));
  const told = receipts.map((receipt) => {
    refuse(isSigned(known.log.key, Buffer.from(receipt.text), receipt.signature), 'the log did not sign the receipt');
    refuse(receipt.id.equals(statement.caseBytes), 'the receipt is of another case');
    if (receipt.epoch < statement.epoch) return 'of a lost epoch';
    refuse(receipt.epoch === statement.epoch, 'the receipt is of a later epoch than the statement');
    if (there.has(receipt.seal.toString('hex'))) return 'in the verdict';
    refuse(briefOf(bundle)?.rules?.allow_change === true, 'the ballot was taken and is not in the verdict');
    return 'replaced: allowed';
  });
  return good(told.join(', '));
}

/** The brief, or nothing if it was erased or is no JSON. */
function briefOf(bundle) {
  try {
    return JSON.parse(bundle.brief);
  } catch {
    return null;
  }
}

/** Compares files, given as `{ name, bytes }`, with the evidence that the brief names by its SHA-256. */
export function checkEvidence(bundle, files) {
  const brief = briefOf(bundle);
  if (!brief && bundle.brief === null && !bundle.rows) {
    return unchecked('the brief was erased, so nothing names the evidence');
  }
  refuse(brief, 'there is no brief that names the evidence');
  const pieces = Array.isArray(brief.evidence) ? brief.evidence : [];
  const hashes = pieces.map((piece) => piece?.sha256).filter((hash) => typeof hash === 'string');
  const named = new Set(hashes.map((hash) => hash.toLowerCase()));
  if (named.size === 0) return none('the brief names no evidence by its SHA-256');
  const given = new Set();
  for (const { name, bytes } of files) {
    const hash = sha256(bytes).toString('hex');
    refuse(named.has(hash), `${name} is none of the evidence: its SHA-256 is ${hash}`);
    given.add(hash);
  }
  return good(`${given.size} of ${named.size} pieces that the brief names by their SHA-256`);
}
