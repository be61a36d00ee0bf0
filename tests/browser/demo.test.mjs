// The demo room: it loads in two languages, a vote is cast by keyboard, and the verdict appears.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { casesOf, closeCase, launch, openPage, provide, startDemo, tokenOf, widgetOf } from './harness.mjs';

const { demo, browser } = await provide({ demo: startDemo, browser: launch });

const focusedRole = (page) =>
  page.evaluate(() => {
    let element = document.activeElement;
    while (element?.shadowRoot?.activeElement) element = element.shadowRoot.activeElement;
    if (element instanceof HTMLIFrameElement) element = element.contentDocument.activeElement;
    return `${element?.tagName}:${element?.type ?? ''}`.toLowerCase();
  });

/** Presses Tab until an element of that kind has the focus. */
async function tabTo(page, kind) {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if ((await focusedRole(page)) === kind) return;
  }
  assert.fail(`Tab never reached ${kind}`);
}

/** Waits for the links beside the room, which the page requests from the server. */
const haveLinks = (page) => page.waitForFunction(() => [...document.querySelectorAll('[data-link]')].every(({ href }) => href));

test('the room names its simulated people, and shows the open case', async () => {
  const page = await openPage(browser);
  await page.goto(demo.viewer);
  await page.getByText('Simulated viewers are voting here.').waitFor();
  await page.getByText('simulated people').waitFor();
  const widget = widgetOf(page);
  await widget.getByRole('radio').first().waitFor();
  await widget.getByText('mulberry silk').first().waitFor();
  await widget.getByRole('button', { name: /Vote now|Submit vote/ }).first().waitFor();
  await haveLinks(page);
  for (const link of await page.locator('[data-link]').all()) {
    // Gallery and platform need no token.
    assert.match(await link.getAttribute('href'), /#token=|^\/gallery|^\/demo\/platform/);
    assert.equal(await link.getAttribute('rel'), 'noopener');
  }
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the platform shows what it was told, in both languages', async () => {
  const page = await openPage(browser);
  await page.goto(`${demo.origin}/demo/platform?lang=en`);
  await page.getByRole('heading', { name: 'The shop in the room m_77' }).waitFor();
  await page.getByRole('listitem').filter({ hasText: 'A case is open.' }).waitFor();
  const back = 'quiet_river_goods applied: held, a person looks. Same payout account and device as a shop that was closed.';
  await page.getByRole('listitem').filter({ hasText: back }).waitFor();
  const [points, tier, exposure] = await page.locator('dd').allTextContents();
  assert.deepEqual([points, tier], ['0', 'clear']);
  assert.match(exposure, /^× 1\.\d\d$/);
  await page.getByRole('link', { name: '中文' }).click();
  await page.getByRole('heading', { name: '直播间的店铺 m_78' }).waitFor();
  await page.getByRole('listitem').filter({ hasText: '有案件开审。' }).waitFor();
  await page.getByRole('listitem').filter({ hasText: '静水杂货 申请入驻：待人工审核，收款账户、设备与已关闭的店铺相同。' }).waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the room embeds the widget as the guide says', async () => {
  const guide = readFileSync(new URL('../../docs/embedding.md', import.meta.url), 'utf8');
  const [, lines] = guide.match(/```html\n([\s\S]*?)```/);
  const page = await openPage(browser);
  await page.goto(demo.viewer);
  await widgetOf(page).getByRole('radio').first().waitFor();
  const sent = await (await fetch(demo.viewer)).text();
  // The guide has an inline script. The room's policy forbids those, so it has a file.
  for (const part of ['<script async src="', '/embed/v1/loader.js"></script>', '<live-jury room="', '</live-jury>', '<script type="module"']) {
    assert.ok(lines.includes(part) && sent.includes(part), part);
  }
  assert.match(lines, /jury\.getToken = async/);
  assert.equal(await page.locator('live-jury').evaluate((jury) => typeof jury.getToken), 'function');
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the room speaks Chinese throughout', async () => {
  const page = await openPage(browser);
  await page.goto(`${demo.viewer}?lang=zh-CN`);
  await page.getByText('这里有模拟观众在投票。').waitFor();
  assert.equal(await page.getAttribute('html', 'lang'), 'zh-CN');
  const widget = widgetOf(page);
  await widget.getByRole('radio').first().waitFor();
  await widget.getByRole('button', { name: /立即投票|提交/ }).first().waitFor();
  assert.match(await widget.locator('html').getAttribute('lang'), /^zh/);
  // The case and the linked pages are in Chinese, too.
  await widget.getByText('100% 桑蚕丝').first().waitFor();
  assert.doesNotMatch(await widget.locator('.lj-widget').innerText(), /silk|buyer|merchant/i);
  await haveLinks(page);
  const linked = async (name) => new URL(await page.locator(`[data-link=${name}]`).getAttribute('href'), demo.origin).href;
  const beside = await page.context().newPage();
  await beside.goto(await linked('console'));
  await beside.getByText('100% 桑蚕丝').first().waitFor();
  await beside.getByRole('heading', { name: '进行中' }).waitFor();
  await beside.goto(await linked('gallery'));
  await beside.locator('[data-state=open]').getByText('支持买家').first().waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('a vote is cast by keyboard alone, and the verdict follows', async () => {
  const page = await openPage(browser);
  await page.goto(demo.viewer);
  const widget = widgetOf(page);
  await widget.getByRole('radio').first().waitFor();

  await page.evaluate(() => {
    window.verdict = new Promise((resolve) => document.querySelector('live-jury').addEventListener('jury:verdict', (event) => resolve(event.detail)));
  });

  await tabTo(page, 'input:radio');
  await page.keyboard.press('ArrowDown');
  await widget.getByRole('radio', { checked: true }).waitFor();
  await tabTo(page, 'button:submit');
  await page.keyboard.press('Enter');
  await widget.getByText('Your vote is in').first().waitFor();

  const moderator = tokenOf(demo.moderator);
  const [open] = await casesOf(demo.origin, moderator, 'demo', 'open');
  await closeCase(demo.origin, moderator, open.id);
  await widget.getByText(/The jury has decided|The jury is split|Too few votes/).first().waitFor();
  const detail = JSON.stringify(await page.evaluate(() => window.verdict));
  assert.match(detail, new RegExp(open.id));
  assert.deepEqual(page.faults, []);
  await page.context().close();
});
