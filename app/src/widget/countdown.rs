//! Draws the time left of a case on the server's clock and announces it at three moments; it never closes a case.

use live_jury_protocol::{Case, CaseId, CaseState};

use super::Viewer;
use super::icon::{Icon, icon};
use super::tally::track;
use crate::dom::{Children, element, live, watch};
use crate::i18n::TextKey;
use crate::shares::part_text;
use crate::time::{Mark, clock_text, left_s, mark_passed};

/// The seconds left of an open case; none if the case accepts no votes.
pub(super) fn seconds_left(viewer: Viewer, id: CaseId) -> Option<u64> {
    let jury = viewer.jury();
    let case = jury.case(id).filter(|case| case.state == CaseState::Open)?;
    Some(left_s(case.closes_at_ms?, viewer.now_ms()))
}

/// Draws the digits.
pub(super) fn digits(viewer: Viewer, id: CaseId) -> Children {
    let left = move || seconds_left(viewer, id);
    let draw = move |ticks: &bool| {
        // Screen readers do not announce a `timer` by itself, which would be every second.
        let time = || {
            element("time", "lj-digits")
                .live_class("lj-digits-last", move || left().is_some_and(|left| left <= 10))
                .live_text(move || left().map(clock_text).unwrap_or_default())
        };
        ticks.then(time)
    };
    live(move || left().is_some(), draw)
}

/// The part of its time that a case has left, 0 to 1, in steps of a second.
#[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
fn part_left(case: &Case, left_s: u64) -> f64 {
    let (Some(opened_at_ms), Some(closes_at_ms)) = (case.opened_at_ms, case.closes_at_ms) else { return 0.0 };
    let whole_ms = closes_at_ms.saturating_sub(opened_at_ms).max(1);
    ((left_s * 1_000) as f64 / whole_ms as f64).min(1.0)
}

/// Announces the time left at its marks. A watcher of its own does this, since the drawing ends together with the time.
pub(super) fn announce(viewer: Viewer, id: CaseId) {
    let texts = viewer.texts;
    watch(
        move || seconds_left(viewer, id),
        move |before, now| {
            let (Some(Some(before)), Some(now)) = (before, now) else { return };
            match mark_passed(*before, *now) {
                Some(Mark::Thirty) => viewer.announce(texts.get(TextKey::SpokenThirty)),
                Some(Mark::Ten) => viewer.announce(texts.get(TextKey::SpokenTen)),
                Some(Mark::End) => viewer.announce(texts.get(TextKey::SpokenEnd)),
                None => {}
            }
        },
    );
}

/// Draws the time left.
pub(super) fn countdown(viewer: Viewer, id: CaseId) -> Children {
    let texts = viewer.texts;
    let closes_at_ms = move || viewer.jury().case(id).and_then(|case| case.closes_at_ms);
    let part = move || {
        let left_s = seconds_left(viewer, id).unwrap_or_default();
        part_text(viewer.jury().case(id).map_or(0.0, |case| part_left(case, left_s)))
    };
    let draw = move |closes_at_ms: &Option<u64>| {
        let label = element("span", "lj-countdown-words").add(icon(Icon::Clock)).says(texts, TextKey::TimeLeft);
        closes_at_ms.map(|at_ms| {
            element("div", "lj-countdown")
                .part("countdown")
                .live_set("title", move || Some(texts.now().closes_at(at_ms)))
                .add(label)
                .add(digits(viewer, id))
                .add(track("lj-countdown", part))
        })
    };
    live(move || seconds_left(viewer, id).and_then(|_| closes_at_ms()), draw)
}
