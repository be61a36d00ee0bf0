//! Moves the focus to what took the place of the control that had it; it never takes it from elsewhere.

use leptos::prelude::request_animation_frame;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// A directive: the element has the focus as soon as it is on the page.
pub fn take_focus(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        request_animation_frame(move || {
            // It may be gone again by now.
            let _ = element.focus();
        });
    }
}
