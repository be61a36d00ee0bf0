// Runs axe with the rules of WCAG 2.2 AA in a document.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Waits for the end of what fades or moves in: colours in between have another contrast. Endless animations go on. */
async function whenStill() {
  const roots = [document];
  for (const root of roots) {
    for (const { shadowRoot } of root.querySelectorAll('*')) if (shadowRoot) roots.push(shadowRoot);
  }
  const ends = ({ playState, effect }) => playState === 'running' && effect.getComputedTiming().endTime < Infinity;
  const running = roots.flatMap((root) => root.getAnimations()).filter(ends);
  await Promise.allSettled(running.map(({ finished }) => finished));
}

/**
 * The violations in a page or frame, one a line, and the number of passes of each rule. `without` names rules to skip.
 */
export async function accessibility(frame, without = []) {
  // Playwright's evaluate bypasses the page's security policy.
  await frame.evaluate(AXE);
  await frame.evaluate(whenStill);
  const { passes, violations } = await frame.evaluate((without) => window.axe.run(document, {
    iframes: false,
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa'],
    rules: Object.fromEntries(without.map((rule) => [rule, { enabled: false }])),
  }), without);
  return {
    violations: violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 160)).join(' | ')}`),
    passes: Object.fromEntries(passes.map(({ id, nodes }) => [id, nodes.length])),
  };
}
