//! The one error of this crate: a sentence that says what is wrong with a text or a signature.

use std::fmt;

/// The reason for which a text was refused or a check failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error(pub &'static str);

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Error {}

/// The check `holds`, or the sentence that says what is wrong.
pub(crate) fn require(holds: bool, sentence: &'static str) -> Result<(), Error> {
    if holds { Ok(()) } else { Err(Error(sentence)) }
}
