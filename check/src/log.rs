//! Whether a log with a known key signed the statement's entry; it never decides which keys are known.

use live_jury_proof::checkpoint::SignedCheckpoint;
use live_jury_proof::entry::Entry;
use live_jury_proof::merkle::{leaf_hash, verify_inclusion};
use live_jury_proof::note::VerifierKey;
use live_jury_proof::text::{from_uuid, parts};
use live_jury_proof::tlog_proof::TlogProof;

use super::request::Request;

/// The keys that the page believes.
pub(super) fn keys<'r>(request: &Request<'r>) -> impl Iterator<Item = VerifierKey> + use<'r> {
    parts(request.get("key").unwrap_or_default(), " ").filter_map(|vkey| VerifierKey::parse(vkey).ok())
}

/// Whether a key of `request` signed the checkpoint, and whether the statement is an entry of that log.
pub(super) fn check(statement: &str, proof: &str, request: &Request<'_>) -> (bool, bool) {
    let Ok(proof) = TlogProof::parse(proof) else { return (false, false) };
    for key in keys(request) {
        let Ok(signed) = SignedCheckpoint::open(&proof.checkpoint, &key, &[]) else { continue };
        let tree = signed.checkpoint.tree;
        let is_in = request.get("case").and_then(from_uuid).is_some_and(|case| {
            let leaf = leaf_hash(Entry::of_statement(&case, statement).to_text().as_bytes());
            verify_inclusion(proof.index, tree.size, leaf, &proof.path, &tree.root)
        });
        return (true, is_in);
    }
    (false, false)
}
