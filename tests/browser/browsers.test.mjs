// The main job in Firefox: a viewer votes, a moderator opens and closes, host and overlay show the verdict.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { firefoxWidget, launchFirefox, openFirefoxPage, press, seeText } from './firefox.mjs';
import { closeCase, moderator, openCase, provide, startServer, tallyOf, token, until } from './harness.mjs';
import { eventsOf, startPlatform } from './platform.mjs';

const { platform, firefox } = await provide({ platform: startPlatform, firefox: launchFirefox });
const { jury } = await provide({ jury: () => startServer([platform.origin]) });
platform.jury = jury.origin;

const RADIO = '>>> input[type=radio]';
const SUBMIT = '>>> button[type=submit]';

for (const mode of ['frame', 'inline']) {
  test(`a viewer votes and sees the verdict in Firefox, ${mode}`, async () => {
    const page = await openFirefoxPage(firefox);
    await page.goto(platform.url(`fox-${mode}`, mode));
    const widget = await firefoxWidget(page, mode);
    await seeText(widget, 'No case is open');
    const opened = await openCase(jury.origin, moderator(), `fox-${mode}`);
    await (await widget.waitForSelector(RADIO)).click();
    await (await widget.waitForSelector(SUBMIT)).click();
    await seeText(widget, 'Your vote is in');
    await closeCase(jury.origin, moderator(), opened.id);
    await seeText(widget, 'The jury has decided');
    await until(() => eventsOf(page, 'jury:verdict'), (told) => told.some((verdict) => verdict.case === opened.id));
    assert.deepEqual(await eventsOf(page, 'jury:vote-accepted'), [{ case: opened.id, status: 'counted' }]);
    assert.deepEqual(await eventsOf(page, 'jury:error'), []);
    assert.deepEqual(page.faults, []);
    await page.end();
  });
}

test('a viewer votes by keyboard alone in Firefox', async () => {
  const opened = await openCase(jury.origin, moderator(), 'fox-keys');
  const page = await openFirefoxPage(firefox);
  await page.goto(platform.url('fox-keys', 'inline'));
  await page.waitForSelector(RADIO);
  const focused = () => page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    return element?.type ?? element?.className ?? '';
  });
  for (let presses = 0; (await focused()) !== 'radio'; presses += 1) {
    assert.ok(presses < 30, 'Tab never reached the options');
    await page.keyboard.press('Tab');
  }
  await page.keyboard.press(' ');
  await page.keyboard.press('ArrowDown');
  assert.equal((await tallyOf(jury.origin, moderator(), opened.id)).ballots, 0, 'a selection casts no ballot');
  await page.keyboard.press('Tab');
  assert.equal(await focused(), 'submit');
  await page.keyboard.press('Enter');
  await seeText(page, 'Your vote is in');
  await until(() => tallyOf(jury.origin, moderator(), opened.id), ({ ballots }) => ballots === 1);
  assert.deepEqual(page.faults, []);
  await page.end();
});

test('a moderator opens and closes a case in Firefox, and host and overlay show the verdict', async () => {
  const room = 'fox-moderated';
  const draft = await openCase(jury.origin, moderator(), room, { open: false, rules: { quorum: 1 } });
  const link = (path, role) => `${jury.origin}/${path}#token=${token({ sub: `${role}-1`, room, role })}`;
  const opened = Array.from({ length: 4 }, () => openFirefoxPage(firefox));
  const [host, overlay, viewer, moderated] = await Promise.all(opened);
  await host.goto(link(`host/${room}`, 'host'));
  await overlay.goto(link(`overlay/${room}`, 'overlay'));
  await moderated.goto(link('console/', 'moderator'));
  await press(moderated, 'Open');
  await viewer.goto(platform.url(room, 'inline'));
  await (await viewer.waitForSelector(RADIO)).click();
  await (await viewer.waitForSelector(SUBMIT)).click();
  await seeText(viewer, 'Your vote is in');
  await seeText(host, draft.title);
  await seeText(overlay, draft.title);
  await press(moderated, 'Close…');
  await press(moderated, 'Close now');
  await seeText(viewer, 'The jury has decided');
  // Hosts and overlays receive no shares before the verdict.
  for (const page of [host, overlay]) await seeText(page, '100%');
  for (const page of [host, overlay, viewer, moderated]) {
    assert.deepEqual(page.faults, []);
    await page.end();
  }
});
