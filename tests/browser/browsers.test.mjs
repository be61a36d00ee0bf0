// The main job in Firefox and in the oldest promised Chromium: a viewer votes, a moderator opens and closes, host and
// overlay show the verdict.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launchFirefox, launchOldestChromium, openTab, press, seeFocus, seeText, tabTo, widgetWithin } from './browsers.mjs';
import { closeCase, moderator, openCase, provide, startServer, tallyOf, token, until } from './harness.mjs';
import { eventsOf, startPlatform } from './platform.mjs';

const { platform, ...browsers } = await provide({ platform: startPlatform, Firefox: launchFirefox, 'the oldest Chromium': launchOldestChromium });
const { jury } = await provide({ jury: () => startServer([platform.origin]) });
platform.jury = jury.origin;

const RADIO = '>>> input[type=radio]';
const SUBMIT = '>>> button[type=submit]';

test('the oldest Chromium is the one that the guide promises', async () => {
  assert.match(await browsers['the oldest Chromium'].version(), /Chrome\/103\./);
});

for (const [at, [name, browser]] of Object.entries(browsers).entries()) {
  for (const mode of ['frame', 'inline']) {
    test(`a viewer votes and sees the verdict in ${name}, ${mode}`, async () => {
      const room = `main-${at}-${mode}`;
      const page = await openTab(browser);
      await page.goto(platform.url(room, mode));
      const widget = await widgetWithin(page, mode);
      await seeText(widget, 'No case is open');
      const opened = await openCase(jury.origin, moderator(), room);
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

  test(`a viewer votes and collapses the widget by keyboard alone in ${name}`, async () => {
    const room = `keys-${at}`;
    const opened = await openCase(jury.origin, moderator(), room);
    const page = await openTab(browser);
    await page.goto(platform.url(room, 'inline'));
    await page.waitForSelector(RADIO);
    await tabTo(page, 'input[type=radio]');
    await page.keyboard.press(' ');
    await page.keyboard.press('ArrowDown');
    assert.equal((await tallyOf(jury.origin, moderator(), opened.id)).ballots, 0, 'a selection casts no ballot');
    await page.keyboard.press('Tab');
    await tabTo(page, 'button[type=submit]');
    await page.keyboard.press('Enter');
    await seeText(page, 'Your vote is in');
    await until(() => tallyOf(jury.origin, moderator(), opened.id), ({ ballots }) => ballots === 1);
    await tabTo(page, '.lj-small', { back: true });
    await page.keyboard.press('Enter');
    // Each button takes the focus from the one that it replaces.
    await seeFocus(page, '.lj-pill');
    await page.keyboard.press('Enter');
    await seeFocus(page, '.lj-small');
    assert.deepEqual(page.faults, []);
    await page.end();
  });

  test(`a moderator writes and opens a case by keyboard alone in ${name}`, async () => {
    const room = `written-${at}`;
    const page = await openTab(browser);
    await page.goto(`${jury.origin}/console/?lang=en#token=${token({ sub: 'moderator-1', room, role: 'moderator' })}`);
    await seeText(page, 'Connected');
    await page.keyboard.press('n');
    await page.waitForSelector('textarea[data-field=title]:focus');
    await page.keyboard.type('Is it written by keys?');
    await page.keyboard.down('Control');
    await page.keyboard.press('Enter');
    await page.keyboard.up('Control');
    await page.waitForSelector('.case .turnout');
    await seeText(page, 'Is it written by keys?');
    await page.keyboard.press('?');
    await page.waitForSelector('dialog[open] .keys');
    await page.keyboard.press('Escape');
    await page.waitForSelector('dialog[open]', { hidden: true });
    assert.deepEqual(page.faults, []);
    await page.end();
  });

  test(`a moderator opens and closes a case in ${name}, and host and overlay show the verdict`, async () => {
    const room = `moderated-${at}`;
    const draft = await openCase(jury.origin, moderator(), room, { open: false, rules: { quorum: 1 } });
    const link = (path, role) => `${jury.origin}/${path}?lang=en#token=${token({ sub: `${role}-1`, room, role })}`;
    const [host, overlay, viewer, moderated] = await Promise.all(Array.from({ length: 4 }, () => openTab(browser)));
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
}
