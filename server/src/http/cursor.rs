//! The cursor of a reader who follows all verdicts: opaque text that names incarnation, place and case. It reads no
//! store.

use std::fmt;

use live_jury_protocol::CaseId;
use uuid::Uuid;

/// The length of a cursor's text: 16, 8 and 16 bytes in hex.
const CURSOR_CHARS: usize = 80;

/// A place among the verdicts of one incarnation of the docket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The incarnation. Another one may give the same place to another case.
    pub incarnation: Uuid,
    /// The place after which the reader goes on; 0 before the first.
    pub place: u64,
    /// The case at the place, if the reader has it. A docket that has another one there went back.
    pub case: Option<CaseId>,
}

impl Cursor {
    /// The place that a reader goes on from without having the case there.
    pub const fn at(incarnation: Uuid, place: u64) -> Self {
        Self { incarnation, place, case: None }
    }

    /// Parses a cursor's text; none if it is no cursor.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != CURSOR_CHARS || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let (incarnation, place, case) = (text.get(..32)?, text.get(32..48)?, text.get(48..)?);
        let case = Some(Uuid::try_parse(case).ok()?).filter(|case| !case.is_nil());
        Some(Self {
            incarnation: Uuid::try_parse(incarnation).ok()?,
            place: u64::from_str_radix(place, 16).ok()?,
            case: case.map(CaseId),
        })
    }
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let case = self.case.map_or(Uuid::nil(), |case| case.0);
        write!(f, "{}{:016x}{}", self.incarnation.simple(), self.place, case.simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back() {
        let incarnation = Uuid::from_u128(0x0193_0000_0000_7000_8000_0000_0000_0001);
        let start = Cursor::at(incarnation, 0);
        let last = Cursor { place: u64::MAX, case: Some(CaseId(Uuid::from_u128(7))), ..start };
        for cursor in [start, last] {
            assert_eq!(Cursor::parse(&cursor.to_string()), Some(cursor));
        }
        for wrong in ["", "17", &"x".repeat(CURSOR_CHARS), &"é".repeat(CURSOR_CHARS / 2)] {
            assert_eq!(Cursor::parse(wrong), None, "{wrong}");
        }
    }
}
