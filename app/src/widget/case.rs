//! One case from top to bottom: title, time left, result or both sides, evidence, vote, counts.

use leptos::prelude::*;
use live_jury_protocol::CaseId;

use super::{Viewer, ballot, countdown, evidence, is_over, statements, tally, verdict};

/// Draws one case.
pub(super) fn case(viewer: Viewer, id: CaseId) -> impl IntoView {
    let case = viewer.case(id);
    let over = Memo::new(move |_| case.with(|case| case.as_ref().is_some_and(|case| is_over(case.state))));
    view! {
        <article class="lj-case" part="case">
            <header class="lj-case-head">
                {move || case.with(|case| case.as_ref().map(|case| kind(viewer, &case.kind)))}
                <h2 class="lj-title" part="title" dir="auto">
                    {move || case.with(|case| case.as_ref().map(|case| case.title.clone()))}
                </h2>
            </header>
            {move || {
                if over.get() {
                    verdict::verdict(viewer, id).into_any()
                } else {
                    view! {
                        {countdown::countdown(viewer, id)}
                        {statements::statements(viewer, id)}
                        {evidence::evidence(viewer, id)}
                        {ballot::ballot(viewer, id)}
                        {tally::tally(viewer, id)}
                    }
                    .into_any()
                }
            }}
        </article>
    }
}

fn kind(viewer: Viewer, kind: &str) -> impl IntoView + use<> {
    (viewer.words.kind)(kind).map(|words| view! { <p class="lj-eyebrow">{words}</p> })
}
