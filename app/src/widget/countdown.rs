//! Time left of one case, on the server's clock: shown each second, spoken at three moments only.

use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, CaseState};

use super::Viewer;
use super::icon::{Icon, icon};
use super::live::live;
use crate::shares::part_text;
use crate::time::{Mark, clock_text, left_s, mark_passed};

/// Seconds left of an open case; none of one that takes no votes.
pub(super) fn seconds_left(viewer: Viewer, id: CaseId) -> Memo<Option<u64>> {
    let case = viewer.case(id);
    Memo::new(move |_| {
        let closes_at_ms = case.with(|case| {
            case.as_ref().filter(|case| case.state == CaseState::Open).and_then(|case| case.closes_at_ms)
        })?;
        Some(left_s(closes_at_ms, viewer.now_ms.get()))
    })
}

/// The digits alone.
pub(super) fn digits(viewer: Viewer, id: CaseId) -> AnyView {
    let left = seconds_left(viewer, id);
    live(move || {
        left.get().map(|left| {
            view! {
                // `timer` is not announced by itself, which is what is wanted.
                <time class="lj-digits" class:lj-digits-last=left <= 10>
                    {clock_text(left)}
                </time>
            }
            .into_any()
        })
    })
}

/// How much of its time a case has left, 0 to 1.
#[expect(clippy::cast_precision_loss, reason = "a length on the screen")]
fn part_left(case: &Case, now_ms: u64) -> f64 {
    let (Some(opened_at_ms), Some(closes_at_ms)) = (case.opened_at_ms, case.closes_at_ms) else { return 0.0 };
    let whole_ms = closes_at_ms.saturating_sub(opened_at_ms).max(1);
    (closes_at_ms.saturating_sub(now_ms) as f64 / whole_ms as f64).min(1.0)
}

/// Speaks time left at its marks. Not by what draws it: that is drawn anew when time is over, and would miss the end.
pub(super) fn speak(viewer: Viewer, id: CaseId) {
    let words = viewer.words;
    let left = seconds_left(viewer, id);
    Effect::new(move |before: Option<Option<u64>>| {
        let now = left.get();
        if let (Some(Some(before)), Some(now)) = (before, now) {
            match mark_passed(before, now) {
                Some(Mark::Thirty) => viewer.say(words.spoken_thirty),
                Some(Mark::Ten) => viewer.say(words.spoken_ten),
                Some(Mark::End) => viewer.say(words.spoken_end),
                None => {}
            }
        }
        now
    });
}

/// Draws time left.
pub(super) fn countdown(viewer: Viewer, id: CaseId) -> AnyView {
    let words = viewer.words;
    let left = seconds_left(viewer, id);
    let case = viewer.case(id);
    let part = move || {
        left.track();
        let now_ms = viewer.now_ms.get_untracked();
        part_text(case.with(|case| case.as_ref().map_or(0.0, |case| part_left(case, now_ms))))
    };
    let closes_at = move || {
        let at_ms = case.with(|case| case.as_ref().and_then(|case| case.closes_at_ms));
        at_ms.map(|at_ms| (words.closes_at)(viewer.lang, at_ms)).unwrap_or_default()
    };
    let is_open = Memo::new(move |_| left.get().is_some());
    live(move || {
        is_open.get().then(|| {
            view! {
                <div class="lj-countdown" part="countdown" title=closes_at>
                    <span class="lj-countdown-words">{icon(Icon::Clock)} {words.time_left}</span>
                    {digits(viewer, id)}
                    <span class="lj-countdown-track" aria-hidden="true">
                        <span class="lj-countdown-fill" style=("--lj-part", part)></span>
                    </span>
                </div>
            }
            .into_any()
        })
    })
}
