//! Shows a party's violations: those that count or may count as letters, the others in one line each.

use leptos::prelude::*;
use live_jury_protocol::trust::{AppealTarget, Violation};

use super::appeal_form::AppealForm;
use super::measure::PastMeasure;
use super::{PartyState, Reader, Section, title_in};
use crate::dom::{live_text, still_text};
use crate::pages::{Texts, use_texts};
use crate::trust::steps::ViolationSteps;
use crate::trust::texts::party;

/// Whether a violation counts, or may count once somebody decides.
fn is_open(violation: &Violation) -> bool {
    matches!(violation.state.as_str(), "proposed" | "active" | "appealed")
}

/// The violations, and what is earlier: expired and void ones, and measures that are over.
#[component]
pub(super) fn Violations(state: PartyState) -> impl IntoView {
    let texts = use_texts();
    let chosen = move |wanted: bool| {
        Memo::new(move |_| {
            state.standing.with(|standing| {
                let all = standing.as_ref().map(|standing| standing.violations.as_slice()).unwrap_or_default();
                all.iter().filter(|violation| is_open(violation) == wanted).cloned().collect::<Vec<_>>()
            })
        })
    };
    let (open, past) = (chosen(true), chosen(false));
    let past_measures = Memo::new(move |_| {
        state.standing.with(|standing| {
            let all = standing.as_ref().map(|standing| standing.measures.as_slice()).unwrap_or_default();
            all.iter().filter(|measure| measure.state != "in_force").cloned().collect::<Vec<_>>()
        })
    });
    let has_past = move || !past.with(Vec::is_empty) || !past_measures.with(Vec::is_empty);
    view! {
        <Section id="violations-title" title=|t| t.violations>
            <Show when=move || open.with(Vec::is_empty)>
                <p class="empty">{party(texts, |t| t.no_violations)}</p>
            </Show>
            <ul class="queue">
                <For
                    each=move || open.get() key=|violation| (violation.id, violation.version)
                    children=move |violation| view! { <OpenViolation state violation/> }
                />
            </ul>
            <Show when=has_past>
                <details>
                    <summary>{party(texts, |t| t.earlier)}</summary>
                    <ul>
                        <For
                            each=move || past.get() key=|violation| (violation.id, violation.version)
                            children=move |violation| view! {
                                <li class="past" dir="auto">{live_text(move || violation_text(texts, &violation))}</li>
                            }
                        />
                        <For
                            each=move || past_measures.get() key=|measure| (measure.id, measure.state.clone())
                            children=move |measure| view! { <PastMeasure measure/> }
                        />
                    </ul>
                </details>
            </Show>
        </Section>
    }
}

/// A violation that counts or may count.
#[component]
fn OpenViolation(state: PartyState, violation: Violation) -> impl IntoView {
    let target = AppealTarget { kind: "violation".to_owned(), id: violation.id };
    let may_appeal = state.reader == Reader::Owner && violation.state == "active" && violation.appeal.is_none();
    let (jury_until_ms, until_ms) = (violation.jury_until_ms, violation.appeal_until_ms);
    let steps = (state.reader == Reader::Moderator).then(|| violation.clone());
    let name = violation.state.clone();
    view! {
        <li class="case" data-state=name>
            <ViolationText violation/>
            {may_appeal.then(|| view! { <AppealForm state target jury_until_ms until_ms/> })}
            {steps.map(|violation| view! {
                <ViolationSteps api=state.api violation done=state.refreshing()/>
            })}
        </li>
    }
}

/// The sentence of a violation, with what was found and a moderator's words.
#[component]
pub fn ViolationText(violation: Violation) -> impl IntoView {
    let texts = use_texts();
    let (facts, words) = (violation.facts.clone(), violation.words.clone());
    let note = match violation.state.as_str() {
        "appealed" => Some(party(texts, |t| t.holds_back)),
        _ => None,
    };
    view! {
        <h3 dir="auto">{live_text(move || violation_text(texts, &violation))}</h3>
        {note.map(|note| view! { <p>{note}</p> })}
        <details>
            <summary>{party(texts, |t| t.facts)}</summary>
            <p class="written" dir="auto">{still_text(facts)}</p>
        </details>
        {words.map(|words| view! {
            <p class="quoted" dir="auto">{party(texts, |t| t.moderators_words)}": "{still_text(words)}</p>
        })}
    }
}

/// A violation in one sentence.
pub fn violation_text(texts: Texts, violation: &Violation) -> String {
    let (lang, words) = (texts.lang(), texts.lang().party());
    let title = title_in(lang, &violation.title);
    match violation.state.as_str() {
        "proposed" => (words.proposed)(violation.points, title, &violation.clause),
        "void" => (words.void)(title, &violation.clause, violation.reason.as_deref().unwrap_or_default()),
        state => {
            let who = (words.source)(&violation.source).unwrap_or(&violation.source);
            let until = lang.date_time(violation.expires_at_ms);
            let text = (words.violation)(violation.points, title, &violation.clause, who, &until);
            if state == "expired" { format!("{text} {}", words.expired) } else { text }
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::trust::party) fn violation(state: &str) -> Violation {
        serde_json::from_value(serde_json::json!({
            "id": "01a203b5-27b4-7ec3-865e-b9e2a7a1b202", "version": 1, "party": {"kind": "merchant", "id": "m"},
            "policy": "abuse", "title": {"en": "Abuse", "zh-CN": "辱骂"}, "clause": "2.2", "source": "jury",
            "facts": "The host shouted.", "points": 4, "counts": true, "state": state, "decided_at_ms": 1,
            "expires_at_ms": 2, "appeal_until_ms": 3
        }))
        .unwrap()
    }

    #[test]
    fn a_violation_is_open_while_it_counts_or_waits_for_a_decision() {
        let open = ["proposed", "active", "appealed", "expired", "void"].map(|state| is_open(&violation(state)));
        assert_eq!(open, [true, true, true, false, false]);
    }
}
