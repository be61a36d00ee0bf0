//! Receipts: a log's signature that a seal was taken. A receipt has no option, no pseudonym and no time.

use crate::error::{Error, require};
use crate::merkle::{leaf_hash, root_from_path};
use crate::note::{VerifierKey, is_signed};
use crate::text::{base64, decimal, hex, lines, uuid};
use crate::{CaseBytes, Hash};
#[cfg(feature = "sign")]
use crate::{merkle::Levels, note::Signer};

/// Limits the receipts of a batch, which share one signature. Its paths have at most ten hashes.
pub const BATCH_MAX: u32 = 1_000;
/// Limits a receipt, in bytes: that of a batch of [`BATCH_MAX`].
pub const RECEIPT_BYTES_MAX: usize = HEAD_BYTES + 10 * 32 + SIGNATURE_BYTES;

const VERSION: u8 = 1;
const CHANGES_ALLOWED: u8 = 1;
/// The bytes before the path.
const HEAD_BYTES: usize = 82;
const SIGNATURE_BYTES: usize = 64;

/// The values that the receipts of a batch share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BatchHead {
    /// The case.
    pub case: CaseBytes,
    /// The epoch in which the ballots count.
    pub epoch: u64,
    /// Random bytes of this start of a node, so that a batch's number never comes twice.
    pub node: u64,
    /// The batch's number on its node.
    pub batch: u64,
    /// Whether a juror may change a ballot in this case.
    pub changes_allowed: bool,
}

/// A receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The batch.
    pub head: BatchHead,
    /// The seal's place in the batch.
    pub index: u32,
    /// The seals of the batch.
    pub size: u32,
    /// The seal.
    pub seal: Hash,
    /// The path from the seal to the batch's root.
    pub path: Vec<Hash>,
    /// The log's signature of the batch.
    pub signature: [u8; SIGNATURE_BYTES],
}

/// The text that a log signs for a batch.
#[must_use]
pub fn batch_text(head: &BatchHead, size: u32, root: &Hash) -> String {
    let BatchHead { case, epoch, node, batch, .. } = head;
    let mut text = lines(&["live-jury/receipt/v1"]);
    for (name, value) in [
        ("case ", uuid(case)),
        ("epoch ", decimal(*epoch)),
        ("node ", hex(&node.to_be_bytes())),
        ("batch ", decimal(*batch)),
        ("size ", decimal(size.into())),
        ("", base64(root)),
    ] {
        text.push_str(name);
        text.push_str(&lines(&[&value]));
    }
    text
}

/// The hashes of a path at this place. A batch's tree is so small that its depth is read off.
fn path_length(index: u32, size: u32) -> usize {
    let (mut from, mut to, mut length) = (0, size, 0);
    while to - from > 1 {
        let middle = from + (1 << (u32::BITS - 1 - (to - from - 1).leading_zeros()));
        if index < middle {
            to = middle
        } else {
            from = middle
        }
        length += 1;
    }
    length
}

impl Receipt {
    /// The receipt's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let head = &self.head;
        let mut bytes = vec![VERSION, if head.changes_allowed { CHANGES_ALLOWED } else { 0 }];
        bytes.extend(head.case);
        [head.epoch, head.node, head.batch].iter().for_each(|number| bytes.extend(number.to_be_bytes()));
        [self.index, self.size].iter().for_each(|number| bytes.extend(number.to_be_bytes()));
        bytes.extend(self.seal);
        self.path.iter().for_each(|hash| bytes.extend(hash));
        bytes.extend(self.signature);
        bytes
    }

    /// The receipt of its bytes.
    ///
    /// # Errors
    /// The bytes are no receipt.
    pub fn parse(bytes: &[u8]) -> Result<Self, Error> {
        let parse = || {
            let mut rest = bytes;
            let [version, flags] = take(&mut rest)?;
            let case = take(&mut rest)?;
            let mut long = || take(&mut rest).map(u64::from_be_bytes);
            let (epoch, node, batch) = (long()?, long()?, long()?);
            let mut short = || take(&mut rest).map(u32::from_be_bytes);
            let (index, size) = (short()?, short()?);
            let seal = take(&mut rest)?;
            let is_known = version == VERSION && flags & !CHANGES_ALLOWED == 0;
            if !is_known || !(1..=BATCH_MAX).contains(&size) || index >= size {
                return None;
            }
            let path = (0..path_length(index, size)).map(|_| take(&mut rest)).collect::<Option<_>>()?;
            let signature = take(&mut rest)?;
            let head = BatchHead { case, epoch, node, batch, changes_allowed: flags != 0 };
            rest.is_empty().then_some(Self { head, index, size, seal, path, signature })
        };
        parse().ok_or(Error("the bytes are no receipt"))
    }

    /// Checks that the log signed a batch with this seal.
    ///
    /// # Errors
    /// It did not.
    pub fn verify(&self, log: &VerifierKey) -> Result<(), Error> {
        let root = root_from_path(self.index.into(), self.size.into(), leaf_hash(&self.seal), &self.path);
        let root = root.ok_or(Error("the receipt's path has the wrong length"))?;
        let text = batch_text(&self.head, self.size, &root);
        require(is_signed(log.key(), text.as_bytes(), &self.signature), "the log did not sign the receipt")
    }
}

