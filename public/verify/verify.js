// The page on which anybody checks saved files: it reads them, asks the program, and shows each step in words. It sends
// nothing, and after its start it needs no network.

import { fitting } from './texts.js';
import en from './verify-en.json';
import zh from './verify-zh-CN.json';

const LANGUAGES = { en, 'zh-CN': zh };
const MARKS = { pass: '✓', fail: '✗', none: '–' };
/** What a result means for the reader. Others are themselves. */
const KINDS = { recorded: 'pass', signed: 'pass', replaced: 'pass', lost: 'none', absent: 'fail', foreign: 'fail' };
/** A receipt is 146 bytes and 32 for each of the ten hashes at most of its path. A text of it is a third longer. */
const RECEIPT_BYTES = { min: 146, max: 466 };
/** A seal or a hash of a path. */
const HASH_BYTES = 32;
/** The longest bundle, in bytes. */
const FILE_BYTES_MAX = 64 * 1024 * 1024;

const files = { bundle: new Uint8Array(), receipt: new Uint8Array(), seals: new Uint8Array() };
let words = en;
let program;

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const part = (id) => document.getElementById(id);

/** The bytes of padded base64; nothing for another text. */
function fromBase64(text) {
  try {
    return Uint8Array.from(atob(text.trim()), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
}

const isReceipt = (bytes) =>
  bytes[0] === 1 && bytes[1] <= 1 && bytes.length <= RECEIPT_BYTES.max
  && bytes.length >= RECEIPT_BYTES.min && (bytes.length - RECEIPT_BYTES.min) % HASH_BYTES === 0;

/** A bundle begins as a JSON object does. A seal that begins with the same sign goes on otherwise. */
const isBundle = (bytes) => /^\{\s*"/.test(new TextDecoder('latin1').decode(bytes.subarray(0, HASH_BYTES)));

/** Takes a file by its contents. Returns which one it is; nothing if it is none of them. */
function take(bytes) {
  if (bytes.length > FILE_BYTES_MAX || bytes.length === 0) return null;
  if (isBundle(bytes)) return ((files.bundle = bytes), 'bundle');
  if (isReceipt(bytes)) return ((files.receipt = bytes), 'receipt');
  const text = bytes.length < 2 * RECEIPT_BYTES.max ? fromBase64(new TextDecoder().decode(bytes)) : null;
  if (text && isReceipt(text)) return ((files.receipt = text), 'receipt');
  if (bytes.length % HASH_BYTES === 0) return ((files.seals = bytes), 'seals');
  return null;
}

/** The words of a statement's line. */
const lineOf = (statement, name) =>
  statement.split('\n').find((line) => line.startsWith(`${name} `))?.slice(name.length + 1);

/** The bundle's subject, for people: case, room, outcome and counts. */
function summary() {
  let statement;
  try {
    ({ statement } = JSON.parse(new TextDecoder().decode(files.bundle)));
  } catch {
    return [];
  }
  if (typeof statement !== 'string') return [];
  const options = lineOf(statement, 'options')?.split(' ').map((option) => option.replace('~', '')) ?? [];
  const counts = lineOf(statement, 'counts')?.split(' ').map((count, at) => `${options[at]}: ${count}`);
  const pairs = [
    ['case', lineOf(statement, 'case')],
    ['room', lineOf(statement, 'room')],
    ['outcome', lineOf(statement, 'outcome')],
    ['ballots', lineOf(statement, 'ballots')],
    ['counts', counts?.join(' · ')],
  ];
  return pairs.filter(([, value]) => value).map(([name, value]) => {
    const term = element('dt', { textContent: words.summary[name] });
    return element('div', {}, term, element('dd', { textContent: value, dir: 'auto' }));
  });
}

function step([name, result]) {
  const kind = KINDS[result] ?? result;
  const mark = element('span', { className: 'mark', textContent: MARKS[kind] });
  mark.setAttribute('aria-hidden', 'true');
  const about = words.steps[`${name}_${result}`] ?? words.steps[name];
  const item = element('li', {}, mark, element('b', { textContent: `${words[kind]} ` }), about);
  item.dataset.result = kind;
  return item;
}

/** The sentence above the steps. */
function verdict(steps) {
  const results = steps.map(([, result]) => KINDS[result] ?? result);
  if (steps.some(([name, result]) => name === 'form' && result === 'fail')) return 'unreadable';
  if (results.includes('fail')) return 'bad';
  // Without a good key nothing vouches for these two.
  const isUnsigned = ([name, result]) => (name === 'signature' || name === 'receipt') && result === 'none';
  return steps.some(isUnsigned) ? 'no_key' : 'good';
}

function show() {
  if (!program || !(files.bundle.length || files.receipt.length)) return;
  const report = program.check_files(files.bundle, part('key').value, files.receipt, files.seals);
  const steps = report.split('\n').filter(Boolean).map((line) => line.split(' '));
  const name = verdict(steps);
  part('said').textContent = words.said[name];
  part('result').dataset.result = { good: 'pass', no_key: 'none' }[name] ?? 'fail';
  part('summary').replaceChildren(...summary());
  part('steps').replaceChildren(...steps.map(step));
  part('result').hidden = false;
}

/** Takes files, and shows the result of all that are there. */
function added(all) {
  const taken = all.map(take);
  part('taken').textContent = taken.map((one) => words.taken[one ?? 'none']).join(' ');
  show();
}

async function read(list) {
  added(await Promise.all([...list].map(async (file) => new Uint8Array(await file.arrayBuffer()))));
}

function speak(tag) {
  words = LANGUAGES[tag];
  document.documentElement.lang = tag;
  document.title = words.title;
  for (const place of document.querySelectorAll('[data-text]')) place.textContent = words[place.dataset.text];
  part('taken').textContent = '';
  show();
}

/** Starts the page. `glue` is the program, once it is there. */
export async function startVerify(glue) {
  speak(fitting(navigator.language, Object.keys(LANGUAGES)));
  part('language').addEventListener('click', () => speak(document.documentElement.lang === 'en' ? 'zh-CN' : 'en'));
  part('files').addEventListener('change', ({ target }) => read(target.files));
  part('paste').addEventListener('input', ({ target }) => {
    const text = target.value.trim();
    if (text) added([new TextEncoder().encode(text)]);
  });
  part('key').addEventListener('input', show);
  addEventListener('dragover', (event) => event.preventDefault());
  addEventListener('drop', (event) => {
    event.preventDefault();
    read(event.dataTransfer.files);
  });
  try {
    program = await glue;
    show();
  } catch (error) {
    console.error('live-jury: the page could not start. It needs WebAssembly and its own files.', error);
    part('taken').textContent = words.said.failed;
  }
}
