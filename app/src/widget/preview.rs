//! Draws the widget with one case and no room, as a preview for moderators; it never connects.

use leptos::prelude::*;
use live_jury_protocol::{Case, Role, ServerFrame, Welcome};

use super::selection::CaseSelection;
use super::texts::LiveTexts;
use super::{Viewer, body, summary_of};
use crate::dom::Element;
use crate::i18n::Lang;
use crate::jury::Jury;
use crate::session::Session;
use crate::socket::Connection;
use crate::time::local_ms;
use crate::token::Claims;

/// Draws the widget at the moment when `case` opens, and follows changes of `case`.
pub fn preview(lang: Lang, case: Signal<Case>, server_is_local: bool) -> Element {
    let now_ms = local_ms();
    let jury = RwSignal::new(Jury::default());
    let selection = RwSignal::new(CaseSelection::default());
    Effect::new(move || {
        let case = case.get();
        selection.update(|selection| {
            selection.follow(&[summary_of(&case)]);
        });
        jury.set(room_of(case, now_ms));
    });
    let viewer = Viewer {
        session: Session::still(jury, Connection::Live, Claims::default()),
        texts: LiveTexts::new(lang.viewer()),
        server_is_local,
        clock: RwSignal::new(now_ms).read_only(),
        selection,
        expanded: RwSignal::new(true),
        resized: RwSignal::new(false),
        lost: RwSignal::new(false),
        announcement: RwSignal::new(String::new()),
        check: None,
    };
    body(viewer)
}

/// A room with this one case, seen by a viewer who just joined.
fn room_of(case: Case, now_ms: u64) -> Jury {
    let mut jury = Jury::default();
    let welcome = Welcome {
        room: case.room.clone(),
        role: Role::Viewer,
        server_time_ms: now_ms,
        token_expires_at_ms: u64::MAX,
        ballots: Vec::new(),
        durable: true,
    };
    // A preview has no socket, so the effects are dropped.
    for frame in [ServerFrame::Welcome(welcome), ServerFrame::Docket { rev: 1, cases: vec![case] }] {
        jury.apply(frame, now_ms);
    }
    jury
}
