//! The ballot key: a keyed hash that turns viewer ids into pseudonyms. It never stores an id.

use std::fmt;

use hmac::{Hmac, Mac};
use live_jury_court::{PSEUDONYM_BYTES, Pseudonym};
use live_jury_proof::seal::CaseKey;
use live_jury_protocol::CaseId;
use sha2::{Digest, Sha256};

/// Fewest bytes of a secret.
pub const SECRET_BYTES_MIN: usize = 32;

/// Bytes of a juror's profile: half of the hash, so that no two of a billion are alike.
pub const PROFILE_BYTES: usize = 16;

/// The name under which the docket keeps what a juror has practised and served. It is another one than each pseudonym,
/// so that nothing joins it with ballots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JurorProfile(pub [u8; PROFILE_BYTES]);

/// The profile of a juror who is entered for a case's panel, masked under the ballot secret. It is kept beside the
/// pseudonym until the panel is counted, and joins nothing for a reader without the secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MaskedProfile(pub [u8; PROFILE_BYTES]);

impl fmt::Display for MaskedProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Display for JurorProfile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The ballot secret. `Debug` does not show it.
#[derive(Clone)]
pub struct BallotKey(Hmac<Sha256>);

impl fmt::Debug for BallotKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("BallotKey(hidden)")
    }
}

impl BallotKey {
    /// A key of these bytes.
    #[must_use]
    pub fn new(secret: &[u8]) -> Self {
        let key = Hmac::new_from_slice(secret).unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"));
        Self(key)
    }

    /// `HMAC-SHA256(ballot secret, case ‖ sub)`, cut to [`PSEUDONYM_BYTES`].
    #[must_use]
    pub fn pseudonym(&self, case: CaseId, sub: &str) -> Pseudonym {
        let mut mac = self.0.clone();
        mac.update(case.0.as_bytes());
        mac.update(sub.as_bytes());
        let mut cut = [0; PSEUDONYM_BYTES];
        cut.copy_from_slice(&mac.finalize().into_bytes()[..PSEUDONYM_BYTES]);
        Pseudonym(cut)
    }

    /// The part of a case that recognises the key without holding it: 16 hex digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let mut mac = self.0.clone();
        mac.update(b"live-jury fingerprint");
        let digest = Sha256::digest(mac.finalize().into_bytes());
        digest[..8].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl BallotKey {
    /// The key of the seals of a case's ballots.
    #[must_use]
    pub fn case_key(&self, case: CaseId) -> CaseKey {
        let mut mac = self.0.clone();
        mac.update(b"live-jury seal key v1");
        mac.update(case.0.as_bytes());
        CaseKey::from_bytes(mac.finalize().into_bytes().into())
    }

    /// `HMAC-SHA256(ballot secret, "live-jury juror v1" ‖ sub)`, cut to [`PROFILE_BYTES`].
    #[must_use]
    pub fn profile(&self, sub: &str) -> JurorProfile {
        let mut mac = self.0.clone();
        mac.update(b"live-jury juror v1");
        mac.update(sub.as_bytes());
        let mut cut = [0; PROFILE_BYTES];
        cut.copy_from_slice(&mac.finalize().into_bytes()[..PROFILE_BYTES]);
        JurorProfile(cut)
    }

    /// Masks the profile of the juror with this pseudonym in a case. All nodes with the same ballot secret do it alike.
    #[must_use]
    pub fn mask(&self, case: CaseId, juror: Pseudonym, profile: JurorProfile) -> MaskedProfile {
        MaskedProfile(self.masked(case, juror, profile.0))
    }

    /// The profile under a mask of [`Self::mask`].
    #[must_use]
    pub fn unmask(&self, case: CaseId, juror: Pseudonym, masked: MaskedProfile) -> JurorProfile {
        JurorProfile(self.masked(case, juror, masked.0))
    }

    /// XOR with `HMAC-SHA256(ballot secret, "live-jury served v1" ‖ case ‖ pseudonym)`. A mask hides one value only,
    /// since both names follow from one `sub`.
    fn masked(&self, case: CaseId, juror: Pseudonym, bytes: [u8; PROFILE_BYTES]) -> [u8; PROFILE_BYTES] {
        let mut mac = self.0.clone();
        mac.update(b"live-jury served v1");
        mac.update(case.0.as_bytes());
        mac.update(&juror.0);
        let mask = mac.finalize().into_bytes();
        std::array::from_fn(|at| bytes[at] ^ mask[at])
    }

    /// The key of the hashes of revoked tokens. All nodes with the same ballot secret have the same one.
    #[must_use]
    pub fn revocation_key(&self) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(b"live-jury revocations v1");
        mac.finalize().into_bytes().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn one_person_is_another_in_another_case() {
        let key = BallotKey::new(&[7; 32]);
        let (a, b) = (CaseId(Uuid::from_u128(1)), CaseId(Uuid::from_u128(2)));
        assert_eq!(key.pseudonym(a, "ann"), key.pseudonym(a, "ann"));
        assert_ne!(key.pseudonym(a, "ann"), key.pseudonym(b, "ann"));
        assert_ne!(key.pseudonym(a, "ann"), key.pseudonym(a, "bob"));
        assert_ne!(key.pseudonym(a, "ann"), BallotKey::new(&[8; 32]).pseudonym(a, "ann"));
        assert_eq!(format!("{key:?}"), "BallotKey(hidden)");
    }

    #[test]
    fn a_masked_profile_tells_nothing_without_the_secret() {
        let key = BallotKey::new(&[7; 32]);
        let (a, b) = (CaseId(Uuid::from_u128(1)), CaseId(Uuid::from_u128(2)));
        let profile = key.profile("ann");
        let in_case = |case: CaseId| key.mask(case, key.pseudonym(case, "ann"), profile);
        assert_eq!(key.unmask(a, key.pseudonym(a, "ann"), in_case(a)), profile);
        assert_ne!(in_case(a), in_case(b), "nothing joins two cases");
        assert_ne!(in_case(a).0, profile.0);
        let other = BallotKey::new(&[8; 32]);
        assert_ne!(other.unmask(a, key.pseudonym(a, "ann"), in_case(a)), profile);
    }

    #[test]
    fn a_profile_is_the_documented_hash() {
        let profile = BallotKey::new(b"0123456789abcdef0123456789abcdef").profile("u_1");
        assert_eq!(profile.to_string(), "b4ee0e798ec8d35e4f6f26bcf9dbfc09");
    }
}
