// This juror's own ballots: recorded, on their way, and refused; it decides what is sent again and never sends.

import { BACKOFF_MIN_MS, RECAST_JITTER_MAX_MS, isPassing } from './limits.js';

/** Time an unanswered cast is given on a live socket before it is sent again. */
const ANSWER_MS_MAX = 8_000;

const isBefore = (one, other) => one.epoch < other.epoch || (one.epoch === other.epoch && one.change < other.change);
const isSame = (one, other) => one.option === other.option && one.epoch === other.epoch && one.change === other.change;
const byCase = (ballots) => new Map(ballots.map((ballot) => [ballot.case, ballot]));

/** What it asks for is in `effects`: `send`, `wake` and `tell`, in order. */
export class Ballots {
  recorded = new Map();
  pending = new Map();
  refused = new Map();
  #live = false;
  /** What the last welcome held, until it is compared with the docket. */
  #welcomed = null;
  /** The highest epoch for which a lost ballot was cast again: once each. */
  #recastEpoch = new Map();
  #attempts = 0;
  #effects;

  constructor(effects, held) {
    this.#effects = effects;
    this.recorded = byCase(held?.recorded ?? []);
    for (const { case: id, option, change } of held?.pending ?? []) this.#await(id, option, change, false);
  }

  /** What is to survive a reload. */
  get held() {
    const pending = [...this.pending].map(([id, { option, change }]) => ({ case: id, option, change }));
    return { recorded: [...this.recorded.values()], pending };
  }

  disconnected() {
    this.#live = false;
    this.#welcomed = null;
    for (const pending of this.pending.values()) Object.assign(pending, { away: false, attempt: 0 });
  }

  welcomed(ballots) {
    this.#live = true;
    this.#welcomed = byCase(ballots);
  }

  cast(id, option, allowChange) {
    const recorded = this.recorded.get(id);
    if (this.pending.has(id) || (recorded && !allowChange)) return;
    this.refused.delete(id);
    this.#await(id, option, allowChange ? (recorded ? recorded.change + 1 : 0) : null, false);
    this.#send(id);
  }

  acknowledged({ case: id, option, status, epoch, change }) {
    const ballot = { case: id, option, epoch, change };
    const known = this.recorded.get(id);
    // What the store has in a lost ballot's place holds, whatever it is.
    const again = this.pending.get(id)?.again;
    if (!again && known && (isSame(ballot, known) || isBefore(ballot, known))) return;
    this.pending.delete(id);
    this.refused.delete(id);
    this.recorded.set(id, ballot);
    this.#tell('accepted', id, status);
  }

  refusedBy({ case: id, option, reason, retry_after_ms: retryAfterMs }) {
    const pending = this.pending.get(id);
    if (pending?.option !== option) return;
    if (isPassing(reason)) return this.#wake(id, retryAfterMs ?? BACKOFF_MIN_MS);
    this.#refuse(id, reason);
    // A lost ballot that could not be cast again is no longer in.
    if (pending.again) this.recorded.delete(id);
  }

  due(id, attempt) {
    if (attempt !== 0 && this.pending.get(id)?.attempt === attempt) this.#send(id);
  }

  /** A tally or docket of this epoch came for an open case. */
  epochSeen(id, epoch) {
    if (this.recorded.get(id)?.epoch < epoch && !(this.#recastEpoch.get(id) >= epoch)) this.#recast(id, epoch);
  }

  /** Compares what is held with the last welcome and the docket, once both have come on this socket. */
  reconcile(cases) {
    if (!this.#live) return;
    const known = new Set(cases.map(({ id }) => id));
    for (const map of [this.recorded, this.pending, this.refused]) {
      for (const id of map.keys()) if (!known.has(id)) map.delete(id);
    }
    const welcomed = this.#welcomed;
    this.#welcomed = null;
    for (const each of cases) {
      if (welcomed) this.#compare(each, welcomed.get(each.id));
      if (each.state === 'open') this.epochSeen(each.id, each.epoch);
    }
  }

  #compare({ id, state, epoch }, stored) {
    const open = state === 'open';
    const recorded = this.recorded.get(id);
    // The store had it and has it no more.
    if (open && recorded && (!stored || isBefore(stored, recorded))) return this.#recast(id, epoch);
    if (stored) this.recorded.set(id, stored);
    const pending = this.pending.get(id);
    if (!pending || pending.away) return;
    const arrived = stored?.option === pending.option && stored.epoch >= epoch && !(stored.change < pending.change);
    if (arrived) {
      this.pending.delete(id);
      this.#tell('accepted', id, 'duplicate');
    } else if (open) {
      this.#send(id);
    } else if (stored) {
      this.pending.delete(id);
    } else {
      this.#refuse(id, 'closed');
    }
  }

  /** Casts a lost ballot again, as it was, spread out so that a whole room does not do so at once. */
  #recast(id, epoch) {
    this.#recastEpoch.set(id, epoch);
    const { option, change } = this.recorded.get(id);
    if (!this.pending.has(id)) this.#await(id, option, change, true);
    this.#wake(id, Math.random() * RECAST_JITTER_MAX_MS);
  }

  #await(id, option, change, again) {
    this.pending.set(id, { option, change, again, attempt: 0, away: false });
  }

  #refuse(id, reason) {
    this.pending.delete(id);
    this.refused.set(id, reason);
    this.#tell('refused', id, reason);
  }

  #send(id) {
    const pending = this.pending.get(id);
    if (!pending || !this.#live) return;
    pending.away = true;
    const { option, change } = pending;
    this.#effects.push({ send: { type: 'cast', case: id, option, ...(change === null ? {} : { change }) } });
    this.#wake(id, ANSWER_MS_MAX);
  }

  #wake(id, waitMs) {
    const pending = this.pending.get(id);
    if (!pending) return;
    pending.attempt = this.#attempts += 1;
    this.#effects.push({ wake: { id, attempt: pending.attempt, waitMs } });
  }

  #tell(what, id, detail) {
    this.#effects.push({ tell: { what, id, detail } });
  }
}
