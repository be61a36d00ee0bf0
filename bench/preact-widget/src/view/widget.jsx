// The widget made small or large: pill, card, the line of a lost connection, one button a case, words for no case.

import { useComputed, useSignal, useSignalEffect } from '@preact/signals';

import { isOver } from '../limits.js';
import { labelOf } from '../shares.js';
import { Case } from './case.jsx';
import { Digits } from './countdown.jsx';
import { Icon } from './icon.jsx';
import { useRoom } from './room.js';
import { useSpokenVerdicts } from './verdict.jsx';

/** How long a lost connection is no news: most come back within it. */
const PATIENCE_MS = 1_000;
/** Earlier results that are listed, at most: a phone shows as many without scrolling. */
const EARLIER_MAX = 3;

export function Widget({ viewer }) {
  const { lang, words, expanded, spoken } = viewer;
  const lost = useLost(viewer);
  useSignalEffect(() => {
    if (lost.value) spoken.value = lossWords(viewer, false);
  });
  useSpokenVerdicts(viewer);
  return (
    <section class="lj-widget" part="widget" lang={lang.tag} aria-label={words.name} data-view={expanded.value ? 'card' : 'pill'}>
      {expanded.value ? <Card viewer={viewer} lost={lost} /> : <Pill viewer={viewer} />}
      <p class="lj-spoken" role="status" aria-live="polite">{spoken}</p>
    </section>
  );
}

/** Whether the connection has been lost for longer than people notice. */
function useLost({ session }) {
  const lost = useSignal(false);
  const isLost = useComputed(() => session.connection.value.state === 'lost');
  useSignalEffect(() => {
    if (!isLost.value) return void (lost.value = false);
    const timer = setTimeout(() => (lost.value = true), PATIENCE_MS);
    return () => clearTimeout(timer);
  });
  return lost;
}

function lossWords({ session, stage, words }, tracked = true) {
  const read = (signal) => (tracked ? signal.value : signal.peek());
  read(session.moved);
  const { front } = read(stage);
  const { ballots } = session.jury;
  if (ballots.pending.has(front)) return words.reconnectingVotePending;
  if (ballots.recorded.has(front)) return words.reconnectingVoteIn;
  return read(session.connection).loss === 'token' ? words.signingIn : words.reconnecting;
}

function Banner({ viewer }) {
  const words = useComputed(() => lossWords(viewer));
  return <p class="lj-banner" part="banner"><Icon sign="alert" /><span>{words}</span></p>;
}

function Pill({ viewer }) {
  const { session, stage, words, expanded, madeSmall } = viewer;
  const docket = useRoom(viewer, (jury) => jury.rev !== null);
  const state = useRoom(viewer, (jury) => jury.case(stage.value.front)?.state);
  const voted = useRoom(viewer, (jury) => jury.ballots.recorded.has(stage.value.front));
  const label = useComputed(() => {
    const { state: connection } = session.connection.value;
    if (connection === 'failed') return words.failed;
    if (!state.value) return !docket.value && connection !== 'live' ? words.connecting : words.nothingOpen;
    if (state.value === 'open') return voted.value ? words.voteIsIn : words.voteOpen;
    return state.value === 'sealed' ? words.sealed : words.verdict;
  });
  const asks = useComputed(() => (label.value === words.voteOpen ? 'lj-pill lj-pill-asks' : 'lj-pill'));
  const open = () => {
    madeSmall.value = false;
    expanded.value = true;
  };
  const { front } = stage.value;
  return (
    <button class={asks} part="pill" type="button" aria-expanded="false" onClick={open}>
      <Icon sign="scales" />
      <span class="lj-pill-label">{label}</span>
      {front && <Digits key={front} viewer={viewer} id={front} />}
      <span class="lj-hidden">{words.expand}</span>
      <Icon sign="open" />
    </button>
  );
}

