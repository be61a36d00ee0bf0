// Facts of a shop, and the pages of trust opened with a token. It asserts nothing.

import { openPage, token } from './harness.mjs';
import { answerTrust } from './standing.mjs';

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
