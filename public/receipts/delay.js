// When a widget asks for the receipt of a vote. It reads no clock, and chance is an argument.

// The shortest time from the vote to the request, in milliseconds. A store that fails over has by then lost all that it
// would lose.
const DELAY_MS = 10_000;
// The shortest time over which the requests of a room are spread, in milliseconds.
const SPREAD_MS_MIN = 20_000;
// The requests a second of a whole room. Beyond them the spread grows, since a node signs about as many.
const REQUESTS_PER_S = 1_500;
// One in so many widgets asks where the case ends before the request's time. A server that drops ballots cannot know
// which.
const ONE_IN = 16;

/** The time until the request, in milliseconds, at a chance from 0 to 1; null if this widget does not ask. */
export function delayMs(leftMs, ballots, chance) {
  const spreadMs = Math.max(SPREAD_MS_MIN, (ballots * 1_000) / REQUESTS_PER_S);
  const delay = DELAY_MS + spreadMs * chance;
  if (delay < leftMs) return delay;
  // Those whose time comes before the end are this part of all. The others share the rest of the chance.
  const inTime = Math.max(0, leftMs - DELAY_MS) / spreadMs;
  const amongOthers = ((chance - inTime) / (1 - inTime)) * ONE_IN;
  return amongOthers < 1 ? leftMs * amongOthers : null;
}
