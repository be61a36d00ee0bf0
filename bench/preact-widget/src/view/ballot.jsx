// The vote: the form, what became of it, or why there is none; selecting never casts.

import { useComputed, useSignal, useSignalEffect } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';

import { isolated } from '../lang.js';
import { hueOf, labelOf } from '../shares.js';
import { useSecondsLeft } from './countdown.jsx';
import { Icon } from './icon.jsx';
import { useRoom } from './room.js';

/** Refusals that another choice mends. */
const MENDABLE = ['not_open', 'unknown_option'];

/** Where this viewer stands in a case; `is` says which. */
function standingOf({ session, words }, id, inTime, changing) {
  const { jury, claims } = session;
  const shown = jury.case(id);
  if (!shown) return null;
  const { recorded, pending, refused } = jury.ballots;
  const own = recorded.has(id) ? labelOf(shown, recorded.get(id).option) : null;
  const refusal = refused.get(id);
  if (shown.state !== 'open' || (!inTime && !pending.has(id))) return { is: 'closed', own, why: words.refusal[refusal] };
  if (pending.has(id)) return { is: 'sending', again: pending.get(id).again };
  if (jury.role !== null && jury.role !== 'viewer') return { is: 'barred', why: words.watchingRole };
  if (own !== null && !changing) return { is: 'voted', own };
  if (own === null && claims.value.anon) return { is: 'barred', why: words.watchingAnon };
  if (refusal === 'already_voted') return { is: 'barred', why: words.votedElsewhere };
  if (refusal && !MENDABLE.includes(refusal)) return { is: 'barred', why: words.refusal[refusal] };
  return { is: 'choosing', why: words.refusal[refusal] };
}

/** Whether there is a choice to make or on its way: then the case is read before the vote, else after it. */
export const hasForm = (standing) => standing?.is === 'choosing' || (standing?.is === 'sending' && !standing.again);

/** One viewer's vote in one case, for as long as the case is in front. */
export function useVote(viewer, id) {
  const { words, spoken } = viewer;
  const left = useSecondsLeft(viewer, id);
  const inTime = useComputed(() => left.value > 0);
  const changing = useSignal(false);
  /** The viewer pressed *Submit* here, so the answer may take the focus that the form had. */
  const acted = useRef(false);
  const before = useRef(null);
  const known = useRef(null);
  const standing = useRoom(viewer, () => {
    const now = standingOf(viewer, id, inTime.value, changing.value);
    // The same as before is the same value, so that a count alone draws nothing anew.
    if (JSON.stringify(now) !== JSON.stringify(known.current)) known.current = now;
    return known.current;
  });
  useSignalEffect(() => {
    const now = standing.value;
    const wasSending = before.current?.is === 'sending';
    before.current = now;
    if (now?.is === 'sending') return void (now.again || (spoken.value = words.sending));
    if (!wasSending || !now) return;
    const said = now.is === 'voted' ? words.voteIsIn : now.why;
    if (said) spoken.value = said;
  });
  return { standing, changing, acted };
}

export function Form({ viewer, id, shown, vote: { standing, changing, acted } }) {
  const { session, words } = viewer;
  const chosen = useSignal(session.jury.ballots.pending.get(id)?.option ?? null);
  const asked = useSignal(false);
  const place = useRef();
  const sending = standing.value?.is === 'sending';
  const submit = (event) => {
    event.preventDefault();
    if (sending) return;
    if (chosen.value === null) {
      asked.value = true;
      place.current.querySelector('input')?.focus();
      return;
    }
    acted.current = true;
    changing.value = false;
    session.cast(id, chosen.value);
  };
  const hint = standing.value?.why ?? (asked.value && chosen.value === null ? words.chooseFirst : null);
  return (
    <form class="lj-ballot" part="ballot" noValidate onSubmit={submit}>
      <fieldset ref={place} aria-busy={String(sending)}>
        <legend class="lj-eyebrow">
          {words.yourVote}
          <span class="lj-hidden" dir="auto">{`: ${shown.title}`}</span>
        </legend>
        {shown.options.map((option) => (
          <label key={option.id} class="lj-option" data-hue={hueOf(shown, option)} part="option">
            <input
              type="radio"
              name={id}
              value={option.id}
              checked={chosen.value === option.id}
              disabled={sending}
              onChange={() => (chosen.value = option.id)}
            />
            <span class="lj-option-label" dir="auto">{option.label}</span>
            <span class="lj-mark" aria-hidden="true" />
          </label>
        ))}
      </fieldset>
      {hint && <p class="lj-hint" role="alert">{hint}</p>}
      <div class="lj-actions">
        {changing.value && (
          <button class="lj-button lj-quiet" type="button" onClick={() => (changing.value = false)}>{words.keepVote}</button>
        )}
        <button class="lj-button" part="submit" type="submit" aria-disabled={String(sending)}>
          {sending ? words.sending : chosen.value === null ? words.voteOpen : words.submit}
        </button>
      </div>
    </form>
  );
}

/** The vote where it has no form: what became of it, or why there is none. */
export function Answer({ viewer: { words }, shown, vote }) {
  const { is, own, why } = vote.standing.value ?? {};
  switch (is) {
    case 'sending': return <Note answer="sending" sign="clock" title={words.sendingAgain} />;
    case 'voted': return <Voted words={words} own={own} mayChange={shown.rules.allow_change} vote={vote} />;
    case 'barred': return <Note answer="watching" sign="eye" title={words.watchingOnly} hint={why} />;
    case 'closed': return <Closed words={words} own={own} why={why} />;
    default: return null;
  }
}

const Note = ({ answer, sign, title, hint, children }) => (
  <div class="lj-answer" data-answer={answer} part="answer">
    <Icon sign={sign} />
    <p class="lj-answer-title">{title}</p>
    {hint && <p class="lj-answer-hint">{hint}</p>}
    {children}
  </div>
);

function Closed({ words, own, why }) {
  const said = own !== null ? words.voteInAs(isolated(own)) : why;
  return (
    <Note answer="closed" sign="lock" title={words.sealed} hint={words.sealedHint}>
      {said && <p class="lj-answer-hint" dir="auto">{said}</p>}
    </Note>
  );
}

function Voted({ words, own, mayChange, vote: { changing, acted } }) {
  const title = useRef();
  useEffect(() => {
    if (!acted.current) return undefined;
    acted.current = false;
    const frame = requestAnimationFrame(() => {
      title.current.closest('[data-scroll]').scrollTop = 0;
      title.current.focus();
    });
    return () => cancelAnimationFrame(frame);
  }, []);
  return (
    <div class="lj-answer" data-answer="in" part="answer">
      <Icon sign="check" />
      <p class="lj-answer-title" tabIndex={-1} ref={title}>{words.voteIsIn}</p>
      <p class="lj-answer-hint">
        <span dir="auto">{words.youChose(isolated(own))}</span>{words.space}{mayChange ? words.voteMayChange : words.voteIsFinal}
      </p>
      {mayChange && (
        <button class="lj-link-button" type="button" onClick={() => (changing.value = true)}>{words.changeVote}</button>
      )}
    </div>
  );
}
