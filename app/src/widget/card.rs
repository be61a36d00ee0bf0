//! Draws the expanded widget: head, banner, and the selected case or a notice; it never draws a case itself.

use leptos::prelude::*;

use super::icon::{Icon, icon};
use super::{Viewer, banner, case, check, has_failed, idle, pager};
use crate::dom::{Children, Element, element, live};
use crate::i18n::TextKey;

/// The content below the head.
#[derive(PartialEq)]
enum CardBody {
    Failed,
    Case(live_jury_protocol::CaseId),
    Connecting,
    NothingOpen(Vec<(String, String)>),
}

fn body(viewer: Viewer) -> CardBody {
    if has_failed(viewer) {
        return CardBody::Failed;
    }
    if let Some(id) = viewer.selection.with(|selection| selection.front()) {
        return CardBody::Case(id);
    }
    let joined = viewer.jury().has_docket() || !viewer.jury().cases().is_empty();
    if joined { CardBody::NothingOpen(idle::earlier(viewer)) } else { CardBody::Connecting }
}

/// Draws the card.
pub(super) fn card(viewer: Viewer) -> Element {
    let texts = viewer.texts;
    let small = element("button", "lj-small")
        .set("type", "button")
        .set("aria-expanded", "true")
        .labelled(texts, TextKey::Collapse)
        .on("click", move |_| viewer.resize(false))
        .add(icon(Icon::Close));
    viewer.take_focus(&small);
    let parts = move |body: &CardBody| -> Children {
        match body {
            CardBody::Failed => idle::failed(viewer).into(),
            CardBody::Case(id) => case::case(viewer, *id).into(),
            CardBody::Connecting => idle::connecting(viewer).into(),
            CardBody::NothingOpen(earlier) => idle::nothing_open(viewer, earlier),
        }
    };
    let scroll = element("div", "lj-scroll")
        .set("data-scroll", "")
        .set("role", "region")
        .labelled(texts, TextKey::About)
        .set("tabindex", "0")
        .add(live(move || body(viewer), parts))
        .add(check::report(viewer));
    element("div", "lj-card")
        .part("card")
        .add(head(viewer, small))
        .add(banner::banner(viewer))
        .add(pager::pager(viewer))
        .add(scroll)
}

fn head(viewer: Viewer, small: Element) -> Element {
    let texts = viewer.texts;
    let viewers = move |count: &Option<u64>| {
        let count = count.filter(|count| *count > 1)?;
        Some(element("span", "lj-viewers").add(icon(Icon::Eye)).live_text(move || texts.now().viewers(count)))
    };
    element("header", "lj-head")
        .part("head")
        .add(element("span", "lj-brand").add(icon(Icon::Scales)).says(texts, TextKey::Name))
        .add(live(move || viewer.jury().viewers(), viewers))
        .add(small)
}
