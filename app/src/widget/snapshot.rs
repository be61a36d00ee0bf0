//! Draws the widget from given facts, for the gallery; it never connects.

use leptos::prelude::*;
use live_jury_protocol::{CaseId, OptionId, ServerFrame};

use super::selection::CaseSelection;
use super::texts::LiveTexts;
use super::{Viewer, body, summary_of};
use crate::dom::Element;
use crate::i18n::Lang;
use crate::jury::Jury;
use crate::session::Session;
use crate::socket::Connection;
use crate::token::Claims;

/// The facts from which the widget is drawn.
pub struct WidgetSnapshot {
    /// The server's frames, in order.
    pub frames: Vec<ServerFrame>,
    /// A pending vote.
    pub cast: Option<(CaseId, OptionId)>,
    /// The state of the connection.
    pub connection: Connection,
    /// Whether the viewer has no account.
    pub anonymous: bool,
    /// Whether the viewer collapsed the widget.
    pub small: bool,
    /// The fixed clock, in Unix milliseconds.
    pub now_ms: u64,
}

impl Default for WidgetSnapshot {
    fn default() -> Self {
        Self { frames: Vec::new(), cast: None, connection: Connection::Live, anonymous: false, small: false, now_ms: 0 }
    }
}

/// Draws the widget after all of these facts.
pub fn snapshot(lang: Lang, snapshot: WidgetSnapshot, server_is_local: bool) -> Element {
    let (mut jury, mut selection) = (Jury::default(), CaseSelection::default());
    for frame in snapshot.frames {
        // A snapshot has no socket, so the effects are dropped.
        jury.apply(frame, snapshot.now_ms);
        selection.follow(&jury.cases().iter().map(summary_of).collect::<Vec<_>>());
    }
    if let Some((case, option)) = snapshot.cast {
        jury.cast(case, &option, None);
    }
    selection.set_collapsed(snapshot.small);
    let claims = Claims { anon: snapshot.anonymous, ..Claims::default() };
    let viewer = Viewer {
        session: Session::still(RwSignal::new(jury), snapshot.connection, claims),
        texts: LiveTexts::new(lang.viewer()),
        server_is_local,
        clock: RwSignal::new(snapshot.now_ms).read_only(),
        selection: RwSignal::new(selection),
        expanded: RwSignal::new(!snapshot.small),
        resized: RwSignal::new(false),
        lost: RwSignal::new(false),
        announcement: RwSignal::new(String::new()),
        check: None,
    };
    body(viewer)
}
