//! The token of a page that is opened by link: out of the address, into this tab, renewed by a new link.

use std::rc::Rc;

use leptos::prelude::*;
use live_jury_protocol::Role;
use wasm_bindgen::JsValue;

use crate::token::{Claims, TokenError, TokenSource};

/// Time before a token's end at which its bearer is warned, in milliseconds.
pub const EXPIRY_WARNING_MS: u64 = 2 * 60 * 1_000;

/// A token as it was given, with what it says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageToken {
    /// The JWT.
    pub jwt: String,
    /// Whom it speaks for.
    pub sub: String,
    /// The room, or `*`.
    pub room: String,
    /// What its bearer may do.
    pub role: Role,
    /// When it ends, in Unix milliseconds.
    pub expires_at_ms: u64,
}

impl PageToken {
    /// Reads a token without judging it; `None` where it is not of that form.
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

/// What a page has to show for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// No token came with the link, and none was kept.
    Missing,
    /// What came is not a token.
    Unreadable,
    /// A token, not judged by anybody yet.
    Present(PageToken),
}

impl TokenState {
    /// The token's text, empty where there is none.
    #[must_use]
    pub fn jwt(&self) -> String {
        match self {
            TokenState::Present(token) => token.jwt.clone(),
            TokenState::Missing | TokenState::Unreadable => String::new(),
        }
    }
}

/// Takes the token from the address, else what `surface` kept in this tab; then each new one that the address brings.
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

/// What a socket asks for a token: the newest there is.
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
        // A full or forbidden storage costs a reload its token, nothing else.
        let _ = storage.set_item(key, &token.jwt);
    }
    TokenState::Present(token)
}

fn token_in_address() -> Option<String> {
    let hash = window().location().hash().ok()?;
    let from_address = hash.trim_start_matches('#').split('&').find_map(|part| part.strip_prefix("token="))?;
    js_sys::decode_uri_component(from_address).ok().map(String::from)
}

/// A token must not stay in the history or in a copied address.
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
