//! Draws and announces a lost connection, with the state of the vote; it never reconnects.

use std::time::Duration;

use leptos::prelude::*;

use super::Viewer;
use super::icon::{Icon, icon};
use crate::dom::{Children, element, live, watch};
use crate::i18n::TextKey;
use crate::socket::{Connection, DisconnectCause};

/// The time that a lost connection stays unmentioned, in milliseconds. Most connections return within it.
const PATIENCE_MS: u64 = 1_000;

/// Sets `viewer.lost` once the connection has been lost for longer than [`PATIENCE_MS`].
pub(super) fn follow(viewer: Viewer) {
    let connection = viewer.session.connection();
    let mut waiting: Option<TimeoutHandle> = None;
    watch(
        move || connection.with(|connection| matches!(connection, Connection::Lost(_))),
        move |_, lost| {
            if let Some(waiting) = waiting.take() {
                waiting.clear();
            }
            if *lost {
                let show = move || viewer.lost.set(true);
                waiting = set_timeout_with_handle(show, Duration::from_millis(PATIENCE_MS)).ok();
            } else {
                viewer.lost.set(false);
            }
        },
    );
}

/// Announces a lost connection once.
pub(super) fn announce(viewer: Viewer) {
    let announce = move |_: Option<&bool>, lost: &bool| {
        if *lost {
            viewer.announce(text(viewer));
        }
    };
    watch(move || viewer.lost.get(), announce);
}

fn text(viewer: Viewer) -> &'static str {
    let texts = viewer.texts;
    let no_token =
        viewer.session.connection().with(|connection| *connection == Connection::Lost(DisconnectCause::Token));
    let front = viewer.selection.with(|selection| selection.front());
    let jury = viewer.jury();
    let ballots = jury.ballots();
    match front {
        Some(front) if ballots.pending(front).is_some() => texts.get(TextKey::ReconnectingVotePending),
        Some(front) if ballots.recorded(front).is_some() => texts.get(TextKey::ReconnectingVoteIn),
        _ if no_token => texts.get(TextKey::SigningIn),
        _ => texts.get(TextKey::Reconnecting),
    }
}

/// Draws the banner while the connection is lost.
pub(super) fn banner(viewer: Viewer) -> Children {
    let draw = move |lost: &bool| {
        let text = element("span", "").live_text(move || text(viewer));
        lost.then(|| element("p", "lj-banner").part("banner").add(icon(Icon::Alert)).add(text))
    };
    live(move || viewer.lost.get(), draw)
}
