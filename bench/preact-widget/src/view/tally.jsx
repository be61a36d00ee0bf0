// Turnout always, counts where this viewer may see them, and words where not; numbers move without reflow.

import { useComputed } from '@preact/signals';

import { rowsOf } from '../shares.js';
import { useRoom } from './room.js';

export function Tally({ viewer, id, shown }) {
  const { session, words } = viewer;
  const tally = useRoom(viewer, (jury) => jury.tallies.get(id));
  const voted = useRoom(viewer, (jury) => jury.ballots.recorded.has(id));
  const role = useRoom(viewer, (jury) => jury.role);
  const watches = useComputed(() => session.claims.value.anon || (role.value !== null && role.value !== 'viewer'));
  const { counts = null, ballots = 0 } = tally.value ?? {};
  const whyHidden = () => {
    const { reveal } = shown.rules;
    if (reveal === 'after_close' || (reveal === 'after_vote' && watches.value)) return words.countsAfterClose;
    return reveal === 'after_vote' && !voted.value ? words.countsAfterVote : words.countsSoon;
  };
  return (
    <section class="lj-tally" part="tally">
      <Turnout viewer={viewer} ballots={ballots} quorum={shown.rules.quorum} />
      {counts ? (
        <>
          <h3 class="lj-eyebrow">{words.resultsSoFar}</h3>
          <Bars viewer={viewer} shown={shown} counts={counts} />
        </>
      ) : <p class="lj-tally-hidden">{whyHidden()}</p>}
    </section>
  );
}

/** Votes in, and how many a result needs. */
export function Turnout({ viewer: { lang, words }, ballots, quorum }) {
  const part = Math.min(ballots / Math.max(1, quorum), 1).toFixed(4);
  return (
    <div class={ballots >= quorum ? 'lj-turnout lj-turnout-met' : 'lj-turnout'}>
      <p class="lj-turnout-words">
        <strong class="lj-digits">{words.votesIn(lang, ballots)}</strong>
        <span>{words.quorum(lang, ballots, quorum)}</span>
      </p>
      <span class="lj-turnout-track" aria-hidden="true"><span class="lj-turnout-fill" style={{ '--lj-part': part }} /></span>
    </div>
  );
}

/** One bar an option, in the order of the options. */
export const Bars = ({ viewer, shown, counts, winner = null }) => (
  <ul class="lj-bars">
    {rowsOf(shown, counts).map((row) => <Bar key={row.option.id} viewer={viewer} row={row} wins={row.option.id === winner} />)}
  </ul>
);

const Bar = ({ viewer: { lang, words }, row: { option, hue, votes, share }, wins }) => (
  <li class={wins ? 'lj-bar lj-bar-wins' : 'lj-bar'} data-hue={hue} part="bar">
    <span class="lj-bar-label"><span class="lj-mark" aria-hidden="true" /><span dir="auto">{option.label}</span></span>
    <span class="lj-bar-count lj-digits">{votes !== null && words.optionShare(lang, votes, share)}</span>
    {option.abstain ? <span class="lj-bar-note">{words.abstained}</span> : (
      <span class="lj-bar-track" aria-hidden="true">
        <span class="lj-bar-fill" style={{ '--lj-part': (share ?? 0).toFixed(4) }} />
      </span>
    )}
  </li>
);
