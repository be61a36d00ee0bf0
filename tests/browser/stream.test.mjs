// The overlay beside a stream: as late as its address says, quiet while streaming software does not show it, and never
// moving in again what was there before.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { closeCase, launch, moderator, openCase, openPage, provide, startServer, stopTime, token, until } from './harness.mjs';

const { jury, browser } = await provide({ jury: () => startServer(['https://live.example']), browser: launch });

/**
 * The overlay of a room, whose time is the test's; `has(fields)` waits until the page has been sent a view in which a case
 * has these.
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
    // What was sent before this question has been taken in by then.
    await page.evaluate(() => undefined);
  };
  return Object.assign(page, { has });
}

const tell = (page, name, detail) => page.evaluate(([name, detail]) => { window.dispatchEvent(new CustomEvent(name, { detail })); }, [name, detail]);

test('a picture that is to be late shows nothing earlier than that', async () => {
  const page = await openOverlay('late', '?delay=20');
  await stopTime(page);
  const opened = await openCase(jury.origin, moderator(), 'late');
  await page.has({ id: opened.id });
  // It joined at most as long ago as this test has run, by its own clock.
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

test('what streaming software does not show is not drawn, and comes back without moving in', async () => {
  const first = await openCase(jury.origin, moderator(), 'hidden');
  const page = await openOverlay('hidden');
  const plate = page.locator('.plate');
  await plate.getByText(first.title).waitFor();
  assert.equal(await page.locator('.plate-moving').count(), 0, 'it was there at the first look');
  await stopTime(page);

  await tell(page, 'obsSourceVisibleChanged', { visible: false });
  assert.equal(await plate.count(), 0);
  await closeCase(jury.origin, moderator(), first.id);
  await page.has({ id: first.id, state: 'decided' });
  await page.clock.runFor(3_000);
  assert.equal(await plate.count(), 0);
  await tell(page, 'obsSourceVisibleChanged', { visible: true });
  await page.locator('.plate-verdict').waitFor();
  assert.equal(await page.locator('.plate-moving').count(), 0, 'the verdict is from before');
  await page.clock.runFor(12_000);
  assert.equal(await plate.count(), 0, 'it leaves when its time is over');

  const second = await openCase(jury.origin, moderator(), 'hidden', { title: 'Is the second one?' });
  await page.has({ id: second.id });
  await page.locator('.plate-moving').getByText(second.title).waitFor();
  await tell(page, 'obsSourceVisibleChanged', { visible: false });
  await tell(page, 'obsSourceVisibleChanged', { visible: true });
  await tell(page, 'obsSourceActiveChanged', { active: true });
  await plate.getByText(second.title).waitFor();
  assert.equal(await page.locator('.plate-moving').count(), 0, 'it moved in once');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('it stands where the address says, as large, in its language', async () => {
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
