#!/usr/bin/env node
// The second verifier of recorded cases: Node without libraries, and no code of the server's. It asks no server.
//
//   node tools/verify.mjs BUNDLE [--log VKEY] [--seals FILE] [--receipt FILE]… [--evidence FILE]… [--minted N]
//     [--json]
//   node tools/verify.mjs --law FILE    prints the outcome of each statement in FILE; an empty line ends a statement

import { readFileSync, realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { parseBundle } from './verify/bundle.mjs';
import { Refused, refuse, unreadable } from './verify/bytes.mjs';
import * as check from './verify/checks.mjs';
import { judge, outcomeText } from './verify/law.mjs';
import { parseVkey } from './verify/note.mjs';
import { checkOpening, sealsOf } from './verify/opening.mjs';
import { parseStatement } from './verify/statement.mjs';

const GOOD = 0, FAILED = 1, UNREADABLE = 2, UNCHECKED = 3;

/** Checks a bundle, and returns `[name, word, text]` for each check. */
export function verify(bytes, known) {
  const bundle = parseBundle(bytes);
  const statement = parseStatement(bundle.statement);
  const receipts = (known.receipts ?? []).map(check.parseReceipt);
  const checks = [['form', 'good', 'bundle, statement and rows are read, and each has its one spelling']];
  const add = (name, run) => {
    try {
      checks.push([name, ...run()]);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      checks.push([name, 'FAILED', error.message]);
    }
  };
  add('sums', () => check.checkSums(bundle, statement));
  add('law', () => check.checkLaw(statement));
  add('brief', () => check.checkBrief(bundle, statement));
  add('audit', () => check.checkAudit(bundle, statement));
  add('proof', () => check.checkProof(bundle, statement));
  add('checkpoint', () => check.checkCheckpoint(bundle, known.log));
  add('witnesses', () => check.none('no witness is asked for'));
  add('rows', () => check.checkRows(bundle, statement));
  add('draw', () => check.checkDraw(bundle, statement));
  let seals;
  if (bundle.opening && bundle.rows) {
    add('opening', () => {
      const problem = checkOpening(bundle, statement);
      refuse(!problem, problem);
      if (!statement.counts) return check.none('a void case has no sums');
      return check.good(`${bundle.count} opened ballots have the stated sums`);
    });
    seals = sealsOf(bundle, statement);
    add('seals', () => check.checkSeals(seals, statement));
  }
  if (known.seals) {
    const stream = [];
    for (let at = 0; at + 32 <= known.seals.length; at += 32) stream.push(known.seals.subarray(at, at + 32));
    add('stream', () => {
      refuse(known.seals.length % 32 === 0, 'the stream of seals ends inside of a seal');
      return check.checkSeals(stream, statement);
    });
    seals ??= stream;
  }
  if (receipts.length) add('receipts', () => check.checkReceipts(bundle, statement, known, receipts, seals));
  if (known.evidence?.length) add('evidence', () => check.checkEvidence(bundle, known.evidence));
  if (known.minted !== undefined) {
    add('minted', () => {
      refuse(statement.ballots <= known.minted, `${statement.ballots} ballots are more than ${known.minted} tokens`);
      return check.good(`${statement.ballots} ballots, ${known.minted} tokens`);
    });
  }
  return checks;
}

/** The exit code of checks. */
export function exitCode(checks) {
  const words = checks.map(([, word]) => word);
  return words.includes('FAILED') ? FAILED : words.includes('unchecked') ? UNCHECKED : GOOD;
}

function readArguments(words) {
  const known = { receipts: [], evidence: [] };
  let path, json = false;
  const value = (word) => {
    const next = words.shift();
    unreadable(next !== undefined, `${word} needs a value`);
    return next;
  };
  while (words.length) {
    const word = words.shift();
    if (word === '--log') known.log = parseVkey(value(word));
    else if (word === '--seals') known.seals = readFileSync(value(word));
    else if (word === '--receipt') known.receipts.push(readFileSync(value(word)));
    else if (word === '--evidence') {
      const name = value(word);
      known.evidence.push({ name, bytes: readFileSync(name) });
    } else if (word === '--minted') known.minted = BigInt(value(word));
    else if (word === '--json') json = true;
    else {
      unreadable(path === undefined && !word.startsWith('--'), `${word} is no option`);
      path = word;
    }
  }
  unreadable(path !== undefined, 'usage: verify.mjs BUNDLE [--log VKEY] [--seals FILE] [--receipt FILE]… [--json]');
  return { path, known, json };
}

function main(words) {
  if (words[0] === '--law') {
    const statements = readFileSync(words[1], 'utf8').split('\n\n').filter((text) => text.trim() !== '');
    for (const text of statements) console.log(outcomeText(judge(parseStatement(`${text.trimEnd()}\n`))));
    return GOOD;
  }
  const json = words.includes('--json');
  try {
    const { path, known } = readArguments(words);
    const checks = verify(readFileSync(path), known);
    const exit = exitCode(checks);
    const listed = checks.map(([check, result, text]) => ({ check, result, text }));
    if (json) console.log(JSON.stringify({ exit, checks: listed }));
    else for (const [name, word, text] of checks) console.log(`${word.padEnd(9)} ${name.padEnd(10)} ${text}`);
    return exit;
  } catch (error) {
    console.log(json ? JSON.stringify({ exit: UNREADABLE, error: error.message }) : `not readable: ${error.message}`);
    return UNREADABLE;
  }
}

// A test imports `verify`; the program runs it.
if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  process.exitCode = main(process.argv.slice(2));
}
