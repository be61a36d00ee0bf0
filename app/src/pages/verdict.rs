//! A verdict in full: the outcome, the counts as far as they were given, and how the case came to close.

use leptos::prelude::*;
use live_jury_protocol::{Case, ClosedBy, Outcome};

use super::prefs::{Texts, use_texts};
use super::shares::Shares;

/// How a case ended, in a few words.
#[must_use]
pub fn outcome_text(texts: Texts, case: &Case) -> String {
    let Some(verdict) = &case.verdict else { return String::new() };
    let label = verdict.option.as_ref().and_then(|id| case.options.iter().find(|option| option.id == *id));
    match label {
        Some(option) => (texts.pages().decided_for)((texts.viewer().outcome)(verdict.outcome), &option.label),
        None => (texts.viewer().outcome)(verdict.outcome).to_owned(),
    }
}

/// How a case ended, in as few words as a list has room for: the option that won, else the outcome.
#[must_use]
pub fn result_text(texts: Texts, case: &Case) -> String {
    let won = case.verdict.as_ref().and_then(|verdict| verdict.option.as_ref());
    let won = won.and_then(|id| case.options.iter().find(|option| option.id == *id));
    won.map_or_else(|| outcome_text(texts, case), |option| option.label.clone())
}

/// The verdict with counts, turnout, and how it came to close.
#[component]
pub fn Verdict(case: Case) -> impl IntoView {
    let texts = use_texts();
    let Some(verdict) = case.verdict.clone() else { return ().into_any() };
    let headline = {
        let case = case.clone();
        move || outcome_text(texts, &case)
    };
    let reason = {
        let (reason, is_void) = (verdict.reason.clone(), verdict.outcome == Outcome::Void);
        move || is_void.then(|| (texts.viewer().void_reason)(reason.as_deref()))
    };
    let closing = {
        let (closed_by, extended_s, at_ms) = (case.closed_by, case.extended_s, verdict.decided_at_ms);
        move || {
            let viewer = texts.viewer();
            let by = match closed_by {
                Some(ClosedBy::Moderator) => viewer.closed_by_moderator,
                Some(ClosedBy::Deadline) => viewer.closed_by_deadline,
                None => "",
            };
            let extended = (extended_s > 0).then(|| (viewer.extended_by)(texts.lang(), extended_s));
            let parts = [Some(by.to_owned()), extended, Some(texts.lang().date_time(at_ms))];
            parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
        }
    };
    let ballots = verdict.ballots;
    let quorum = case.rules.quorum;
    let counts = Signal::stored(verdict.counts);
    view! {
        <div class="verdict" data-outcome=outcome_name(verdict.outcome)>
            <p class="verdict-headline" dir="auto">{headline}</p>
            <p class="hint" dir="auto">{reason}</p>
            <Shares case counts/>
            <p class="hint">
                <strong class="figure">{move || texts.lang().number(ballots)}</strong>
                {move || (texts.pages().of_quorum)(texts.lang(), ballots, quorum)}
            </p>
            <p class="hint">{closing}</p>
        </div>
    }
    .into_any()
}

/// Every way for a case to end.
pub const OUTCOMES: [Outcome; 4] = [Outcome::Decided, Outcome::Hung, Outcome::NoQuorum, Outcome::Void];

/// The outcome's name, as in the protocol: for styles, and to find it by.
#[must_use]
pub const fn outcome_name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Decided => "decided",
        Outcome::Hung => "hung",
        Outcome::NoQuorum => "no_quorum",
        Outcome::Void => "void",
    }
}
