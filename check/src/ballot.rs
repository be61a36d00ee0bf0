//! Whether the viewer's own ballot is in a recorded case: its seal, its line, and the receipt; it trusts no root of the
//! server's answer, and takes those of the statement.

use live_jury_proof::merkle::{Tree, leaf_hash};
use live_jury_proof::receipt::Receipt;
use live_jury_proof::row::ROW_BYTES;
use live_jury_proof::seal::SealProof;
use live_jury_proof::statement::line;
use live_jury_proof::text::{array_from_hex, cut, from_uuid, hash_from_base64, number, parts};
use live_jury_proof::{Hash, PseudonymBytes, merkle};

use super::request::Request;
use super::shown::without_mark;
use super::{FAIL, NONE, PASS, log};

/// The receipt is of the seal that is in the record.
const RECEIPT: &str = "receipt";
/// The record has no ballot of this viewer, who voted.
const MISSING: &str = "missing";
/// The record has another choice, or another seal than that of the receipt.
const OTHER: &str = "other";
/// The record has a ballot, and this device does not know what the viewer chose.
const UNKNOWN: &str = "unknown";

/// The viewer's own ballot.
pub(super) struct Own<'r, 't> {
    pub(super) statement: &'t str,
    pub(super) request: &'r Request<'t>,
}

impl Own<'_, '_> {
    /// Whether the seal is in the tree, and that of the receipt.
    pub(super) fn seal(&self) -> &'static str {
        let receipt = self.receipt();
        let Some(seal) = self.request.get("seal").and_then(array_from_hex) else {
            let voted = self.request.get("option").is_some() || matches!(receipt, Some(Ok(_)));
            return if voted { MISSING } else { NONE };
        };
        match receipt {
            _ if !self.is_in(seal) => FAIL,
            None => PASS,
            Some(Ok(receipt)) if receipt == seal => RECEIPT,
            Some(Ok(_)) => OTHER,
            Some(Err(())) => FAIL,
        }
    }

    /// Whether the viewer's line has the option that this device knows.
    pub(super) fn line(&self) -> &'static str {
        if self.request.get("seal").is_none() || line(self.statement, "rows").is_none() {
            return NONE;
        }
        match (self.own_option(), self.request.get("option")) {
            (None, _) => FAIL,
            (Some(_), None) => UNKNOWN,
            (Some(stated), Some(chosen)) => {
                if stated == chosen {
                    PASS
                } else {
                    OTHER
                }
            }
        }
    }

    /// The seal of the receipt; an error if no known log signed it for this case, or if it is of a later epoch than the
    /// statement. None if there is no receipt, or one of an earlier epoch: a vote that was lost was cast again.
    fn receipt(&self) -> Option<Result<Hash, ()>> {
        let receipt = self.request.bytes("receipt")?;
        let Ok(receipt) = Receipt::parse(&receipt) else { return Some(Err(())) };
        let epoch = line(self.statement, "epoch").and_then(number);
        if epoch.is_some_and(|epoch| receipt.head.epoch < epoch) {
            return None;
        }
        let is_of_case = self.request.get("case").and_then(from_uuid) == Some(receipt.head.case);
        // The log may have a number and a key that it had not when the receipt was signed.
        let is_signed = log::keys(self.request).any(|key| receipt.verify(&key).is_ok());
        Some(if epoch == Some(receipt.head.epoch) && is_of_case && is_signed { Ok(receipt.seal) } else { Err(()) })
    }

    fn is_in(&self, seal: Hash) -> bool {
        let proof = || {
            let (index, path) = (self.request.number("index")?, self.request.path("path")?);
            Some(SealProof { seal, index, path }.is_in(&self.tree("seals")?))
        };
        proof() == Some(true)
    }

    /// The option in the viewer's line, if that line is in the record.
    fn own_option(&self) -> Option<&str> {
        let [option, ..] = self.row()?;
        parts(line(self.statement, "options")?, " ").nth(option.into()).map(without_mark)
    }

    /// The bytes after the pseudonym in the viewer's line, if that line is in the record: option, side and flags.
    pub(super) fn row(&self) -> Option<[u8; ROW_BYTES - 16]> {
        let request = self.request;
        let bytes = request.bytes("bytes")?;
        let tree = self.tree("rows")?;
        let (chunk, path) = (request.number("chunk")?, request.path("rows")?);
        if !merkle::verify_inclusion(chunk, tree.size, leaf_hash(&bytes), &path, &tree.root) {
            return None;
        }
        let place = usize::try_from(request.number("place")?).ok()?;
        let (tracker, row) = bytes.chunks_exact(ROW_BYTES).nth(place)?.split_first_chunk::<16>()?;
        if self.tracker() != Some(*tracker) {
            return None;
        }
        row.try_into().ok()
    }

    /// The viewer's pseudonym in the case.
    pub(super) fn tracker(&self) -> Option<PseudonymBytes> {
        self.request.get("tracker").and_then(array_from_hex)
    }

    fn tree(&self, name: &str) -> Option<Tree> {
        let (size, root) = cut(line(self.statement, name)?, " ")?;
        Some(Tree { size: number(size)?, root: hash_from_base64(root)? })
    }
}
