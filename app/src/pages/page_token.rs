//! The token of a page opened by a link: read from the address, saved in the tab, replaced by a new link. It never
//! verifies a token.

use std::rc::Rc;

use leptos::prelude::*;
use live_jury_protocol::Role;
use wasm_bindgen::JsValue;

use crate::token::{Claims, TokenError, TokenSource};

/// Time before the expiry at which the page warns, in milliseconds. It suffices to fetch a new link from the platform.
pub const EXPIRY_WARNING_MS: u64 = 2 * 60 * 1_000;

/// A token and its claims.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken {
    /// The JWT.
    pub jwt: String,
    /// The claim `sub`.
    pub sub: String,
    /// The claim `room`: a room, or `*`.
    pub room: String,
    /// The claim `role`.
    pub role: Role,
    /// The expiry, in Unix milliseconds.
    pub expires_at_ms: u64,
}

impl PageToken {
    /// Parses a token without verifying it; `None` if it is malformed.
    #[must_use]
    pub fn parse(token: &str) -> Option<Self> {
        Self::from_claims(token, Claims::peek(token)?)
    }

    fn from_claims(token: &str, claims: Claims) -> Option<Self> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a date; a float cast saturates")]
        let expires_at_ms = (claims.exp * 1_000.0) as u64;
        let role = claims.role.parse().ok()?;
        Some(Self { jwt: token.to_owned(), sub: claims.sub, room: claims.room, role, expires_at_ms })
    }
}

/// The token that a page has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// The link had no token, and the tab has none saved.
    Missing,
    /// The token is malformed.
    Unreadable,
    /// A well-formed token. Only the server verifies it.
    Present(PageToken),
}

impl TokenState {
    /// The JWT; empty if there is none.
    #[must_use]
    pub fn jwt(&self) -> String {
        match self {
            TokenState::Present(token) => token.jwt.clone(),
            TokenState::Missing | TokenState::Unreadable => String::new(),
        }
    }
}

/// The token of the address, else the one that the tab saved for `surface`. Follows later changes of the address.
#[must_use]
pub fn use_page_token(surface: &'static str) -> ReadSignal<TokenState> {
    let key = format!("live-jury.token.{surface}");
    let (state, set_state) = signal(read_token(&key));
    let listener = window_event_listener(leptos::ev::hashchange, move |_| {
        if token_in_address().is_some() {
            set_state.set(read_token(&key));
        }
    });
    on_cleanup(move || listener.remove());
    state
}

/// The token source of a socket. It gives the newest token.
#[must_use]
pub fn token_source(state: ReadSignal<TokenState>) -> TokenSource {
    Rc::new(move || {
        let token = state.try_with_untracked(TokenState::jwt).filter(|token| !token.is_empty());
        Box::pin(std::future::ready(token.ok_or_else(|| TokenError::Missing("the link carries none".to_owned()))))
    })
}

fn read_token(key: &str) -> TokenState {
    let storage = window().session_storage().ok().flatten();
    let from_address = token_in_address();
    if from_address.is_some() {
        remove_from_address();
    }
    let saved = || storage.as_ref().and_then(|storage| storage.get_item(key).ok().flatten());
    let Some(token) = from_address.or_else(saved) else { return TokenState::Missing };
    let Some(token) = PageToken::parse(&token) else { return TokenState::Unreadable };
    if let Some(storage) = &storage {
        // Without storage, a reload loses the token.
        let _ = storage.set_item(key, &token.jwt);
    }
    TokenState::Present(token)
}

fn token_in_address() -> Option<String> {
    let hash = window().location().hash().ok()?;
    let from_address = hash.trim_start_matches('#').split('&').find_map(|part| part.strip_prefix("token="))?;
    js_sys::decode_uri_component(from_address).ok().map(String::from)
}

/// Removes the token from the address, so that it is neither in the history nor in a copied link.
fn remove_from_address() {
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
    fn the_claims_give_subject_room_role_and_expiry() {
        let claims = r#"{"sub":"m_1","room":"*","role":"moderator","exp":1700000000}"#;
        let token = PageToken::from_claims("a.b.c", serde_json::from_str(claims).unwrap()).unwrap();
        assert_eq!(token.jwt, "a.b.c");
        assert_eq!((token.sub.as_str(), token.room.as_str(), token.role), ("m_1", "*", Role::Moderator));
        assert_eq!(token.expires_at_ms, 1_700_000_000_000);
        assert_eq!(PageToken::from_claims("a.b.c", Claims::default()), None);
    }
}
