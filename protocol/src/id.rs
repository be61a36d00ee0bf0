//! Ids of cases, options and rooms, checked when they are made; an invalid one never exists.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::limits::{OPTION_ID_BYTES_MAX, ROOM_BYTES_MAX};

/// A case's id, a UUIDv7. Ids sort by creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(try_from = "String")]
pub struct CaseId(pub Uuid);

impl fmt::Display for CaseId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for CaseId {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, NameError> {
        // `parse_str` is not used: its detailed messages would add to the widget's download.
        Uuid::try_parse(text).map(Self).map_err(|_| NameError { what: "case id", expected: "a UUID" })
    }
}

impl TryFrom<String> for CaseId {
    type Error = NameError;

    fn try_from(text: String) -> Result<Self, NameError> {
        text.parse()
    }
}

/// An id that does not have its form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NameError {
    what: &'static str,
    expected: &'static str,
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} must be {}", self.what, self.expected)
    }
}

impl std::error::Error for NameError {}

fn is_name(text: &str, bytes_max: usize) -> bool {
    (1..=bytes_max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-')
}

macro_rules! name {
    ($(#[$doc:meta])* $name:ident, $what:literal, $expected:literal, $max:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[cfg_attr(feature = "openapi", schema(value_type = String))]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = NameError;

            fn try_from(text: String) -> Result<Self, NameError> {
                if is_name(&text, $max) {
                    Ok(Self(text))
                } else {
                    Err(NameError { what: $what, expected: $expected })
                }
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::try_from(text.to_owned())
            }
        }

        impl From<$name> for String {
            fn from(name: $name) -> String {
                name.0
            }
        }

        impl std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }
    };
}

name!(
    /// A live room's name, `[A-Za-z0-9_-]{1,64}`.
    RoomId,
    "room",
    "1 to 64 of A-Z a-z 0-9 _ -",
    ROOM_BYTES_MAX
);
name!(
    /// An option's id within its case, `[A-Za-z0-9_-]{1,32}`.
    OptionId,
    "option id",
    "1 to 32 of A-Z a-z 0-9 _ -",
    OPTION_ID_BYTES_MAX
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invalid_id_is_refused() {
        assert!("live-42".parse::<RoomId>().is_ok());
        assert!("".parse::<RoomId>().is_err());
        assert!("*".parse::<RoomId>().is_err());
        assert!("a".repeat(65).parse::<RoomId>().is_err());
        assert!(serde_json::from_str::<OptionId>("\"a b\"").is_err());
        assert_eq!("x y".parse::<OptionId>().unwrap_err().to_string(), "option id must be 1 to 32 of A-Z a-z 0-9 _ -");
    }
}