/// The next `N` bytes.
fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, later) = rest.split_first_chunk()?;
    *rest = later;
    Some(*taken)
}

/// Signs a batch of seals, and returns a receipt for each.
///
/// # Errors
/// The batch is empty or has more than [`BATCH_MAX`] seals.
#[cfg(feature = "sign")]
pub fn sign_batch(log: &Signer, head: BatchHead, seals: &[Hash]) -> Result<Vec<Receipt>, Error> {
    let size = u32::try_from(seals.len()).ok().filter(|size| (1..=BATCH_MAX).contains(size));
    let size = size.ok_or(Error("a batch has 1 to 1,000 seals"))?;
    let levels = Levels::new(seals.iter().map(|seal| leaf_hash(seal)).collect());
    let signature = log.sign(batch_text(&head, size, &levels.root()).as_bytes());
    let receipt = |(index, seal): (u32, &Hash)| {
        let path = levels.path(index as usize).unwrap_or_default();
        Receipt { head, index, size, seal: *seal, path, signature }
    };
    Ok((0..size).zip(seals).map(receipt).collect())
}

#[cfg(all(test, feature = "sign"))]
mod tests {
    use super::*;
    use crate::merkle;
    use crate::note::KeyKind;

    const HEAD: BatchHead = BatchHead { case: [1; 16], epoch: 2, node: 3, batch: 4, changes_allowed: true };

    #[test]
    fn every_receipt_of_a_batch_is_read_and_verified() {
        let log = Signer::new("log", KeyKind::Log, &[7; 32]).unwrap();
        let other = Signer::new("log", KeyKind::Log, &[8; 32]).unwrap();
        for size in (1..=20).chain([257, 1_000]) {
            let seals: Vec<Hash> = (0..size as u32).map(|n| crate::sha256(&[&n.to_be_bytes()])).collect();
            let leaves: Vec<Hash> = seals.iter().map(|seal| leaf_hash(seal)).collect();
            for (index, receipt) in (0..).zip(sign_batch(&log, HEAD, &seals).unwrap()) {
                let bytes = receipt.to_bytes();
                assert_eq!(Receipt::parse(&bytes).as_ref(), Ok(&receipt));
                assert!(bytes.len() <= RECEIPT_BYTES_MAX);
                if index < 3 || index + 3 > size as u64 || size <= 20 {
                    assert_eq!(merkle::inclusion_path(&leaves, index).as_ref(), Some(&receipt.path));
                }
                if index % 331 == 0 {
                    assert_eq!(receipt.verify(log.verifier()), Ok(()));
                    assert!(receipt.verify(other.verifier()).is_err());
                }
            }
        }
        assert!(sign_batch(&log, HEAD, &[]).is_err() && sign_batch(&log, HEAD, &[[0; 32]; 1_001]).is_err());
    }

    #[test]
    fn a_receipt_with_any_other_bit_is_refused() {
        let log = Signer::new("log", KeyKind::Log, &[7; 32]).unwrap();
        let receipt = &sign_batch(&log, HEAD, &[[1; 32], [2; 32], [3; 32]]).unwrap()[1];
        let bytes = receipt.to_bytes();
        // One bit of each byte, as each takes a verification; the flag's bit is 8.
        for bit in (0..bytes.len()).map(|byte| byte * 8 + (byte + 7) % 8) {
            let mut wrong = bytes.clone();
            wrong[bit / 8] ^= 1 << (bit % 8);
            let refused = Receipt::parse(&wrong).and_then(|receipt| receipt.verify(log.verifier()));
            // The flag is a hint for words alone, and nobody signs it.
            assert_eq!(refused.is_ok(), bit == 8, "bit {bit}");
        }
        for end in 0..bytes.len() {
            assert!(Receipt::parse(&bytes[..end]).is_err());
        }
        assert!(Receipt::parse(&[bytes, vec![0]].concat()).is_err());
    }

    #[test]
    fn a_batch_of_1_000_has_paths_of_8_or_10_hashes() {
        let lengths: std::collections::BTreeSet<usize> = (0..1_000).map(|index| path_length(index, 1_000)).collect();
        assert_eq!(lengths.into_iter().collect::<Vec<_>>(), [8, 10]);
        assert_eq!(RECEIPT_BYTES_MAX, 466);
    }
}
