//! The viewer's widget: its root, and what all its parts share; each part draws one thing and is one file.

mod ballot;
mod banner;
mod card;
mod case;
mod countdown;
mod events;
mod evidence;
mod icon;
mod idle;
mod live;
mod options;
mod pager;
mod pill;
mod preview;
mod scene;
mod stage;
mod statements;
mod tally;
mod verdict;

use std::rc::Rc;

use leptos::html::Button;
use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, CaseState};

use crate::i18n::{Lang, ViewerTexts};
use crate::link::is_local;
use crate::session::Session;
use crate::socket::{Connection, SocketConfig};
use crate::time::{server_ms, ticking};
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
    /// The server's clock, in Unix milliseconds, moving four times a second.
    now_ms: Signal<u64>,
    stage: RwSignal<Stage>,
    expanded: RwSignal<bool>,
    /// The viewer has just made the widget large or small, by a button that is gone with it.
    resized: RwSignal<bool>,
    /// What screen readers are told next.
    spoken: RwSignal<String>,
}

impl Viewer {
    /// One case, as long as the docket holds it.
    fn case(self, id: CaseId) -> Memo<Option<Case>> {
        let jury = self.session.jury();
        Memo::new(move |_| jury.with(|jury| jury.case(id).cloned()))
    }

    /// The viewer makes the widget large or small.
    fn resize(self, large: bool) {
        self.stage.update(|stage| stage.made_small(!large));
        self.resized.set(true);
        self.expanded.set(large);
    }

    /// Where the button that was pressed is gone, the one that undoes it has the focus.
    fn take_focus(self, button: NodeRef<Button>) {
        Effect::new(move |_| {
            let Some(button) = button.get().filter(|_| self.resized.get_untracked()) else { return };
            self.resized.set(false);
            request_animation_frame(move || {
                // Without it the next Tab starts from the page's top, and that is all.
                let _ = button.focus();
            });
        });
    }

    fn say(self, text: impl Into<String>) {
        self.spoken.set(text.into());
    }
}

/// Starts the widget for one room and draws it.
pub fn widget(options: MountOptions) -> impl IntoView {
    let config =
        SocketConfig { server: options.server.clone(), room: options.room.clone(), token: options.token_source() };
    let server_is_local = is_local(&options.server);
    let lang = options.lang;
    let emit = options.emitter();
    let on_news = emit.clone();
    let session = Session::start(config, Rc::new(move |news, jury| events::tell_news(&on_news, news, jury)));
    let local_now = ticking();
    let jury = session.jury();
    let offset_ms = Memo::new(move |_| jury.with(crate::jury::Jury::clock_offset_ms));
    let viewer = Viewer {
        session,
        lang,
        words: lang.viewer(),
        server_is_local,
        now_ms: Signal::derive(move || server_ms(local_now.get(), offset_ms.get())),
        stage: RwSignal::new(Stage::default()),
        expanded: RwSignal::new(false),
        resized: RwSignal::new(false),
        spoken: RwSignal::new(String::new()),
    };
    events::tell_connection(viewer, emit);
    follow(viewer);
    verdict::speak(viewer);
    banner::speak(viewer);
    body(viewer)
}

/// Draws the widget, large or small, with what it says to screen readers.
fn body(viewer: Viewer) -> impl IntoView {
    let view = move || if viewer.expanded.get() { "card" } else { "pill" };
    view! {
        <section class="lj-widget" part="widget" lang=viewer.lang.tag() aria-label=viewer.words.name data-view=view>
            {move || {
                if viewer.expanded.get() { card::card(viewer) } else { pill::pill(viewer) }
            }}
            <p class="lj-spoken" role="status" aria-live="polite">
                {move || viewer.spoken.get()}
            </p>
        </section>
    }
}

/// Keeps the stage with the docket: a new case comes forward by itself, unless the viewer made the widget small.
fn follow(viewer: Viewer) {
    let jury = viewer.session.jury();
    let view = Memo::new(move |_| {
        jury.with(|jury| jury.has_docket().then(|| jury.cases().iter().map(seen).collect::<Vec<_>>()))
    });
    Effect::new(move |_| {
        let Some(cases) = view.get() else { return };
        let shown_before = viewer.stage.with_untracked(|stage| stage.shown().len());
        let Some(opened) = viewer.stage.try_update(|stage| stage.follow(&cases)) else { return };
        let (shown, small) = viewer.stage.with_untracked(|stage| (stage.shown().len(), stage.stays_small()));
        if !small && (opened.is_some() || shown > shown_before) {
            viewer.expanded.set(true);
        }
        let Some(opened) = opened else { return };
        let title = jury.with_untracked(|jury| jury.case(opened).map(|case| case.title.clone()));
        if let Some(title) = title {
            viewer.say((viewer.words.spoken_opened)(&title));
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
