//! The widget made small: what there is to do and the time left, in one button.

use leptos::prelude::*;
use live_jury_protocol::CaseState;

use super::element::{Element, Piece, element, live};
use super::icon::{Icon, icon};
use super::{Viewer, countdown, has_failed};
use crate::socket::Connection;

/// What the pill says, and whether it asks for a vote.
fn label(viewer: Viewer) -> (&'static str, bool) {
    let words = viewer.words;
    if has_failed(viewer) {
        return (words.failed, false);
    }
    let front = viewer.stage.with(|stage| stage.front());
    let live = viewer.session.connection().with(|connection| *connection == Connection::Live);
    let jury = viewer.jury();
    match front.and_then(|id| jury.case(id)) {
        Some(case) if case.state == CaseState::Open => match jury.ballots().recorded(case.id) {
            Some(_) => (words.vote_is_in, false),
            None => (words.vote_open, true),
        },
        Some(case) if case.state == CaseState::Sealed => (words.sealed, false),
        Some(_) => (words.verdict, false),
        None if live || jury.has_docket() => (words.nothing_open, false),
        None => (words.connecting, false),
    }
}

/// Draws the pill.
pub(super) fn pill(viewer: Viewer) -> Element {
    let front = move || viewer.stage.with(|stage| stage.front());
    let left = move |front: &Option<_>| front.map_or(Piece::from(None), |id| countdown::digits(viewer, id));
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
        .add(element("span", "lj-hidden").text(viewer.words.expand))
        .add(icon(Icon::Open))
}
