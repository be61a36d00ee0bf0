//! A room's drafts or past cases, read page by page over HTTP, and their list rows. It never changes a case.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::{Case, CaseState, Page, RoomId};

use super::prefs::{Texts, use_texts};
use super::remedy::clock_line;
use super::verdict::result_text;
use crate::api::{Api, ApiError};
use crate::dom::{live_text, still_text};

/// The cases of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CaseListKind {
    /// Drafts.
    Drafts,
    /// Decided and void cases.
    Past,
}

/// A list of cases, newest first.
#[derive(Clone, Copy)]
pub struct CaseList {
    /// The cases read so far.
    pub items: RwSignal<Vec<Case>>,
    /// Whether the server has more pages.
    pub more: RwSignal<bool>,
    /// The failure of the last request, if it failed.
    pub error: RwSignal<Option<ApiError>>,
    next_cursor: StoredValue<Option<String>>,
    /// The number of the newest request. An answer to an older one is dropped.
    generation: StoredValue<u32>,
    room: StoredValue<RoomId>,
    api: Api,
    kind: CaseListKind,
}

impl CaseList {
    /// An empty list.
    #[must_use]
    pub fn new(api: Api, room: RoomId, kind: CaseListKind) -> Self {
        Self {
            items: RwSignal::default(),
            more: RwSignal::new(false),
            error: RwSignal::new(None),
            next_cursor: StoredValue::default(),
            generation: StoredValue::default(),
            room: StoredValue::new(room),
            api,
            kind,
        }
    }

    /// Reads the newest page again. Older pages stay.
    pub fn refresh(self) {
        self.read(None);
    }

    /// Reads the next page.
    pub fn read_more(self) {
        self.read(self.next_cursor.get_value());
    }

    fn read(self, before: Option<String>) {
        let Some(generation) = self.generation.try_update_value(|generation| {
            *generation += 1;
            *generation
        }) else {
            return;
        };
        let room = self.room.get_value();
        spawn_local(async move {
            let answer = match self.kind {
                CaseListKind::Drafts => self.api.cases(&room, Some(CaseState::Draft), before.as_deref()).await,
                CaseListKind::Past => self.api.verdicts(&room, before.as_deref()).await,
            };
            if self.generation.try_get_value() == Some(generation) {
                self.apply(answer, before.is_none());
            }
        });
    }

    fn apply(self, answer: Result<Page<Case>, ApiError>, is_first: bool) {
        match answer {
            Ok(page) => {
                self.error.set(None);
                let older = if is_first { self.items.with_untracked(|items| older(items, &page)) } else { None };
                let has_older = older.is_some();
                if is_first {
                    let now = [page.items, older.unwrap_or_default()].concat();
                    // An unchanged list is not set again: redrawing it would take the focus off its rows.
                    if self.items.with_untracked(|items| *items != now) {
                        self.items.set(now);
                    }
                } else {
                    self.items.update(|items| items.extend(page.items));
                }
                if !has_older {
                    self.more.set(page.next.is_some());
                    self.next_cursor.set_value(page.next);
                }
            }
            Err(error) => self.error.set(Some(error)),
        }
    }
}

/// The cases after the newest page, from earlier reads. They are still right, because only the newest page changes.
fn older(items: &[Case], page: &Page<Case>) -> Option<Vec<Case>> {
    let last = page.items.last().filter(|_| page.next.is_some())?;
    let at = items.iter().position(|case| case.id == last.id)?;
    items.get(at + 1..).filter(|older| !older.is_empty()).map(<[Case]>::to_vec)
}

/// A past case as a row of a list. A press calls `choose`.
#[component]
pub fn PastRow(case: Case, choose: Callback<Case>) -> impl IntoView {
    let texts = use_texts();
    let outcome = {
        let case = case.clone();
        move || result_text(texts, &case)
    };
    let verdict = case.verdict.clone();
    let name = verdict.as_ref().map(|verdict| verdict.outcome.as_str());
    let figures = move || {
        verdict.as_ref().map(|verdict| {
            let lang = texts.lang();
            format!("{} · {}", texts.viewer().votes_in(verdict.ballots), lang.date_time(verdict.decided_at_ms))
        })
    };
    let (title, clock) = (case.title.clone(), case.remedy_clock);
    let state = clock.map(|clock| clock.state.as_str());
    view! {
        <li class="list-row">
            <button type="button" class="list-button" on:click=move |_| choose.run(case.clone())>
                <strong dir="auto">{still_text(title)}</strong>
                <span class="outcome" data-outcome=name dir="auto">{live_text(outcome)}</span>
                <span class="hint">{live_text(move || figures().unwrap_or_default())}</span>
                {clock.map(|_| view! {
                    <span class="hint list-clock" data-clock=state>{live_text(move || clock_line(texts, clock))}</span>
                })}
            </button>
        </li>
    }
}

/// The foot of a list: a button for the next page, and the failure of the last request.
#[component]
pub fn CaseListFooter(list: CaseList) -> impl IntoView {
    let texts = use_texts();
    view! {
        <Show when=move || list.more.get()>
            <button type="button" class="quiet" on:click=move |_| list.read_more()>
                {texts.live(|t| t.read_more)}
            </button>
        </Show>
        {move || list.error.get().map(|error| view! {
            <p class="note note-bad" dir="auto">
                {live_text(move || error_text(texts, &error))}" "
                <button type="button" class="quiet" on:click=move |_| list.refresh()>
                    {texts.live(|t| t.try_again)}
                </button>
            </p>
        })}
    }
}

/// The text of a failed call.
#[must_use]
pub fn error_text(texts: Texts, error: &ApiError) -> String {
    let pages = texts.pages();
    match error {
        ApiError::Problem(problem) => match ((pages.problem)(&problem.code), &problem.field) {
            (Some(known), _) => known.to_owned(),
            (None, Some(field)) => match (pages.field_rule)(field) {
                Some(rule) => (pages.refused)(&rule, problem.status),
                None => (pages.refused)(&format!("{field} {}", problem.detail), problem.status),
            },
            (None, None) => (pages.refused)(&problem.detail, problem.status),
        },
        ApiError::Unreachable => pages.unreachable.to_owned(),
        ApiError::Unreadable => pages.unreadable.to_owned(),
    }
}
