// Asks for receipts of the viewer's own ballots, keeps them in the tab, and objects where a ballot is missing. It loads
// once the widget has a recorded ballot. It casts nothing, and reads no receipt.

import { delayMs } from './delay.js';

// The time between two requests that find no ballot, in milliseconds. Then the ballot counts as dropped.
const MISSING_AGAIN_MS = 10_000;
// The time after which a request is tried again while another one is in flight, in milliseconds.
const IN_FLIGHT_MS = 1_000;
// The time after which a request is tried again where the server names none, in milliseconds.
const RETRY_MS = 500;
// The most receipts of a room that are kept. Beyond it the oldest goes: a stream judges fewer cases.
const RECEIPTS_MAX = 20;

/** The receipts that the tab keeps of a room; none where the browser blocks storage, or for another program's entry. */
function kept(key) {
  try {
    const all = JSON.parse(sessionStorage.getItem(key));
    return Array.isArray(all) ? all : [];
  } catch {
    return [];
  }
}

/** Whether both are of one ballot. */
const isSame = (one, other) =>
  one.case === other.case && one.epoch === other.epoch && one.change === other.change;

/** The requests of one widget, one for each case. */
class Requests {
  #asked;
  #socket = null;
  #byCase = new Map();
  /** The request that waits for its answer. The server answers one at a time. */
  #sent = null;

  /** Plans the request for a ballot that the widget knows, once for each epoch and change on a socket. */
  told(asked) {
    this.#asked = asked;
    if (asked.socket !== this.#socket) this.#follow(asked.socket);
    const { case: id, epoch, change, ballots, left_s: leftS } = asked;
    const known = this.#byCase.get(id);
    if (known && isSame(known, asked)) return;
    clearTimeout(known?.timer);
    const request = { case: id, epoch, change, latest: epoch };
    this.#byCase.set(id, request);
    if (kept(this.#key).some((one) => isSame(one, request))) return;
    const delay = delayMs(leftS * 1_000, ballots, Math.random());
    if (delay !== null) this.#wait(request, delay);
  }

  get #key() {
    return `live-jury:receipts:${this.#asked.room}`;
  }

  /** Reads a new socket. The requests that had no answer on the old one are planned anew. */
  #follow(socket) {
    for (const [id, request] of this.#byCase) {
      clearTimeout(request.timer);
      if (!request.done) this.#byCase.delete(id);
    }
    this.#sent = null;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => {
      if (socket === this.#socket && this.#byCase.size > 0) this.#heard(String(data));
    });
  }

  #wait(request, ms) {
    request.timer = setTimeout(() => this.#ask(request), ms);
  }

  #ask(request) {
    if (this.#socket.readyState !== WebSocket.OPEN) return;
    if (this.#sent) return this.#wait(request, IN_FLIGHT_MS);
    this.#sent = request;
    this.#socket.send(JSON.stringify({ type: 'receipt', case: request.case }));
  }

  #heard(text) {
    // Tallies of a large room come four times a second, and say something here only after a ballot was missing.
    const isMissing = [...this.#byCase.values()].some((request) => request.missing);
    if (!isMissing && !text.includes('receipt"')) return;
    let frame;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    // A docket has the epoch of each case, and a tally that of its own.
    for (const { id, epoch } of frame.cases ?? [{ id: frame.case, epoch: frame.epoch }]) {
      const request = this.#byCase.get(id);
      if (request && epoch > request.latest) request.latest = epoch;
    }
    const request = this.#sent;
    if (!request || frame.case !== request.case || !/^(no_)?receipt$/.test(frame.type)) return;
    this.#sent = null;
    if (frame.type === 'receipt') this.#keep(request, frame);
    else this.#refused(request, frame);
  }

  #keep(request, { case: id, epoch, change, receipt }) {
    request.done = true;
    const all = [...kept(this.#key), { case: id, epoch, change, receipt }].slice(-RECEIPTS_MAX);
    try {
      sessionStorage.setItem(this.#key, JSON.stringify(all));
    } catch {
      // Without the receipt only the check after the verdict knows less.
    }
  }

  #refused(request, { reason, retry_after_ms: afterMs }) {
    const isPassing = reason === 'busy' || reason === 'unavailable';
    if (reason === 'no_ballot' && !request.missing) {
      request.missing = true;
      return this.#wait(request, MISSING_AGAIN_MS);
    }
    // A reason of a later version may pass as well, if the server names a delay.
    if (isPassing || (afterMs && reason !== 'no_ballot')) return this.#wait(request, afterMs ?? RETRY_MS);
    request.done = true;
    const wasDropped = reason === 'no_ballot' && request.latest === request.epoch;
    request.missing = false;
    // A ballot of an earlier epoch was lost, which is known: it is cast again.
    if (wasDropped) this.#object(request);
  }

  /** Objects. An objection that does not arrive is lost: the receipt's absence stays with the juror. */
  async #object(request) {
    const { server, token, getToken } = this.#asked;
    try {
      await fetch(`${server}/api/v1/cases/${request.case}/objections`, {
        method: 'POST',
        headers: { Authorization: `Bearer ${token ?? (await getToken())}`, 'Content-Type': 'application/json' },
        body: '{"kind":"dropped"}',
      });
    } catch (error) {
      console.error('live-jury: an objection was not sent', error);
    }
  }
}

const widgets = new WeakMap();

/**
 * Plans a request. `asked` is `{ socket, case, epoch, change, ballots, left_s }` from the widget, and `{ root, server,
 * room, token, getToken }` from the page.
 */
export function check(asked) {
  if (!widgets.has(asked.root)) widgets.set(asked.root, new Requests());
  widgets.get(asked.root).told(asked);
}
