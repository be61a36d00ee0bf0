//! The root of the viewer's widget and the state that its parts share; it never draws a part itself. Each part draws
//! one thing in one file.

mod ballot;
mod banner;
mod card;
mod case;
mod check;
mod countdown;
mod events;
mod evidence;
mod icon;
mod idle;
mod options;
mod pager;
mod panel;
mod pill;
mod preview;
mod receipts;
mod selection;
mod snapshot;
mod statements;
mod tally;
mod texts;
mod verdict;

use std::ops::Deref;
use std::rc::Rc;

use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, CaseState};

use crate::dom::{Element, element, live, watch};
use crate::i18n::TextKey;
use crate::jury::{Jury, JuryEvent};
use crate::link::is_local;
use crate::pages::take_focus;
use crate::session::Session;
use crate::socket::{Connection, SocketConfig};
use crate::time::ticking;
pub use options::{MountOptions, OptionsError, read_texts};
pub use preview::preview;
use selection::CaseSelection;
pub use snapshot::{WidgetSnapshot, snapshot};
pub use texts::LiveTexts;

/// The state that all parts share.
#[derive(Clone, Copy)]
pub(crate) struct Viewer {
    session: Session,
    texts: LiveTexts,
    server_is_local: bool,
    /// The local clock, in Unix milliseconds. It changes four times a second.
    clock: ReadSignal<u64>,
    selection: RwSignal<CaseSelection>,
    expanded: RwSignal<bool>,
    /// Whether the viewer has just expanded or collapsed the widget. The pressed button is gone by then.
    resized: RwSignal<bool>,
    /// Whether the connection has been lost long enough to show it.
    lost: RwSignal<bool>,
    /// The next announcement for screen readers.
    announcement: RwSignal<String>,
    /// The page's function that loads the check of a verdict; none in a snapshot.
    check: Option<check::Check>,
}

impl Viewer {
    /// The room's state. A drawing that reads it follows it.
    fn jury(self) -> impl Deref<Target = Jury> {
        self.session.jury().read()
    }

    /// The title of a case, while the docket holds it.
    fn title(self, id: CaseId) -> String {
        self.jury().case(id).map(|case| case.title.clone()).unwrap_or_default()
    }

    /// Whether this viewer has no account.
    fn is_anonymous(self) -> bool {
        self.session.claims().with(|claims| claims.anon)
    }

    /// The server's clock, in Unix milliseconds.
    fn now_ms(self) -> u64 {
        self.jury().server_ms(self.clock.get())
    }

    /// Expands or collapses the widget at the viewer's request.
    fn resize(self, large: bool) {
        self.selection.update(|selection| selection.set_collapsed(!large));
        self.resized.set(true);
        self.expanded.set(large);
    }

    /// Moves the focus to `button` if it replaces the button that the viewer pressed.
    fn take_focus(self, button: &Element) {
        if self.resized.get_untracked() {
            self.resized.set(false);
            take_focus(button.dom().clone());
        }
    }

    fn announce(self, text: impl Into<String>) {
        self.announcement.set(text.into());
    }
}

/// Starts the widget for one room and draws it.
pub fn widget(options: MountOptions) -> Element {
    let config =
        SocketConfig { server: options.server.clone(), room: options.room.clone(), token: options.token_source() };
    let server_is_local = is_local(&options.server);
    let texts = options.texts;
    let (emit, check) = (options.emitter(), options.check());
    let (on_event, on_ballot, on_live) = (emit.clone(), check.clone(), check.clone());
    let listener = move |session: Session, event: &JuryEvent, jury: &Jury| {
        events::emit_jury_event(&on_event, event, jury);
        // After a reload the first event knows the ballots of the welcome.
        receipts::tell(&on_ballot, session, jury);
    };
    let session = Session::start(config, Rc::new(listener));
    let viewer = Viewer {
        session,
        texts,
        server_is_local,
        clock: ticking(),
        selection: RwSignal::new(CaseSelection::default()),
        expanded: RwSignal::new(false),
        resized: RwSignal::new(false),
        lost: RwSignal::new(false),
        announcement: RwSignal::new(String::new()),
        check: Some(StoredValue::new_local(check)),
    };
    events::emit_connection(viewer, emit, on_live);
    follow(viewer);
    verdict::announce(viewer);
    banner::announce(viewer);
    body(viewer)
}

/// Draws the widget, expanded or collapsed, with its announcements.
fn body(viewer: Viewer) -> Element {
    banner::follow(viewer);
    let size = move |expanded: &bool| if *expanded { card::card(viewer) } else { pill::pill(viewer) };
    let spoken = element("p", "lj-spoken")
        .set("role", "status")
        .set("aria-live", "polite")
        .live_text(move || viewer.announcement.get());
    element("section", "lj-widget")
        .part("widget")
        .live_set("lang", move || Some(viewer.texts.now().tag()))
        .labelled(viewer.texts, TextKey::Name)
        .live_set("data-view", move || Some(if viewer.expanded.get() { "card" } else { "pill" }))
        .add(live(move || viewer.expanded.get(), size))
        .add(spoken)
}

/// Updates the selection from the docket. A new case expands the widget, unless the viewer collapsed it.
fn follow(viewer: Viewer) {
    let docket = move || {
        let jury = viewer.jury();
        jury.has_docket().then(|| jury.cases().iter().map(summary_of).collect::<Vec<_>>())
    };
    watch(docket, move |_, cases| {
        let Some(cases) = cases else { return };
        let shown_before = viewer.selection.with(|selection| selection.shown().len());
        let Some(opened) = viewer.selection.try_update(|selection| selection.follow(cases)) else { return };
        let (shown, small) = viewer.selection.with(|selection| (selection.shown().len(), selection.is_collapsed()));
        if !small && (opened.is_some() || shown > shown_before) {
            viewer.expanded.set(true);
        }
        if let Some(opened) = opened {
            viewer.announce(viewer.texts.now().spoken_opened(&viewer.title(opened)));
        }
    });
}

/// Summarizes a case for the selection.
fn summary_of(case: &Case) -> selection::CaseSummary {
    (case.id, case.state, case.opened_at_ms)
}

/// Whether the connection has failed for good.
fn has_failed(viewer: Viewer) -> bool {
    matches!(viewer.session.connection().get(), Connection::Failed(_))
}

/// Whether a case has ended. A state of a later version counts as ended with a verdict.
fn is_over(case: &Case) -> bool {
    match case.state {
        CaseState::Decided | CaseState::Void => true,
        CaseState::Unknown => case.verdict.is_some(),
        CaseState::Draft | CaseState::Open | CaseState::Sealed => false,
    }
}
