//! Shows a merchant's index: the sentence, what it does to exposure, what moved it, and every signal. It changes
//! nothing.

mod exposure;
mod signal;

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use live_jury_protocol::trust::{IndexAnswer, SignalDefinition, SignalPoints};

use super::explain::{bounds, gains, movers, whole};
use super::texts::live;
use crate::api::{Api, ApiError};
use crate::dom::live_text;
use crate::pages::{error_text, use_texts};
use exposure::Exposure;
pub(super) use signal::SignalRow;
use signal::{Dimensions, NamedSignals};

/// An index with the definitions behind it.
#[derive(Clone, Debug, PartialEq)]
struct Explained {
    index: IndexAnswer,
    definitions: Vec<SignalDefinition>,
}

impl Explained {
    fn definition(&self, id: &str) -> Option<&SignalDefinition> {
        self.definitions.iter().find(|definition| definition.id == id)
    }
}

/// The page's knowledge of an index.
#[derive(Clone, Debug, PartialEq)]
enum Reading {
    Loading,
    /// No fact has named the merchant.
    Unknown,
    Failed(ApiError),
    Read(Arc<Explained>),
}

async fn read(api: Api, merchant: &str) -> Reading {
    let answer = async {
        let index = api.index(merchant).await?;
        Ok(Explained { index, definitions: api.signals().await?.items })
    };
    match answer.await {
        Ok(explained) => Reading::Read(Arc::new(explained)),
        Err(error) if ApiError::is_missing(&error) => Reading::Unknown,
        Err(error) => Reading::Failed(error),
    }
}

/// The index of a merchant. To its owner, the texts speak of the reader's own shop.
#[component]
pub fn Index(api: Api, merchant: String, #[prop(optional)] own: bool) -> impl IntoView {
    let texts = use_texts();
    let reading = RwSignal::new(Reading::Loading);
    let is_busy = RwSignal::new(false);
    let merchant = StoredValue::new(merchant);
    let refresh = move || {
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        spawn_local(async move {
            let answer = read(api, &merchant.get_value()).await;
            // The page may have been left meanwhile.
            is_busy.try_set(false);
            reading.try_set(answer);
        });
    };
    refresh();
    view! {
        <section class="panel index" aria-labelledby="index-title" aria-busy=move || is_busy.get().to_string()>
            <header class="panel-head">
                <h2 id="index-title">{live(texts, |t| t.index)}</h2>
                <button type="button" class="quiet" disabled=move || is_busy.get() on:click=move |_| refresh()>
                    {live(texts, |t| t.read_again)}
                </button>
            </header>
            {move || match reading.get() {
                Reading::Loading => view! {
                    <p class="empty" role="status">{live(texts, |t| t.loading)}</p>
                }.into_any(),
                Reading::Unknown => view! { <p role="status">{live(texts, |t| t.not_known)}</p> }.into_any(),
                Reading::Failed(error) => view! {
                    <p class="note note-bad" role="alert" dir="auto">
                        {live_text(move || error_text(texts, &error))}
                    </p>
                }.into_any(),
                Reading::Read(explained) => view! { <Headline explained=explained.clone() own/> }.into_any(),
            }}
        </section>
        {move || match reading.get() {
            Reading::Read(explained) => Some(view! { <Reasons explained/> }),
            _ => None,
        }}
    }
}

/// The sentence, the range, and both on a scale.
#[component]
fn Headline(explained: Arc<Explained>, own: bool) -> impl IntoView {
    let texts = use_texts();
    let index = explained.index.clone();
    let (low, high) = bounds(&index);
    let (figure, low_figure, high_figure) = (whole(index.index), whole(low), whole(high));
    let evidence = index.evidence.clone();
    let sentence = {
        let figure = figure.clone();
        move || {
            let trust = texts.lang().trust();
            (if own { trust.index_yours } else { trust.index_theirs })(&figure)
        }
    };
    let range = {
        let bounds = (low_figure.clone(), high_figure.clone());
        move || {
            let trust = texts.lang().trust();
            format!("{} {}", (trust.evidence)(&evidence), (trust.between)(&bounds.0, &bounds.1))
        }
    };
    let label = move || (texts.lang().trust().scale)(&figure, &low_figure, &high_figure);
    let within = |points: f64| points.clamp(0.0, 1_000.0);
    view! {
        <p class="index-sentence" role="status">{live_text(sentence)}</p>
        <svg class="scale" viewBox="0 0 1000 24" preserveAspectRatio="none" role="img" aria-label=label>
            <rect class="scale-track" y="8" width="1000" height="8"></rect>
            <rect class="scale-band" x=within(low) y="4" width=within(high) - within(low) height="16"></rect>
            <rect class="scale-typical" x="498" width="4" height="24"></rect>
            <rect class="scale-index" x=within(index.index) - 5.0 width="10" height="24"></rect>
        </svg>
        <p class="scale-ends hint" aria-hidden="true"><span>"0"</span><span>"500"</span><span>"1000"</span></p>
        <p class="hint">{live_text(range)}</p>
    }
}

/// Exposure, movers, and all signals by dimension.
#[component]
fn Reasons(explained: Arc<Explained>) -> impl IntoView {
    let texts = use_texts();
    let named = |chosen: fn(&[SignalPoints]) -> Vec<SignalPoints>| chosen(&explained.index.signals);
    let (moved, help) = (named(movers), named(gains));
    view! {
        <Exposure index=explained.index.clone()/>
        <div class="columns">
            <NamedSignals
                explained=explained.clone() signals=moved id="moved-title" title=|t| t.moved_most
                nothing=|t| t.nothing_moved
            />
            <NamedSignals
                explained=explained.clone() signals=help id="help-title" title=|t| t.would_help
                nothing=|t| t.nothing_below gain=true
            />
        </div>
        <section class="panel" aria-labelledby="signals-title">
            <h2 id="signals-title">{live(texts, |t| t.all_signals)}</h2>
            <p class="hint">{live(texts, |t| t.all_signals_hint)}</p>
            <Dimensions explained/>
        </section>
    }
}
