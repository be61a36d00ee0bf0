//! The part of an identity that a ledger keeps: tokens under one key, and the hash of the logo. It compares nothing.

use super::token::{FieldFault, Fields, IdentityKey, KeyId, Stored, Tokens};
use crate::pdq::Hash;

/// The part of an identity that a ledger keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The tokens under one key.
    pub tokens: Vec<Stored>,
    /// That key's id.
    pub key: KeyId,
    /// The hash of the logo.
    pub logo: Option<Hash>,
}

impl Kept {
    /// The part of these fields that is kept, under this key.
    ///
    /// # Errors
    /// There are too many tokens.
    pub fn of(fields: &Fields, key: &IdentityKey) -> Result<Self, FieldFault> {
        let tokens = Tokens::of(fields, std::slice::from_ref(key))?.stored();
        Ok(Self { tokens, key: key.id(), logo: fields.logo })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::identity::Field;
    use crate::identity::token::KEY_BYTES;
    use crate::pdq::{Pdq, QUALITY_MIN};

    fn key(byte: u8) -> IdentityKey {
        IdentityKey::new([byte; KEY_BYTES])
    }

    #[test]
    fn a_logo_is_found_by_a_part_that_differs_by_one_bit_at_most() {
        let with = |hash, quality| Fields::parse(&BTreeMap::new()).unwrap().with_logo(Some(Pdq { hash, quality }));
        let tokens = |hash| Tokens::of(&with(hash, QUALITY_MIN), &[key(1)]).unwrap();
        let first = Hash([0x0123_4567_89ab_cdef, 7, u64::MAX, 0]);
        let kept = Kept::of(&with(first, QUALITY_MIN), &key(1)).unwrap();
        assert_eq!((kept.tokens.len(), kept.logo), (16, Some(first)));
        // The worst of 31 bits: one in one part, and two in each of the others.
        let flipped = Hash(std::array::from_fn(|n| {
            first.0[n] ^ if n == 0 { 0x0003_0003_0003_0001 } else { 0x0003_0003_0003_0003 }
        }));
        assert_eq!(first.distance(&flipped), 31);
        let looked_up = tokens(flipped).looked_up();
        assert_eq!(kept.tokens.iter().filter(|one| looked_up.contains(&one.token)).count(), 1);
        assert_eq!(looked_up.len(), 16 * 17);
        let poor = Tokens::of(&with(first, QUALITY_MIN - 1), &[key(1)]).unwrap();
        assert_eq!(poor, Tokens::default(), "a plain surface is like every other");
        assert_ne!(key(1).digest(&with(first, 50)), key(1).digest(&with(flipped, 50)));
        let text = BTreeMap::from([("logo".to_owned(), vec![first.to_string()])]);
        assert!(matches!(Fields::parse(&text), Err(FieldFault::Invalid { field: Field::Logo, .. })));
    }
}
