//! Draws signals: their names, counts and points, the chosen ones and all of a dimension. It chooses none.

use std::sync::Arc;

use leptos::prelude::*;
use live_jury_protocol::trust::{DimensionPoints, SignalDefinition, SignalPoints};

use super::Explained;
use crate::dom::live_text;
use crate::pages::{Texts, use_texts};
use crate::trust::explain::{Counted, counted, points};
use crate::trust::signals::signal_name;
use crate::trust::texts::{TrustTexts, live};

/// Picks one text of a language.
type Pick = fn(&'static TrustTexts) -> &'static str;

/// Half of the width of a bar of points: a typical shop is in its middle.
const HALF: f64 = 100.0;

/// A list of chosen signals, or a text if there is none. With `gain`, each says what a typical shop would have more.
#[component]
pub(super) fn NamedSignals(
    explained: Arc<Explained>,
    signals: Vec<SignalPoints>,
    id: &'static str,
    title: Pick,
    nothing: Pick,
    #[prop(optional)] gain: bool,
) -> impl IntoView {
    let texts = use_texts();
    let is_empty = signals.is_empty();
    let rows = signals.into_iter().map(|signal| {
        let definition = explained.definition(&signal.id).cloned();
        view! { <SignalRow definition signal gain/> }
    });
    view! {
        <section class="panel" aria-labelledby=id>
            <h2 id=id>{live(texts, title)}</h2>
            {is_empty.then(|| view! { <p class="empty">{live(texts, nothing)}</p> })}
            <ul>{rows.collect_view()}</ul>
        </section>
    }
}

/// All signals, in a group for each dimension.
#[component]
pub(super) fn Dimensions(explained: Arc<Explained>) -> impl IntoView {
    let texts = use_texts();
    let dimensions = explained.index.dimensions.clone();
    let group = move |DimensionPoints { id, points: sum }| {
        let is_own = |signal: &&SignalPoints| {
            explained.definition(&signal.id).is_some_and(|definition| definition.dimension == id)
        };
        let rows: Vec<_> = explained.index.signals.iter().filter(is_own).cloned().collect();
        let most: f64 = rows.iter().map(|signal| signal.points_max).sum();
        let rows = rows.into_iter().map(|signal| {
            let definition = explained.definition(&signal.id).cloned();
            view! { <SignalRow definition signal/> }
        });
        let name = move || (texts.lang().trust().dimension)(&id).map_or_else(|| id.clone(), str::to_owned);
        view! {
            <details class="dimension">
                <summary>
                    <span class="dimension-name">{live_text(name)}</span>
                    <PointsBar value=sum most/>
                    <span class="figure">{points(sum)}</span>
                </summary>
                <ul>{rows.collect_view()}</ul>
            </details>
        }
    };
    dimensions.into_iter().map(group).collect_view()
}

/// A signal: its name, what was counted, its points, and how it is computed.
#[component]
pub fn SignalRow(
    definition: Option<SignalDefinition>,
    signal: SignalPoints,
    #[prop(optional)] gain: bool,
) -> impl IntoView {
    let texts = use_texts();
    let (counts, typical) = counted(&signal, definition.as_ref());
    let (value, most) = (signal.points, signal.points_max);
    let id = signal.id.clone();
    let what = definition.as_ref().map_or_else(|| id.clone(), |definition| definition.what.clone());
    let name = move || signal_name(texts.lang(), &id).map_or_else(|| what.clone(), str::to_owned);
    let how = move || {
        let trust = texts.lang().trust();
        definition.as_ref().map(|definition| {
            let more = (trust.more_is)(definition.effect == "good");
            format!("{more} {}", (trust.half_life)(definition.half_life_days))
        })
    };
    let gained = move || (texts.lang().trust().would_add)(&points(-value));
    let spoken = move || (texts.lang().trust().points_of)(&points(value), &format!("{most:.1}"));
    view! {
        <li class="signal">
            <span class="signal-name">{live_text(name)}</span>
            <span class="figure signal-points" aria-hidden="true">{points(value)}</span>
            <PointsBar value most/>
            <span class="signal-counts">{live_text(move || counts_text(texts, &counts, &typical))}</span>
            {gain.then(|| view! { <span class="signal-gain">{live_text(gained)}</span> })}
            <small class="hint signal-how">
                {live_text(spoken)}" "{live_text(move || how().unwrap_or_default())}
            </small>
        </li>
    }
}

fn counts_text(texts: Texts, counts: &Counted, typical: &str) -> String {
    let trust = texts.lang().trust();
    match counts {
        Counted::Nothing => (trust.not_counted)(typical),
        Counted::Share { hits, trials, share } => (trust.share)(hits, trials, share, typical),
        Counted::PerUnit { events, rate } => (trust.per_unit)(events, rate, typical),
        Counted::State(state) => (trust.state)(state, typical),
    }
}

/// Points as a bar from the middle. The figure beside it has the same in digits.
#[component]
fn PointsBar(value: f64, most: f64) -> impl IntoView {
    let width = if most > 0.0 { (value.abs() / most).min(1.0) * HALF } else { 0.0 };
    let start = if value < 0.0 { HALF - width } else { HALF };
    view! {
        <svg
            class="points" class:points-below=value < 0.0 viewBox="0 0 200 6" preserveAspectRatio="none"
            aria-hidden="true" focusable="false"
        >
            <rect class="points-track" y="2" width="200" height="2"></rect>
            <rect class="points-fill" x=start width=width height="6"></rect>
            <rect class="points-middle" x="99" width="2" height="6"></rect>
        </svg>
    }
}
