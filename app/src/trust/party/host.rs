//! Shows the signals of a host over all rooms. A host has no index.

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::trust::{SignalDefinition, SignalPoints};

use super::PartyState;
use crate::pages::use_texts;
use crate::trust::index::SignalRow;
use crate::trust::texts::live;

/// The signals; nothing of a shop, whose index has them.
#[component]
pub(super) fn HostSignals(state: PartyState) -> impl IntoView {
    let texts = use_texts();
    let definitions = RwSignal::new(None::<Vec<SignalDefinition>>);
    let signals = Memo::new(move |_| {
        state.standing.with(|standing| standing.as_ref().map(|one| one.signals.clone()).unwrap_or_default())
    });
    let is_host = Memo::new(move |_| signals.with(|signals| !signals.is_empty()));
    Effect::new(move || {
        if is_host.get() && definitions.with_untracked(Option::is_none) {
            spawn_local(async move {
                // Without them the rows lack half-lives, and a rate for each unit reads as a share.
                let read = state.api.signals().await.map(|answer| answer.items).unwrap_or_default();
                definitions.try_set(Some(read));
            });
        }
    });
    let row = move |signal: SignalPoints, known: &[SignalDefinition]| {
        let definition = known.iter().find(|definition| definition.id == signal.id).cloned();
        view! { <SignalRow definition signal/> }
    };
    move || {
        let known = definitions.get().filter(|_| is_host.get())?;
        Some(view! {
            <section class="panel" aria-labelledby="host-signals-title">
                <h2 id="host-signals-title">{live(texts, |t| t.host_signals)}</h2>
                <p class="hint">{live(texts, |t| t.host_signals_hint)}</p>
                <ul>{signals.get().into_iter().map(|signal| row(signal, &known)).collect_view()}</ul>
            </section>
        })
    }
}
