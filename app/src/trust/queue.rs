//! A queue of what waits for a person: read over HTTP, oldest due first, and read again by and by. It decides nothing.

use std::future::Future;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::trust::TrustParty;

use super::step::{Done, step_error};
use super::texts::live;
use crate::api::ApiError;
use crate::dom::live_text;
use crate::i18n::Lang;
use crate::pages::use_texts;

/// Limits the items that a page shows of a queue. Those behind them come as these are decided.
const SHOWN_MAX: usize = 20;
/// The time after which a queue is read again. A moderator's own steps have it read at once.
const READ_AGAIN: Duration = Duration::from_secs(60);

/// A queue. Cheap to copy: every field is a handle.
pub struct Queue<T: Send + Sync + 'static> {
    items: RwSignal<Option<Vec<T>>>,
    error: RwSignal<Option<ApiError>>,
    /// The failure of a step that came second.
    notice: RwSignal<Option<ApiError>>,
    refresh: Callback<()>,
}

impl<T: Send + Sync + 'static> Clone for Queue<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Send + Sync + 'static> Copy for Queue<T> {}

impl<T: Clone + PartialEq + Send + Sync + 'static> Queue<T> {
    /// Reads the queue by `read`, which gives what waits, what is due first first.
    pub fn start<F>(read: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Result<Vec<T>, ApiError>> + 'static,
    {
        let (items, error, notice) = (RwSignal::new(None), RwSignal::new(None), RwSignal::new(None));
        let refresh = Callback::new(move |()| {
            let request = read();
            spawn_local(async move {
                match request.await {
                    Ok(found) => {
                        error.try_set(None);
                        // An unchanged queue is not set again: the focus stays where it is.
                        if items.try_with_untracked(|known| known.as_ref() != Some(&found)) == Some(true) {
                            items.try_set(Some(found));
                        }
                    }
                    Err(failure) => {
                        error.try_set(Some(failure));
                    }
                }
            });
        });
        refresh.run(());
        if let Ok(interval) = set_interval_with_handle(move || refresh.run(()), READ_AGAIN) {
            on_cleanup(move || interval.clear());
        }
        Self { items, error, notice, refresh }
    }

    /// A call for after a step on an item: it reads the queue again.
    pub fn done(self) -> Done {
        Callback::new(move |failure| {
            self.notice.set(failure);
            self.refresh.run(());
        })
    }
}

/// A queue under its title. `key` tells items apart, also an item from its next version.
#[component]
pub fn QueuePanel<T, V, F>(
    id: &'static str,
    title: fn(Lang) -> &'static str,
    nothing: fn(Lang) -> &'static str,
    queue: Queue<T>,
    key: fn(&T) -> String,
    children: F,
) -> impl IntoView
where
    T: Clone + PartialEq + Send + Sync + 'static,
    F: Fn(T) -> V + Clone + Send + 'static,
    V: IntoView + 'static,
{
    let texts = use_texts();
    let Queue { items, error, notice, refresh } = queue;
    let count = Memo::new(move |_| items.with(|items| items.as_ref().map(Vec::len)));
    let shown = move || items.with(|items| items.iter().flatten().take(SHOWN_MAX).cloned().collect::<Vec<_>>());
    let behind = move || count.get().and_then(|count| count.checked_sub(SHOWN_MAX)).filter(|count| *count > 0);
    let behind_text =
        move || behind().map(|count| (texts.lang().trust().and_more)(texts.lang(), count)).unwrap_or_default();
    view! {
        <section class="panel" aria-labelledby=id>
            <header class="panel-head">
                <h2 id=id>{live_text(move || title(texts.lang()))}</h2>
                {move || count.get().filter(|count| *count > 0).map(|count| view! {
                    <span class="badge figure">{count.to_string()}</span>
                })}
                <button type="button" class="quiet" on:click=move |_| refresh.run(())>
                    {live(texts, |t| t.read_again)}
                </button>
            </header>
            <Show when=move || count.get().is_none() && error.with(Option::is_none)>
                <p class="empty">{live(texts, |t| t.loading)}</p>
            </Show>
            <Show when=move || count.get() == Some(0)>
                <p class="empty">{live_text(move || nothing(texts.lang()))}</p>
            </Show>
            <p class="note note-bad" role="alert" dir="auto">
                {live_text(move || notice.get().map(|error| step_error(texts, &error)).unwrap_or_default())}
            </p>
            <ul class="queue"><For each=shown key=move |item| key(item) children=children.clone()/></ul>
            <p class="hint note">{live_text(behind_text)}</p>
            <p class="note note-bad" role="alert" dir="auto">
                {live_text(move || error.get().map(|error| step_error(texts, &error)).unwrap_or_default())}
            </p>
        </section>
    }
}

/// The party that the desk shows in place of its queues.
#[derive(Clone, Copy)]
pub struct ShownParty(pub RwSignal<Option<TrustParty>>);

/// The button that opens a party's page. It is below a [`ShownParty`].
#[component]
pub fn PartyLink(party: TrustParty) -> impl IntoView {
    let texts = use_texts();
    let ShownParty(shown) = expect_context();
    let (kind, id) = (party.kind.clone(), party.id.clone());
    view! {
        <button
            type="button" class="quiet party-link" data-letter="p" aria-keyshortcuts="p"
            on:click=move |_| shown.set(Some(party.clone()))
        >
            <strong dir="auto">{live_text(move || (texts.lang().trust().party)(&kind, &id))}</strong>
            <kbd aria-hidden="true">"p"</kbd>
        </button>
    }
}
