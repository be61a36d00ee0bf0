// One WebSocket that comes back by itself: token, join, renewal, silence, back-off; it never looks into a case.

import {
  BACKOFF_MAX_MS, BACKOFF_MIN_MS, CLOSE_NORMAL, CLOSE_NOT_ALLOWED, CLOSE_REPLACED, CLOSE_TOKEN_INVALID,
  PRESENCE_INTERVAL_MS, SILENCE_MAX_MS, SUBPROTOCOL, mayReturn,
} from './limits.js';

const WELCOME_MS_MAX = 15_000;
const PROBE_AWAKE_MS = 3 * PRESENCE_INTERVAL_MS;
const PROBE_ANSWER_MS = 8_000;
const WATCH_MS = 2_000;
const SLEPT_MS = 10_000;
const RENEW_BEFORE_MS = 60_000;
const RENEW_AGAIN_MS = 15_000;
const STEADY_MS = 10_000;

const FAILURES = {
  [CLOSE_TOKEN_INVALID]: ['token_rejected', 'the server rejected the token: check its signature, `exp`, `iss`, `aud` and the clocks'],
  [CLOSE_NOT_ALLOWED]: ['not_allowed', 'the token is not for this room: check its `room` and `role`'],
  [CLOSE_REPLACED]: ['replaced', 'this viewer joined from too many windows; the newest ones stay connected'],
  [CLOSE_NORMAL]: ['ended', 'the server ended the connection'],
};
const OTHER_FAILURE = ['protocol', 'the server and this page speak different versions: reload the page'];

/** Full jitter, after so many tries in a row that failed. */
function backoffMs(failures) {
  const ceiling = Math.min(BACKOFF_MIN_MS * 2 ** (Math.min(failures, 16) + 1), BACKOFF_MAX_MS);
  return BACKOFF_MIN_MS + Math.random() * (ceiling - BACKOFF_MIN_MS);
}

/** What a client reads in its own token; nothing of a text that is no token. */
export function claimsOf(token) {
  try {
    const text = atob(token.split('.')[1].replace(/-/g, '+').replace(/_/g, '/'));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(text, (char) => char.charCodeAt(0))));
  } catch {
    return {};
  }
}

/** Told to `on`: `connection({ state, loss, code, message })`, `identity(claims)`, `frame(frame)`. */
export class Socket {
  #url;
  #getToken;
  #on;
  #wire = null;
  /** Counts connections: an event of an earlier one is ignored. */
  #generation = 0;
  #state = null;
  #failures = 0;
  #startedMs = 0;
  #welcomedMs = null;
  #heardMs = 0;
  #probedMs = null;
  #watchedMs = Date.now();
  #token = '';
  #tokenWasGood = false;
  #tokenFetchedMs = 0;
  #tokenEndsMs = 0;
  #renewedMs = 0;
  #notBeforeMs = 0;
  #timer = null;
  #clock;
  #listening = new AbortController();

