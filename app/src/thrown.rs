//! Converts a thrown JavaScript value to a message for the developer; it never classifies it.

use js_sys::JsString;
use wasm_bindgen::JsValue;

/// The value's own string.
#[must_use]
pub fn message(thrown: &JsValue) -> String {
    JsString::from("").concat(thrown).into()
}
