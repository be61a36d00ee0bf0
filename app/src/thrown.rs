//! What a script threw or refused with, in words for the developer; it judges nothing.

use js_sys::JsString;
use wasm_bindgen::JsValue;

/// The words that the browser itself has for it.
#[must_use]
pub fn message(thrown: &JsValue) -> String {
    JsString::from("").concat(thrown).into()
}
