// The widget's texts: one file a language beside the program, fetched once, tried again, and switched while it runs.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { launchChromium, launchFirefox, openTab, seeText, widgetWithin } from './browsers.mjs';
import { openCase, moderator, openPage, provide, widgetOf } from './harness.mjs';
import { eventsOf, providePlatform } from './platform.mjs';

const { platform, jury, browser } = await providePlatform();
const browsers = await provide({ Chromium: launchChromium, Firefox: launchFirefox });

const TEXTS = /\/texts-[\w-]+-[0-9a-f]{16}\.txt$/;
const MODES = ['frame', 'inline'];
/** A text of the widget without a case, by language. */
const NOTHING_OPEN = { en: 'No case is open', 'zh-CN': '暂无进行中的案件' };
/** Tags of pages, and the language that each gets. The console has the same rule. */
const TAGS = { en: 'en', 'en-GB': 'en', 'zh-CN': 'zh-CN', 'zh-Hans-CN': 'zh-CN', zh_TW: 'zh-CN', ZH: 'zh-CN', de: 'en', x: 'en' };

/** Opens the platform's page with the widget in a language. `prepare` runs before. */
async function openIn(t, lang, room, mode, prepare = () => {}) {
  const { rewrite } = platform;
  t.after(() => (platform.rewrite = rewrite));
  platform.rewrite = (html) => html.replace('<live-jury ', `<live-jury lang="${lang}" `);
  const page = await openPage(browser);
  page.texts = [];
  page.on('request', (request) => TEXTS.test(request.url()) && page.texts.push(request.url()));
  await prepare(page);
  await page.goto(platform.url(room, mode));
  return page;
}

const within = (page, mode) => (mode === 'frame' ? widgetOf(page) : page.locator('live-jury'));
const setLang = (page, lang) => page.evaluate((lang) => document.querySelector('live-jury').setAttribute('lang', lang), lang);

for (const mode of MODES) {
  test(`a tag selects its language, and the viewer is sent that one alone, ${mode}`, async (t) => {
    for (const [tag, lang] of Object.entries(TAGS)) {
      const page = await openIn(t, tag, 'tags', mode);
      await within(page, mode).getByText(NOTHING_OPEN[lang]).first().waitFor();
      assert.equal(await within(page, mode).locator('.lj-widget').getAttribute('lang'), lang, tag);
      assert.equal(page.texts.length, 1, page.texts.join(' '));
      assert.ok(page.texts[0].includes(`/texts-${lang}-`), `${tag}: ${page.texts[0]}`);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    }
  });

  test(`texts that fail once are requested again, ${mode}`, async (t) => {
    const page = await openIn(t, 'zh-CN', 'again', mode, (page) => page.route(TEXTS, (route) => route.abort(), { times: 1 }));
    await within(page, mode).getByText(NOTHING_OPEN['zh-CN']).first().waitFor();
    assert.equal(page.texts.length, 2);
    assert.deepEqual(await eventsOf(page, 'jury:error'), []);
    await page.context().close();
  });

  test(`without texts the page and the viewer are told, and nothing is drawn, ${mode}`, async (t) => {
    const page = await openIn(t, 'zh-CN', 'blocked', mode, (page) => page.route(TEXTS, (route) => route.fulfill({ status: 503 })));
    await page.getByText('暂时无法显示评审').waitFor();
    const [error, ...more] = await eventsOf(page, 'jury:error');
    assert.equal(error.code, mode === 'frame' ? 'start_failed' : 'inline_failed');
    assert.match(error.message, /texts-zh-CN-[0-9a-f]{16}\.txt answered 503/);
    assert.deepEqual(more, []);
    assert.equal(page.texts.length, 2);
    // A change of language starts a widget anew that could not start.
    await page.unroute(TEXTS);
    await setLang(page, 'en');
    await within(page, mode).getByText(NOTHING_OPEN.en).first().waitFor();
    await page.context().close();
  });

  test(`the widget keeps its language if the other one does not come, ${mode}`, async (t) => {
    const page = await openIn(t, 'en', 'kept', mode);
    await within(page, mode).getByText(NOTHING_OPEN.en).first().waitFor();
    await page.route(TEXTS, (route) => route.abort());
    const told = page.waitForEvent('console', (message) => message.text().includes('the language stays as it is'));
    await setLang(page, 'zh-CN');
    await told;
    await within(page, mode).getByText(NOTHING_OPEN.en).first().waitFor();
    assert.deepEqual(await eventsOf(page, 'jury:error'), []);
    // A failed request can be repeated.
    await page.unroute(TEXTS);
    await setLang(page, 'en');
    await setLang(page, 'zh-CN');
    await within(page, mode).getByText(NOTHING_OPEN['zh-CN']).first().waitFor();
    await page.context().close();
  });
}

