//! JSON by the browser's own parser and writer, for serde's derived types: neither is sent to each viewer again as
//! WebAssembly. It holds no type of the wire, and it says that a text is unreadable, never why.

mod read;
mod write;

use std::fmt;

use js_sys::JSON;
use live_jury_protocol::{ServerFrame, ServerFrameByType};
use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsValue;

use read::{Tagged, Value};
use write::Writer;

/// A text that is no JSON or not what was asked for; or a value that JSON has no form for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotJson;

impl fmt::Display for NotJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not the JSON that was expected")
    }
}

impl std::error::Error for NotJson {}

/// Reads a value.
///
/// # Errors
/// The text is not JSON, or not of this type.
pub fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, NotJson> {
    T::deserialize(parse(text)?)
}

/// Reads a frame.
///
/// # Errors
/// The text is not JSON, or no frame.
pub fn frame(text: &str) -> Result<ServerFrame, NotJson> {
    ServerFrameByType::deserialize(Tagged(parse(text)?))
}

/// What a script sees of a value.
///
/// # Errors
/// JSON has no form for it.
pub fn to_js<T: Serialize>(value: &T) -> Result<JsValue, NotJson> {
    value.serialize(Writer)
}

/// A value as text.
///
/// # Errors
/// JSON has no form for it.
pub fn to_text<T: Serialize>(value: &T) -> Result<String, NotJson> {
    JSON::stringify(&to_js(value)?).map(String::from).map_err(|_| NotJson)
}

fn parse(text: &str) -> Result<Value, NotJson> {
    JSON::parse(text).map(Value).map_err(|_| NotJson)
}
