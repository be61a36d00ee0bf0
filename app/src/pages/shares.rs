//! Draws the options of a case with their counts for pages, from [`Row`]; it never shows a count that it was not given.

use leptos::prelude::*;
use live_jury_protocol::{Case, Counts};

use super::prefs::use_texts;
use crate::dom::{live_text, still_text};
use crate::shares::{Row, rows, threshold_percent};

/// The options of a case with their counts. A mark on each bar shows the threshold that the winner must pass, and a
/// line below explains it.
#[component]
pub fn Shares(case: Case, #[prop(into)] counts: Signal<Option<Counts>>) -> impl IntoView {
    let texts = use_texts();
    let threshold = threshold_percent(&case);
    let start = rows(&case, None);
    let rows = Memo::new(move |_| counts.with(|counts| rows(&case, counts.as_ref())));
    view! {
        <ul class="shares">
            {start.into_iter().enumerate().map(|(at, row)| {
                let now = Memo::new(move |_| rows.with(|rows| rows.get(at).cloned()));
                view! { <ShareRow row now threshold/> }
            }).collect_view()}
            <li><small class="hint">{live_text(move || (texts.pages().threshold_mark)(threshold))}</small></li>
        </ul>
    }
}

/// One option: `row` holds label and hue, which stay; `now` holds the counts, which change.
#[component]
fn ShareRow(row: Row, now: Memo<Option<Row>>, threshold: f64) -> impl IntoView {
    let texts = use_texts();
    let width = move || now.with(|now| now.as_ref().map(Row::percent).unwrap_or_default());
    let figures = move || now.with(|now| now.as_ref().map(|now| now.figures(texts.lang())).unwrap_or_default());
    let (has_won, abstains) = (row.wins, row.option.abstain);
    view! {
        <li class="share" class:share-won=has_won data-hue=row.hue>
            <span class="share-label" dir="auto">{still_text(row.option.label)}</span>
            <span class="share-figures">{live_text(figures)}</span>
            {(!abstains).then(|| view! {
                <svg
                    class="share-bar" viewBox="0 0 100 6" preserveAspectRatio="none"
                    aria-hidden="true" focusable="false"
                >
                    <rect class="share-track" width="100" height="6"></rect>
                    <rect class="share-fill" width=width height="6"></rect>
                    <line class="share-mark" x1=threshold x2=threshold y1="0" y2="6"></line>
                </svg>
            })}
        </li>
    }
}
