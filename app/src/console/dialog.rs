//! A modal dialog. The browser's own element keeps the focus inside and restores it; this file adds no focus handling.

use leptos::html;
use leptos::prelude::*;

use crate::dom::live_text;
use crate::pages::use_texts;

/// A dialog, shown while `open` is true. Escape closes it.
#[component]
pub fn Dialog(open: RwSignal<bool>, #[prop(into)] label: Signal<&'static str>, children: ChildrenFn) -> impl IntoView {
    let texts = use_texts();
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move || {
        let Some(dialog) = dialog.get() else { return };
        match (open.get(), dialog.open()) {
            (true, false) => {
                // Fails only if the dialog has left the page meanwhile.
                let _ = dialog.show_modal();
            }
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    view! {
        <dialog node_ref=dialog class="dialog" aria-label=label on:close=move |_| open.set(false)>
            <header class="dialog-head">
                <h2>{live_text(move || label.get())}</h2>
                <button
                    type="button" class="quiet" aria-label=texts.text(|t| t.close_dialog)
                    on:click=move |_| open.set(false)
                >
                    "✕"
                </button>
            </header>
            {move || open.get().then(|| children())}
        </dialog>
    }
}
