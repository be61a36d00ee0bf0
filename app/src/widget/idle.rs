//! Draws the states without a selected case: connecting, nothing open with the last results, and failed; it never
//! reconnects by itself.

use leptos::prelude::*;
use live_jury_protocol::{Case, Outcome};

use super::icon::{Icon, icon};
use super::{Viewer, is_over};
use crate::dom::{Children, Element, element};
use crate::i18n::TextKey;
use crate::socket::{Connection, Failure};
use crate::verdict::{SEPARATOR, VerdictView};

/// The most earlier results in the list. A phone shows three without scrolling.
const EARLIER_MAX: usize = 3;

/// Draws *connecting*.
pub(super) fn connecting(viewer: Viewer) -> Element {
    notice(viewer, TextKey::Connecting, TextKey::ConnectingHint).set("class", "lj-notice lj-notice-busy")
}

/// Draws *nothing open*, with the last results if there are any.
pub(super) fn nothing_open(viewer: Viewer, earlier: &[(String, String)]) -> Children {
    let texts = viewer.texts;
    let result = |(title, outcome): &(String, String)| {
        element("li", "")
            .add(element("span", "lj-earlier-title").set("dir", "auto").text(title))
            .add(element("span", "lj-earlier-outcome").set("dir", "auto").text(outcome))
    };
    let list = (!earlier.is_empty()).then(|| {
        element("section", "lj-earlier")
            .add(element("h3", "lj-eyebrow").says(texts, TextKey::PastVerdicts))
            .add(element("ul", "").add(earlier.iter().map(result).collect::<Children>()))
    });
    Children::from(notice(viewer, TextKey::NothingOpen, TextKey::NothingOpenHint)).and(list)
}

/// Title and result of the last cases, with the clock of a remedy.
pub(super) fn earlier(viewer: Viewer) -> Vec<(String, String)> {
    let over = |case: &&Case| is_over(case);
    let result = |case: &Case| (case.title.clone(), outcome(viewer, case));
    viewer.jury().cases().iter().filter(over).take(EARLIER_MAX).map(result).collect()
}

/// The result in one label. A case that ended without a verdict reads as void.
fn outcome(viewer: Viewer, case: &Case) -> String {
    let texts = viewer.texts.now();
    let Some(verdict) = VerdictView::of(case) else { return texts.outcome(Outcome::Void).to_owned() };
    let result = verdict.result(texts).to_owned();
    match verdict.remedy_clock(texts) {
        Some(clock) => result + SEPARATOR + &clock,
        None => result,
    }
}

/// Draws *failed*, with advice.
pub(super) fn failed(viewer: Viewer) -> Element {
    let texts = viewer.texts;
    let connection = viewer.session.connection();
    let hint = move || {
        connection.with(|connection| match connection {
            Connection::Failed(failure) => texts.now().failure(failure),
            _ => "",
        })
    };
    let label = move || {
        let replaced = connection.with(|connection| *connection == Connection::Failed(Failure::Replaced));
        if replaced { texts.get(TextKey::UseHere) } else { texts.get(TextKey::TryAgain) }
    };
    let again = element("button", "lj-button").set("type", "button").on("click", move |_| viewer.session.retry());
    element("div", "lj-notice")
        .part("notice")
        .add(icon(Icon::Alert))
        .add(element("h2", "lj-notice-title").says(texts, TextKey::Failed))
        .add(element("p", "lj-notice-hint").live_text(hint))
        .add(again.live_text(label))
}

fn notice(viewer: Viewer, title: TextKey, hint: TextKey) -> Element {
    element("div", "lj-notice")
        .part("notice")
        .add(icon(Icon::Scales))
        .add(element("h2", "lj-notice-title").says(viewer.texts, title))
        .add(element("p", "lj-notice-hint").says(viewer.texts, hint))
}
