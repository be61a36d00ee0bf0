//! Draws the summary and both statements with equal space, and notes which were read; it never expands one side alone.

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use leptos::prelude::*;
use live_jury_protocol::{CaseId, Statements};
use wasm_bindgen::JsCast;

use super::Viewer;
use crate::dom::{Children, Element, element, live};
use crate::i18n::TextKey;

/// Time for which a statement is open in full before it counts as read. A glance is shorter.
const READ_AFTER: Duration = Duration::from_secs(3);

/// Draws the summary and both statements.
pub(super) fn statements(viewer: Viewer, id: CaseId) -> Element {
    let texts = viewer.texts;
    let summary = move || viewer.jury().case(id).map(|case| case.summary.clone()).unwrap_or_default();
    let both = move || viewer.jury().case(id).and_then(|case| case.statements.clone()).unwrap_or_default();
    let whole = RwSignal::new(false);
    let cut = RwSignal::new(false);
    let container = element("div", "lj-statements").live_class("lj-whole", move || whole.get());
    let container_dom = container.dom().clone();
    // The button to read more appears only while a text is cut. Each text is measured when it arrives and when the
    // width changes.
    // A statement is read once its size has stayed the same for a while, and it is open in full then. The summary is
    // no statement: 0.
    let clamped = move |text: Element, statement: u64| {
        let (clamped_in, dom, resizes) = (container_dom.clone(), text.dom().clone(), Rc::new(Cell::new(0_u32)));
        let measure = move || {
            if !whole.get_untracked() {
                cut.set(is_cut(&clamped_in));
            }
            let (dom, resizes, now) = (dom.clone(), resizes.clone(), resizes.get() + 1);
            resizes.set(now);
            let settled = move || {
                if resizes.get() == now && dom.client_height() > 0 && !is_clamped(&dom) {
                    viewer.session.read(id, statement);
                }
            };
            set_timeout(settled, READ_AFTER);
        };
        text.on_resize(measure)
    };
    let clamped_summary = clamped.clone();
    let draw_summary = move |summary: &String| {
        let text = || element("p", "lj-summary lj-clamp").set("dir", "auto").text(summary);
        (!summary.is_empty()).then(|| clamped_summary(text(), 0))
    };
    let draw_sides = move |Statements { buyer, merchant }: &Statements| {
        let side = |hue, title, text, statement| {
            let text = match text {
                "" => element("p", "lj-side-text lj-clamp lj-empty").says(texts, TextKey::NoStatement),
                text => element("p", "lj-side-text lj-clamp").text(text),
            };
            side(viewer, hue, title, clamped(text.set("dir", "auto"), statement))
        };
        let first = side("buyer", TextKey::BuyerSays, buyer, 1);
        Children::from(first).and(side("merchant", TextKey::MerchantSays, merchant, 2))
    };
    let toggle = move || {
        element("button", "lj-link-button")
            .set("type", "button")
            .live_state("aria-expanded", move || whole.get())
            .on("click", move |_| whole.update(|whole| *whole = !*whole))
            .live_text(move || if whole.get() { texts.get(TextKey::ReadLess) } else { texts.get(TextKey::ReadMore) })
    };
    container
        .add(live(summary, draw_summary))
        .add(element("section", "lj-sides").labelled(texts, TextKey::BothSides).add(live(both, draw_sides)))
        .add(live(move || cut.get() || whole.get(), move |offers| offers.then(toggle)))
}

fn side(viewer: Viewer, hue: &str, title: TextKey, text: Element) -> Element {
    let mark = element("span", "lj-mark").set("aria-hidden", "true");
    element("div", "lj-side")
        .set("data-hue", hue)
        .part("side")
        .add(element("h3", "lj-side-title").add(mark).says(viewer.texts, title))
        .add(text)
}

fn is_cut(container: &web_sys::Element) -> bool {
    let Ok(texts) = container.query_selector_all(".lj-clamp") else { return false };
    (0..texts.length()).filter_map(|at| texts.item(at)).any(|text| is_clamped(text.unchecked_ref()))
}

/// Whether a part of the text is not shown.
fn is_clamped(text: &web_sys::Element) -> bool {
    text.scroll_height() > text.client_height() + 1
}
