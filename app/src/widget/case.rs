//! One case from top to bottom: title, time left, both sides, evidence, vote, counts; after the vote, its answer first.

use leptos::prelude::*;
use live_jury_protocol::CaseId;

use super::{Viewer, ballot, countdown, evidence, is_over, statements, tally, verdict};

/// Draws one case.
pub(super) fn case(viewer: Viewer, id: CaseId) -> AnyView {
    let case = viewer.case(id);
    let over = Memo::new(move |_| case.with(|case| case.as_ref().is_some_and(|case| is_over(case.state))));
    countdown::speak(viewer, id);
    let vote = ballot::Vote::new(viewer, id);
    let has_form = Memo::new(move |_| vote.has_form());
    view! {
        <article class="lj-case" part="case">
            <header class="lj-case-head">
                {move || case.with(|case| case.as_ref().and_then(|case| kind(viewer, &case.kind)))}
                <h2 class="lj-title" part="title" dir="auto">
                    {move || case.with(|case| case.as_ref().map(|case| case.title.clone())).unwrap_or_default()}
                </h2>
            </header>
            {move || match (over.get(), has_form.get()) {
                (true, _) => verdict::verdict(viewer, id),
                (false, true) => view! {
                    {countdown::countdown(viewer, id)}
                    {statements::statements(viewer, id)}
                    {evidence::evidence(viewer, id)}
                    {ballot::form(viewer, vote)}
                    {tally::tally(viewer, id)}
                }
                .into_any(),
                (false, false) => view! {
                    {countdown::countdown(viewer, id)}
                    {ballot::answer(viewer, vote)}
                    {tally::tally(viewer, id)}
                    {statements::statements(viewer, id)}
                    {evidence::evidence(viewer, id)}
                }
                .into_any(),
            }}
        </article>
    }
    .into_any()
}

fn kind(viewer: Viewer, kind: &str) -> Option<AnyView> {
    (viewer.words.kind)(kind).map(|words| view! { <p class="lj-eyebrow">{words}</p> }.into_any())
}
