// Holds two widgets to each other: in every state that a juror meets, both must have drawn the same document. A faster
// widget that leaves something out is no comparison.

import assert from 'node:assert/strict';

import { closeCase, moderator, openPage, token, until, widgetOf } from '../../tests/browser/harness.mjs';
import { openScene } from './scene.mjs';

/** What a widget has drawn, but for what moves with time and what two viewers do not share. */
function drawn(widget) {
  return widget.locator('.lj-widget').evaluate((element) => {
    const clone = element.cloneNode(true);
    for (const moving of clone.querySelectorAll('time, .lj-viewers')) moving.remove();
    const lines = [];
    const draw = (node, depth) => {
      if (node.nodeType === Node.TEXT_NODE) {
        const text = node.data.replace(/\s+/g, ' ').trim();
        if (text) lines.push(`${' '.repeat(depth)}${text}`);
      }
      if (node.nodeType !== Node.ELEMENT_NODE) return;
      const kept = [...node.attributes]
        // A style is compared by what it sets, and whether a radio is chosen by its state.
        .filter(({ name }) => !['checked', 'style'].includes(name))
        .map(({ name, value }) => `${name}=${JSON.stringify(value.trim())}`)
        .sort();
      // The same number however it is written.
      const part = node.style?.getPropertyValue('--lj-part') && Number(node.style.getPropertyValue('--lj-part')).toFixed(3);
      const checked = node.matches('input:checked') ? ['checked'] : [];
      const moves = node.matches('.lj-countdown-fill');
      lines.push(`${' '.repeat(depth)}<${[node.localName, ...kept, ...(part && !moves ? [part] : []), ...checked].join(' ')}>`);
      // Text that is written in pieces reads the same.
      node.normalize();
      for (const child of node.childNodes) draw(child, depth + 1);
    };
    draw(clone, 0);
    return lines.join('\n');
  });
}

/** Opens the room in every widget, as a viewer of its own. */
async function openAll(browser, { platform, widgets }, room, options) {
  const opened = [];
  for (const { name, edge } of widgets) {
    platform.jury = edge.origin;
    const page = await openPage(browser, options);
    const body = token({ sub: `viewer-of-${name}`, room, role: 'viewer' });
    await page.route('**/my/jury-token*', (route) => route.fulfill({ body }));
    await page.goto(platform.url(room));
    opened.push({ name, page, widget: widgetOf(page) });
  }
  return opened;
}

/** Shows both widgets a whole case, in a language; throws where they differ. */
export async function alike(browser, stage, lang) {
  const room = `alike-${lang}`;
  const { origin } = stage.jury;
  const opened = await openAll(browser, stage, room, { locale: lang });
  const each = (act) => Promise.all(opened.map(act));
  if (lang !== 'en') await each(({ page }) => page.locator('live-jury').evaluate((element, to) => element.setAttribute('lang', to), lang));

  async function same(state, selector) {
    await each(({ widget }) => widget.locator(selector).first().waitFor());
    // A count reaches one a moment before the other.
    const isSame = (all) => all.every((one) => one === all[0]);
    await until(() => each(({ widget }) => drawn(widget)), isSame).catch(() => {});
    const [first, ...rest] = await each(async ({ name, widget }) => ({ name, drawn: await drawn(widget) }));
    for (const other of rest) assert.equal(other.drawn, first.drawn, `${lang}, ${state}: ${other.name} is not as ${first.name}`);
  }

  await same('nothing open', '.lj-pill');
  const shown = await openScene(origin, room, { evidence: [
    { type: 'text', text: '60 % polyester', caption: 'The label', by: 'buyer', stream_at_ms: 734_000 },
    { type: 'link', url: 'https://mill.example.com/certificate', by: 'merchant' },
    { type: 'video', url: 'https://mill.example.com/clip', by: 'platform' },
  ] });
  await same('open', '.lj-ballot');
  await each(({ widget }) => widget.locator('button[part=submit]').click());
  await same('asked to choose', '.lj-hint');
  await each(({ widget }) => widget.locator('input[value=merchant]').check());
  await same('chosen', 'input:checked');
  await each(({ widget }) => widget.locator('button[part=submit]').click());
  await each(({ widget }) => widget.locator('.lj-bars').waitFor());
  await same('voted, with counts', '[data-answer=in]');
  await openScene(origin, room, { title: 'Another one?', rules: { quorum: 30, reveal: 'after_close', allow_change: true } });
  await same('two cases', '.lj-pager');
  await each(({ widget }) => widget.locator('.lj-tab').nth(1).click());
  await same('the second in front', '.lj-ballot');
  await each(({ widget }) => widget.locator('input[value=buyer]').check());
  await each(({ widget }) => widget.locator('button[part=submit]').click());
  await each(({ widget }) => widget.locator('[data-answer=in] button').click());
  await same('changing', '.lj-quiet');
  await each(({ widget }) => widget.locator('.lj-tab').nth(0).click());
  await closeCase(origin, moderator(), shown.id);
  await same('decided', '.lj-verdict');
  await each(({ widget }) => widget.locator('.lj-small').click());
  await same('small', '.lj-pill');
  for (const { name, page } of opened) {
    assert.deepEqual(page.faults, [], name);
    await page.context().close();
  }
}
