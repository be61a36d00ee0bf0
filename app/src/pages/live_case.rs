//! One case of a room with its tally, followed for a page; it never changes a case.

use leptos::prelude::*;
use live_jury_protocol::{Case, CaseId, CaseState, Counts, Tally};

use super::prefs::use_texts;
use super::shares::Shares;
use super::turnout::kind_text;
use super::verdict::outcome_text;
use crate::dom::{LiveText, live_text};
use crate::hearing::hearing;
use crate::i18n::TextKey;
use crate::session::Session;

/// A case that a page follows. Cheap to copy: every field is a handle.
#[derive(Clone, Copy)]
pub struct LiveCase {
    /// The room.
    pub session: Session,
    /// The case, while the docket holds it.
    pub case: Memo<Option<Case>>,
    /// The case's tally.
    pub tally: Memo<Option<Tally>>,
    is_sealed: Memo<bool>,
}

impl LiveCase {
    /// Follows a case of the room.
    #[must_use]
    pub fn follow(session: Session, id: CaseId) -> Self {
        let case = Memo::new(move |_| session.jury().with(|jury| jury.case(id).cloned()));
        let tally = Memo::new(move |_| session.jury().with(|jury| jury.tally(id).cloned()));
        let is_sealed =
            Memo::new(move |_| case.with(|case| case.as_ref().is_some_and(|case| case.state == CaseState::Sealed)));
        Self { session, case, tally, is_sealed }
    }

    /// Whether voting is over and the verdict is due.
    #[must_use]
    pub fn is_sealed(self) -> bool {
        self.is_sealed.get()
    }

    /// The counts that the reader may see.
    #[must_use]
    pub fn counts(self) -> Signal<Option<Counts>> {
        Signal::derive(move || self.tally.with(|tally| tally.as_ref().and_then(|tally| tally.counts.clone())))
    }

    /// The case's title.
    #[must_use]
    pub fn title(self) -> LiveText {
        live_text(move || self.case.with(|case| case.as_ref().map(|case| case.title.clone())).unwrap_or_default())
    }
}

/// The case's kind, and whether it is open or sealed.
#[component]
pub fn CaseLabels(live: LiveCase) -> impl IntoView {
    let texts = use_texts();
    let kind = move || live.case.with(|case| case.as_ref().map(|case| kind_text(texts, &case.kind)));
    let state = move || if live.is_sealed() { "sealed" } else { "open" };
    let state_text =
        move || if live.is_sealed() { texts.viewer().get(TextKey::Sealed) } else { texts.pages().open_state };
    view! {
        <span class="kind">{live_text(move || kind().unwrap_or_default())}</span>
        <span class="state" data-state=state>{live_text(state_text)}</span>
    }
}

/// The case whose verdict a case is an appeal against. Widgets know of no appeals.
pub(super) fn appealed(case: &Case) -> Option<CaseId> {
    #[cfg(feature = "details")]
    let earlier = case.appeal_of;
    #[cfg(not(feature = "details"))]
    let earlier = Some(case.id).filter(|_| false);
    earlier
}

/// Says that a case is an appeal, and what the verdict is that it is against, as long as the docket shows that case.
#[component]
pub fn AppealOf(live: LiveCase) -> impl IntoView {
    let texts = use_texts();
    let earlier = Memo::new(move |_| live.case.with(|case| appealed(case.as_ref()?)));
    let text =
        move || {
            let id = earlier.get()?;
            let standing = texts.lang().standing();
            let case = live.session.jury().with(|jury| jury.case(id).cloned());
            Some(case.map_or_else(
                || standing.is_appeal.to_owned(),
                |case| (standing.is_appeal_of)(&outcome_text(texts, &case)),
            ))
        };
    view! {
        <Show when=move || earlier.with(Option::is_some)>
            <p class="note" dir="auto">{live_text(move || text().unwrap_or_default())}</p>
        </Show>
    }
}

/// The number of the case among those on its subject, and how many viewers may not judge it.
#[component]
pub fn Hearing(live: LiveCase) -> impl IntoView {
    let texts = use_texts();
    let text = move || live.case.with(|case| case.as_ref().map(|case| hearing(case, texts.viewer(), None)));
    view! { <p class="hint">{live_text(move || text().unwrap_or_default())}</p> }
}

/// The options with their counts, once the reader may see those.
#[component]
pub fn SharesOnceTold(live: LiveCase) -> impl IntoView {
    let counts = live.counts();
    let shows_counts = Memo::new(move |_| counts.with(Option::is_some));
    move || live.case.get().filter(|_| shows_counts.get()).map(|case| view! { <Shares case counts/> })
}

/// Says that the case closes later, because its tally is missing.
#[component]
pub fn TallyMissing(live: LiveCase) -> impl IntoView {
    let texts = use_texts();
    view! {
        <Show when=move || live.case.with(|case| case.as_ref().is_some_and(|case| case.tally_missing))>
            <p class="note">{live_text(move || texts.viewer().get(TextKey::LaterHint))}</p>
        </Show>
    }
}
