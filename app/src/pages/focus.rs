//! Moves the focus to the replacement of a focused control. It never takes the focus from another control.

use leptos::prelude::request_animation_frame;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// A directive: focuses the element one frame after it is mounted.
pub fn take_focus(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        request_animation_frame(move || {
            // The element may be gone by now.
            let _ = element.focus();
        });
    }
}
