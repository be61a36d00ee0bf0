//! Why a connection will not come back by itself; it never words it for a person.

use live_jury_protocol::close;

/// Why a connection will not come back by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The page gives no token. Words for the developer.
    NoToken(String),
    /// The server does not take the token.
    TokenRejected,
    /// The token is not for this room, or not for this place.
    NotAllowed,
    /// The same person opened the room in a newer window.
    Replaced,
    /// The server ended it in good order.
    Ended,
    /// The two ends do not understand each other: most likely an old page.
    Protocol,
    /// The server's address is none. Words for the developer.
    BadAddress(String),
}

impl Failure {
    /// What a close code that means *do not come back as you are* says.
    #[must_use]
    pub const fn of_close(code: u16) -> Self {
        match code {
            close::TOKEN_INVALID => Self::TokenRejected,
            close::NOT_ALLOWED => Self::NotAllowed,
            close::REPLACED => Self::Replaced,
            close::NORMAL => Self::Ended,
            _ => Self::Protocol,
        }
    }

    /// A stable name for programs.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NoToken(_) => "no_token",
            Self::TokenRejected => "token_rejected",
            Self::NotAllowed => "not_allowed",
            Self::Replaced => "replaced",
            Self::Ended => "ended",
            Self::Protocol => "protocol",
            Self::BadAddress(_) => "bad_address",
        }
    }

    /// What to fix, for the developer.
    #[must_use]
    pub fn advice(&self) -> String {
        match self {
            Self::NoToken(why) => format!("no token: {why}"),
            Self::TokenRejected => {
                "the server rejected the token: check its signature, `exp`, `iss`, `aud` and the clocks".to_owned()
            }
            Self::NotAllowed => "the token is not for this room: check its `room` and `role`".to_owned(),
            Self::Replaced => "this viewer joined from too many windows; the newest ones stay connected".to_owned(),
            Self::Ended => "the server ended the connection".to_owned(),
            Self::Protocol => "the server and this page speak different versions: reload the page".to_owned(),
            Self::BadAddress(why) => format!("cannot connect: {why}"),
        }
    }
}
