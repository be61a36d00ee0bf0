//! The token of a page that is opened by link: out of the address, into this tab, renewed by a new link.

use std::rc::Rc;

use leptos::prelude::*;
use live_jury_protocol::Role;
use wasm_bindgen::JsValue;

use crate::token::{Claims, TokenError, TokenSource};

/// Time before a token's end at which its bearer is warned, in milliseconds.
pub const WARN_BEFORE_MS: u64 = 2 * 60 * 1_000;

/// A token as it was given, with what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pass {
    /// The JWT.
    pub token: String,
    /// Whom it speaks for.
    pub sub: String,
    /// The room, or `*`.
    pub room: String,
    /// What its bearer may do.
    pub role: Role,
    /// When it ends, in Unix milliseconds.
    pub ends_ms: u64,
}

impl Pass {
    /// Reads a token without judging it; `None` where it is not of that form.
    #[must_use]
    pub fn read(token: &str) -> Option<Self> {
        Self::of(token, Claims::peek(token)?)
    }

    fn of(token: &str, claims: Claims) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a date; a float cast saturates")]
        let ends_ms = (claims.exp * 1_000.0) as u64;
        let role = claims.role.parse().ok()?;
        Some(Self { token: token.to_owned(), sub: claims.sub, room: claims.room, role, ends_ms })
    }
}

/// What a page has to show for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holding {
    /// No token came with the link, and none was kept.
    Missing,
    /// What came is not a token.
    Unreadable,
    /// A token, not judged by anybody yet.
    Held(Pass),
}

impl Holding {
    /// The token's text, empty where there is none.
    #[must_use]
    pub fn token(&self) -> String {
        match self {
            Holding::Held(pass) => pass.token.clone(),
            Holding::Missing | Holding::Unreadable => String::new(),
        }
    }
}

/// Takes the token from the address, else what `surface` kept in this tab; then each new one that the address brings.
#[must_use]
pub fn hold(surface: &'static str) -> ReadSignal<Holding> {
    let key = format!("live-jury.token.{surface}");
    let (holding, set_holding) = signal(take(&key));
    let listener = window_event_listener(leptos::ev::hashchange, move |_| {
        if fragment().is_some() {
            set_holding.set(take(&key));
        }
    });
    on_cleanup(move || listener.remove());
    holding
}

/// What a socket asks for a token: the newest there is.
#[must_use]
pub fn source(holding: ReadSignal<Holding>) -> TokenSource {
    Rc::new(move || {
        let token = holding.try_with_untracked(Holding::token).filter(|token| !token.is_empty());
        Box::pin(std::future::ready(token.ok_or_else(|| TokenError::Missing("the link carries none".to_owned()))))
    })
}

fn take(key: &str) -> Holding {
    let storage = window().session_storage().ok().flatten();
    let given = fragment();
    if given.is_some() {
        clear_address();
    }
    let kept = || storage.as_ref().and_then(|storage| storage.get_item(key).ok().flatten());
    let Some(token) = given.or_else(kept) else { return Holding::Missing };
    let Some(pass) = Pass::read(&token) else { return Holding::Unreadable };
    if let Some(storage) = &storage {
        // A full or forbidden storage costs a reload its token, nothing else.
        let _ = storage.set_item(key, &pass.token);
    }
    Holding::Held(pass)
}

fn fragment() -> Option<String> {
    let hash = window().location().hash().ok()?;
    let given = hash.trim_start_matches('#').split('&').find_map(|part| part.strip_prefix("token="))?;
    js_sys::decode_uri_component(given).ok().map(String::from)
}

/// A token must not stay in the history or in a copied address.
fn clear_address() {
    let location = window().location();
    let (Ok(path), Ok(search), Ok(history)) = (location.pathname(), location.search(), window().history()) else {
        return;
    };
    let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&format!("{path}{search}")));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pass_says_whom_where_and_until_when() {
        let says = r#"{"sub":"m_1","room":"*","role":"moderator","exp":1700000000}"#;
        let pass = Pass::of("a.b.c", serde_json::from_str(says).unwrap()).unwrap();
        assert_eq!(pass.token, "a.b.c");
        assert_eq!((pass.sub.as_str(), pass.room.as_str(), pass.role), ("m_1", "*", Role::Moderator));
        assert_eq!(pass.ends_ms, 1_700_000_000_000);
        assert_eq!(Pass::of("a.b.c", Claims::default()), None);
    }
}
