// Records which buttons of a page are shown and which are pressed, and lists those that the sources have. It presses
// none.

import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCES = fileURLToPath(new URL('../../app/src/', import.meta.url));

/** Reports each enabled button, and each press. Runs in the page. */
function watchButtons() {
  const report = (kind, button) => {
    // The preview in the form is inert.
    if (!button || button.disabled || button.closest('.preview')) return;
    const variable = button.querySelector('bdi') ? 'tab' : ['tab-remove', 'list-button'].find((kind) => button.classList.contains(kind));
    const name = variable ?? button.getAttribute('aria-label') ?? (button.querySelector('strong') ?? button).textContent;
    const place = button.closest('.case, .composer, dialog, .top, .column, .panel');
    const panel = place?.matches('.panel') && place.getAttribute('aria-labelledby');
    window.reportButton(kind, `${panel || (place?.classList[place.classList.length - 1] ?? 'page')}: ${name.trim()}`);
  };
  new MutationObserver(() => document.querySelectorAll('button').forEach((button) => report('shown', button)))
    .observe(document, { subtree: true, childList: true, attributes: true, attributeFilter: ['disabled'] });
  addEventListener('click', ({ target }) => report('pressed', target.closest('button')), true);
}

/** Buttons by place and name: those that were shown enabled, and those that were pressed. `watch(page)` records. */
export function recordButtons() {
  const buttons = { shown: new Set(), pressed: new Set() };
  return {
    ...buttons,
    async watch(page) {
      await page.exposeFunction('reportButton', (kind, name) => buttons[kind].add(name));
      await page.addInitScript(watchButtons);
    },
  };
}

/**
 * The buttons in the sources of console and host view: the English names of those whose name is one text, and the
 * number of the others.
 */
export function buttonsInSources() {
  const english = readFileSync(join(SOURCES, 'pages/texts/en.rs'), 'utf8');
  const files = ['console', 'pages'].flatMap((folder) => readdirSync(join(SOURCES, folder), { recursive: true }).map((name) => join(SOURCES, folder, name)));
  const names = new Set();
  let others = 0;
  for (const file of [...files.filter((name) => name.endsWith('.rs'))]) {
    for (const [button] of readFileSync(file, 'utf8').matchAll(/<button\b[^]*?<\/button>/g)) {
      const key = (button.match(/aria-label=texts\.text\(\|t\| t\.(\w+)\)/) ?? button.match(/>\s*\{texts\.live\(\|t\| t\.(\w+)\)\}/))?.[1];
      if (key) names.add(english.match(new RegExp(`\\b${key}: "([^"]+)"`))[1]);
      else others += 1;
    }
  }
  return { names, others };
}
