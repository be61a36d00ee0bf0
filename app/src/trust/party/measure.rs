//! Shows measures as letters: what, since when, until when, the statement of reasons, and the appeal. It takes none.

use leptos::prelude::*;
use live_jury_protocol::trust::{AppealTarget, Measure};

use super::appeal_form::AppealForm;
use super::{PartyState, Reader, Section};
use crate::dom::{live_text, still_text};
use crate::pages::{Texts, use_texts};
use crate::trust::texts::party;

fn is_in_force(measure: &Measure) -> bool {
    measure.state == "in_force"
}

/// The measures in force, each with its statement.
#[component]
pub(super) fn MeasuresInForce(state: PartyState) -> impl IntoView {
    let measures = Memo::new(move |_| {
        state.standing.with(|standing| {
            let all = standing.as_ref().map(|standing| standing.measures.as_slice()).unwrap_or_default();
            all.iter().filter(|measure| is_in_force(measure)).cloned().collect::<Vec<_>>()
        })
    });
    let is_empty = Memo::new(move |_| measures.with(Vec::is_empty));
    move || {
        (!is_empty.get()).then(|| {
            view! {
                <Section id="measures-title" title=|t| t.measures>
                    <ul class="queue">
                        <For
                            each=move || measures.get() key=|measure| (measure.id, measure.appeal)
                            children=move |measure| view! { <Letter state measure/> }
                        />
                    </ul>
                </Section>
            }
        })
    }
}

/// A measure as its party reads it.
#[component]
fn Letter(state: PartyState, measure: Measure) -> impl IntoView {
    let texts = use_texts();
    let statement = state.standing.with_untracked(|standing| {
        let all = standing.as_ref().map(|standing| standing.statements.as_slice()).unwrap_or_default();
        all.iter().find(|filed| filed.measure == measure.id).map(|filed| filed.statement.text.clone())
    });
    let (from_ms, points, account_ends_ms) = (measure.from_ms, measure.points, measure.account_ends_ms);
    let target = AppealTarget { kind: "measure".to_owned(), id: measure.id };
    let until_ms = measure.appeal_until_ms;
    let may_appeal = state.reader == Reader::Owner && measure.appeal.is_none();
    let since = move || (texts.lang().party().measure_since)(&texts.lang().date_time(from_ms), points);
    let ends = move || account_ends_ms.map(|at_ms| (texts.lang().party().account_ends)(&texts.lang().date_time(at_ms)));
    let (words, kind) = (measure.words.clone(), measure.kind.clone());
    view! {
        <li class="case letter" data-measure=kind>
            <h3>{live_text(move || measure_text(texts, &measure))}</h3>
            <p class="hint">{live_text(since)}" "{live_text(move || ends().unwrap_or_default())}</p>
            {words.map(|words| view! {
                <p class="quoted" dir="auto">{party(texts, |t| t.moderators_words)}": "{still_text(words)}</p>
            })}
            {statement.map(|text| view! {
                <details>
                    <summary>{party(texts, |t| t.statement)}</summary>
                    <p class="written" dir="auto">{still_text(text)}</p>
                </details>
            })}
            {may_appeal.then(|| view! { <AppealForm state target jury_until_ms=None until_ms/> })}
        </li>
    }
}

/// The effect of a measure, and its end. One of a later version is shown as the server names it.
pub(super) fn measure_text(texts: Texts, measure: &Measure) -> String {
    let until = measure.until_ms.map(|at_ms| texts.lang().date_time(at_ms)).unwrap_or_default();
    (texts.lang().party().measure)(&measure.kind, &until).unwrap_or_else(|| measure.kind.clone())
}

/// A measure that is over or lifted, in one line.
#[component]
pub(super) fn PastMeasure(measure: Measure) -> impl IntoView {
    let texts = use_texts();
    let (from_ms, points) = (measure.from_ms, measure.points);
    let since = move || (texts.lang().party().measure_since)(&texts.lang().date_time(from_ms), points);
    let end = {
        let measure = measure.clone();
        move || match &measure.reason {
            Some(reason) => (texts.lang().party().lifted)(reason),
            None if measure.state == "lifted" => (texts.lang().party().lifted)(""),
            None => texts.lang().party().is_over,
        }
    };
    view! {
        <li class="past">
            <span>{live_text(move || measure_text(texts, &measure))}</span>
            <small class="hint">{live_text(since)}" "{live_text(end)}</small>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_measure_that_is_over_or_lifted_is_in_force_no_more() {
        let measure = |state: &str| -> Measure {
            serde_json::from_value(serde_json::json!({
                "id": "01a203b5-27b4-7ec3-865e-b9e2a7a1b202", "party": {"kind": "merchant", "id": "m"},
                "kind": "limit", "points": 24, "from_ms": 1, "until_ms": 2, "state": state, "appeal_until_ms": 3
            }))
            .unwrap()
        };
        assert_eq!(["in_force", "over", "lifted"].map(|state| is_in_force(&measure(state))), [true, false, false]);
    }
}
