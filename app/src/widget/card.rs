//! The widget made large: head, banner, and the case in front or the words for there being none.

use leptos::prelude::*;

use super::element::{Element, Piece, element, live};
use super::icon::{Icon, icon};
use super::{Viewer, banner, case, has_failed, idle, pager};

/// What stands below the head.
#[derive(PartialEq)]
enum Below {
    Failed,
    Case(live_jury_protocol::CaseId),
    Connecting,
    NothingOpen(Vec<(String, String)>),
}

fn below(viewer: Viewer) -> Below {
    if has_failed(viewer) {
        return Below::Failed;
    }
    if let Some(id) = viewer.stage.with(|stage| stage.front()) {
        return Below::Case(id);
    }
    let joined = viewer.jury().has_docket() || !viewer.jury().cases().is_empty();
    if joined { Below::NothingOpen(idle::earlier(viewer)) } else { Below::Connecting }
}

/// Draws the card.
pub(super) fn card(viewer: Viewer) -> Element {
    let words = viewer.words;
    let small = element("button", "lj-small")
        .set("type", "button")
        .set("aria-expanded", "true")
        .set("aria-label", words.collapse)
        .on("click", move |_| viewer.resize(false))
        .add(icon(Icon::Close));
    viewer.take_focus(&small);
    let parts = move |below: &Below| -> Piece {
        match below {
            Below::Failed => idle::failed(viewer).into(),
            Below::Case(id) => case::case(viewer, *id).into(),
            Below::Connecting => idle::connecting(viewer).into(),
            Below::NothingOpen(earlier) => idle::nothing_open(viewer, earlier),
        }
    };
    let scroll = element("div", "lj-scroll")
        .set("data-scroll", "")
        .set("role", "region")
        .set("aria-label", words.about)
        .set("tabindex", "0")
        .add(live(move || below(viewer), parts));
    element("div", "lj-card")
        .part("card")
        .add(head(viewer, small))
        .add(banner::banner(viewer))
        .add(pager::pager(viewer))
        .add(scroll)
}

fn head(viewer: Viewer, small: Element) -> Element {
    let words = viewer.words;
    let viewers = move |count: &Option<u64>| {
        let count = count.filter(|count| *count > 1)?;
        let text = (words.viewers)(viewer.lang, count);
        Some(element("span", "lj-viewers").add(icon(Icon::Eye)).text(&text))
    };
    element("header", "lj-head")
        .part("head")
        .add(element("span", "lj-brand").add(icon(Icon::Scales)).text(words.name))
        .add(live(move || viewer.jury().viewers(), viewers))
        .add(small)
}
