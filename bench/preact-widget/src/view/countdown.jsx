// Time left of one case, on the server's clock: shown each second, spoken at three moments only.

import { useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';

import { clockText, leftS, markPassed } from '../time.js';
import { Icon } from './icon.jsx';
import { useRoom } from './room.js';

/** Seconds left of an open case; null of one that takes no votes. */
export function useSecondsLeft(viewer, id) {
  return useRoom(viewer, (jury) => {
    const found = jury.case(id);
    return found?.state === 'open' && found.closes_at_ms !== null ? leftS(found.closes_at_ms, viewer.nowMs.value) : null;
  });
}

/** The digits alone. */
export function Digits({ viewer, id }) {
  const left = useSecondsLeft(viewer, id).value;
  return left !== null && <time class={left <= 10 ? 'lj-digits lj-digits-last' : 'lj-digits'}>{clockText(left)}</time>;
}

/** How much of its time a case has left, 0 to 1. */
function partLeft({ opened_at_ms: openedAtMs, closes_at_ms: closesAtMs }, nowMs) {
  return Math.min(Math.max(0, closesAtMs - nowMs) / Math.max(1, closesAtMs - openedAtMs), 1);
}

export function Countdown({ viewer, id }) {
  const { session, words, lang, nowMs, spoken } = viewer;
  const left = useSecondsLeft(viewer, id);
  const before = useRef(null);
  useSignalEffect(() => {
    const was = before.current;
    before.current = left.value;
    if (was === null || left.value === null) return;
    const mark = markPassed(was, left.value);
    if (mark !== undefined) spoken.value = { 30: words.spokenThirty, 10: words.spokenTen, 0: words.spokenEnd }[mark];
  });
  if (left.value === null) return null;
  const found = session.jury.case(id);
  return (
    <div class="lj-countdown" part="countdown" title={words.closesAt(lang, found.closes_at_ms)}>
      <span class="lj-countdown-words"><Icon sign="clock" /> {words.timeLeft}</span>
      <Digits viewer={viewer} id={id} />
      <span class="lj-countdown-track" aria-hidden="true">
        <span class="lj-countdown-fill" style={{ '--lj-part': partLeft(found, nowMs.peek()).toFixed(4) }} />
      </span>
    </div>
  );
}
