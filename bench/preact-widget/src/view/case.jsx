// One case from top to bottom: title, time left, both sides, evidence, vote, counts; after the vote, its answer first.

import { useComputed, useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';

import { isOver } from '../limits.js';
import { Answer, Form, hasForm, useVote } from './ballot.jsx';
import { Countdown } from './countdown.jsx';
import { Exhibits } from './evidence.jsx';
import { useRoom } from './room.js';
import { Tally } from './tally.jsx';
import { Verdict } from './verdict.jsx';

export function Case({ viewer, id }) {
  const found = useRoom(viewer, (jury) => jury.case(id));
  const vote = useVote(viewer, id);
  const form = useComputed(() => hasForm(vote.standing.value));
  const shown = found.value;
  if (!shown) return null;
  const kind = viewer.words.kind[shown.kind];
  const all = { viewer, id, shown, vote };
  return (
    <article class="lj-case" part="case">
      <header class="lj-case-head">
        {kind && <p class="lj-eyebrow">{kind}</p>}
        <h2 class="lj-title" part="title" dir="auto">{shown.title}</h2>
      </header>
      {isOver(shown.state) ? <Verdict {...all} /> : form.value ? <ToVote key="before" {...all} /> : <Voted key="after" {...all} />}
    </article>
  );
}

const ToVote = (all) => (
  <>
    <Countdown {...all} />
    <Statements {...all} />
    <Exhibits {...all} />
    <Form {...all} />
    <Tally {...all} />
  </>
);

const Voted = (all) => (
  <>
    <Countdown {...all} />
    <Answer {...all} />
    <Tally {...all} />
    <Statements {...all} />
    <Exhibits {...all} />
  </>
);

/** The facts and both sides' words, with equal space: what opens one side opens the other. */
function Statements({ viewer: { words }, shown: { summary, statements } }) {
  const whole = useSignal(false);
  const cut = useSignal(false);
  const place = useRef();
  const { buyer = '', merchant = '' } = statements ?? {};
  useLayoutEffect(() => {
    if (whole.value) return undefined;
    const texts = [...place.current.querySelectorAll('.lj-clamp')];
    // Only a text that is really cut offers the rest, at whatever width.
    const observer = new ResizeObserver(() => {
      cut.value = texts.some(({ scrollHeight, clientHeight }) => scrollHeight > clientHeight + 1);
    });
    for (const text of texts) observer.observe(text);
    return () => observer.disconnect();
  }, [summary, buyer, merchant, whole.value]);
  return (
    <div class={whole.value ? 'lj-statements lj-whole' : 'lj-statements'} ref={place}>
      {summary && <p class="lj-summary lj-clamp" dir="auto">{summary}</p>}
      <section class="lj-sides" aria-label={words.bothSides}>
        <Side words={words} hue="buyer" title={words.buyerSays} text={buyer} />
        <Side words={words} hue="merchant" title={words.merchantSays} text={merchant} />
      </section>
      {(cut.value || whole.value) && (
        <button class="lj-link-button" type="button" aria-expanded={String(whole.value)} onClick={() => (whole.value = !whole.peek())}>
          {whole.value ? words.readLess : words.readMore}
        </button>
      )}
    </div>
  );
}

const Side = ({ words, hue, title, text }) => (
  <div class="lj-side" data-hue={hue} part="side">
    <h3 class="lj-side-title"><span class="lj-mark" aria-hidden="true" />{title}</h3>
    <p class={text ? 'lj-side-text lj-clamp' : 'lj-side-text lj-clamp lj-empty'} dir="auto">{text || words.noStatement}</p>
  </div>
);
