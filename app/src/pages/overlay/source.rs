//! The visibility of the overlay as a browser source, from events of the streaming software. It knows no case.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

/// The browser source. It is visible until the software says otherwise.
#[derive(Clone, Copy)]
pub(super) struct BrowserSource {
    visible: RwSignal<bool>,
    /// The number of events so far. Each one restarts the time without animation.
    changes: RwSignal<u32>,
}

impl BrowserSource {
    /// Follows the events of OBS Studio's browser source while the owner lives.
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

    /// Whether the source is visible. The caller runs again when that changes.
    pub(super) fn is_visible(self) -> bool {
        self.visible.get()
    }

    /// Makes the caller run again whenever the source is shown, hidden, activated or deactivated.
    pub(super) fn track(self) {
        self.changes.track();
    }
}

fn detail(event: &web_sys::Event, field: &str) -> Option<bool> {
    let detail = event.dyn_ref::<web_sys::CustomEvent>()?.detail();
    js_sys::Reflect::get(&detail, &field.into()).ok()?.as_bool()
}
