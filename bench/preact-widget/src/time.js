// Time left, on the server's clock: arithmetic, how it is written and when it is spoken.

/** Seconds left, rounded up: 0 means over. */
export const leftS = (closesAtMs, nowMs) => Math.ceil(Math.max(0, closesAtMs - nowMs) / 1000);

/** Time left as digits: `0:07`, `12:30`, `1:02:03`. */
export function clockText(left) {
  const two = (count) => String(count).padStart(2, '0');
  const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** The mark that was passed between two readings of seconds left; the latest, if a sleeping page passed several. */
export const markPassed = (before, now) => [0, 10, 30].find((at) => before > at && now <= at);
