//! The widget's program. It exports `mount`, and never starts by itself.

// A program with a `main` would bring the standard library's start with it.
#![cfg_attr(target_arch = "wasm32", no_main)]

use leptos::mount::mount_to_renderer;
use live_jury_app::widget::{LiveTexts, MountOptions, read_texts, widget};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsError, JsValue};
use web_sys::HtmlElement;

/// A mounted widget.
#[wasm_bindgen]
pub struct Mounted {
    texts: LiveTexts,
    unmount: Option<Box<dyn FnOnce()>>,
}

#[wasm_bindgen]
impl Mounted {
    /// Switches to the language of `texts`, a file as the build wrote it. Focus and choices stay.
    ///
    /// # Errors
    /// It is the file of another build. The widget keeps its language.
    #[wasm_bindgen(js_name = switchTexts)]
    pub fn switch_texts(&self, texts: &JsValue) -> Result<(), JsError> {
        self.texts.switch(read_texts(texts)?);
        Ok(())
    }

    /// Ends the widget and removes it from the page.
    pub fn unmount(&mut self) {
        if let Some(unmount) = self.unmount.take() {
            unmount();
        }
    }
}

/// Draws a widget into `root`. `options` is `{ server, room, texts, getToken, emit, check }`.
///
/// # Errors
/// An option is missing or invalid. The message names it.
#[wasm_bindgen]
pub fn mount(root: HtmlElement, options: &JsValue) -> Result<Mounted, JsError> {
    let options = MountOptions::read(options)?;
    let texts = options.texts;
    let handle = mount_to_renderer(&root, move || widget(options));
    Ok(Mounted { texts, unmount: Some(Box::new(move || drop(handle))) })
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
