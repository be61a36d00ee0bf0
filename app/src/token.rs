//! Defines the source of tokens and reads a token's claims for display; it never verifies a token.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use live_jury_protocol::limits;
use serde::Deserialize;

use crate::json;

/// The longest token, in bytes. A longer one does not fit into a frame, and the server would close the socket.
pub const TOKEN_BYTES_MAX: usize = limits::FRAME_BYTES_MAX - r#"{"type":"renew","token":""}"#.len();

/// The reason for which there is no token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TokenError {
    /// The page has no token source. The text is for the developer.
    Missing(String),
    /// The token source failed this time. The text is for the developer.
    Failed(String),
}

/// A token to be delivered.
pub type TokenFuture = Pin<Box<dyn Future<Output = Result<String, TokenError>>>>;

/// Provides a token for each connection and before the current one expires.
pub type TokenSource = Rc<dyn Fn() -> TokenFuture>;

/// The claims of a token that the client uses: `sub` separates the votes of two viewers in one tab, `anon` shows
/// *watching only*.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Claims {
    /// The viewer id.
    pub sub: String,
    /// The room.
    pub room: String,
    /// The role, unchecked.
    pub role: String,
    /// Whether the token is anonymous.
    pub anon: bool,
    /// The expiry, in Unix seconds.
    pub exp: f64,
}

impl Claims {
    /// Reads a token's claims without verifying it; none if the text is not a token.
    #[must_use]
    pub fn peek(token: &str) -> Option<Self> {
        json::from_text(&payload(token)?).ok()
    }
}

/// Whether a text has the form of a JWT: three parts of base64url, none of them empty. An error page has not.
#[must_use]
pub fn is_jwt(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && part.bytes().all(|digit| digit.is_ascii_alphanumeric() || matches!(digit, b'-' | b'_'))
    };
    text.split('.').count() == 3 && text.split('.').all(is_part)
}

/// The payload of a token: its middle part, decoded.
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

    #[test]
    fn an_error_page_has_not_the_form_of_a_token() {
        assert!(is_jwt("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1X-S9oCJ9.c2_n"));
        for text in ["", "a.b", "a.b.c.d", "a..c", "<html>502 Bad Gateway.</html>", "{\"error\":\"a.b.c\"}", "a b.c.d"]
        {
            assert!(!is_jwt(text), "{text}");
        }
    }
}
