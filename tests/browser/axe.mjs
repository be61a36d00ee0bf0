// Runs axe with the rules of WCAG 2.2 AA in a document.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * The violations in a page or frame, one a line, and the number of passes of each rule. `without` names rules to skip.
 */
export async function accessibility(frame, without = []) {
  // Playwright's evaluate bypasses the page's security policy.
  await frame.evaluate(AXE);
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
