//! Reads the options of the embedding page: server, room, texts and two functions; it never draws.

use std::fmt;
use std::rc::Rc;

use js_sys::{Function, Promise, Reflect};
use live_jury_protocol::RoomId;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::events::Emitter;
use super::texts::LiveTexts;
use crate::i18n::ViewerTexts;
use crate::thrown;
use crate::token::{TokenError, TokenSource, is_jwt};

/// The advice for a page whose route answered something else, such as an error page.
const NO_JWT: &str = "getToken gave a text that is no token (JWT): check that its route\u{2019}s answer is `ok`";

/// The options with which the widget is mounted.
pub struct MountOptions {
    /// The server's origin.
    pub server: String,
    /// The room.
    pub room: RoomId,
    /// The texts in the viewer's language.
    pub texts: LiveTexts,
    get_token: Function,
    emit: Function,
    check: Function,
}

/// The invalid option, with a text for the developer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OptionsError(String);

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OptionsError {}

impl MountOptions {
    /// Reads `{ server, room, texts, getToken, emit, check }`.
    ///
    /// # Errors
    /// An option is missing or invalid.
    pub fn read(options: &JsValue) -> Result<Self, OptionsError> {
        let get = |name: &str| Reflect::get(options, &name.into()).unwrap_or(JsValue::UNDEFINED);
        let text = |name: &str| get(name).as_string();
        let function = |name: &str| {
            get(name).dyn_into::<Function>().map_err(|_| OptionsError(format!("`{name}` must be a function")))
        };
        let room = text("room").unwrap_or_default();
        Ok(Self {
            server: text("server").ok_or_else(|| OptionsError("`server` must be the server's origin".to_owned()))?,
            room: room.parse().map_err(|error| OptionsError(format!("{error}, not \"{room}\"")))?,
            texts: LiveTexts::new(read_texts(&get("texts"))?),
            get_token: function("getToken")?,
            emit: function("emit")?,
            check: function("check")?,
        })
    }

    /// The token source that calls the page's `getToken`.
    #[must_use]
    pub fn token_source(&self) -> TokenSource {
        let get_token = self.get_token.clone();
        Rc::new(move || {
            let asked = get_token.call0(&JsValue::UNDEFINED);
            Box::pin(async move {
                let answer = match asked {
                    // `Promise.resolve` accepts a promise or a plain value.
                    Ok(answer) => JsFuture::from(Promise::resolve(&answer)).await,
                    Err(error) => Err(error),
                };
                match answer {
                    Ok(token) => match token.as_string().map(|token| token.trim().to_owned()) {
                        Some(token) if is_jwt(&token) => Ok(token),
                        Some(_) => Err(TokenError::Failed(NO_JWT.to_owned())),
                        None => Err(TokenError::Failed("getToken gave no text".to_owned())),
                    },
                    Err(error) => Err(refusal(&error)),
                }
            })
        })
    }

    pub(super) fn emitter(&self) -> Emitter {
        Emitter::new(self.emit.clone())
    }

    /// The function that loads the check of a verdict.
    pub(super) fn check(&self) -> Function {
        self.check.clone()
    }
}

/// Reads the file of a language.
///
/// # Errors
/// It is no text, or it belongs to another build.
pub fn read_texts(file: &JsValue) -> Result<&'static ViewerTexts, OptionsError> {
    let texts = file.as_string().and_then(ViewerTexts::read);
    texts.ok_or_else(|| OptionsError("`texts` must be the language's file of this build".to_owned()))
}

/// An error with `missing` set does not mend itself.
fn refusal(error: &JsValue) -> TokenError {
    let get = |name: &str| Reflect::get(error, &name.into()).unwrap_or(JsValue::UNDEFINED);
    let why = get("message").as_string().unwrap_or_else(|| thrown::message(error));
    if get("missing").is_truthy() { TokenError::Missing(why) } else { TokenError::Failed(why) }
}
