// A shop's standing as the API answers it, and a page whose calls about it are answered from here. Each call is
// recorded. The index is the server's own.

const DAY_MS = 24 * 60 * 60 * 1_000;
const JURYS = '01a203b5-27b4-7ec3-865e-b9e2a7a1b201';
const PROPOSED = '01a203b5-27b4-7ec3-865e-b9e2a7a1b202';
const EARLIER = '01a203b5-27b4-7ec3-865e-b9e2a7a1b203';
const MEASURE = '01a203b5-27b4-7ec3-865e-b9e2a7a1b204';
const APPEAL = '01a203b5-27b4-7ec3-865e-b9e2a7a1b205';
const STATEMENT = 'Your shop is shown less for 7 days.\nClause 1.2 forbids goods that are not as described.';

/** A violation with these fields. */
export const violation = (fields) => ({
  id: JURYS,
  version: 3,
  party: { kind: 'merchant', id: 'm-1' },
  policy: 'not_as_described',
  title: { en: 'Goods not as described', 'zh-CN': '货不对板' },
  clause: '1.2',
  source: 'jury',
  room: 'live-42',
  facts: 'The label says 70% silk.\nThe host said pure silk.',
  points: 9,
  counts: true,
  state: 'active',
  decided_at_ms: Date.now() - DAY_MS,
  expires_at_ms: Date.now() + 179 * DAY_MS,
  jury_until_ms: Date.now() + 2 * DAY_MS,
  appeal_until_ms: Date.now() + 179 * DAY_MS,
  ...fields,
});

/** An appeal against the jury's violation, with these fields. */
export const appeal = (fields) => ({
  id: APPEAL,
  version: 1,
  party: { kind: 'merchant', id: 'm-1' },
  target: { kind: 'violation', id: JURYS },
  text: 'Only the first batch had that label.',
  evidence: ['https://shop.example/batches.pdf'],
  state: 'in_review',
  review_reason: 'too_late',
  filed_at_ms: Date.now() - DAY_MS,
  due_ms: Date.now() + 6 * DAY_MS + 3_600_000,
  ...fields,
});

/** The standing of a shop of 24 points: a measure in force, a violation, one that is proposed, and one that is void. */
export const standing = (fields) => ({
  party: { kind: 'merchant', id: 'm-1' },
  as_of_ms: Date.now(),
  points: 24,
  tier: 'limited',
  gate: 'limit',
  violations: [
    violation({}),
    violation({ id: PROPOSED, state: 'proposed', counts: false, points: 6, policy: 'abuse', title: { en: 'Abuse of viewers', 'zh-CN': '辱骂骚扰' }, clause: '2.2', jury_until_ms: undefined }),
    violation({ id: EARLIER, state: 'void', reason: 'overturned', counts: false, points: 0 }),
  ],
  measures: [{
    id: MEASURE,
    party: { kind: 'merchant', id: 'm-1' },
    kind: 'limit',
    violation: JURYS,
    points: 24,
    from_ms: Date.now() - DAY_MS,
    until_ms: Date.now() + 6 * DAY_MS,
    state: 'in_force',
    appeal_until_ms: Date.now() + 179 * DAY_MS,
  }],
  appeals: [],
  statements: [{
    seq: 1,
    measure: MEASURE,
    party: { kind: 'merchant', id: 'm-1' },
    at_ms: Date.now() - DAY_MS,
    statement: {
      puid: MEASURE,
      decision_ground: 'DECISION_GROUND_INCOMPATIBLE_CONTENT',
      incompatible_content_ground: 'clause 1.2',
      incompatible_content_explanation: 'not as described',
      content_type: ['CONTENT_TYPE_PRODUCT'],
      category: 'STATEMENT_CATEGORY_CONSUMER_INFORMATION',
      decision_facts: 'facts',
      content_date: '2026-11-26',
      application_date: '2026-11-26',
      source_type: 'SOURCE_TYPE_OTHER_NOTIFICATION',
      automated_detection: 'No',
      automated_decision: 'AUTOMATED_DECISION_PARTIALLY',
      text: STATEMENT,
    },
  }],
  ...fields,
});

/**
 * Answers the page's calls about trust and rooms: `answers` has a function of the call's body for each `METHOD path`,
 * or `METHOD path/*`. It returns the body, or a problem with a `status`. Calls without one go to the server. Returns
 * the calls as they come.
 */
export async function answerTrust(page, answers) {
  const calls = [];
  await page.route(/\/api\/v1\/(trust|rooms)\//, async (route) => {
    const request = route.request();
    const { pathname, search } = new URL(request.url());
    const name = `${request.method()} ${pathname.replace(/^\/api\/v1(\/trust)?/, '')}${search}`;
    const bare = name.replace(search, '');
    const folder = Object.keys(answers).find((key) => key.endsWith('/*') && bare.startsWith(key.slice(0, -1)));
    const answer = answers[name] ?? answers[bare] ?? answers[folder];
    if (!answer) return route.fallback();
    const body = request.postDataJSON();
    calls.push({ name, body, version: request.headers()['if-match'] });
    const told = answer(body);
    return route.fulfill({ status: told?.status ?? 200, json: told ?? {} });
  });
  return calls;
}

/** A problem as the API answers it. */
export const problem = (status, code) => ({ type: 'about:blank', title: code, status, code, detail: code });

/** An application that is held, with these fields. */
export const application = (fields) => ({
  application: '01a203b5-27b4-7ec3-865e-b9e2a7a1b206',
  version: 2,
  party: { kind: 'merchant', id: 'm-9' },
  category: 'silk',
  at_ms: Date.now() - DAY_MS,
  state: 'held',
  outcome: 'hold',
  weight: 23.107,
  threshold: 12,
  groups: ['money', 'kit'],
  reasons: ['money', 'kit'].map((group) => ({ group, text: 'It has a device of a party that was closed.', closed_at_ms: Date.now() - 90 * DAY_MS })),
  due_ms: Date.now() + 2 * DAY_MS + 3_600_000,
  ...fields,
});

/** Answers of empty queues. */
export const NOTHING_WAITS = {
  'GET /applications': () => ({ items: [] }),
  'GET /listings': () => ({ items: [] }),
  'GET /claims': () => ({ items: [] }),
  'GET /violations': () => ({ items: [] }),
  'GET /appeals': () => ({ items: [] }),
  'GET /measures': () => ({ items: [] }),
};

/** The standing of a shop about which nothing is filed, with these fields. */
export const clear = (fields) =>
  standing({ points: 0, tier: 'clear', gate: undefined, violations: [], measures: [], statements: [], ...fields });
