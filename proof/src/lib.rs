//! The published forms that make a verdict verifiable, byte for byte: trees, signed notes, the log's entries,
//! statements, seals, receipts and bundles. It decides nothing, reads no file and draws no random number.
//!
//! All integers in bytes are big-endian, hexadecimal text is lower case, and base64 is padded and canonical. A parser
//! refuses a text that does not rebuild byte for byte.

pub mod bundle;
pub mod checkpoint;
pub mod draw;
pub mod entry;
mod error;
pub mod merkle;
pub mod note;
pub mod policy;
pub mod receipt;
pub mod row;
pub mod seal;
pub mod statement;
pub mod text;
pub mod ticket;
pub mod tiles;
pub mod tlog_proof;

pub use error::Error;

use sha2::{Digest, Sha256};

/// A SHA-256.
pub type Hash = [u8; 32];

/// A case's id: the 16 bytes of its UUID.
pub type CaseBytes = [u8; 16];

/// A juror's pseudonym in one case.
pub type PseudonymBytes = [u8; 16];

/// The SHA-256 of several pieces, one after the other.
#[must_use]
pub fn sha256(pieces: &[&[u8]]) -> Hash {
    let mut hasher = Sha256::new();
    pieces.iter().for_each(|piece| hasher.update(piece));
    hasher.finalize().into()
}

/// The SHA-256 of a stream, read to its end piece by piece.
///
/// # Errors
/// It could not be read.
pub fn sha256_of(mut stream: impl std::io::Read) -> std::io::Result<Hash> {
    let (mut hasher, mut piece) = (Sha256::new(), [0; 8_192]);
    loop {
        match stream.read(&mut piece)? {
            0 => return Ok(hasher.finalize().into()),
            length => hasher.update(&piece[..length]),
        }
    }
}
