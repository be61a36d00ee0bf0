// Takes screenshots of every page into target/screenshots/: wide and narrow, light, dark and transparent, in both
// languages, before and after a verdict, of the gallery, and of the pages of trust. `node screenshots.mjs console
// zh-CN` takes only those whose names contain all words. It compares nothing.

import { mkdirSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath } from 'node:url';

import { THEMES, openGallery, seeImages } from './gallery.mjs';
import { ask, caseOf, casesOf, closeCase, launch, moderator, openCase, openPage, startDemo, startServer, tallyOf, tokenOf, until, widgetOf } from './harness.mjs';
import { appeal, application, standing, violation } from './standing.mjs';
import { SIZES, linksOf, surfaces } from './surfaces.mjs';
import { MODERATOR, openTrust, platform, sendFacts, shopFacts } from './trust.mjs';

const FOLDER = fileURLToPath(new URL('../../target/screenshots/', import.meta.url));
const LANGS = ['en', 'zh-CN'];
const SCHEMES = ['light', 'dark'];
/** Ballots before the first screenshot. They are enough for a verdict. */
const BALLOTS = 25;
/**
 * Simulated viewers spread their votes over the case's time, so it is short at first. Then it is extended for the
 * shots.
 */
const VOTING_S = 60;
const SHOWN_S = 1_200;
/** A gradient from white to near black, in place of a stream behind transparent pages. */
const STREAM = 'linear-gradient(160deg, #fff 0 18%, #e9b872 34%, #b8433f 52%, #27435e 74%, #0c0f14)';
/** Ended cases and a draft, so that no list is empty. */
const LISTS = {
  en: {
    over: 'Was the cup that arrived the one that was shown?',
    cancelled: 'May the second parcel be charged for?',
    reason: 'Opened twice by mistake',
    draft: 'Is a discount real if the price rose the day before?',
    labels: ['Support the buyer', 'Support the merchant', 'Cannot tell'],
    remedy: 'Refund without return',
  },
  'zh-CN': {
    over: '收到的杯子是直播里展示的那一只吗？',
    cancelled: '第二个包裹可以另收运费吗？',
    reason: '误操作，重复开启',
    draft: '前一天先涨价，这样的折扣算真实吗？',
    labels: ['支持买家', '支持商家', '看不出来'],
    remedy: '退款，无需退货',
  },
};

const words = argv.slice(2);

/** Takes the screenshot of a page. For console and host view, the window is as tall as the page. */
async function shoot(page, name, isWhole = /^(console|host)/.test(name)) {
  const path = `${FOLDER}${name}.png`;
  if (isWhole) {
    const { width, height } = page.viewportSize();
    const whole = await page.evaluate(() => document.documentElement.scrollHeight);
    await page.setViewportSize({ width, height: Math.max(height, whole) });
  }
  await page.screenshot({ path });
  console.log(path);
}

const isAsked = (name) => words.every((word) => name.includes(word));

/** The variants of a page: suffix of the name, and settings of the browser. */
function* looks() {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const colorScheme of SCHEMES) yield { end: `${size}-${colorScheme}`, viewport, colorScheme };
  }
}

/** The address of a page. The overlay needs a theme in it, else it is transparent. */
function addressOf({ name, url }, colorScheme) {
  if (!name.startsWith('overlay')) return url;
  const asked = new URL(url);
  asked.searchParams.set('theme', colorScheme);
  return asked.href;
}

/** Opens a page. A transparent one gets a background. */
async function open(browser, url, { viewport, colorScheme }, isTransparent = false) {
  const page = await openPage(browser, { viewport, colorScheme, reducedMotion: 'reduce' });
  await page.goto(url);
  if (isTransparent) await page.evaluate((stream) => { document.documentElement.style.background = `${stream} fixed`; }, STREAM);
  return page;
}

/** Fills the lists of a room: a decided case, a void case, and a draft. */
async function furnish(demo, lang) {
  const links = await linksOf(demo, lang);
  const moderator = tokenOf(links.console);
  const { labels: [buyer, merchant, abstain], ...said } = LISTS[lang];
  const options = [{ id: 'buyer', label: buyer }, { id: 'merchant', label: merchant }, { id: 'abstain', label: abstain, abstain: true }];
  const write = (title, fields) => openCase(demo.origin, moderator, links.name, { title, options, remedy: said.remedy, rules: {}, ...fields });
  const { id } = await write(said.over);
  await closeCase(demo.origin, moderator, id);
  const cancelled = await write(said.cancelled, { kind: 'after_sales' });
  await ask(demo.origin, moderator, `/cases/${cancelled.id}/void`, 'POST', { reason: said.reason });
  await write(said.draft, { open: false });
}

