//! Draws one button for each case if there are several; it never draws a case.

use leptos::prelude::*;
use live_jury_protocol::{CaseId, CaseState};

use super::icon::{Icon, icon};
use super::{Viewer, countdown};
use crate::dom::{Children, Element, element, live};
use crate::i18n::TextKey;

/// Draws the buttons; nothing if there is at most one case.
pub(super) fn pager(viewer: Viewer) -> Children {
    let draw = move |shown: &Vec<CaseId>| {
        let of = shown.len() as u64;
        let tabs = || shown.iter().zip(1..).map(|(id, at)| tab(viewer, *id, at, of)).collect::<Children>();
        let pager = || element("nav", "lj-pager").part("pager").labelled(viewer.texts, TextKey::Cases);
        (of > 1).then(|| pager().add(tabs()))
    };
    live(move || viewer.selection.with(|selection| selection.shown().to_vec()), draw)
}

fn tab(viewer: Viewer, id: CaseId, at: u64, of: u64) -> Element {
    let is_current = move || viewer.selection.with(|selection| selection.front() == Some(id));
    let state = move || {
        let jury = viewer.jury();
        (jury.case(id).map(|case| case.state), jury.ballots().recorded(id).is_some())
    };
    let mark = move |state: &(Option<CaseState>, bool)| match state {
        (Some(CaseState::Open), false) => countdown::digits(viewer, id),
        (Some(CaseState::Open), true) => icon(Icon::Check).into(),
        (Some(CaseState::Sealed), _) => icon(Icon::Lock).into(),
        _ => icon(Icon::Scales).into(),
    };
    element("button", "lj-tab")
        .set("type", "button")
        .live_set("aria-current", move || is_current().then_some("true"))
        .on("click", move |_| viewer.selection.update(|selection| selection.choose(id)))
        .add(element("span", "lj-hidden").live_text(move || viewer.texts.now().case_of(at, of)))
        .add(element("span", "lj-tab-title").set("dir", "auto").live_text(move || viewer.title(id)))
        .add(live(state, mark))
}
