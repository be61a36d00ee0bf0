//! One button a case, where there are several at once.

use leptos::prelude::*;
use live_jury_protocol::{CaseId, CaseState};

use super::icon::{Icon, icon};
use super::{Viewer, countdown};

/// Draws the buttons; nothing where there is one case or none.
pub(super) fn pager(viewer: Viewer) -> impl IntoView {
    let shown = Memo::new(move |_| viewer.stage.with(|stage| stage.shown().to_vec()));
    move || {
        let shown = shown.get();
        (shown.len() > 1).then(|| {
            let count = shown.len() as u64;
            let tabs = shown.into_iter().zip(1..).map(|(id, at)| tab(viewer, id, at, count)).collect_view();
            view! {
                <nav class="lj-pager" part="pager" aria-label=viewer.words.cases>
                    {tabs}
                </nav>
            }
        })
    }
}

fn tab(viewer: Viewer, id: CaseId, at: u64, of: u64) -> impl IntoView {
    let case = viewer.case(id);
    let jury = viewer.session.jury();
    let voted = Memo::new(move |_| jury.with(|jury| jury.ballots().recorded(id).is_some()));
    let current = move || viewer.stage.with(|stage| stage.front() == Some(id)).then_some("true");
    let mark = move || {
        let state = case.with(|case| case.as_ref().map(|case| case.state));
        match state {
            Some(CaseState::Open) if voted.get() => icon(Icon::Check).into_any(),
            Some(CaseState::Open) => countdown::digits(viewer, id).into_any(),
            Some(CaseState::Sealed) => icon(Icon::Lock).into_any(),
            _ => icon(Icon::Scales).into_any(),
        }
    };
    view! {
        <button
            class="lj-tab"
            type="button"
            aria-current=current
            on:click=move |_| viewer.stage.update(|stage| stage.choose(id))
        >
            <span class="lj-hidden">{(viewer.words.case_of)(viewer.lang, at, of)}</span>
            <span class="lj-tab-title" dir="auto">
                {move || case.with(|case| case.as_ref().map(|case| case.title.clone()))}
            </span>
            {mark}
        </button>
    }
}