/** Opens the demo's case again and waits for the simulated votes. Returns the case. */
async function openVoted(demo, lang) {
  const links = await linksOf(demo, lang);
  const moderator = tokenOf(links.console);
  const [{ id: first }] = await until(() => casesOf(demo.origin, moderator, links.name, 'open'), ({ length }) => length > 0);
  const { kind, title, summary, subject, statements, evidence, options, rules, remedy } = await caseOf(demo.origin, moderator, first);
  await closeCase(demo.origin, moderator, first);
  const opened = await openCase(demo.origin, moderator, links.name, {
    kind, title, summary, subject, statements, evidence, options, rules, remedy, duration_s: VOTING_S,
  });
  await until(() => tallyOf(demo.origin, moderator, opened.id), ({ ballots }) => ballots >= BALLOTS);
  await ask(demo.origin, moderator, `/cases/${opened.id}/extend`, 'POST', { by_s: SHOWN_S });
  return opened;
}

/** Shoots every page of a room while its case is open. */
async function shootOpen(demo, browser, lang) {
  for (const surface of await surfaces(demo, lang)) {
    for (const look of looks()) {
      const name = `${surface.name}-${lang}-${look.end}`;
      if (!isAsked(name)) continue;
      const page = await open(browser, addressOf(surface, look.colorScheme), look);
      await surface.ready(page);
      await shoot(page, name, /^(console|host)/.test(name) && surface.name !== 'console-keys');
      await page.context().close();
    }
    for (const [size, viewport] of Object.entries(SIZES)) {
      const name = `${surface.name}-${lang}-${size}-transparent`;
      if (!surface.turnTransparent || !isAsked(name)) continue;
      const page = await open(browser, surface.url, { viewport }, true);
      await surface.turnTransparent(page);
      await surface.ready(page);
      await shoot(page, name);
      await page.context().close();
    }
  }
}

const ENDS = {
  overlay: (page) => page.locator('.plate-verdict').waitFor(),
  room: (page) => widgetOf(page).locator('[data-outcome]').first().waitFor(),
  console: (page) => page.locator('.case-ended .verdict').waitFor(),
  host: (page) => page.locator('.host-verdict .verdict').waitFor(),
};

/** Shoots the verdict on each page. The overlay comes first, as it shows a verdict for some seconds only. */
async function shootEnds(demo, browser, lang) {
  const found = (await surfaces(demo, lang)).filter(({ name }) => ENDS[name]).sort((a, b) => Object.keys(ENDS).indexOf(a.name) - Object.keys(ENDS).indexOf(b.name));
  const pages = [];
  for (const surface of found) {
    const variants = [...looks()].map((look) => ({ ...look, url: addressOf(surface, look.colorScheme) }));
    if (surface.name === 'overlay') for (const [size, viewport] of Object.entries(SIZES)) variants.push({ end: `${size}-transparent`, viewport, url: surface.url });
    for (const variant of variants) {
      const name = `${surface.name}-verdict-${lang}-${variant.end}`;
      if (!isAsked(name)) continue;
      const page = await open(browser, variant.url, variant, variant.end.endsWith('transparent'));
      await surface.ready(page);
      pages.push({ page, name, ends: ENDS[surface.name] });
    }
  }
  if (pages.length === 0) return;
  const links = await linksOf(demo, lang);
  const moderator = tokenOf(links.console);
  const [{ id }] = await casesOf(demo.origin, moderator, links.name, 'open');
  await closeCase(demo.origin, moderator, id);
  for (const { page, name, ends } of pages) {
    await ends(page);
    await shoot(page, name);
    await page.context().close();
  }
}

/** Shoots the gallery in each theme, language and width. */
async function shootGallery(demo, browser) {
  for (const theme of THEMES) {
    for (const lang of LANGS) {
      for (const width of ['320', '360', 'panel']) {
        const name = `gallery-${lang}-${width}-${theme}`;
        if (!isAsked(name)) continue;
        const page = await openGallery(browser, demo, { theme, lang, width });
        await seeImages(page);
        await shoot(page, name, true);
        await page.context().close();
      }
      for (const [size, viewport] of Object.entries(SIZES)) {
        const name = `gallery-page-${lang}-${size}-${theme}`;
        if (!isAsked(name)) continue;
        const page = await openGallery(browser, demo, { theme, lang }, { viewport });
        await shoot(page, name);
        await page.context().close();
      }
    }
  }
}

/** A bucket of reports at the desk. */
const REPORTS = {
  id: 'b-1', room: 'live-42', subject: { merchant: 'm-1', host: 'h-1' }, policy: 'not_as_described', state: 'queued', opened: false,
  version: 1, reports: 12, reporters: 11, proven: 2, burst: true, score: 8, first_at_ms: Date.now() - 3_600_000, last_at_ms: Date.now(),
};

