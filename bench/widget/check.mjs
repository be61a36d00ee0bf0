// Measures *Check my vote* on a slow phone and writes results/check.json and the table in docs/widget.md. It fails if a
// check takes longer than its bar. `--visits N` is the number of visits. It builds nothing.

import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

import { ask, closeCase, moderator, openCase, startServer, token, until } from '../../tests/browser/harness.mjs';
import { startPlatform } from '../../tests/browser/platform.mjs';
import { castAll } from './crowd.mjs';
import { CPU_SLOWDOWN, LINE, startPhone } from './phone.mjs';
import { CHECK, writeTable } from './table.mjs';

const RESULTS = fileURLToPath(new URL('../results/check.json', import.meta.url));
/** The longest median from a press to the drawn answer, in milliseconds, without the time of a line. */
const PRESS_MS_MAX = 300;
/** Ballots of other jurors: beyond 256, a leaf of the tree over rows is full, as in every large case. */
const OTHERS = 299;

const { values: asked } = parseArgs({ options: { visits: { type: 'string', default: '5' } } });

/** Presses the button, and returns the time until the answer is drawn, with its result and its steps. */
const press = (button) => button.evaluate((pressed) => new Promise((resolve) => {
  const root = pressed.closest('[data-check]');
  const began = performance.now();
  const look = () => {
    const view = root.querySelector('.lj-check-view[data-result]');
    if (!view?.querySelector('.lj-check-steps')) return;
    observer.disconnect();
    const steps = [...view.querySelectorAll('li')].map((step) => step.dataset.result);
    const drawn = () => resolve({ ms: performance.now() - began, result: view.dataset.result, steps });
    requestAnimationFrame(() => setTimeout(drawn));
  };
  const observer = new MutationObserver(look);
  observer.observe(root, { childList: true, subtree: true, attributes: true });
  pressed.click();
}));

/** One visit with empty caches: vote, wait for the verdict, check it, close the view and check it again. */
async function visit({ platform, jury }, turn, line) {
  const room = `check-${line ? 'line' : 'local'}-${turn}`;
  const { id } = await openCase(jury.origin, moderator(), room);
  platform.mint = (asked) => token({ sub: 'viewer-1', room: asked, role: 'viewer' });
  const phone = await startPhone(line);
  const { page, widget, version, requests } = phone;
  await page.goto(platform.url(room));
  await widget.locator('.lj-ballot input[type=radio]').first().check();
  await widget.locator('button[part=submit]').click();
  await widget.locator('.lj-bars').waitFor();
  await castAll(jury.origin, room, id, OTHERS);
  await closeCase(jury.origin, moderator(), id);
  const isSigned = () => ask(jury.origin, moderator(), `/cases/${id}/verdict.tlog-proof`).then(() => true, () => false);
  await until(isSigned, (signed) => signed);
  await widget.locator('.lj-verdict').waitFor();
  const button = widget.getByRole('button', { name: 'Check my vote' });
  const fetchedBefore = requests.size;
  const before = await phone.busy();
  const first = await press(button);
  const after = await phone.busy();
  const files = [...requests.values()].slice(fetchedBefore).filter(({ url }) => url.pathname.startsWith('/embed/'));
  await button.click();
  await widget.locator('.lj-check-view').waitFor({ state: 'detached' });
  const again = await press(button);
  await phone.stop();
  if (page.faults.length > 0) throw new Error(page.faults.join('\n'));
  for (const { result, steps } of [first, again]) {
    if (result !== 'pass' || steps.length !== 5 || steps.some((step) => step !== 'pass')) {
      throw new Error(`the check ended with ${result}: ${steps}`);
    }
  }
  return {
    version,
    figures: {
      line: Boolean(line),
      wire_bytes: files.reduce((sum, { bytes }) => sum + bytes, 0),
      press_ms: Math.round(first.ms),
      script_ms: Math.round((after.script - before.script) * 1000),
      again_ms: Math.round(again.ms),
    },
  };
}

const platform = await startPlatform();
const jury = await startServer([platform.origin]);
platform.jury = jury.origin;
try {
  const visits = [];
  let chromium;
  for (let turn = 0; turn < Number(asked.visits); turn += 1) {
    for (const line of [null, LINE]) {
      const { version, figures } = await visit({ platform, jury }, turn, line);
      chromium = version;
      visits.push(figures);
      console.log(JSON.stringify(figures));
    }
  }
  const results = {
    date: new Date().toISOString().slice(0, 10),
    chromium,
    processor: `${cpus().length} × ${cpus()[0].model}`,
    cpu_slowdown: CPU_SLOWDOWN,
    line: LINE,
    ballots: OTHERS + 1,
    visits,
  };
  mkdirSync(fileURLToPath(new URL('../results', import.meta.url)), { recursive: true });
  writeFileSync(RESULTS, `${JSON.stringify(results, null, 1)}\n`);
  console.log(writeTable(CHECK, results));
  const local = visits.filter(({ line }) => !line).map(({ press_ms: ms }) => ms).sort((a, b) => a - b);
  const median = local[Math.floor(local.length / 2)];
  if (median > PRESS_MS_MAX) throw new Error(`a check takes ${median} ms, not at most ${PRESS_MS_MAX}`);
} finally {
  platform.stop();
  await jury.stop();
}
