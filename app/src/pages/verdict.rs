//! Draws a verdict in full for pages, from [`VerdictView`]; it never decides which counts a reader may see.

use leptos::prelude::*;
use live_jury_protocol::Case;

#[cfg(feature = "details")]
use super::details::Groups;
use super::prefs::{Texts, use_texts};
use super::remedy::Remedy;
use super::shares::Shares;
use crate::dom::live_text;
use crate::hearing::hearing;
use crate::verdict::VerdictView;

/// The result of a case in one line; empty without a verdict.
#[must_use]
pub fn outcome_text(texts: Texts, case: &Case) -> String {
    VerdictView::of(case).map(|verdict| verdict.headline(texts.viewer(), texts.pages())).unwrap_or_default()
}

/// The result of a case in one label, for a list; empty without a verdict.
#[must_use]
pub fn result_text(texts: Texts, case: &Case) -> String {
    VerdictView::of(case).map(|verdict| verdict.result(texts.viewer()).to_owned()).unwrap_or_default()
}

/// The verdict with counts, turnout, the remedy with its clock, and how the case closed.
#[component]
pub fn Verdict(case: Case) -> impl IntoView {
    let texts = use_texts();
    let Some(verdict) = case.verdict.clone() else { return ().into_any() };
    let shown = StoredValue::new(case.clone());
    let headline = move || shown.with_value(|case| outcome_text(texts, case));
    let reason = move || shown.with_value(|case| VerdictView::of(case)?.reason(texts.viewer()));
    let came_again = VerdictView::of(&case).and_then(VerdictView::came_again);
    let came_again =
        move || came_again.map(|(ballots, before)| (texts.pages().came_again)(texts.lang(), ballots, before));
    let closing = move || shown.with_value(|case| VerdictView::of(case).map(|verdict| verdict.closing(texts.viewer())));
    let facts = move || shown.with_value(|case| hearing(case, texts.viewer(), None));
    let is_appeal = super::live_case::appealed(&case).is_some();
    let (ballots, quorum) = (verdict.ballots, case.rules.quorum);
    let counts = Signal::stored(verdict.counts);
    let remedy = view! { <Remedy case=case.clone()/> };
    #[cfg(feature = "details")]
    let groups = view! { <Groups case=case.clone()/> };
    #[cfg(not(feature = "details"))]
    let groups = ();
    view! {
        <div class="verdict" data-outcome=verdict.outcome.as_str()>
            <p class="verdict-headline" dir="auto">{live_text(headline)}</p>
            <p class="hint" dir="auto">{live_text(move || reason().unwrap_or_default())}</p>
            <p class="hint">{live_text(move || came_again().unwrap_or_default())}</p>
            <Shares case counts/>
            <p class="hint">
                <strong class="figure">{live_text(move || texts.lang().number(ballots))}</strong>
                {live_text(move || (texts.pages().of_quorum)(texts.lang(), ballots, quorum))}
            </p>
            {groups}
            {remedy}
            <p class="hint">{live_text(move || closing().unwrap_or_default())}</p>
            <p class="hint">{live_text(facts)}</p>
            {is_appeal.then(|| view! {
                <p class="hint">{live_text(move || texts.lang().standing().is_appeal)}</p>
            })}
        </div>
    }
    .into_any()
}
