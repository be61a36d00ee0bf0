//! How the ballots of a case fall on its options; it shows no count that it was not given.

use leptos::prelude::*;
use live_jury_protocol::{Case, Counts, limits};

use super::prefs::use_texts;
use crate::shares::{Row, rows};

/// The options of a case with their counts. The mark on the bars is the threshold the winner must pass.
#[component]
pub fn Shares(case: Case, #[prop(into)] counts: Signal<Option<Counts>>) -> impl IntoView {
    let threshold = f64::from(case.rules.threshold.parts()) / f64::from(limits::THRESHOLD_SCALE) * 100.0;
    let won = case.verdict.as_ref().and_then(|verdict| verdict.option.clone());
    let start = rows(&case, None);
    let rows = Memo::new(move |_| counts.with(|counts| rows(&case, counts.as_ref())));
    view! {
        <ul class="shares">
            {start.into_iter().enumerate().map(|(at, row)| {
                let has_won = won.as_ref() == Some(&row.option.id);
                let now = Memo::new(move |_| rows.with(|rows| rows.get(at).cloned()));
                view! { <ShareRow row now has_won threshold/> }
            }).collect_view()}
        </ul>
    }
}

/// One option: `row` for what stays, `now` for its counts.
#[component]
fn ShareRow(row: Row, now: Memo<Option<Row>>, has_won: bool, threshold: f64) -> impl IntoView {
    let texts = use_texts();
    let share = Memo::new(move |_| now.with(|now| now.as_ref().and_then(|now| now.share)));
    let width = move || format!("{:.2}", share.get().unwrap_or_default() * 100.0);
    let figures = move || {
        let votes = now.with(|now| now.as_ref().and_then(|now| now.votes));
        votes.map_or_else(
            || "–".to_owned(),
            |votes| match share.get() {
                Some(share) => format!("{} · {}", texts.lang().percent(share), texts.lang().number(votes)),
                None => texts.lang().number(votes),
            },
        )
    };
    let abstains = row.option.abstain;
    view! {
        <li class="share" class:share-won=has_won data-hue=row.hue>
            <span class="share-label" dir="auto">{row.option.label}</span>
            <span class="share-figures">{figures}</span>
            {(!abstains).then(|| view! {
                <svg class="share-bar" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" focusable="false">
                    <rect class="share-track" width="100" height="6"></rect>
                    <rect class="share-fill" width=width height="6"></rect>
                    <line class="share-mark" x1=threshold x2=threshold y1="0" y2="6"></line>
                </svg>
            })}
        </li>
    }
}
