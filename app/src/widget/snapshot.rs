//! The widget as given facts make it, with no server behind it: what the gallery draws each state from.

use leptos::prelude::*;
use live_jury_protocol::{CaseId, OptionId, ServerFrame};

use super::selection::CaseSelection;
use super::{Viewer, body, summary_of};
use crate::dom::Element;
use crate::i18n::Lang;
use crate::jury::Jury;
use crate::session::Session;
use crate::socket::Connection;
use crate::token::Claims;

/// What has happened in a room, and how the viewer stands to it.
pub struct WidgetSnapshot {
    /// What the server sent, in its order.
    pub frames: Vec<ServerFrame>,
    /// A vote that is on its way.
    pub cast: Option<(CaseId, OptionId)>,
    /// How the connection is.
    pub connection: Connection,
    /// Whether the viewer has no account.
    pub anonymous: bool,
    /// Whether the viewer made the widget small.
    pub small: bool,
    /// The clock, which stands still, in Unix milliseconds.
    pub now_ms: u64,
}

impl Default for WidgetSnapshot {
    fn default() -> Self {
        Self { frames: Vec::new(), cast: None, connection: Connection::Live, anonymous: false, small: false, now_ms: 0 }
    }
}

/// Draws the widget as it is once all that has happened.
pub fn snapshot(lang: Lang, snapshot: WidgetSnapshot, server_is_local: bool) -> Element {
    let (mut jury, mut selection) = (Jury::default(), CaseSelection::default());
    for frame in snapshot.frames {
        // Nothing is sent from here, so there is nothing to carry out.
        jury.apply(frame, snapshot.now_ms);
        selection.follow(&jury.cases().iter().map(summary_of).collect::<Vec<_>>());
    }
    if let Some((case, option)) = snapshot.cast {
        jury.cast(case, &option);
    }
    selection.set_collapsed(snapshot.small);
    let claims = Claims { anon: snapshot.anonymous, ..Claims::default() };
    let viewer = Viewer {
        session: Session::still(RwSignal::new(jury), snapshot.connection, claims),
        lang,
        texts: lang.viewer(),
        server_is_local,
        clock: RwSignal::new(snapshot.now_ms).read_only(),
        selection: RwSignal::new(selection),
        expanded: RwSignal::new(!snapshot.small),
        resized: RwSignal::new(false),
        lost: RwSignal::new(false),
        announcement: RwSignal::new(String::new()),
    };
    body(viewer)
}
