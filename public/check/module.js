// Checks a verdict on the viewer's device, and shows what holds. The frame and the loader import it when a viewer asks,
// or when the widget checks by itself. The program judges each step; this file never does.

// The build puts the program's glue into this file.
import * as glue from 'check-glue';

import { fetched, fitting } from '../texts.js';
import { gather } from './facts.js';
import { draw, pending } from './view.js';

const here = (name) => new URL(name, import.meta.url).href;
// The build writes the names of the files beside this one.
const { wasm, css, texts } = CHECK_FILES;

const ended = new Set(['pass', 'receipt', 'none', 'unknown', 'passed']);
let program = null;

function started() {
  program ??= glue.default({ module_or_path: fetched(here(wasm)) });
  // A failed start can be repeated.
  program.catch(() => (program = null));
  return program;
}

/** The steps of a report, by name. */
const read = (report) => Object.fromEntries(report.split('\n').filter(Boolean).map((line) => line.split(' ')));

async function judged(asked) {
  const [facts] = await Promise.all([gather(asked), started()]);
  const steps = read(glue.check(facts.statement, facts.proof, facts.brief, facts.request));
  return { ...facts, steps, ok: Object.values(steps).every((result) => ended.has(result)) };
}

/** The styles, which are in the tree of the page or of a shadow root. */
const styled = (root) => new Promise((resolve) => {
  const tree = root.getRootNode();
  if (tree.querySelector(`link[href="${here(css)}"]`)) return resolve();
  const link = document.createElement('link');
  Object.assign(link, { rel: 'stylesheet', href: here(css), crossOrigin: 'anonymous' });
  link.onload = link.onerror = resolve;
  (tree.head ?? tree).append(link);
});

/**
 * Checks a case. `asked` is `{ kind, case, verdict, option, change }` from the widget, and `{ root, server, room, lang,
 * key, token, getToken, emit }` from the page. `kind` is `how` or `mine` for the buttons, and `self` for a check that
 * nobody asked for: it shows a failure alone.
 */
export async function check(asked) {
  const box = asked.root.querySelector(`[data-check="${asked.case}"]`);
  const words = async () => {
    const file = texts[fitting(asked.lang, Object.keys(texts))];
    const [answer] = await Promise.all([fetched(here(file)), styled(asked.root)]);
    return answer.json();
  };
  const told = asked.kind !== 'self' && box ? await pending(box, asked, await words()) : null;
  // The button was pressed again, and closed the view.
  if (asked.kind !== 'self' && !told) return;
  let found;
  try {
    found = await judged(asked);
  } catch (error) {
    if (told) console.error('live-jury: the verdict could not be checked', error);
    found = { failed: error?.code ?? 'unavailable' };
  }
  if (!found.failed) asked.emit('jury:checked', { case: asked.case, ok: found.ok });
  if (told) {
    draw(told, asked, found);
    // The buttons are at the end of the verdict, so a phone would show nothing of the answer.
    told.view.scrollIntoView({ block: 'nearest' });
  } else if (!found.failed && !found.ok && box?.isConnected) {
    const late = { ...asked, kind: 'mine' };
    draw(await pending(box, late, await words(), true), late, found);
  }
}
