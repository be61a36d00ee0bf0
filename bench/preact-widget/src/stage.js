// Which cases the widget shows and which one is in front; it never looks into a case.

import { isLive } from './limits.js';

export const EMPTY = { shown: [], front: null, opened: null };

/** The stage after this docket; `opened` is the case that opened since the last one, if any did. */
export function follow(stage, cases) {
  const shown = cases
    .filter(({ id, state }) => isLive(state) || stage.shown.includes(id))
    .sort((a, b) => (a.opened_at_ms ?? 0) - (b.opened_at_ms ?? 0) || (a.id < b.id ? -1 : 1));
  const fresh = shown.filter(({ id }) => !stage.shown.includes(id));
  const opened = fresh.find(({ state }) => state === 'open')?.id ?? null;
  const inFront = shown.find(({ id }) => id === stage.front);
  let { front } = stage;
  if (!(inFront && isLive(inFront.state)) && fresh.length > 0) {
    front = opened ?? fresh[0].id;
  } else if (!inFront) {
    front = (shown.find(({ state }) => isLive(state)) ?? shown.at(-1))?.id ?? null;
  }
  return { shown: shown.map(({ id }) => id), front, opened };
}
