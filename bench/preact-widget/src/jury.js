// What a client knows of its room: applies frames to one state and says what to send next; it never does IO.

import { Ballots } from './ballots.js';
import { isLive, isOver } from './limits.js';

/** Puts a tally in its case's place unless it says nothing newer than the one there; whether it did. */
export function keepNewest(tallies, tally) {
  const known = tallies.get(tally.case);
  const ahead = known ? tally.epoch - known.epoch || tally.rev - known.rev : 1;
  const news = ahead > 0 || (ahead === 0 && !known.counts && tally.counts);
  if (news) tallies.set(tally.case, tally);
  return Boolean(news);
}

export class Jury {
  role = null;
  clockOffsetMs = 0;
  rev = null;
  cases = [];
  tallies = new Map();
  viewers = null;
  effects = [];
  ballots = new Ballots(this.effects);
  #ready = false;

  /** Takes up what was kept of this juror's ballots from before a reload. */
  restore(held) {
    this.ballots = new Ballots(this.effects, held);
  }

  case(id) {
    return this.cases.find((each) => each.id === id);
  }

  apply(frame, localMs) {
    switch (frame.type) {
      case 'welcome': return this.#welcomed(frame, localMs);
      case 'docket': return this.#docket(frame);
      case 'ballot': return this.ballots.acknowledged(frame);
      case 'refused': return this.ballots.refusedBy(frame);
      case 'tally': return this.#tallied(frame);
      case 'presence': this.viewers = frame.viewers;
    }
  }

  disconnected() {
    this.ballots.disconnected();
    // A restarted room may number its views from the record again: the next view is whole, so it is taken.
    this.rev = null;
  }

  cast(id, option) {
    const found = this.case(id);
    if (found?.state === 'open') this.ballots.cast(id, option, found.rules.allow_change);
  }

  #welcomed({ role, server_time_ms: serverMs, ballots }, localMs) {
    this.role = role;
    this.clockOffsetMs = serverMs - localMs;
    this.ballots.welcomed(ballots);
    // After a renewal no docket follows: the one at hand still holds.
    if (this.rev !== null) this.ballots.reconcile(this.cases);
  }

  #docket({ rev, cases }) {
    if (this.rev !== null && rev < this.rev) return;
    const before = new Map(this.cases.map(({ id, state }) => [id, state]));
    this.cases = cases;
    this.rev = rev;
    if (this.role && !this.#ready) {
      this.#ready = true;
      this.#tell('ready', null, this.role);
    }
    for (const { id, state } of cases) {
      const was = before.get(id);
      if (state === 'open' && was !== 'open') this.#tell('opened', id);
      else if (isOver(state) && isLive(was)) this.#tell('ended', id);
    }
    for (const id of this.tallies.keys()) if (!this.case(id)) this.tallies.delete(id);
    this.ballots.reconcile(cases);
  }

  #tallied({ type, ...tally }) {
    if (!keepNewest(this.tallies, tally)) return;
    this.#tell('tallied', tally.case);
    if (this.case(tally.case)?.state === 'open') this.ballots.epochSeen(tally.case, tally.epoch);
  }

  #tell(what, id, detail) {
    this.effects.push({ tell: { what, id, detail } });
  }
}
