//! One button a case, where there are several at once.

use leptos::prelude::*;
use live_jury_protocol::{CaseId, CaseState};

use super::icon::{Icon, icon};
use super::live::live;
use super::{Viewer, countdown};

/// Draws the buttons; nothing where there is one case or none.
pub(super) fn pager(viewer: Viewer) -> AnyView {
    let shown = Memo::new(move |_| viewer.stage.with(|stage| stage.shown().to_vec()));
    live(move || {
        let shown = shown.get();
        (shown.len() > 1).then(|| {
            let count = shown.len() as u64;
            let tabs = shown.into_iter().zip(1..).map(|(id, at)| tab(viewer, id, at, count)).collect_view();
            view! {
                <nav class="lj-pager" part="pager" aria-label=viewer.words.cases>
                    {tabs}
                </nav>
            }
            .into_any()
        })
    })
}

fn tab(viewer: Viewer, id: CaseId, at: u64, of: u64) -> AnyView {
    let case = viewer.case(id);
    let jury = viewer.session.jury();
    let voted = Memo::new(move |_| jury.with(|jury| jury.ballots().recorded(id).is_some()));
    let current = move || viewer.stage.with(|stage| stage.front() == Some(id)).then_some("true");
    let mark = live(move || {
        let state = case.with(|case| case.as_ref().map(|case| case.state));
        Some(match state {
            Some(CaseState::Open) if voted.get() => icon(Icon::Check),
            Some(CaseState::Open) => countdown::digits(viewer, id),
            Some(CaseState::Sealed) => icon(Icon::Lock),
            _ => icon(Icon::Scales),
        })
    });
    view! {
        <button
            class="lj-tab"
            type="button"
            aria-current=current
            on:click=move |_| viewer.stage.update(|stage| stage.choose(id))
        >
            <span class="lj-hidden">{(viewer.words.case_of)(viewer.lang, at, of)}</span>
            <span class="lj-tab-title" dir="auto">
                {move || case.with(|case| case.as_ref().map(|case| case.title.clone())).unwrap_or_default()}
            </span>
            {mark}
        </button>
    }
    .into_any()
}
