//! The bytes in which stores keep the jurors whom nodes offer for a case's panel; it draws nobody.

use live_jury_court::{Candidate, Pseudonym};

use crate::entrant::Entrant;
use crate::pseudonym::MaskedProfile;

/// The bytes of an offer in a store: ticket, pseudonym, masked profile. They sort as entrants do.
pub(super) const OFFER_BYTES: usize = 40;

/// An entrant's bytes in a store.
pub(super) fn to_bytes(entrant: &Entrant) -> [u8; OFFER_BYTES] {
    let Entrant { candidate, profile } = entrant;
    let mut bytes = [0; OFFER_BYTES];
    bytes[..8].copy_from_slice(&candidate.ticket.to_be_bytes());
    bytes[8..24].copy_from_slice(&candidate.juror.0);
    bytes[24..].copy_from_slice(&profile.0);
    bytes
}

/// The entrant of its bytes.
pub(super) fn from_bytes(bytes: &[u8; OFFER_BYTES]) -> Entrant {
    let [t0, t1, t2, t3, t4, t5, t6, t7, names @ ..] = *bytes;
    let (mut juror, mut profile) = ([0; 16], [0; 16]);
    juror.copy_from_slice(&names[..16]);
    profile.copy_from_slice(&names[16..]);
    let ticket = u64::from_be_bytes([t0, t1, t2, t3, t4, t5, t6, t7]);
    Entrant { candidate: Candidate { ticket, juror: Pseudonym(juror) }, profile: MaskedProfile(profile) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_sort_as_entrants_do() {
        let entrant = |ticket, juror| Entrant {
            candidate: Candidate { ticket, juror: Pseudonym([juror; 16]) },
            profile: MaskedProfile([juror ^ 0xff; 16]),
        };
        let all = [entrant(1, 9), entrant(255, 0), entrant(256, 1), entrant(256, 2), entrant(u64::MAX, 0)];
        assert!(all.is_sorted() && all.iter().map(to_bytes).is_sorted());
        for one in all {
            assert_eq!(from_bytes(&to_bytes(&one)), one);
        }
    }
}