function Card({ viewer, lost }) {
  const { session, stage, words, expanded, madeSmall } = viewer;
  const failed = useComputed(() => session.connection.value.state === 'failed');
  const makeSmall = () => {
    madeSmall.value = true;
    expanded.value = false;
  };
  const { front } = stage.value;
  return (
    <div class="lj-card" part="card">
      <header class="lj-head" part="head">
        <span class="lj-brand"><Icon sign="scales" /> {words.name}</span>
        <Viewers viewer={viewer} />
        <button class="lj-small" type="button" aria-expanded="true" aria-label={words.collapse} onClick={makeSmall}>
          <Icon sign="close" />
        </button>
      </header>
      {lost.value && <Banner viewer={viewer} />}
      <Pager viewer={viewer} />
      <div class="lj-scroll" data-scroll="" role="region" aria-label={words.about} tabIndex={0}>
        {failed.value ? <Failed viewer={viewer} />
          : front ? <Case key={front} viewer={viewer} id={front} />
            : <Idle viewer={viewer} />}
      </div>
    </div>
  );
}

function Viewers({ viewer }) {
  const { lang, words } = viewer;
  const count = useRoom(viewer, (jury) => jury.viewers);
  return count.value > 1 && <span class="lj-viewers"><Icon sign="eye" /> {words.viewers(lang, count.value)}</span>;
}

function Pager({ viewer }) {
  const { shown } = viewer.stage.value;
  if (shown.length < 2) return null;
  return (
    <nav class="lj-pager" part="pager" aria-label={viewer.words.cases}>
      {shown.map((id, at) => <Tab key={id} viewer={viewer} id={id} at={at + 1} of={shown.length} />)}
    </nav>
  );
}

function Tab({ viewer, id, at, of }) {
  const { stage, words, lang } = viewer;
  const found = useRoom(viewer, (jury) => jury.case(id));
  const voted = useRoom(viewer, (jury) => jury.ballots.recorded.has(id));
  const choose = () => (stage.value = { ...stage.peek(), front: id });
  const mark = () => {
    const state = found.value?.state;
    if (state === 'open') return voted.value ? <Icon sign="check" /> : <Digits viewer={viewer} id={id} />;
    return <Icon sign={state === 'sealed' ? 'lock' : 'scales'} />;
  };
  return (
    <button class="lj-tab" type="button" aria-current={stage.value.front === id ? 'true' : undefined} onClick={choose}>
      <span class="lj-hidden">{words.caseOf(lang, at, of)}</span>
      <span class="lj-tab-title" dir="auto">{found.value?.title}</span>
      {mark()}
    </button>
  );
}

const Notice = ({ sign, title, hint, busy = false, children }) => (
  <div class={busy ? 'lj-notice lj-notice-busy' : 'lj-notice'} part="notice">
    <Icon sign={sign} />
    <h2 class="lj-notice-title">{title}</h2>
    <p class="lj-notice-hint">{hint}</p>
    {children}
  </div>
);

function Idle({ viewer }) {
  const { words } = viewer;
  const joined = useRoom(viewer, (jury) => jury.rev !== null || jury.cases.length > 0);
  const cases = useRoom(viewer, (jury) => jury.cases);
  if (!joined.value) return <Notice sign="scales" title={words.connecting} hint={words.connectingHint} busy />;
  const earlier = cases.value.filter(({ state }) => isOver(state)).slice(0, EARLIER_MAX);
  const outcome = (each) => {
    const { verdict } = each;
    return verdict?.option ? labelOf(each, verdict.option) : words.outcome[verdict?.outcome ?? 'void'];
  };
  return (
    <>
      <Notice sign="scales" title={words.nothingOpen} hint={words.nothingOpenHint} />
      {earlier.length > 0 && (
        <section class="lj-earlier">
          <h3 class="lj-eyebrow">{words.pastVerdicts}</h3>
          <ul>
            {earlier.map((each) => (
              <li key={each.id}>
                <span class="lj-earlier-title" dir="auto">{each.title}</span>
                <span class="lj-earlier-outcome" dir="auto">{outcome(each)}</span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}

function Failed({ viewer: { session, words } }) {
  const { code } = session.connection.value;
  return (
    <Notice sign="alert" title={words.failed} hint={words.failure[code]}>
      <button class="lj-button" type="button" onClick={() => session.retry()}>
        {code === 'replaced' ? words.useHere : words.tryAgain}
      </button>
    </Notice>
  );
}
