//! The facts and both sides' words, with equal space: what opens one side opens the other.

use leptos::html::Div;
use leptos::prelude::*;
use live_jury_protocol::{CaseId, Statements};

use super::Viewer;
use super::live::live;

/// Draws the summary and both statements.
pub(super) fn statements(viewer: Viewer, id: CaseId) -> AnyView {
    let words = viewer.words;
    let case = viewer.case(id);
    let summary =
        Memo::new(move |_| case.with(|case| case.as_ref().map(|case| case.summary.clone())).unwrap_or_default());
    let both = Memo::new(move |_| {
        case.with(|case| case.as_ref().and_then(|case| case.statements.clone())).unwrap_or_default()
    });
    let whole = RwSignal::new(false);
    let cut = RwSignal::new(false);
    let place = NodeRef::<Div>::new();
    // Only a text that is really cut offers the rest.
    Effect::new(move |_| {
        both.track();
        summary.track();
        let Some(place) = place.get().filter(|_| !whole.get()) else { return };
        request_animation_frame(move || cut.set(is_cut(&place)));
    });
    let toggle = live(move || {
        (cut.get() || whole.get()).then(|| {
            let label = move || if whole.get() { words.read_less } else { words.read_more };
            view! {
                <button
                    class="lj-link-button"
                    type="button"
                    aria-expanded=move || whole.get().to_string()
                    on:click=move |_| whole.update(|whole| *whole = !*whole)
                >
                    {move || label()}
                </button>
            }
            .into_any()
        })
    });
    view! {
        <div class="lj-statements" class:lj-whole=move || whole.get() node_ref=place>
            {move || {
                let summary = summary.get();
                (!summary.is_empty())
                    .then(|| view! { <p class="lj-summary lj-clamp" dir="auto">{summary}</p> }.into_any())
            }}
            <section class="lj-sides" aria-label=words.both_sides>
                {move || {
                    let Statements { buyer, merchant } = both.get();
                    view! {
                        {side(viewer, "buyer", words.buyer_says, buyer)}
                        {side(viewer, "merchant", words.merchant_says, merchant)}
                    }
                    .into_any()
                }}
            </section>
            {toggle}
        </div>
    }
    .into_any()
}

fn side(viewer: Viewer, hue: &'static str, title: &'static str, text: String) -> AnyView {
    let empty = text.is_empty();
    let text = if empty { viewer.words.no_statement.to_owned() } else { text };
    view! {
        <div class="lj-side" data-hue=hue part="side">
            <h3 class="lj-side-title"><span class="lj-mark" aria-hidden="true"></span>{title}</h3>
            <p class="lj-side-text lj-clamp" class:lj-empty=empty dir="auto">{text}</p>
        </div>
    }
    .into_any()
}

fn is_cut(place: &web_sys::HtmlElement) -> bool {
    let Ok(texts) = place.query_selector_all(".lj-clamp") else { return false };
    (0..texts.length()).filter_map(|at| texts.item(at)).any(|text| {
        use wasm_bindgen::JsCast;
        text.dyn_ref::<web_sys::Element>().is_some_and(|text| text.scroll_height() > text.client_height() + 1)
    })
}