/** The id of a second application. */
const SECOND = '01a203b5-27b4-7ec3-865e-b9e2a7a1b299';

/** The page of each of trust's pictures, with the claims of its reader. */
const READERS = {
  'trust-desk': ['/trust/', MODERATOR],
  'trust-party': ['/trust/', MODERATOR],
  'trust-me': ['/trust/me', { sub: 'owner-of-m-1', room: '*', role: 'merchant', merchant: 'm-1' }],
  'trust-host': ['/host/live-42', { sub: 'host-1', room: 'live-42', role: 'host', host: 'h-1' }],
};

/** The host's signals: a good one, a bad one, and some of which nothing is known. */
const SIGNALS = [['h02', 12, 9, 0.75, 0.6, -1.9], ['h07', 40, 39, 0.95, 0.93, 1.4], ['h03', 0.4, 1, 0.11, 0.05, -3.2], ['h13', 0, 0, 0.002, 0.002, 0]]
  .map(([id, n, k, rate, category_rate, points]) => ({ id, n, k, rate, category_rate, points, points_max: 8 }));

/**
 * Shoots the desk, a shop's page at the desk, the page of its owner, and a host's standing. Standing and queues are
 * answered here.
 */
async function shootTrust(browser) {
  const names = Object.keys(READERS);
  const wanted = LANGS.flatMap((lang) => names.flatMap((name) => [...looks()].map((look) => ({ name, lang, look, file: `${name}-${lang}-${look.end}` }))));
  if (!wanted.some(({ file }) => isAsked(file))) return;
  const jury = await startServer([]);
  await sendFacts(jury.origin, shopFacts('m-1', { deliveries: 900, late: 200, refunds: 25 }));
  const proposed = violation({ state: 'proposed', counts: false, points: 6 });
  const draft = await openCase(jury.origin, moderator(), 'live-42', { title: 'Was the scarf pure silk?', open: false });
  const drafted = { ...REPORTS, id: 'b-2', policy: 'false_advertising', state: 'drafted', case: draft.id, burst: false };
  const of_host = { party: { kind: 'host', id: 'h-1' }, tier: 'warned', points: 14, measures: [], signals: SIGNALS };
  const index = await (await ask(jury.origin, platform(), '/trust/merchants/m-1/index?explain=true')).json();
  try {
    for (const { name, lang, look, file } of wanted.filter(({ file: asked }) => isAsked(asked))) {
      const [path, claims] = READERS[name];
      const own = name === 'trust-host' ? of_host : { application: application({}) };
      const page = await openTrust(browser, jury.origin, path, claims, {
        'GET /violations': () => ({ items: [proposed] }),
        'GET /appeals': () => ({ items: [appeal({})] }),
        'GET /measures': () => ({ items: [] }),
        'GET /applications': () => ({ items: [application({}), application({ application: SECOND, proposed: 'refuse', due_ms: undefined })] }),
        'GET /rooms/live-42/buckets': () => ({ items: [REPORTS, drafted] }),
        'GET /webhooks': () => ({ items: [{ name: 'shop', after: 912, waiting: 2, failed: 1, stopped_at_ms: null }] }),
        'GET /parties/merchant/m-1': () => standing({ points: 48, tier: 'ban_proposed', appeals: [appeal({})] }),
        'GET /me': () => standing({ appeals: [appeal({ state: 'in_court', review_reason: undefined })], ...own }),
        'GET /merchants/m-1/index': () => index,
      }, { lang, rooms: 'live-42', ...look, reducedMotion: 'reduce' });
      if (name === 'trust-desk') {
        await page.locator('.queue > .case').nth(6).waitFor();
        await page.locator('.step-form > button').first().click();
      } else if (name === 'trust-host') {
        await page.locator('.own-standing > summary').click();
        await page.locator('.signal').nth(3).waitFor();
      } else {
        if (name === 'trust-party') await page.locator('.party-link').first().click();
        await page.locator('.dimension').first().waitFor();
        await page.locator('.dimension > summary').nth(1).click();
      }
      await shoot(page, file, true);
      await page.context().close();
    }
  } finally {
    await jury.stop();
  }
}

mkdirSync(FOLDER, { recursive: true });
const [demo, browser] = await Promise.all([startDemo(), launch()]);
try {
  await shootTrust(browser);
  for (const lang of LANGS) await furnish(demo, lang);
  for (const lang of LANGS) await openVoted(demo, lang);
  for (const lang of LANGS) await shootOpen(demo, browser, lang);
  await shootGallery(demo, browser);
  for (const lang of LANGS) await shootEnds(demo, browser, lang);
} finally {
  await browser.close();
  await demo.stop();
}
