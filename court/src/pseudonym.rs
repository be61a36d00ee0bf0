//! The pseudonym that replaces a viewer id in ballots. The court never sees the key that makes it.

use std::fmt;

/// Length of a pseudonym in bytes. At 128 bits two of a billion jurors practically never share one.
pub const PSEUDONYM_BYTES: usize = 16;

/// Names the juror of a ballot. Only the holder of the ballot secret can compute it from a viewer id, and the same
/// juror has another one in each case.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pseudonym(pub [u8; PSEUDONYM_BYTES]);

impl Pseudonym {
    /// The pseudonym just below; none below the lowest.
    #[must_use]
    pub fn before(self) -> Option<Self> {
        u128::from_be_bytes(self.0).checked_sub(1).map(|number| Self(number.to_be_bytes()))
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
