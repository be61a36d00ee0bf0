// What the host page hears: events with public facts alone. The viewer's own choice is never among them.

import { effect } from '@preact/signals';

/** Turns news of the state into events. */
export function tellNews(emit, { what, id, detail }, jury) {
  const found = jury.case(id);
  switch (what) {
    case 'ready': return emit('jury:ready', { role: detail });
    case 'opened': return found && emit('jury:case-opened', { case: id, title: found.title, closes_at_ms: found.closes_at_ms });
    case 'accepted': return emit('jury:vote-accepted', { case: id, status: detail });
    case 'refused': return emit('jury:vote-refused', { case: id, reason: detail });
    case 'tallied': return emit('jury:tally', jury.tallies.get(id));
    case 'ended': {
      const { title, verdict, remedy, closed_by } = found;
      return emit('jury:verdict', { case: id, title, verdict, remedy, closed_by });
    }
  }
}

/** Tells of the connection as it changes, and of errors with what to fix; gives what ends it. */
export function tellConnection(emit, connection) {
  let before;
  return effect(() => {
    const { state, code, message } = connection.value;
    if (state !== before) emit('jury:connection', { state });
    before = state;
    if (state !== 'failed') return;
    console.error(`live-jury: ${message}`);
    emit('jury:error', { code, message });
  });
}
