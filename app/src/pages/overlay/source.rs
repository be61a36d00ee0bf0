//! What streaming software says of the browser source that this page is: whether it is shown; it knows of no case.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// Whether the source is shown. Software that says nothing shows it.
#[derive(Clone, Copy)]
pub(super) struct BrowserSource {
    visible: RwSignal<bool>,
    /// Counts what was said: whatever it was, what is on the picture then is nothing new.
    changes: RwSignal<u32>,
}

impl BrowserSource {
    /// Listens to the events of OBS Studio's browser source for as long as the owner lives.
    pub(super) fn watch() -> Self {
        let source = Self { visible: RwSignal::new(true), changes: RwSignal::new(0) };
        let visible = window_event_listener_untyped("obsSourceVisibleChanged", move |event| {
            source.changes.update(|changes| *changes += 1);
            source.visible.set(detail(&event, "visible").unwrap_or(true));
        });
        let active = window_event_listener_untyped("obsSourceActiveChanged", move |_| {
            source.changes.update(|changes| *changes += 1);
        });
        on_cleanup(move || {
            visible.remove();
            active.remove();
        });
        source
    }

    /// Whether it is shown; the caller runs again when that changes.
    pub(super) fn is_visible(self) -> bool {
        self.visible.get()
    }

    /// Has the caller run again whenever the source is shown, hidden, put on air or taken off.
    pub(super) fn track(self) {
        self.changes.track();
    }
}

fn detail(event: &web_sys::Event, field: &str) -> Option<bool> {
    let detail = event.dyn_ref::<web_sys::CustomEvent>()?.detail();
    js_sys::Reflect::get(&detail, &field.into()).ok()?.as_bool()
}
