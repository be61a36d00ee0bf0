// One room as signals: joins socket, state and storage, and carries out what the state asks; it draws nothing.

import { signal } from '@preact/signals';

import { Jury, keepNewest } from './jury.js';
import { Socket } from './socket.js';

/** Shortest time between two counts on the screen: four a second are still read, more flicker. */
const TALLY_SHOWN_MS = 250;

/** sessionStorage, where the browser lets us. */
function storage() {
  try {
    return window.sessionStorage;
  } catch {
    return null;
  }
}

function load(key) {
  try {
    return JSON.parse(storage()?.getItem(key) ?? 'null');
  } catch {
    return null;
  }
}

function save(key, text) {
  try {
    storage()?.setItem(key, text);
  } catch {
    // A full storage is no reason to disturb the vote itself.
  }
}

export class Session {
  jury = new Jury();
  /** Moves with every change of `jury`, which is one object for good. */
  moved = signal(0);
  connection = signal({ state: 'connecting' });
  claims = signal({});
  #options;
  #onNews;
  #socket;
  #saved = '';
  #timers = new Set();
  #tallies = new Map();
  #talliedMs = 0;

  constructor(options, onNews) {
    this.#options = options;
    this.#onNews = onNews;
    this.#socket = new Socket(options, {
      connection: (connection) => {
        if (connection.state !== 'live') this.#change((jury) => jury.disconnected());
        this.connection.value = connection;
      },
      identity: (claims) => this.#identified(claims),
      frame: (frame) => this.#framed(frame),
    });
  }

  cast(id, option) {
    this.#change((jury) => jury.cast(id, option));
  }

  retry() {
    this.#socket.retry();
  }

  close() {
    this.#socket.close();
    for (const timer of this.#timers) clearTimeout(timer);
  }

  get #key() {
    return `live-jury:${this.#options.server}:${this.#options.room}:${this.claims.peek().sub}`;
  }

  /** Another person in the same tab does not inherit a vote. */
  #identified(claims) {
    const another = claims.sub && claims.sub !== this.claims.peek().sub;
    this.claims.value = claims;
    if (another) this.#change((jury) => jury.restore(load(this.#key)));
  }

  #framed(frame) {
    if (frame.type !== 'tally') return this.#change((jury) => jury.apply(frame, Date.now()));
    const waits = this.#tallies.size > 0;
    keepNewest(this.#tallies, frame);
    if (waits) return;
    this.#after(Math.max(0, this.#talliedMs + TALLY_SHOWN_MS - Date.now()), () => {
      this.#talliedMs = Date.now();
      const tallies = [...this.#tallies.values()];
      this.#tallies.clear();
      this.#change((jury) => tallies.forEach((tally) => jury.apply(tally, Date.now())));
    });
  }

  /** Changes the state, keeps what is to be kept, then carries out what the change asks for. */
  #change(change) {
    change(this.jury);
    this.moved.value += 1;
    this.#keep();
    for (const effect of this.jury.effects.splice(0)) this.#carryOut(effect);
  }

  #keep() {
    const text = JSON.stringify(this.jury.ballots.held);
    if (!this.claims.peek().sub || text === this.#saved) return;
    this.#saved = text;
    save(this.#key, text);
  }

  #carryOut({ send, wake, tell }) {
    // What does not go out now is sent again at the next welcome.
    if (send) this.#socket.send(send);
    if (wake) this.#after(wake.waitMs, () => this.#change((jury) => jury.ballots.due(wake.id, wake.attempt)));
    if (tell) this.#onNews(tell, this.jury);
  }

  #after(waitMs, act) {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, waitMs);
    this.#timers.add(timer);
  }
}
