// Opens the gallery of a demo, which shows every state of the widget at a fixed time, and measures its widgets.

import { openPage } from './harness.mjs';

export const STATES = [
  'connecting', 'nothing-open', 'open', 'pending', 'voted', 'sealed', 'decided', 'remedy-owed', 'remedy-done',
  'remedy-late', 'remedy-past', 'hung', 'no-quorum', 'void',
  'panel', 'called', 'panel-decided', 'panel-short', 'thin-margin', 'not-balanced', 'sides-disagree', 'sides-short',
  'sides-unknown', 'late-cohort', 'watching', 'reconnecting', 'failed', 'several', 'evidence', 'pill',
];
export const THEMES = ['light', 'dark', 'transparent', 'contrast'];

/** Opens the gallery with the settings `asked` and waits until it is complete. `options` are the page's. */
export async function openGallery(browser, demo, asked = {}, options = {}) {
  const page = await openPage(browser, { viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce', timezoneId: 'UTC', ...options });
  await page.goto(`${demo.origin}/gallery?${new URLSearchParams(asked)}`);
  await page.locator('[data-state] .lj-widget').first().waitFor();
  // The banner of a lost connection appears after a second.
  if (!asked.state || asked.state === 'reconnecting') await page.locator('[data-state=reconnecting] .lj-banner').waitFor();
  return page;
}

/** Waits for the pictures of the evidence, which load when they become visible. */
export async function seeImages(page) {
  for (const image of await page.locator('.lj-exhibit img').all()) {
    await image.scrollIntoViewIfNeeded();
    await image.evaluate((element) => element.decode());
  }
  await page.evaluate(() => scrollTo(0, 0));
}

/** The example of a state. */
export const exhibit = (page, state) => page.locator(`[data-state="${state}"]`);

/** Parts beyond the edge, and targets smaller than `least` pixels. Runs in the page. */
export function misfits(least) {
  // These scroll sideways or clip their content.
  const STRIPS = '.lj-evidence-list, .lj-pager, .lj-bar-track, .lj-turnout-track, .lj-countdown-track';
  const found = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`${scrollWidth} px of content in ${clientWidth} px`);
  for (const widget of document.querySelectorAll('.lj-widget')) {
    const state = widget.closest('[data-state]')?.dataset.state ?? 'theming';
    for (const element of widget.querySelectorAll('*')) {
      const { left, right, width, height } = element.getBoundingClientRect();
      const name = `${state}: ${element.tagName.toLowerCase()}.${[...element.classList].join('.')}`;
      if (width === 0 || element.closest('.lj-hidden, .lj-spoken')) continue;
      if ((left < -1 || right > clientWidth + 1) && !element.closest(STRIPS)) found.push(`${name} from ${left} to ${right}`);
      const isTarget = element.matches('button, a[href], label');
      if (isTarget && (width < least - 0.5 || height < least - 0.5)) found.push(`${name} is ${width} × ${height}`);
    }
  }
  return found;
}