test('a further language is one more file, and nothing else', async (t) => {
  let english;
  const prepare = async (page) => {
    await page.route(/\/manifest\.json$/, async (route) => {
      const manifest = await (await route.fetch()).json();
      english = `${jury.origin}/embed/v1/${manifest.texts.en}`;
      await route.fulfill({ json: { ...manifest, texts: { ...manifest.texts, de: manifest.texts.en.replace('-en-', '-de-') } } });
    });
    await page.route(/\/texts-de-/, async (route) => {
      const text = await (await route.fetch({ url: english })).text();
      const body = text.replace(/^en\n/, 'de\n').replace(NOTHING_OPEN.en, 'Kein Fall ist offen').replace('{0} votes in', '{0} Stimmen sind da');
      await route.fulfill({ body, headers: { 'access-control-allow-origin': '*' } });
    });
  };
  const page = await openIn(t, 'de-AT', 'further', 'inline', prepare);
  const widget = within(page, 'inline');
  await widget.getByText('Kein Fall ist offen').first().waitFor();
  assert.equal(await widget.locator('.lj-widget').getAttribute('lang'), 'de');
  await openCase(jury.origin, moderator(), 'further');
  await widget.getByText('0 Stimmen sind da').waitFor();
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

for (const [at, [name, of]] of Object.entries(browsers).entries()) {
  for (const mode of MODES) {
    test(`a change of language keeps focus, choice and connection in ${name}, ${mode}`, async () => {
      const room = `switch-${at}-${mode}`;
      await openCase(jury.origin, moderator(), room, { statements: { buyer: 'It is not silk.' } });
      const page = await openTab(of);
      await page.goto(platform.url(room, mode));
      const widget = await widgetWithin(page, mode);
      const radio = await widget.waitForSelector('>>> input[type=radio]');
      await radio.click();
      await seeText(widget, 'Submit vote');
      const state = () => radio.evaluate((radio) => ({
        isHere: radio.isConnected, isChosen: radio.checked, hasFocus: radio.getRootNode().activeElement === radio,
      }));
      for (const [lang, texts] of [
        ['zh-CN', ['提交投票', '你的投票', '买家陈述', '未提交陈述。', '剩余时间', '已投 0 票']],
        ['en', ['Submit vote', 'Your vote', 'The buyer says', 'No statement was given.', 'Time left', '0 votes in']],
      ]) {
        await page.evaluate((lang) => document.querySelector('live-jury').setAttribute('lang', lang), lang);
        for (const text of texts) await seeText(widget, text);
        assert.deepEqual(await state(), { isHere: true, isChosen: true, hasFocus: true }, lang);
        const labels = await radio.evaluate((radio) => [...radio.getRootNode().querySelectorAll('.lj-widget, .lj-widget [aria-label]')]
          .map((element) => element.getAttribute('aria-label')));
        assert.ok(labels.includes(lang === 'en' ? 'Both sides' : '双方陈述'), labels.join(', '));
        assert.equal(await radio.evaluate((radio) => radio.closest('.lj-widget').lang), lang);
      }
      assert.equal((await eventsOf(page, 'jury:ready')).length, 1, 'the widget joined once');
      assert.deepEqual(page.faults, []);
      await page.end();
    });
  }
}
