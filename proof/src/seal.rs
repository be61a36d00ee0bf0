//! Seals: a hash of each ballot with a salt, and the tree over them. A seal alone tells nothing of its ballot.

use crate::error::{Error, require};
use crate::merkle::{Tree, leaf_hash, root_over, verify_inclusion};
#[cfg(feature = "seals")]
use crate::{CaseBytes, sha256};
use crate::{Hash, PseudonymBytes};

/// The length of a salt, in bytes.
pub const SALT_BYTES: usize = 16;
/// The length of a seal, in bytes.
pub const SEAL_BYTES: usize = 32;

/// The side of the market in a ballot: 0 for none, 1 for a buyer, 2 for a merchant.
pub type SideByte = u8;

/// A ballot, as it is sealed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ballot {
    /// The juror's pseudonym.
    pub pseudonym: PseudonymBytes,
    /// The option's place among the case's options.
    pub option: u8,
    /// The juror's side.
    pub side: SideByte,
    /// The marks.
    pub marks: u8,
    /// The ballot's number among this juror's in this case, from 0.
    pub change: u32,
}

/// The key of a case's salts. `Debug` does not show it.
#[cfg(feature = "seals")]
#[derive(Clone)]
pub struct CaseKey {
    bytes: [u8; 32],
    keyed: hmac::Hmac<sha2::Sha256>,
}

#[cfg(feature = "seals")]
impl std::fmt::Debug for CaseKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CaseKey(hidden)")
    }
}

#[cfg(feature = "seals")]
fn keyed(key: &[u8]) -> hmac::Hmac<sha2::Sha256> {
    use hmac::Mac;
    hmac::Hmac::new_from_slice(key).unwrap_or_else(|_| unreachable!("HMAC takes a key of any length"))
}

#[cfg(feature = "seals")]
impl CaseKey {
    /// The key of a case under a ballot secret.
    #[must_use]
    pub fn derive(ballot_secret: &[u8], case: &CaseBytes) -> Self {
        use hmac::Mac;
        let mac = keyed(ballot_secret).chain_update(b"live-jury seal key v1").chain_update(case);
        Self::from_bytes(mac.finalize().into_bytes().into())
    }

    /// The key that a docket or an opening holds.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self { bytes, keyed: keyed(&bytes) }
    }

    /// The bytes that a docket or an opening holds.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }

    /// The salt of a juror's ballot.
    #[must_use]
    pub fn salt(&self, pseudonym: &PseudonymBytes) -> [u8; SALT_BYTES] {
        use hmac::Mac;
        let digest: Hash = self.keyed.clone().chain_update(pseudonym).finalize().into_bytes().into();
        let mut salt = [0; SALT_BYTES];
        salt.copy_from_slice(&digest[..SALT_BYTES]);
        salt
    }

    /// The seal of a ballot.
    #[must_use]
    pub fn seal(&self, case: &CaseBytes, ballot: &Ballot) -> Hash {
        let Ballot { pseudonym, option, side, marks, change } = ballot;
        let choice = [*option, *side, *marks];
        let salt = self.salt(pseudonym);
        sha256(&[b"live-jury seal v1\n", case, pseudonym, &choice, &change.to_be_bytes(), &salt])
    }
}

/// The hash of a seal in the tree.
#[must_use]
pub fn seal_leaf(seal: &Hash) -> Hash {
    leaf_hash(seal)
}

/// The tree over seals in ascending order.
///
/// # Errors
/// They are not in ascending order, or one is there twice.
pub fn seal_tree(seals: &[Hash]) -> Result<Tree, Error> {
    require(seals.is_sorted_by(|left, right| left < right), "the seals are not ascending, or one is there twice")?;
    Ok(Tree { size: seals.len() as u64, root: root_over(seals.iter().map(seal_leaf)) })
}

/// A seal with its place in the tree and the path that proves it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SealProof {
    /// The seal.
    pub seal: Hash,
    /// Its place.
    pub index: u64,
    /// The path.
    pub path: Vec<Hash>,
}

impl SealProof {
    /// Whether the seal is in the tree.
    #[must_use]
    pub fn is_in(&self, tree: &Tree) -> bool {
        verify_inclusion(self.index, tree.size, seal_leaf(&self.seal), &self.path, &tree.root)
    }
}

/// Whether a seal is not in the tree, by the neighbours of the place where it would be. At an end of the tree, one
/// neighbour is enough; an empty tree has none.
#[must_use]
pub fn is_absent(seal: &Hash, before: Option<&SealProof>, after: Option<&SealProof>, tree: &Tree) -> bool {
    let is_before = |proof: &SealProof| proof.seal < *seal && proof.is_in(tree);
    let is_after = |proof: &SealProof| *seal < proof.seal && proof.is_in(tree);
    match (before, after) {
        (None, None) => tree.size == 0,
        (Some(before), None) => is_before(before) && before.index + 1 == tree.size,
        (None, Some(after)) => is_after(after) && after.index == 0,
        (Some(before), Some(after)) => is_before(before) && is_after(after) && before.index + 1 == after.index,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::merkle::inclusion_path;

    #[test]
    fn a_seal_is_in_the_tree_or_between_two_neighbours() {
        let seals: Vec<Hash> = (0..47_u8).map(|n| [2 * n + 1; 32]).collect();
        let leaves: Vec<Hash> = seals.iter().map(seal_leaf).collect();
        let tree = seal_tree(&seals).unwrap();
        let proofs: Vec<SealProof> = (0_u64..)
            .zip(&seals)
            .map(|(index, seal)| SealProof { seal: *seal, index, path: inclusion_path(&leaves, index).unwrap() })
            .collect();
        assert!(proofs.iter().all(|proof| proof.is_in(&tree)));
        for gap in 0..=47_usize {
            let seal = [2 * gap as u8; 32];
            let (before, after) = (gap.checked_sub(1).map(|at| &proofs[at]), proofs.get(gap));
            assert!(is_absent(&seal, before, after, &tree), "{gap}");
            assert!(!is_absent(&seal, before, proofs.get(gap + 1), &tree) || gap == 47, "{gap}");
            assert!(!is_absent(&seal, None, None, &tree), "{gap}");
            let is_there = after.map(|after| !is_absent(&after.seal, before, Some(after), &tree));
            assert_eq!(is_there, (gap < 47).then_some(true), "{gap}");
        }
        assert!(is_absent(&[0; 32], None, None, &seal_tree(&[]).unwrap()));
        assert!(seal_tree(&[[1; 32], [1; 32]]).is_err() && seal_tree(&[[2; 32], [1; 32]]).is_err());
    }
}
