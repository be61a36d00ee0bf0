//! The theming example of the gallery: a widget in a brand's style, its custom properties, and its parts.

use std::rc::Rc;

use leptos::html::Div;
use leptos::prelude::*;

use super::cases::GalleryIds;
use super::states::State;
use crate::dom::{Draw, live_text, render_into};
use crate::i18n::Lang;
use crate::widget::snapshot;

/// Custom properties that a page of this brand sets on the element.
const BRAND_STYLE: [(&str, &str); 8] = [
    ("--jury-accent", "#0b6b4f"),
    ("--jury-accent-text", "#ffffff"),
    ("--jury-background", "#ffffff"),
    ("--jury-surface", "#eef6f2"),
    ("--jury-border", "#c4dbd0"),
    ("--jury-radius", "4px"),
    ("--jury-font", "ui-monospace, monospace"),
    ("--jury-font-title", "ui-monospace, monospace"),
];

/// The names that `::part()` accepts.
const PARTS: [&str; 21] = [
    "widget",
    "pill",
    "card",
    "head",
    "banner",
    "notice",
    "pager",
    "case",
    "title",
    "countdown",
    "side",
    "evidence",
    "called",
    "ballot",
    "option",
    "submit",
    "answer",
    "tally",
    "bar",
    "verdict",
    "remedy",
];

/// The widget in the brand's style, with the CSS that makes it.
#[component]
pub(super) fn Theming(lang: RwSignal<Lang>) -> impl IntoView {
    let text = move |en: &'static str, zh: &'static str| if lang.get() == Lang::ZhCn { zh } else { en };
    let root = NodeRef::<Div>::new();
    Effect::new(move || {
        let Some(root) = root.get() else { return };
        lang.track();
        for (name, value) in BRAND_STYLE {
            // Names and values are constants and valid.
            let _ = web_sys::HtmlElement::style(&root).set_property(name, value);
        }
    });
    let drawn: Draw<Lang> =
        Rc::new(|lang| GalleryIds::new().map(|ids| snapshot(*lang, State::Open.scene(*lang, &ids, ""), true)));
    let css = BRAND_STYLE.map(|(name, value)| format!("  {name}: {value};\n")).concat();
    view! {
        <section class="gallery-theming" aria-labelledby="theming">
            <h2 id="theming">{live_text(move || text("In a house style", "自定义外观"))}</h2>
            <div class="gallery-wall">
                <div class="gallery-ground">
                    <div class="lj-root" data-theme="light" node_ref=root use:render_into=(lang.into(), drawn)></div>
                </div>
                <div class="gallery-how">
                    <h3>{live_text(move || text("Properties", "自定义属性"))}</h3>
                    <pre tabindex="0"><code>{format!("live-jury {{\n{css}}}")}</code></pre>
                    <h3>{live_text(move || text("Parts", "部件"))}</h3>
                    <ul class="gallery-parts">
                        {PARTS.map(|part| view! { <li><code>{part}</code></li> }).collect_view()}
                    </ul>
                </div>
            </div>
        </section>
    }
}
