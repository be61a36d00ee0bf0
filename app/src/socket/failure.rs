//! The causes for which a connection does not reconnect by itself; it never words them for viewers.

use live_jury_protocol::close;

use crate::token::TOKEN_BYTES_MAX;

/// The cause for which a connection does not reconnect by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The page provides no token. The text is for the developer.
    NoToken(String),
    /// The server rejected the token.
    TokenRejected,
    /// The token is longer than the server's frames.
    TokenTooLong,
    /// The token is for another room or another role.
    NotAllowed,
    /// The same viewer opened the room in a newer window.
    Replaced,
    /// The server closed the connection normally.
    Ended,
    /// Server and page do not understand each other. The page is most likely outdated.
    Protocol,
    /// The server's address is invalid. The text is for the developer.
    BadAddress(String),
}

impl Failure {
    /// The failure behind a close code that forbids reconnecting.
    #[must_use]
    pub const fn of_close(code: u16) -> Self {
        match code {
            close::TOKEN_INVALID => Self::TokenRejected,
            // The join is the only frame of a client that can be long.
            close::TOO_LARGE => Self::TokenTooLong,
            close::NOT_ALLOWED => Self::NotAllowed,
            close::REPLACED => Self::Replaced,
            close::NORMAL => Self::Ended,
            _ => Self::Protocol,
        }
    }

    /// A stable code for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoToken(_) => "no_token",
            Self::TokenRejected => "token_rejected",
            Self::TokenTooLong => "token_too_long",
            Self::NotAllowed => "not_allowed",
            Self::Replaced => "replaced",
            Self::Ended => "ended",
            Self::Protocol => "protocol",
            Self::BadAddress(_) => "bad_address",
        }
    }

    /// Advice for the developer.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::NoToken(why) => format!("no token: {why}"),
            Self::TokenRejected => {
                "the server rejected the token: check its signature, `exp`, `iss`, `aud` and the clocks".to_owned()
            }
            Self::TokenTooLong => {
                format!(
                    "the token is too long: it may have {TOKEN_BYTES_MAX} bytes. Leave out claims that are not needed"
                )
            }
            Self::NotAllowed => "the token is not for this room: check its `room` and `role`".to_owned(),
            Self::Replaced => "this viewer joined from too many windows; the newest ones stay connected".to_owned(),
            Self::Ended => "the server ended the connection".to_owned(),
            Self::Protocol => "the server and this page speak different versions: reload the page".to_owned(),
            Self::BadAddress(why) => format!("cannot connect: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::i18n::Lang;

    #[test]
    fn a_token_that_is_too_long_is_named_with_its_limit() {
        let failure = Failure::of_close(close::TOO_LARGE);
        assert_eq!((failure.clone(), failure.code()), (Failure::TokenTooLong, "token_too_long"));
        assert!(failure.advice().contains("4069 bytes"), "{}", failure.advice());
        for lang in [Lang::En, Lang::ZhCn] {
            let text = (lang.pages().failure)(&failure);
            assert!(text.contains("4,069"), "{text}");
        }
    }
}
