// Draws the result of a check below the verdict, in words; it never decides one.

import { ask, lineOf } from './facts.js';

const MARKS = { pass: '✓', fail: '✗', none: '–' };

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** A text with its values in the places `{name}`. */
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? '');

/**
 * Opens a view below the buttons, or closes it if the same button is pressed again. Returns what `draw` needs; nothing
 * if it was closed.
 */
export async function pending(box, asked, words, keepsFocus = false) {
  const open = box.querySelector('.lj-check-view');
  const was = open?.dataset.kind;
  open?.remove();
  for (const button of box.querySelectorAll('[data-kind]')) {
    button.setAttribute('aria-expanded', String(button.dataset.kind === asked.kind && was !== asked.kind));
  }
  if (was === asked.kind && !keepsFocus) return null;
  const said = element('p', { className: 'lj-check-said', textContent: words.checking });
  said.setAttribute('role', 'status');
  const view = element('div', { className: 'lj-check-view' }, said);
  view.dataset.kind = asked.kind;
  view.lang = words.tag;
  view.setAttribute('role', 'group');
  view.setAttribute('aria-label', words[asked.kind]);
  box.append(view);
  return { view, said, words };
}

/** The sentence that matters most. */
function sentence({ steps, receipt, failed }, kind) {
  if (failed) return failed === 'not_logged' || failed === 'erased' ? failed : 'unavailable';
  if (steps.signature === 'fail') return 'bad_signature';
  if (steps.log === 'fail') return 'bad_log';
  if (steps.shown === 'fail') return 'bad_shown';
  if (steps.brief === 'fail') return 'bad_brief';
  if (steps.draw === 'fail') return 'bad_draw';
  if (kind === 'how') return 'stated';
  if (steps.seal === 'missing') return receipt ? 'missing' : 'missing_alone';
  if (steps.line === 'other') return 'other_line';
  if (steps.seal === 'other') return 'other_seal';
  if (steps.seal === 'fail' || steps.line === 'fail') return 'bad_ballot';
  if (steps.seal === 'none') return 'no_vote';
  if (steps.line === 'none') return 'void';
  return steps.line === 'unknown' ? 'unknown' : 'checked';
}

/** One step: a sign, whether it holds, and what it is about. */
function step(words, name, result) {
  const kind = { receipt: 'pass', unknown: 'none', passed: 'none', missing: 'fail', other: 'fail' }[result] ?? result;
  const about = words.steps[`${name}_${result}`] ?? words.steps[name];
  const mark = element('span', { className: 'lj-check-mark', textContent: MARKS[kind] });
  mark.setAttribute('aria-hidden', 'true');
  const item = element('li', {}, mark, element('b', { textContent: `${words[kind]} ` }), about);
  item.dataset.result = kind;
  return item;
}

function save(name, text, type) {
  const link = element('a', { href: URL.createObjectURL(new Blob([text], { type })), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1_000);
}

function button(text, act) {
  const made = element('button', { type: 'button', className: 'lj-link-button', textContent: text });
  made.addEventListener('click', act);
  return made;
}

/** The rule and the numbers of a statement, as pairs of a name and a text. */
function facts(words, { statement, brief, origin, index }) {
  const number = (value) => new Intl.NumberFormat(words.tag).format(Number(value));
  const percent = new Intl.NumberFormat(words.tag, { style: 'percent', maximumFractionDigits: 2 });
  const share = (parts) => percent.format(parts / 10_000);
  const rule = Object.fromEntries(lineOf(statement, 'rule').split(' ').map((item) => item.split('=')));
  let labels = {};
  try {
    labels = Object.fromEntries(JSON.parse(brief).options.map(({ id, label }) => [id, label]));
  } catch {
    // A brief that cannot be read names no label; its hash was compared all the same.
  }
  const counts = lineOf(statement, 'counts')?.split(' ');
  const options = lineOf(statement, 'options').split(' ').map((option) => option.replace('~', ''));
  const text = words.facts;
  const ballots = number(lineOf(statement, 'ballots'));
  const pairs = [
    [text.ballots, fill(text.ballots_of, { ballots, quorum: number(rule.quorum) })],
    ...(counts ?? []).map((count, at) => [labels[options[at]] ?? options[at], number(count)]),
    [text.threshold, fill(text.more_than, { share: share(rule.threshold) })],
  ];
  if (rule.band) pairs.push([text.band, fill(text.band_of, { share: share(rule.band) })]);
  if (rule.balanced) pairs.push([text.balanced, text.balanced_why]);
  if (rule.sides) {
    const [least, threshold] = rule.sides.split(':');
    pairs.push([text.sides, fill(text.sides_of, { least: number(least), share: share(threshold) })]);
  }
  pairs.push([text.entry, fill(text.entry_of, { index: number(Number(index) + 1), origin })]);
  const list = element('dl', { className: 'lj-check-facts' });
  for (const [name, value] of pairs) {
    const term = element('dt', { textContent: name, dir: 'auto' });
    list.append(element('div', {}, term, element('dd', { textContent: value, dir: 'auto' })));
  }
  return list;
}

/** Shows what was found. */
export function draw({ view, said, words }, asked, found) {
  const name = sentence(found, asked.kind);
  said.textContent = words.said[name];
  view.dataset.result = found.failed ? 'none' : found.ok ? 'pass' : 'fail';
  if (found.failed) return;
  if (asked.kind === 'how') view.append(facts(words, found));
  const shown = Object.entries(found.steps).filter(([, result]) => result !== 'none');
  const steps = shown.map(([name, result]) => step(words, name, result));
  view.append(element('ol', { className: 'lj-check-steps' }, ...steps));
  const notes = [found.pinned ? words.pinned : words.not_pinned];
  if (asked.kind === 'mine') notes.push(words.proves_nothing, words.real_people);
  view.append(...notes.map((note) => element('p', { className: 'lj-check-note', textContent: note })));
  const actions = element('p', { className: 'lj-check-actions' });
  if (!found.ok && found.receipt) {
    const receipt = () => save(`receipt-${asked.case}.txt`, `${found.receipt}\n`, 'text/plain');
    actions.append(button(words.save_receipt, receipt));
  }
  if (asked.kind === 'how') {
    actions.append(button(words.save_bundle, async () => {
      try {
        save(`verdict-${asked.case}.json`, await (await ask(asked, '/bundle')).blob(), 'application/json');
      } catch {
        said.textContent = words.said.unavailable;
      }
    }));
    const page = { href: `${asked.server}/verify`, target: '_blank', rel: 'noopener', textContent: words.verify };
    actions.append(element('a', page));
  }
  if (actions.hasChildNodes()) view.append(actions);
}