  constructor({ server, room, getToken }, on) {
    this.#url = `ws${server.slice('http'.length)}/api/v1/rooms/${room}/socket`;
    this.#getToken = getToken;
    this.#on = on;
    const { signal } = this.#listening;
    const seen = () => document.visibilityState === 'visible' && this.#watch('visible');
    addEventListener('online', () => this.#watch('online'), { signal });
    addEventListener('pageshow', seen, { signal });
    document.addEventListener('visibilitychange', seen, { signal });
    this.#clock = setInterval(() => this.#watch('clock'), WATCH_MS);
    this.#connect();
  }

  send(frame) {
    if (this.#wire?.readyState === WebSocket.OPEN) this.#wire.send(JSON.stringify(frame));
  }

  /** Tries again at once, also after a failure. */
  retry() {
    this.#failures = 0;
    this.#connect();
  }

  close() {
    this.#next();
    this.#listening.abort();
    clearInterval(this.#clock);
  }

  #tell(connection) {
    const { state, loss } = this.#state ?? {};
    if (state === connection.state && loss === connection.loss) return;
    this.#state = connection;
    this.#on.connection(connection);
  }

  #next() {
    this.#generation += 1;
    this.#drop();
    this.#welcomedMs = null;
    this.#probedMs = null;
    clearTimeout(this.#timer);
    this.#timer = null;
    return this.#generation;
  }

  #drop() {
    if (!this.#wire) return;
    Object.assign(this.#wire, { onopen: null, onmessage: null, onclose: null });
    this.#wire.close();
    this.#wire = null;
  }

  async #connect() {
    const generation = this.#next();
    this.#startedMs = Date.now();
    const { state } = this.#state ?? {};
    if (state === 'live') this.#tell({ state: 'lost', loss: 'line' });
    else if (state !== 'lost') this.#tell({ state: 'connecting' });
    try {
      const token = await this.#askToken();
      if (generation === this.#generation) this.#dial(token, generation);
    } catch (error) {
      if (generation !== this.#generation) return;
      if (error?.missing) return this.#fail('no_token', `no token: ${error.message}`);
      console.warn(`live-jury: no token: ${error?.message ?? error}`);
      this.#comeBack('token');
    }
  }

  async #askToken() {
    const token = await this.#getToken();
    if (typeof token !== 'string' || !token.trim()) throw new Error('getToken gave no text');
    return token.trim();
  }

  #dial(token, generation) {
    this.#startedMs = Date.now();
    if (this.#token !== token) {
      this.#token = token;
      this.#tokenWasGood = false;
      this.#tokenFetchedMs = Date.now();
    }
    this.#on.identity(claimsOf(token));
    const current = (act) => (event) => generation === this.#generation && act(event);
    try {
      this.#wire = new WebSocket(this.#url, SUBPROTOCOL);
    } catch (error) {
      return this.#fail('bad_address', `cannot connect: ${error.message}`);
    }
    this.#wire.onopen = current(() => this.send({ type: 'join', token: this.#token }));
    this.#wire.onmessage = current(({ data }) => this.#onText(data));
    this.#wire.onclose = current(({ code }) => this.#onClosed(code));
  }

  #onText(text) {
    let frame;
    try {
      frame = JSON.parse(text);
    } catch (error) {
      return console.warn(`live-jury: a frame was not understood: ${error.message}`);
    }
    this.#heardMs = Date.now();
    this.#probedMs = null;
    if (frame.type === 'welcome') {
      this.#welcomedMs ??= Date.now();
      this.#tokenWasGood = true;
      // On the local clock, so that a wrong one does not matter.
      this.#tokenEndsMs = Date.now() + frame.token_expires_at_ms - frame.server_time_ms;
      this.#tell({ state: 'live' });
    } else if (frame.type === 'draining') {
      // Spread over as much again, so that a node's sockets do not all arrive at the next one together.
      const spread = Math.random() * Math.max(frame.reconnect_after_ms, BACKOFF_MIN_MS);
      this.#notBeforeMs = Date.now() + frame.reconnect_after_ms + spread;
      this.#connectAfter(this.#notBeforeMs - Date.now());
    } else if (frame.type === 'error') {
      console.warn(`live-jury: ${frame.code}: ${frame.detail}`);
    }
    this.#on.frame(frame);
  }

  #onClosed(code) {
    if (this.#welcomedMs !== null && Date.now() - this.#welcomedMs > STEADY_MS) this.#failures = 0;
    this.#welcomedMs = null;
    this.#wire = null;
    if (code === CLOSE_TOKEN_INVALID && this.#tokenWasGood) {
      // It was good before, so only its time is over: a fresh one is another try worth making.
      this.#tokenWasGood = false;
      this.#comeBack('line');
    } else if (mayReturn(code)) {
      this.#comeBack('line');
    } else {
      this.#fail(...(FAILURES[code] ?? OTHER_FAILURE));
    }
  }

  #fail(code, message) {
    this.#next();
    this.#tell({ state: 'failed', loss: code, code, message });
  }

  /** Waits as long as manners ask, then connects. */
  #comeBack(loss) {
    this.#next();
    const waitMs = Math.max(backoffMs(this.#failures), this.#notBeforeMs - Date.now());
    this.#failures += 1;
    this.#connectAfter(waitMs);
    this.#tell({ state: 'lost', loss });
  }

  #connectAfter(waitMs) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#connect(), waitMs);
  }

  /** Looks after the connection: every so often, and when the page comes online or into view. */
  #watch(look) {
    const nowMs = Date.now();
    const awake = look !== 'clock' || nowMs - this.#watchedMs > SLEPT_MS;
    this.#watchedMs = nowMs;
    if (this.#state?.state === 'live') this.#watchLive(look, awake, nowMs);
    else if (this.#state?.state !== 'failed') this.#watchLost(awake, nowMs);
  }

  /** Asks a silent server whether it is there, and renews the token in time. */
  #watchLive(look, awake, nowMs) {
    if (this.#probedMs !== null && nowMs - this.#probedMs > PROBE_ANSWER_MS) return this.#comeBack('line');
    // It ended while the page slept, and the socket most likely with it: only a fresh one helps.
    if (awake && nowMs >= this.#tokenEndsMs) return this.#connect();
    const patienceMs = look === 'online' ? 0 : awake ? PROBE_AWAKE_MS : SILENCE_MAX_MS;
    if (this.#probedMs === null && nowMs - this.#heardMs >= patienceMs) {
      this.#probedMs = nowMs;
      this.send({ type: 'renew', token: this.#token });
    }
    this.#renewInTime(nowMs);
  }

  /** Cuts a wait short that has lost its reason, and an attempt that got no answer. */
  #watchLost(awake, nowMs) {
    const waits = this.#timer !== null;
    const stuck = !waits && nowMs - this.#startedMs > WELCOME_MS_MAX;
    if (awake && nowMs >= this.#notBeforeMs && (waits || stuck)) this.#connect();
    else if (stuck) this.#comeBack('line');
  }

  async #renewInTime(nowMs) {
    const lifeMs = this.#tokenEndsMs - this.#tokenFetchedMs;
    const dueMs = this.#tokenEndsMs - Math.min(lifeMs / 5, RENEW_BEFORE_MS);
    if (nowMs < dueMs || nowMs - this.#renewedMs < RENEW_AGAIN_MS) return;
    this.#renewedMs = nowMs;
    const generation = this.#generation;
    try {
      const token = await this.#askToken();
      // The same token again would end at the same time.
      if (generation !== this.#generation || token === this.#token) return;
      this.#token = token;
      this.#tokenFetchedMs = Date.now();
      this.send({ type: 'renew', token });
    } catch (error) {
      console.warn(`live-jury: no new token: ${error?.message ?? error}`);
    }
  }
}
