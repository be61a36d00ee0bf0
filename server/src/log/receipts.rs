//! Signs receipts in batches with the log's key. It knows no ballot, only its seal.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use live_jury_proof::note::Signer;
use live_jury_proof::receipt::{self, BatchHead, Receipt};
use live_jury_proof::{Error, Hash};
use live_jury_protocol::CaseId;

/// Signs the receipts of a node.
///
/// A batch is named by `node` and its number. `node` is random at each start, so no name comes twice.
pub struct ReceiptSigner {
    key: Arc<Signer>,
    node: u64,
    batches: AtomicU64,
    /// Whether the log must not be signed with this key. The log's signer changes it.
    is_refused: Arc<AtomicBool>,
}

/// The values that all seals of a batch share.
#[derive(Clone, Copy, Debug)]
pub struct SealedIn {
    /// The case.
    pub case: CaseId,
    /// The epoch of the ballots.
    pub epoch: u64,
    /// Whether a juror may change a ballot in this case.
    pub changes_allowed: bool,
}

impl ReceiptSigner {
    /// A signer with the log's key. It signs nothing while `is_refused` is set.
    ///
    /// # Errors
    /// The system gave no random bytes.
    pub(super) fn new(key: Arc<Signer>, is_refused: Arc<AtomicBool>) -> Result<Self, getrandom::Error> {
        let mut node = [0; 8];
        getrandom::fill(&mut node)?;
        Ok(Self { key, node: u64::from_be_bytes(node), batches: AtomicU64::new(0), is_refused })
    }

    /// Whether this node may sign. The log of another key, or one that was put back, gives no receipts.
    #[must_use]
    pub fn is_signing(&self) -> bool {
        !self.is_refused.load(Ordering::Relaxed)
    }

    /// Signs a batch, and returns a receipt for each seal in its order. It takes about 20 µs, and 1 µs for each seal.
    ///
    /// # Errors
    /// The batch is empty or larger than [`receipt::BATCH_MAX`].
    pub fn sign(&self, sealed: SealedIn, seals: &[Hash]) -> Result<Vec<Receipt>, Error> {
        let SealedIn { case, epoch, changes_allowed } = sealed;
        let batch = self.batches.fetch_add(1, Ordering::Relaxed);
        let head = BatchHead { case: *case.0.as_bytes(), epoch, node: self.node, batch, changes_allowed };
        receipt::sign_batch(&self.key, head, seals)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use live_jury_proof::note::KeyKind;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn no_name_of_a_batch_comes_twice() {
        let key = Arc::new(Signer::new("jury.example.com/log/1", KeyKind::Log, &[7; 32]).unwrap());
        let is_refused = Arc::new(AtomicBool::new(false));
        let sealed = SealedIn { case: CaseId(Uuid::from_u128(1)), epoch: 2, changes_allowed: false };
        let starts: Vec<_> = (0..3).map(|_| ReceiptSigner::new(key.clone(), is_refused.clone()).unwrap()).collect();
        let heads = starts.iter().flat_map(|start| [start, start]).map(|start| {
            let receipts = start.sign(sealed, &[[1; 32], [2; 32]]).unwrap();
            assert!(receipts.iter().all(|receipt| receipt.verify(key.verifier()).is_ok()));
            (receipts[0].head.node, receipts[0].head.batch)
        });
        assert_eq!(heads.collect::<BTreeSet<_>>().len(), 6);
        assert!(starts[0].is_signing());
        is_refused.store(true, Ordering::Relaxed);
        assert!(!starts[0].is_signing(), "the log is another key's");
    }
}
