// The overlay as a source of a stream: its delay, its visibility, and its animation, which only new plates have.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { closeCase, launch, moderator, openCase, openPage, provide, startServer, stopTime, token, until } from './harness.mjs';

const { jury, browser } = await provide({ jury: () => startServer(['https://live.example']), browser: launch });

/**
 * The overlay of a room, with an installed clock. `has(fields)` waits until the page has received a view with a case
 * that has these fields.
 */
async function openOverlay(room, asked = '') {
  const page = await openPage(browser);
  const views = [];
  page.on('websocket', (socket) => socket.on('framereceived', ({ payload }) => {
    const frame = JSON.parse(payload);
    if (frame.type === 'docket') views.push(frame.cases);
  }));
  await page.clock.install();
  await page.goto(`${jury.origin}/overlay/${room}${asked}#token=${token({ sub: 'overlay-1', room, role: 'overlay' })}`);
  await until(() => views.length, (count) => count > 0);
  const has = async (fields) => {
    const isWanted = (one) => Object.entries(fields).every(([name, value]) => one[name] === value);
    await until(() => views.at(-1), (cases) => cases.some(isWanted));
    // The page has handled earlier frames when this call returns.
    await page.evaluate(() => undefined);
  };
  return Object.assign(page, { has });
}

const tell = (page, name, detail) => page.evaluate(([name, detail]) => { window.dispatchEvent(new CustomEvent(name, { detail })); }, [name, detail]);

test('a delayed overlay shows nothing before its delay', async () => {
  const page = await openOverlay('late', '?delay=20');
  await stopTime(page);
  const opened = await openCase(jury.origin, moderator(), 'late');
  await page.has({ id: opened.id });
  // The page joined within this test, so the delay cannot have passed.
  await page.clock.runFor(19_000);
  assert.equal(await page.locator('.plate').count(), 0);
  await page.clock.runFor(1_500);
  await page.locator('.plate').getByText(opened.title).waitFor();

  await closeCase(jury.origin, moderator(), opened.id);
  await page.has({ id: opened.id, state: 'decided' }).catch(() => page.has({ id: opened.id, state: 'void' }));
  await page.clock.runFor(19_000);
  assert.equal(await page.locator('.plate-verdict').count(), 0);
  await page.clock.runFor(1_500);
  await page.locator('.plate-verdict').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a hidden source draws nothing, and a source shown again is not animated', async () => {
  const first = await openCase(jury.origin, moderator(), 'hidden');
  const page = await openOverlay('hidden');
  const plate = page.locator('.plate');
  await plate.getByText(first.title).waitFor();
  assert.equal(await page.locator('.plate-moving').count(), 0, 'it was there at the first view');
  await stopTime(page);

  await tell(page, 'obsSourceVisibleChanged', { visible: false });
  assert.equal(await plate.count(), 0);
  await closeCase(jury.origin, moderator(), first.id);
  await page.has({ id: first.id, state: 'decided' });
  await page.clock.runFor(3_000);
  assert.equal(await plate.count(), 0);
  await tell(page, 'obsSourceVisibleChanged', { visible: true });
  await page.locator('.plate-verdict').waitFor();
  assert.equal(await page.locator('.plate-moving').count(), 0, 'the verdict is not new');
  await page.clock.runFor(12_000);
  assert.equal(await plate.count(), 0, 'the verdict disappears after its time');

  const second = await openCase(jury.origin, moderator(), 'hidden', { title: 'Is the second one?' });
  await page.has({ id: second.id });
  await page.locator('.plate-moving').getByText(second.title).waitFor();
  await tell(page, 'obsSourceVisibleChanged', { visible: false });
  await tell(page, 'obsSourceVisibleChanged', { visible: true });
  await tell(page, 'obsSourceActiveChanged', { active: true });
  await plate.getByText(second.title).waitFor();
  assert.equal(await page.locator('.plate-moving').count(), 0, 'it was animated once');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the address sets position, scale and language', async () => {
  await openCase(jury.origin, moderator(), 'place');
  const box = async (asked) => {
    const page = await openOverlay('place', asked);
    await page.locator('.plate').waitFor();
    const { x, y, width } = await page.locator('.plate').boundingBox();
    const words = await page.locator('.plate-call').textContent();
    await page.context().close();
    return { x, y, width, words };
  };
  const [plain, top, large, chinese] = [await box(''), await box('?position=top-start'), await box('?scale=1.5'), await box('?lang=zh-CN')];
  assert.ok(top.y < plain.y && top.x < plain.x);
  assert.ok(Math.abs(large.width - 1.5 * plain.width) < 3, `${large.width} and ${plain.width}`);
  assert.notEqual(chinese.words, plain.words);
});
