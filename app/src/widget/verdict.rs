//! The result as a moment: outcome, shares, turnout, what follows, and how the case was closed; spoken once.

use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, ClosedBy, Outcome, Verdict};

use super::icon::{Icon, icon};
use super::live::live;
use super::tally::{bars, turnout};
use super::{Viewer, is_over};
use crate::shares::hue;

/// What the winning option says.
fn winner(case: &Case, verdict: &Verdict) -> Option<(String, &'static str)> {
    let id = verdict.option.as_ref()?;
    let option = case.options.iter().find(|option| option.id == *id)?;
    Some((option.label.clone(), hue(case, option)))
}

/// Draws the result of a case that is over.
pub(super) fn verdict(viewer: Viewer, id: CaseId) -> AnyView {
    let case = viewer.case(id);
    live(move || case.with(|case| case.as_ref().and_then(|case| Some(moment(viewer, case, case.verdict.as_ref()?)))))
}

fn moment(viewer: Viewer, case: &Case, verdict: &Verdict) -> AnyView {
    let words = viewer.words;
    let id = case.id;
    let won = winner(case, verdict);
    let outcome = (words.outcome)(verdict.outcome);
    let (title, hue) = match won.clone() {
        Some((label, hue)) => (label, hue),
        None => (outcome.to_owned(), "none"),
    };
    let eyebrow = if won.is_some() { outcome } else { words.verdict };
    let hint = (words.outcome_hint)(viewer.lang, verdict.outcome, case.rules.threshold.into(), case.rules.quorum);
    let reason = (verdict.outcome == Outcome::Void).then(|| (words.void_reason)(verdict.reason.as_deref()));
    let own = viewer.session.jury().with_untracked(|jury| {
        let option = &jury.ballots().recorded(id)?.option;
        case.options.iter().find(|known| known.id == *option).map(|option| (words.you_chose)(&option.label))
    });
    let counts = verdict.counts.clone();
    let has_counts = counts.is_some();
    let counts = Memo::new(move |_| counts.clone());
    let ballots = verdict.ballots;
    let ballots = Memo::new(move |_| ballots);
    let is_void = verdict.outcome == Outcome::Void;
    let won_id = verdict.option.as_ref().map(ToString::to_string);
    view! {
        <section class="lj-verdict" data-outcome=outcome_name(verdict.outcome) data-hue=hue part="verdict">
            <div class="lj-verdict-head">
                <p class="lj-eyebrow">{eyebrow}</p>
                <p class="lj-verdict-title" dir="auto">{title}</p>
                {(!hint.is_empty()).then(|| view! { <p class="lj-verdict-hint">{hint}</p> }.into_any())}
                {reason.map(|reason| view! { <p class="lj-verdict-hint" dir="auto">{reason}</p> }.into_any())}
            </div>
            {has_counts.then(|| bars(viewer, id, counts, won_id))}
            {(!is_void).then(|| turnout(viewer, id, ballots))}
            {if is_void { None } else { remedy(viewer, case, verdict) }}
            {own.map(|own| view! { <p class="lj-verdict-own" dir="auto">{own}</p> }.into_any())}
            <p class="lj-verdict-meta">{meta(viewer, case, verdict)}</p>
        </section>
    }
    .into_any()
}

const fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Decided => "decided",
        Outcome::Hung => "hung",
        Outcome::NoQuorum => "no_quorum",
        Outcome::Void => "void",
    }
}

/// The remedy of a decided case; of one without a decision, that nothing follows.
fn remedy(viewer: Viewer, case: &Case, verdict: &Verdict) -> Option<AnyView> {
    let words = viewer.words;
    let decided = verdict.outcome == Outcome::Decided;
    let text = match (&case.remedy, decided) {
        (Some(remedy), true) => Some(remedy.clone()),
        (None, true) => None,
        (_, false) => Some(words.remedy_not_applied.to_owned()),
    };
    text.map(|text| {
        view! {
            <div class="lj-remedy" part="remedy">
                {icon(if decided { Icon::Check } else { Icon::Scales })}
                <p class="lj-eyebrow">{words.remedy}</p>
                <p class="lj-remedy-text" dir="auto">{text}</p>
            </div>
        }
        .into_any()
    })
}

/// Who closed it, by how much it was extended, and when it was decided.
fn meta(viewer: Viewer, case: &Case, verdict: &Verdict) -> String {
    let words = viewer.words;
    let mut parts = Vec::new();
    match case.closed_by {
        Some(ClosedBy::Deadline) => parts.push(words.closed_by_deadline.to_owned()),
        Some(ClosedBy::Moderator) => parts.push(words.closed_by_moderator.to_owned()),
        None => {}
    }
    if case.extended_s > 0 {
        parts.push((words.extended_by)(viewer.lang, case.extended_s));
    }
    parts.push((words.decided_at)(viewer.lang, verdict.decided_at_ms));
    parts.join(" · ")
}

/// The one sentence that screen readers hear.
fn sentence(viewer: Viewer, case: &Case, verdict: &Verdict) -> String {
    let words = viewer.words;
    let mut parts = vec![format!("{}: {}", words.verdict, case.title), (words.outcome)(verdict.outcome).to_owned()];
    parts.extend(winner(case, verdict).map(|(label, _)| label));
    for row in crate::shares::rows(case, verdict.counts.as_ref()) {
        if let Some(votes) = row.votes {
            parts.push(format!("{}: {}", row.option.label, (words.option_share)(viewer.lang, votes, row.share)));
        }
    }
    if verdict.outcome == Outcome::Decided {
        parts.extend(case.remedy.as_ref().map(|remedy| format!("{}: {remedy}", words.remedy)));
    }
    parts.join(". ")
}

/// Speaks the result of each case that ends while the viewer watches.
pub(super) fn speak(viewer: Viewer) {
    let jury = viewer.session.jury();
    let over = Memo::new(move |_| {
        let shown = viewer.stage.with(|stage| stage.shown().to_vec());
        let is_over = |id: &CaseId| jury.with(|jury| jury.case(*id).is_some_and(|case| is_over(case.state)));
        shown.into_iter().filter(is_over).collect::<Vec<_>>()
    });
    Effect::new(move |before: Option<Vec<CaseId>>| {
        let over = over.get();
        let before = before.unwrap_or_default();
        let Some(id) = over.iter().rfind(|id| !before.contains(id)) else { return over };
        let sentence = jury.with_untracked(|jury| {
            let case = jury.case(*id)?;
            Some(sentence(viewer, case, case.verdict.as_ref()?))
        });
        if let Some(sentence) = sentence {
            viewer.say(sentence);
        }
        over
    });
}
