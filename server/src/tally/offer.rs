//! The bytes in which stores keep the jurors whom nodes offer for a case's panel; it draws nobody.

use live_jury_court::{Candidate, Pseudonym};

/// The bytes of an offer in a store: ticket, pseudonym. They sort as candidates do.
pub(super) const OFFER_BYTES: usize = 24;

/// A candidate's bytes in a store.
pub(super) fn to_bytes(candidate: &Candidate) -> [u8; OFFER_BYTES] {
    let mut bytes = [0; OFFER_BYTES];
    bytes[..8].copy_from_slice(&candidate.ticket.to_be_bytes());
    bytes[8..].copy_from_slice(&candidate.juror.0);
    bytes
}

/// The candidate of its bytes.
pub(super) fn from_bytes(bytes: &[u8; OFFER_BYTES]) -> Candidate {
    let [t0, t1, t2, t3, t4, t5, t6, t7, juror @ ..] = *bytes;
    Candidate { ticket: u64::from_be_bytes([t0, t1, t2, t3, t4, t5, t6, t7]), juror: Pseudonym(juror) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_sort_as_candidates_do() {
        let candidate = |ticket, juror| Candidate { ticket, juror: Pseudonym([juror; 16]) };
        let all = [candidate(1, 9), candidate(255, 0), candidate(256, 1), candidate(256, 2), candidate(u64::MAX, 0)];
        assert!(all.is_sorted() && all.iter().map(to_bytes).is_sorted());
        for one in all {
            assert_eq!(from_bytes(&to_bytes(&one)), one);
        }
    }
}
