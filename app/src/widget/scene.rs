//! The widget as given facts make it, with no server behind it: what the gallery draws each state from.

use leptos::prelude::*;
use live_jury_protocol::{CaseId, OptionId, ServerFrame};

use super::element::Element;
use super::stage::Stage;
use super::{Viewer, body, seen};
use crate::i18n::Lang;
use crate::jury::Jury;
use crate::session::Session;
use crate::socket::Connection;
use crate::token::Claims;

/// What has happened in a room, and how the viewer stands to it.
pub struct Scene {
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

impl Default for Scene {
    fn default() -> Self {
        Self { frames: Vec::new(), cast: None, connection: Connection::Live, anonymous: false, small: false, now_ms: 0 }
    }
}

/// Draws the widget as it is once all that has happened.
pub fn scene(lang: Lang, scene: Scene, server_is_local: bool) -> Element {
    let (mut jury, mut stage) = (Jury::default(), Stage::default());
    for frame in scene.frames {
        // Nothing is sent from here, so there is nothing to carry out.
        jury.apply(frame, scene.now_ms);
        stage.follow(&jury.cases().iter().map(seen).collect::<Vec<_>>());
    }
    if let Some((case, option)) = scene.cast {
        jury.cast(case, &option);
    }
    stage.made_small(scene.small);
    let claims = Claims { anon: scene.anonymous, ..Claims::default() };
    let viewer = Viewer {
        session: Session::still(RwSignal::new(jury), scene.connection, claims),
        lang,
        words: lang.viewer(),
        server_is_local,
        clock: RwSignal::new(scene.now_ms).read_only(),
        stage: RwSignal::new(stage),
        expanded: RwSignal::new(!scene.small),
        resized: RwSignal::new(false),
        lost: RwSignal::new(false),
        spoken: RwSignal::new(String::new()),
    };
    body(viewer)
}
