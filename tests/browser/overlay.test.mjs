// The overlay as a browser source: only the case is painted, and the rest is transparent. Tokens leave the address.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launch, moderator, openCase, openPage, provide, startDemo, startServer, token } from './harness.mjs';

/** The sockets of one overlay link on a server that allows few. */
const SOCKETS_MAX = 3;
const env = { LIVE_JURY_MAX_SOCKETS_PER_MACHINE: String(SOCKETS_MAX) };
const { demo, few, browser } =
  await provide({ demo: startDemo, few: () => startServer([], { env }), browser: launch });

/** The share of a picture's pixels that are fully transparent, and of those that are more than half opaque. */
async function alphas(page, picture) {
  return page.evaluate(async (data) => {
    const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
    const canvas = new OffscreenCanvas(image.width, image.height);
    const pen = canvas.getContext('2d');
    pen.drawImage(image, 0, 0);
    const { data: pixels } = pen.getImageData(0, 0, image.width, image.height);
    let clear = 0;
    let painted = 0;
    for (let at = 3; at < pixels.length; at += 4) {
      if (pixels[at] === 0) clear += 1;
      if (pixels[at] > 127) painted += 1;
    }
    return { clear: clear / (pixels.length / 4), painted: painted / (pixels.length / 4) };
  }, picture.toString('base64'));
}

test('the overlay paints the case and leaves the stream visible', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const page = await openPage(browser, { viewport: { width: 1920, height: 1080 }, colorScheme, reducedMotion: 'reduce' });
    await page.goto(demo.overlay);
    await page.getByText(/silk/i).first().waitFor();
    const { clear, painted } = await alphas(page, await page.screenshot({ omitBackground: true }));
    assert.ok(clear > 0.6, `${colorScheme}: only ${clear} of the picture is transparent`);
    assert.ok(painted > 0.005, `${colorScheme}: only ${painted} of the picture is painted`);
    assert.equal(await page.locator('a, button, input, select').count(), 0, 'the overlay has no controls');
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('the token is removed from the address at once', async () => {
  for (const link of [demo.overlay, demo.host, demo.moderator]) {
    const page = await openPage(browser);
    await page.goto(link);
    await page.waitForFunction(() => location.hash === '');
    await page.reload();
    await page.getByText(/silk/i).first().waitFor();
    assert.deepEqual(page.faults, []);
    await page.context().close();
  }
});

test('an overlay that newer ones replaced says so on its screen', async () => {
  const room = 'scenes';
  const pass = token({ sub: 'scene-1', room, role: 'overlay' });
  await openCase(few.origin, moderator(), room, { title: 'Is the silk claim misleading?' });
  const page = await openPage(browser);
  await page.goto(`${few.origin}/overlay/${room}#token=${pass}`);
  await page.getByText(/silk/i).first().waitFor();
  const text = page.getByRole('alert').getByText('This room was opened in a newer window.');
  assert.equal(await text.isVisible(), false);
  const url = `${few.origin.replace('http', 'ws')}/api/v1/rooms/${room}/socket`;
  for (let sockets = 0; sockets < SOCKETS_MAX; sockets += 1) {
    await page.evaluate(([url, pass]) => new Promise((resolve) => {
      const socket = new WebSocket(url, 'jury.v1.json');
      socket.onopen = () => socket.send(JSON.stringify({ type: 'join', token: pass }));
      socket.onmessage = resolve;
    }), [url, pass]);
  }
  await text.waitFor();
  await page.context().close();
});
