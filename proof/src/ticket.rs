//! The draw of a panel: commitment, seed and tickets. It draws no random number.

use crate::{CaseBytes, Hash, PseudonymBytes, sha256};

/// The hash that binds a nonce before the case opens.
#[must_use]
pub fn commitment(nonce: &[u8; 32]) -> Hash {
    sha256(&[b"live-jury commit v1\n", nonce])
}

/// The seed of a draw. `beacon` is empty where a case uses none.
#[must_use]
pub fn seed(nonce: &[u8; 32], case: &CaseBytes, beacon: &[u8]) -> Hash {
    sha256(&[b"live-jury draw v1\n", nonce, case, beacon])
}

/// A juror's ticket. The lower one is first; equal ones go by pseudonym.
#[must_use]
pub fn ticket(seed: &Hash, pseudonym: &PseudonymBytes) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = sha256(&[b"live-jury ticket v1\n", seed, pseudonym]);
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}
