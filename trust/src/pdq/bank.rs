//! A bank of known pictures, scanned from end to end. It is small enough that an index would cost more than it saves.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Hash, SAME_BITS_MAX};
use crate::listing::list::{EntryFault, check_id, read};

/// Rows that are compared before any is looked at more closely.
const BLOCK: usize = 256;

/// The mark of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It shows a counterfeit: only shops that the brand authorises may show it.
    Counterfeit,
    /// It is another shop's own.
    Copy,
}

impl Mark {
    /// The name on the wire and in the ledger.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counterfeit => "counterfeit",
            Self::Copy => "copy",
        }
    }
}

/// A picture of the bank.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// The mark.
    pub mark: Mark,
    /// The brand whose authorised shops may show it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brand: Option<String>,
    /// The shop whose own it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merchant: Option<String>,
    /// The hashes of its variants, in hexadecimal digits.
    pub pdq: Vec<String>,
}

impl Image {
    /// A new picture from JSON.
    ///
    /// # Errors
    /// The field that is wrong.
    pub fn parse(value: &Value) -> Result<Self, EntryFault> {
        let image: Self = read(value)?;
        for (field, id) in [("brand", &image.brand), ("merchant", &image.merchant)] {
            id.as_ref().map_or(Ok(()), |id| check_id(field, id))?;
        }
        Ok(image)
    }

    fn hashes(&self) -> impl Iterator<Item = Hash> {
        self.pdq.iter().filter_map(|text| text.parse().ok())
    }
}

/// All known pictures.
#[derive(Debug, Default)]
pub struct Bank {
    entries: Vec<(String, Image)>,
    /// The first quarters of all hashes, the second ones, and the rest. Most rows are told apart by the first two.
    first: Vec<u64>,
    second: Vec<u64>,
    rest: Vec<[u64; 2]>,
    /// The entry of each hash.
    owners: Vec<u32>,
}

impl Bank {
    /// The pictures with their ids.
    #[must_use]
    pub fn new(entries: Vec<(String, Image)>) -> Self {
        let mut bank = Self::default();
        for (place, (_, image)) in entries.iter().enumerate() {
            for Hash([first, second, third, fourth]) in image.hashes() {
                bank.first.push(first);
                bank.second.push(second);
                bank.rest.push([third, fourth]);
                bank.owners.push(u32::try_from(place).unwrap_or(u32::MAX));
            }
        }
        Self { entries, ..bank }
    }

    /// The number of hashes.
    #[must_use]
    pub fn len(&self) -> usize {
        self.owners.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.owners.is_empty()
    }

    /// The entry at a place.
    #[must_use]
    pub fn entry(&self, place: usize) -> Option<&(String, Image)> {
        self.entries.get(place)
    }

    /// The nearest picture that is the same and is not exempt, with the bits in which it differs.
    #[must_use]
    pub fn find(&self, hash: &Hash, is_exempt: impl Fn(&Image) -> bool) -> Option<(usize, u32)> {
        let Hash([one, two, three, four]) = *hash;
        let mut nearest: Option<(usize, u32)> = None;
        let blocks = self.first.chunks(BLOCK).zip(self.second.chunks(BLOCK));
        for (n, (first, second)) in blocks.enumerate() {
            let rows = || first.iter().zip(second).map(|(a, b)| ones(a ^ one, b ^ two));
            // The top bit of a difference below zero, joined without a branch, so that many rows are compared at once.
            let any = rows().fold(0, |any, bits| any | bits.wrapping_sub(u64::from(SAME_BITS_MAX) + 1));
            if any >> 63 == 0 {
                continue;
            }
            for (place, bits) in rows().enumerate().filter(|(_, bits)| *bits <= u64::from(SAME_BITS_MAX)) {
                let row = n * BLOCK + place;
                let [a, b] = self.rest[row];
                let distance = bits as u32 + (a ^ three).count_ones() + (b ^ four).count_ones();
                let is_nearer = nearest.is_none_or(|(_, least)| distance < least);
                let entry = self.owners[row] as usize;
                if distance <= SAME_BITS_MAX && is_nearer && !is_exempt(&self.entries[entry].1) {
                    nearest = Some((entry, distance));
                }
            }
        }
        nearest
    }
}

/// The ones of two words, by sums within the words. A processor of 2004 has no instruction for it, and programs are
/// built for that one; this form is compared two words at a time.
fn ones(one: u64, two: u64) -> u64 {
    const PAIRS: u64 = 0x5555_5555_5555_5555;
    const NIBBLES: u64 = 0x3333_3333_3333_3333;
    const BYTES: u64 = 0x0f0f_0f0f_0f0f_0f0f;
    let pairs = |word: u64| word - ((word >> 1) & PAIRS);
    let nibbles = |word: u64| (word & NIBBLES) + ((word >> 2) & NIBBLES);
    let sum = nibbles(pairs(one)) + nibbles(pairs(two));
    let sum = (sum & BYTES) + ((sum >> 4) & BYTES);
    let sum = sum + (sum >> 8);
    let sum = sum + (sum >> 16);
    (sum + (sum >> 32)) & 0xff
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn image(hash: Hash) -> Image {
        Image { mark: Mark::Copy, brand: None, merchant: None, pdq: vec![hash.to_string()] }
    }

    /// Flips so many bits, spread over the hash.
    fn flipped(Hash(mut parts): Hash, bits: usize) -> Hash {
        (0..bits).for_each(|n| parts[n % 4] ^= 1 << (n / 4 * 3 % 64));
        Hash(parts)
    }

    #[test]
    fn the_nearest_picture_within_31_bits_is_found() {
        let mut rng = fastrand::Rng::with_seed(1);
        let mut hash = || Hash(std::array::from_fn(|_| rng.u64(..)));
        let wanted = hash();
        let mut entries: Vec<(String, Image)> = (0..1_000).map(|n| (n.to_string(), image(hash()))).collect();
        assert_eq!(Bank::new(entries.clone()).find(&wanted, |_| false), None);
        entries[700].1 = image(flipped(wanted, 31));
        entries[300].1 = image(flipped(wanted, 32));
        let bank = Bank::new(entries.clone());
        assert_eq!((bank.find(&wanted, |_| false), bank.len()), (Some((700, 31)), 1_000));
        entries[999].1 = image(flipped(wanted, 2));
        let bank = Bank::new(entries);
        assert_eq!(bank.find(&wanted, |_| false), Some((999, 2)));
        assert_eq!(bank.find(&wanted, |one| one.pdq[0] == flipped(wanted, 2).to_string()), Some((700, 31)));
        assert_eq!(Bank::default().find(&wanted, |_| false), None);
    }

    proptest! {
        #[test]
        fn sums_within_words_count_ones(one: u64, two: u64) {
            prop_assert_eq!(ones(one, two), u64::from(one.count_ones() + two.count_ones()));
        }

        #[test]
        fn a_scan_agrees_with_distances(seed: u64, bits in 0..60_usize) {
            let mut rng = fastrand::Rng::with_seed(seed);
            let hash = Hash(std::array::from_fn(|_| rng.u64(..)));
            let other = flipped(hash, bits);
            let distance = hash.distance(&other);
            let found = Bank::new(vec![("one".into(), image(other))]).find(&hash, |_| false);
            prop_assert_eq!(found, (distance <= SAME_BITS_MAX).then_some((0, distance)));
        }
    }
}
