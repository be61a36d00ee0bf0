//! The viewer's widget: its root, and what all its parts share; each part draws one thing and is one file.

mod ballot;
mod banner;
mod card;
mod case;
mod countdown;
mod element;
mod events;
mod evidence;
mod icon;
mod idle;
mod options;
mod pager;
mod pill;
mod preview;
mod scene;
mod stage;
mod statements;
mod tally;
mod verdict;

use std::ops::Deref;
use std::rc::Rc;

use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, CaseState};

use crate::i18n::{Lang, ViewerTexts};
use crate::jury::Jury;
use crate::link::is_local;
use crate::pages::take_focus;
use crate::session::Session;
use crate::socket::{Connection, SocketConfig};
use crate::time::{server_ms, ticking};
pub use element::{Element, Picture, holds};
use element::{element, live, watch};
pub use options::{MountOptions, OptionsError};
pub use preview::preview;
pub use scene::{Scene, scene};
use stage::Stage;

/// What every part of the widget needs.
#[derive(Clone, Copy)]
pub(crate) struct Viewer {
    session: Session,
    lang: Lang,
    words: &'static ViewerTexts,
    server_is_local: bool,
    /// The local clock, in Unix milliseconds, moving four times a second.
    clock: ReadSignal<u64>,
    stage: RwSignal<Stage>,
    expanded: RwSignal<bool>,
    /// The viewer has just made the widget large or small, by a button that is gone with it.
    resized: RwSignal<bool>,
    /// The connection has been lost for so long that it is to be told.
    lost: RwSignal<bool>,
    /// What screen readers are told next.
    spoken: RwSignal<String>,
}

impl Viewer {
    /// The room as it is; who draws from it follows it.
    fn jury(self) -> impl Deref<Target = Jury> {
        self.session.jury().read()
    }

    /// The title of a case, as long as the docket holds it.
    fn title(self, id: CaseId) -> String {
        self.jury().case(id).map(|case| case.title.clone()).unwrap_or_default()
    }

    /// Whether this viewer has no account.
    fn is_anonymous(self) -> bool {
        self.session.claims().with(|claims| claims.anon)
    }

    /// The server's clock, in Unix milliseconds.
    fn now_ms(self) -> u64 {
        server_ms(self.clock.get(), self.jury().clock_offset_ms())
    }

    /// The viewer makes the widget large or small.
    fn resize(self, large: bool) {
        self.stage.update(|stage| stage.made_small(!large));
        self.resized.set(true);
        self.expanded.set(large);
    }

    /// Where the button that was pressed is gone, the one that undoes it has the focus.
    fn take_focus(self, button: &Element) {
        if self.resized.get_untracked() {
            self.resized.set(false);
            take_focus(button.dom().clone());
        }
    }

    fn say(self, text: impl Into<String>) {
        self.spoken.set(text.into());
    }
}

/// Starts the widget for one room and draws it.
pub fn widget(options: MountOptions) -> Element {
    let config =
        SocketConfig { server: options.server.clone(), room: options.room.clone(), token: options.token_source() };
    let server_is_local = is_local(&options.server);
    let lang = options.lang;
    let emit = options.emitter();
    let on_news = emit.clone();
    let session = Session::start(config, Rc::new(move |news, jury| events::tell_news(&on_news, news, jury)));
    let viewer = Viewer {
        session,
        lang,
        words: lang.viewer(),
        server_is_local,
        clock: ticking(),
        stage: RwSignal::new(Stage::default()),
        expanded: RwSignal::new(false),
        resized: RwSignal::new(false),
        lost: RwSignal::new(false),
        spoken: RwSignal::new(String::new()),
    };
    events::tell_connection(viewer, emit);
    follow(viewer);
    verdict::speak(viewer);
    banner::speak(viewer);
    body(viewer)
}

/// Draws the widget, large or small, with what it says to screen readers.
fn body(viewer: Viewer) -> Element {
    banner::follow(viewer);
    let size = move |expanded: &bool| if *expanded { card::card(viewer) } else { pill::pill(viewer) };
    let spoken = element("p", "lj-spoken")
        .set("role", "status")
        .set("aria-live", "polite")
        .live_text(move || viewer.spoken.get());
    element("section", "lj-widget")
        .part("widget")
        .set("lang", viewer.lang.tag())
        .set("aria-label", viewer.words.name)
        .live_set("data-view", move || Some(if viewer.expanded.get() { "card" } else { "pill" }))
        .add(live(move || viewer.expanded.get(), size))
        .add(spoken)
}

/// Keeps the stage with the docket: a new case comes forward by itself, unless the viewer made the widget small.
fn follow(viewer: Viewer) {
    let docket = move || {
        let jury = viewer.jury();
        jury.has_docket().then(|| jury.cases().iter().map(seen).collect::<Vec<_>>())
    };
    watch(docket, move |_, cases| {
        let Some(cases) = cases else { return };
        let shown_before = viewer.stage.with(|stage| stage.shown().len());
        let Some(opened) = viewer.stage.try_update(|stage| stage.follow(cases)) else { return };
        let (shown, small) = viewer.stage.with(|stage| (stage.shown().len(), stage.stays_small()));
        if !small && (opened.is_some() || shown > shown_before) {
            viewer.expanded.set(true);
        }
        if let Some(opened) = opened {
            viewer.say((viewer.words.spoken_opened)(&viewer.title(opened)));
        }
    });
}

/// A case as the stage sees it.
fn seen(case: &Case) -> stage::Seen {
    (case.id, case.state, case.opened_at_ms)
}

/// Whether the connection is up or on its way back without the viewer having lost anything to look at.
fn has_failed(viewer: Viewer) -> bool {
    matches!(viewer.session.connection().get(), Connection::Failed(_))
}

/// Whether a case has ended.
fn is_over(state: CaseState) -> bool {
    matches!(state, CaseState::Decided | CaseState::Void)
}
