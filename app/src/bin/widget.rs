//! The widget's program. It exports `mount`, and never starts by itself.

use leptos::mount::mount_to_renderer;
use live_jury_app::widget::{MountOptions, widget};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};
use web_sys::HtmlElement;

/// A mounted widget.
#[wasm_bindgen]
pub struct Mounted(Option<Box<dyn FnOnce()>>);

#[wasm_bindgen]
impl Mounted {
    /// Ends the widget and removes it from the page.
    pub fn unmount(&mut self) {
        if let Some(unmount) = self.0.take() {
            unmount();
        }
    }
}

/// Draws a widget into `root`. `options` is `{ server, room, lang, getToken, emit }`.
///
/// # Errors
/// An option is missing or invalid. The message names it.
#[wasm_bindgen]
pub fn mount(root: HtmlElement, options: &JsValue) -> Result<Mounted, JsError> {
    let options = MountOptions::read(options)?;
    let handle = mount_to_renderer(&root, move || widget(options));
    Ok(Mounted(Some(Box::new(move || drop(handle)))))
}

fn main() {}
