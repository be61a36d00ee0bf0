//! Draws the collapsed widget: one button with the state and the time left; it never casts.

use leptos::prelude::*;
use live_jury_protocol::CaseState;

use super::icon::{Icon, icon};
use super::{Viewer, countdown, has_failed, is_over};
use crate::dom::{Children, Element, element, live};
use crate::i18n::TextKey;
use crate::socket::Connection;

/// The label of the pill, and whether it asks for a vote.
fn label(viewer: Viewer) -> (&'static str, bool) {
    let texts = viewer.texts;
    if has_failed(viewer) {
        return (texts.get(TextKey::Failed), false);
    }
    let front = viewer.selection.with(|selection| selection.front());
    let live = viewer.session.connection().with(|connection| *connection == Connection::Live);
    let jury = viewer.jury();
    match front.and_then(|id| jury.case(id)) {
        Some(case) if case.state == CaseState::Open => match jury.ballots().recorded(case.id) {
            Some(_) => (texts.get(TextKey::VoteIsIn), false),
            None => (texts.get(TextKey::VoteOpen), true),
        },
        Some(case) if is_over(case) => (texts.get(TextKey::Verdict), false),
        Some(_) => (texts.get(TextKey::Sealed), false),
        None if live || jury.has_docket() => (texts.get(TextKey::NothingOpen), false),
        None => (texts.get(TextKey::Connecting), false),
    }
}

/// Draws the pill.
pub(super) fn pill(viewer: Viewer) -> Element {
    let front = move || viewer.selection.with(|selection| selection.front());
    let left = move |front: &Option<_>| front.map_or(Children::from(None), |id| countdown::digits(viewer, id));
    let large = element("button", "lj-pill")
        .part("pill")
        .set("type", "button")
        .set("aria-expanded", "false")
        .live_class("lj-pill-asks", move || label(viewer).1)
        .on("click", move |_| viewer.resize(true));
    viewer.take_focus(&large);
    large
        .add(icon(Icon::Scales))
        .add(element("span", "lj-pill-label").live_text(move || label(viewer).0))
        .add(live(front, left))
        .add(element("span", "lj-hidden").says(viewer.texts, TextKey::Expand))
        .add(icon(Icon::Open))
}
