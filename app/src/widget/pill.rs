//! The widget made small: what there is to do and the time left, in one button.

use leptos::html::Button;
use leptos::prelude::*;
use live_jury_protocol::CaseState;

use super::icon::{Icon, icon};
use super::{Viewer, countdown, has_failed};
use crate::socket::Connection;

/// What the pill says, and whether it asks for a vote.
fn label(viewer: Viewer) -> (String, bool) {
    let words = viewer.words;
    let jury = viewer.session.jury();
    if has_failed(viewer) {
        return (words.failed.to_owned(), false);
    }
    let front = viewer.stage.with(|stage| stage.front());
    let Some((state, voted)) = front
        .and_then(|id| jury.with(|jury| jury.case(id).map(|case| (case.state, jury.ballots().recorded(id).is_some()))))
    else {
        let connecting =
            !jury.with(crate::jury::Jury::has_docket) && viewer.session.connection().get() != Connection::Live;
        return (if connecting { words.connecting } else { words.nothing_open }.to_owned(), false);
    };
    match state {
        CaseState::Open if voted => (words.vote_is_in.to_owned(), false),
        CaseState::Open => (words.vote_open.to_owned(), true),
        CaseState::Sealed => (words.sealed.to_owned(), false),
        _ => (words.verdict.to_owned(), false),
    }
}

/// Draws the pill.
pub(super) fn pill(viewer: Viewer) -> AnyView {
    let label = Memo::new(move |_| label(viewer));
    let large = NodeRef::<Button>::new();
    viewer.take_focus(large);
    view! {
        <button
            class="lj-pill"
            class:lj-pill-asks=move || label.get().1
            part="pill"
            type="button"
            aria-expanded="false"
            node_ref=large
            on:click=move |_| viewer.resize(true)
        >
            {icon(Icon::Scales)}
            <span class="lj-pill-label">{move || label.get().0}</span>
            {move || viewer.stage.with(|stage| stage.front()).map(|id| countdown::digits(viewer, id))}
            <span class="lj-hidden">{viewer.words.expand}</span>
            {icon(Icon::Open)}
        </button>
    }
    .into_any()
}
