//! Reads and writes JSON with the browser's own parser and serde's derived types. It never holds a type of the wire,
//! and its errors never say where a text is wrong.

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

/// The text is not JSON or not of the expected type, or the value has no form in JSON.
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

/// Reads a frame from the server.
///
/// # Errors
/// The text is not JSON, or not a frame.
pub fn frame(text: &str) -> Result<ServerFrame, NotJson> {
    ServerFrameByType::deserialize(Tagged(parse(text)?))
}

/// Converts a value for scripts.
///
/// # Errors
/// The value has no form in JSON.
pub fn to_js<T: Serialize>(value: &T) -> Result<JsValue, NotJson> {
    value.serialize(Writer)
}

/// Writes a value as text.
///
/// # Errors
/// The value has no form in JSON.
pub fn to_text<T: Serialize>(value: &T) -> Result<String, NotJson> {
    JSON::stringify(&to_js(value)?).map(String::from).map_err(|_| NotJson)
}

fn parse(text: &str) -> Result<Value, NotJson> {
    JSON::parse(text).map(Value).map_err(|_| NotJson)
}
