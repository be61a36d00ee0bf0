//! The quiet line that says the connection is lost, after a second of patience, and whether the vote is in.

use std::time::Duration;

use leptos::prelude::*;

use super::Viewer;
use super::icon::{Icon, icon};
use super::live::live;
use crate::socket::{Connection, Loss};

/// How long a lost connection is no news, in milliseconds: most come back within it.
const PATIENCE_MS: u64 = 1_000;

/// Whether the connection has been lost for longer than [`PATIENCE_MS`].
fn is_lost(viewer: Viewer) -> ReadSignal<bool> {
    let (lost, set_lost) = signal(false);
    let connection = viewer.session.connection();
    Effect::new(move |waiting: Option<Option<TimeoutHandle>>| {
        if let Some(Some(waiting)) = waiting {
            waiting.clear();
        }
        if matches!(connection.get(), Connection::Lost(_)) {
            return set_timeout_with_handle(move || set_lost.set(true), Duration::from_millis(PATIENCE_MS)).ok();
        }
        set_lost.set(false);
        None
    });
    lost
}

fn words(viewer: Viewer) -> &'static str {
    let jury = viewer.session.jury();
    let words = viewer.words;
    let no_token = viewer.session.connection().with(|connection| *connection == Connection::Lost(Loss::Token));
    let plain = if no_token { words.signing_in } else { words.reconnecting };
    let Some(front) = viewer.stage.with(|stage| stage.front()) else { return plain };
    jury.with(|jury| {
        if jury.ballots().pending(front).is_some() {
            words.reconnecting_vote_pending
        } else if jury.ballots().recorded(front).is_some() {
            words.reconnecting_vote_in
        } else {
            plain
        }
    })
}

/// Draws the line while it is due.
pub(super) fn banner(viewer: Viewer) -> AnyView {
    let lost = is_lost(viewer);
    live(move || {
        lost.get().then(|| {
            view! {
                <p class="lj-banner" part="banner">
                    {icon(Icon::Alert)}
                    <span>{move || words(viewer)}</span>
                </p>
            }
            .into_any()
        })
    })
}

/// Tells screen readers of a lost connection, once.
pub(super) fn speak(viewer: Viewer) {
    let lost = is_lost(viewer);
    Effect::new(move |_| {
        if lost.get() {
            viewer.say(untrack(|| words(viewer)));
        }
    });
}
