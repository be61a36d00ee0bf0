//! Where a token comes from, and what a client reads in it for its own display; only the server judges a token.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use serde::Deserialize;

use crate::json;

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// There is nobody to ask: the page never said how. Words for the developer.
    Missing(String),
    /// Asking failed this time. Words for the developer.
    Failed(String),
}

/// A token on its way.
pub type TokenFuture = Pin<Box<dyn Future<Output = Result<String, TokenError>>>>;

/// Asked for a token at every connection and before one ends.
pub type TokenSource = Rc<dyn Fn() -> TokenFuture>;

/// What a client reads in its token: to keep one person's pending vote from another's, and to say *watching only*.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Claims {
    /// The viewer id.
    pub sub: String,
    /// The room.
    pub room: String,
    /// What its bearer may do, as written.
    pub role: String,
    /// Whether the token is for watching only.
    pub anon: bool,
    /// When it ends, in Unix seconds.
    pub exp: f64,
}

impl Claims {
    /// Reads a token's claims without checking it; nothing of a text that is no token.
    #[must_use]
    pub fn peek(token: &str) -> Option<Self> {
        json::from_text(&payload(token)?).ok()
    }
}

/// The text in the middle of a token.
fn payload(token: &str) -> Option<String> {
    String::from_utf8(base64url(token.split('.').nth(1)?)?).ok()
}

fn base64url(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for digit in text.bytes() {
        let value = match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'-' => 62,
            b'_' => 63,
            _ => return None,
        };
        buffer = (buffer << 6) | u32::from(value);
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from((buffer >> bits) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_are_read_from_the_middle_of_a_token() {
        let token =
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1X-S9oCIsInJvb20iOiJsaXZlLTQyIiwiYW5vbiI6dHJ1ZSwiZXhwIjoxNzAwfQ.c2ln";
        let claims: Claims = serde_json::from_str(&payload(token).unwrap()).unwrap();
        assert_eq!((claims.sub.as_str(), claims.room.as_str(), claims.anon), ("u_你", "live-42", true));
        assert_eq!(payload("no token"), None);
        assert_eq!(payload("a.b!.c"), None);
    }
}
