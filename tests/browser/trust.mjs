// Facts of a shop, and the pages of trust opened with a token. It asserts nothing.

import { openPage, token } from './harness.mjs';
import { NOTHING_WAITS, answerTrust, clear, problem } from './standing.mjs';

/** The token of the platform. */
export const platform = () => token({ sub: 'platform-1', room: '*', role: 'platform' });

/** Deliveries of a shop, of which the first `late` came late, and refunds for quality. */
export function* shopFacts(merchant, { deliveries, late = 0, refunds = 0 }) {
  const at_ms = Date.now() - 60_000;
  for (let n = 1; n <= deliveries; n += 1) {
    yield { id: `${merchant}-d${n}`, type: 'order.delivered', at_ms, merchant, order: `o-${n}`, in_time: n > late };
  }
  for (let n = 1; n <= refunds; n += 1) {
    yield { id: `${merchant}-r${n}`, type: 'refund.resolved', at_ms, merchant, order: `o-${n}`, granted: true, reason: 'quality', within_h: 12 };
  }
}

/** Sends facts as a platform does. Throws if one is refused. */
export async function sendFacts(origin, facts) {
  const answer = await fetch(`${origin}/api/v1/trust/facts`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform()}`, 'content-type': 'application/x-ndjson' },
    body: [...facts].map((fact) => JSON.stringify(fact)).join('\n'),
  });
  const told = await answer.text();
  if (!answer.ok || JSON.parse(told).refused.length > 0) throw new Error(`facts refused: ${answer.status} ${told}`);
}

/**
 * A page of trust, opened by a link with a token of these claims. Calls with one of `answers` are answered from here
 * and recorded in `calls`. The console of the browser shows `rooms`, with spaces between them.
 */
export async function openTrust(browser, origin, path, claims, answers = {}, { lang = 'en', rooms = '', ...options } = {}) {
  const page = await openPage(browser, options);
  const calls = await answerTrust(page, answers);
  await page.addInitScript((names) => localStorage.setItem('live-jury.rooms', names), rooms);
  await page.goto(`${origin}${path}?lang=${lang}#token=${token(claims)}`);
  return Object.assign(page, { calls });
}

/** The claims of a moderator of all rooms. */
export const MODERATOR = { sub: 'moderator-1', room: '*', role: 'moderator' };

/** The shop whose owner opens the merchant's page, and the claims of that owner. */
export const SHOP = { kind: 'merchant', id: 'm-9' };
const OWNER = { sub: 'owner-of-m-9', room: '*', role: 'merchant', merchant: SHOP.id };

/**
 * The trust desk with these answers. Queues that are not named are empty, no webhook has a target, and nothing is filed
 * about a party that is not named.
 */
export const openTrustDesk = (browser, origin, answers, options) => openTrust(browser, origin, '/trust/', MODERATOR, {
  ...NOTHING_WAITS,
  'GET /webhooks': () => ({ items: [] }),
  'GET /parties/*': () => clear(),
  ...answers,
}, options);

/** The merchant's page of the owner of `SHOP`, with these answers. Nothing else is filed about the shop. */
export const openShop = (browser, origin, answers, options) => openTrust(browser, origin, '/trust/me', OWNER, {
  'GET /me': () => clear({ party: SHOP }),
  [`GET /merchants/${SHOP.id}/index`]: () => problem(404, 'not_found'),
  ...answers,
}, options);
