//! Shows what an index does to exposure, step by step, in the reader's language. It computes no exposure.

use leptos::prelude::*;
use live_jury_protocol::trust::{IndexAnswer, IndexStep};

use crate::dom::live_text;
use crate::pages::{Texts, use_texts};
use crate::trust::explain::{bounds, changes, factor};
use crate::trust::signals::signal_name;
use crate::trust::texts::live;

/// The exposure and its steps.
#[component]
pub(super) fn Exposure(index: IndexAnswer) -> impl IntoView {
    let texts = use_texts();
    let (low, high) = bounds(&index);
    let m = index.m;
    let steps = index.steps.clone();
    let rows = index.steps.into_iter().enumerate().map(|(at, step)| {
        let (m, changed) = (step.m, changes(&steps, at));
        let name = {
            let step = step.step.clone();
            move || (texts.lang().trust().step)(&step).map_or_else(|| step.clone(), str::to_owned)
        };
        let why = move || reason(texts, &step, changed, (low, high));
        view! {
            <li class="step" class:step-changes=changed>
                <span class="step-name">{live_text(name)}</span>
                <span class="step-why" dir="auto">{live_text(why)}</span>
                <span class="step-factor figure">{format!("× {}", factor(m))}</span>
            </li>
        }
    });
    view! {
        <section class="panel" aria-labelledby="exposure-title">
            <header class="panel-head">
                <h2 id="exposure-title">{live(texts, |t| t.exposure)}</h2>
                <strong class="figure exposure-factor">{format!("× {}", factor(m))}</strong>
            </header>
            <p>{live_text(move || (texts.lang().trust().shown)(m))}</p>
            <ol class="steps">{rows.collect_view()}</ol>
        </section>
    }
}

/// The reason of a step. A step of a later version is told in the server's words.
fn reason(texts: Texts, step: &IndexStep, changed: bool, (low, high): (f64, f64)) -> String {
    let lang = texts.lang();
    let trust = lang.trust();
    let by_change = |both: [&'static str; 2]| both[usize::from(changed)].to_owned();
    match step.step.as_str() {
        "index" => (trust.step_index)(low, high),
        "promise" => by_change(trust.step_promise),
        "range" => by_change(trust.step_range),
        "daily_fall" => by_change(trust.step_daily_fall),
        "turn" => {
            let name = |id: &String| signal_name(lang, id).map_or_else(|| id.clone(), str::to_owned);
            (trust.step_turn)(&step.signals.iter().map(name).collect::<Vec<_>>(), changed)
        }
        "measure" => by_change(trust.step_measure),
        _ => step.why.clone(),
    }
}
