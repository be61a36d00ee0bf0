// The result as a moment: outcome, shares, turnout, what follows, and how the case was closed; spoken once.

import { useSignalEffect } from '@preact/signals';
import { useRef } from 'preact/hooks';

import { isolated } from '../lang.js';
import { isOver } from '../limits.js';
import { hueOf, labelOf, rowsOf } from '../shares.js';
import { Icon } from './icon.jsx';
import { Bars, Turnout } from './tally.jsx';

export function Verdict({ viewer, id, shown }) {
  const { session, lang, words } = viewer;
  const { verdict, rules } = shown;
  if (!verdict) return null;
  const { outcome } = verdict;
  const won = shown.options.find((option) => option.id === verdict.option);
  const hint = words.outcomeHint(lang, outcome, rules.threshold, rules.quorum);
  const isVoid = outcome === 'void';
  const reason = verdict.reason === 'tally_lost' ? words.tallyLost : verdict.reason ?? words.noReason;
  const own = session.jury.ballots.recorded.get(id);
  return (
    <section class="lj-verdict" data-outcome={outcome} data-hue={won ? hueOf(shown, won) : 'none'} part="verdict">
      <div class="lj-verdict-head">
        <p class="lj-eyebrow">{won ? words.outcome[outcome] : words.verdict}</p>
        <p class="lj-verdict-title" dir="auto">{won ? won.label : words.outcome[outcome]}</p>
        {hint && <p class="lj-verdict-hint">{hint}</p>}
        {isVoid && <p class="lj-verdict-hint" dir="auto">{reason}</p>}
      </div>
      {verdict.counts && <Bars viewer={viewer} shown={shown} counts={verdict.counts} winner={verdict.option} />}
      {!isVoid && <Turnout viewer={viewer} ballots={verdict.ballots} quorum={rules.quorum} />}
      {!isVoid && <Remedy words={words} remedy={shown.remedy} decided={outcome === 'decided'} />}
      {own && <p class="lj-verdict-own" dir="auto">{words.youChose(isolated(labelOf(shown, own.option)))}</p>}
      <p class="lj-verdict-meta">{meta(viewer, shown)}</p>
    </section>
  );
}

/** The remedy of a decided case; of one without a decision, that nothing follows. */
function Remedy({ words, remedy, decided }) {
  const text = decided ? remedy : words.remedyNotApplied;
  return text && (
    <div class="lj-remedy" part="remedy">
      <Icon sign={decided ? 'check' : 'scales'} />
      <p class="lj-eyebrow">{words.remedy}</p>
      <p class="lj-remedy-text" dir="auto">{text}</p>
    </div>
  );
}

/** Who closed it, by how much it was extended, and when it was decided. */
function meta({ lang, words }, { closed_by: closedBy, extended_s: extendedS, verdict }) {
  return [
    closedBy && words.closedBy[closedBy],
    extendedS > 0 && words.extendedBy(lang, extendedS),
    lang.dateTime(verdict.decided_at_ms),
  ].filter(Boolean).join(' · ');
}

/** The one sentence that screen readers hear. */
function sentence({ lang, words }, shown) {
  const { title, verdict, remedy } = shown;
  const counted = verdict.counts ? rowsOf(shown, verdict.counts) : [];
  return [
    `${words.verdict}: ${title}`,
    words.outcome[verdict.outcome],
    verdict.option && labelOf(shown, verdict.option),
    ...counted.map(({ option, votes, share }) => `${option.label}: ${words.optionShare(lang, votes, share)}`),
    verdict.outcome === 'decided' && remedy && `${words.remedy}: ${remedy}`,
  ].filter(Boolean).join('. ');
}

/** Speaks the result of each case that ends while the viewer watches. */
export function useSpokenVerdicts(viewer) {
  const before = useRef([]);
  useSignalEffect(() => {
    viewer.session.moved.value;
    const { jury } = viewer.session;
    const over = viewer.stage.value.shown.filter((id) => isOver(jury.case(id)?.state));
    const ended = over.filter((id) => !before.current.includes(id)).at(-1);
    before.current = over;
    if (ended && jury.case(ended).verdict) viewer.spoken.value = sentence(viewer, jury.case(ended));
  });
}
