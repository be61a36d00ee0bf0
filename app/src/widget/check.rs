//! Asks for the check of a verdict, by a button or by itself, and for the form of a report. It checks and sends
//! nothing: the modules that do load only then.

use std::time::Duration;

use js_sys::Function;
use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId};
use wasm_bindgen::JsValue;

use super::events::Detail;
use super::{Viewer, has_failed};
use crate::backoff::share;
use crate::dom::{Element, element};
use crate::i18n::TextKey;

/// Above these ballots one device in [`CHECKING_SHARE`] checks by itself. Below, all do, as a server can answer them.
const BALLOTS_ALL_CHECK: u64 = 5_000;
/// The share of devices that check by themselves in a large case: one in so many.
const CHECKING_SHARE: u64 = 16;
/// The time after a verdict before which no device checks by itself, in milliseconds. The log signs it meanwhile.
const FIRST_CHECK_MS: u64 = 10_000;
/// The time over which these checks are spread, in milliseconds.
const CHECKS_SPREAD_MS: u64 = 60_000;

/// The page's function that loads the check.
pub(super) type Check = StoredValue<Function, LocalStorage>;

/// The two buttons. The module draws below them.
pub(super) fn buttons(viewer: Viewer, case: &Case) -> Element {
    let id = case.id;
    let button = |kind: &'static str, text: TextKey| {
        element("button", "lj-link-button")
            .set("type", "button")
            .set("data-kind", kind)
            .text(viewer.texts.now().get(text))
            .on("click", move |_| ask(viewer, id, kind))
    };
    element("div", "lj-check")
        .set("data-check", &id.to_string())
        .add(button("how", TextKey::HowDecided))
        .add(button("mine", TextKey::CheckMyVote))
}

/// Checks the own ballot by itself after a while, if it is this device's turn.
pub(super) fn later(viewer: Viewer, case: &Case) {
    let ballots = case.verdict.as_ref().map_or(0, |verdict| verdict.ballots);
    let id = case.id;
    let is_due = ballots <= BALLOTS_ALL_CHECK || share(CHECKING_SHARE, js_sys::Math::random()) == 0;
    if is_due && viewer.jury().ballots().recorded(id).is_some() {
        let wait_ms = FIRST_CHECK_MS + share(CHECKS_SPREAD_MS, js_sys::Math::random());
        set_timeout(move || ask(viewer, id, "self"), Duration::from_millis(wait_ms));
    }
}

/// The button of a report. The module draws its form below it. A snapshot has none; a widget that failed shows none.
pub(super) fn report(viewer: Viewer) -> Option<Element> {
    let check = viewer.check?;
    let button = element("button", "lj-link-button").set("type", "button").says(viewer.texts, TextKey::Report);
    // The page's function reports its failures itself.
    let button = button.on("click", move |_| {
        let _ = check.try_get_value().map(|check| check.call0(&JsValue::UNDEFINED));
    });
    let hidden = move || has_failed(viewer).then_some("");
    Some(element("div", "lj-report").set("data-report", "").live_set("hidden", hidden).add(button))
}

/// Hands the module what this device knows of a case.
fn ask(viewer: Viewer, id: CaseId, kind: &str) {
    let Some(check) = viewer.check.and_then(|check| check.try_get_value()) else { return };
    let jury = viewer.jury();
    let Some(case) = jury.case(id) else { return };
    let own = jury.ballots().recorded(id);
    let asked = Detail::new()
        .with("kind", &kind)
        .with("case", &id)
        .with("verdict", &case.verdict)
        .with("option", &own.map(|ballot| &ballot.option))
        .with("change", &own.map(|ballot| ballot.change));
    // The page's function reports its failures itself.
    let _ = check.call1(&JsValue::UNDEFINED, asked.value());
}
