//! The entry in the log, the log's signature, and the witnesses'.

use live_jury_proof::Error;
use live_jury_proof::checkpoint::{Checkpoint, SignedCheckpoint};
use live_jury_proof::entry::Entry;
use live_jury_proof::merkle::{leaf_hash, verify_inclusion};
use live_jury_proof::note::Note;
use live_jury_proof::policy::Policy;
use live_jury_proof::tlog_proof::TlogProof;

use crate::Case;
use crate::report::Finding;

/// Whether the statement's entry is in the tree of the checkpoint.
pub(crate) fn proof(case: &Case) -> Finding {
    Finding::of(prove(case))
}

fn prove(case: &Case) -> Result<String, Error> {
    let proof = TlogProof::parse(&case.bundle.proof)?;
    let entry = Entry::of_statement(&case.statement.case, &case.bundle.statement).to_text();
    if proof.extra.as_deref() != Some(entry.as_bytes()) {
        return Err(Error("the entry in the proof is not that of the statement"));
    }
    let tree = Checkpoint::parse(&Note::parse(&proof.checkpoint)?.text)?.tree;
    if !verify_inclusion(proof.index, tree.size, leaf_hash(entry.as_bytes()), &proof.path, &tree.root) {
        return Err(Error("the entry is not in the log's tree"));
    }
    Ok(format!("the statement is entry {} of a log of {}", proof.index, tree.size))
}

fn open(case: &Case, policy: &Policy) -> Result<SignedCheckpoint, Error> {
    policy.open(&TlogProof::parse(&case.bundle.proof)?.checkpoint)
}

/// Whether a log of the policy signed the checkpoint.
pub(crate) fn checkpoint(case: &Case, policy: Option<&Policy>) -> Finding {
    signed(policy, |policy| open(case, policy))
}

/// Whether enough witnesses of the policy signed.
pub(crate) fn witnesses(case: &Case, policy: Option<&Policy>) -> Finding {
    witnessed(policy, |policy| open(case, policy))
}

/// Whether a log of the policy signed a checkpoint, which `open` opens.
pub(crate) fn signed(
    policy: Option<&Policy>,
    open: impl FnOnce(&Policy) -> Result<SignedCheckpoint, Error>,
) -> Finding {
    let Some(policy) = policy else {
        return Finding::unchecked("no key was given: nobody vouches for the log");
    };
    let opened = open(policy);
    Finding::of(opened.map(|signed| {
        let Checkpoint { origin, tree } = signed.checkpoint;
        format!("{origin} signed it at size {}", tree.size)
    }))
}

/// Whether enough witnesses of the policy signed a checkpoint, which `open` opens.
pub(crate) fn witnessed(
    policy: Option<&Policy>,
    open: impl FnOnce(&Policy) -> Result<SignedCheckpoint, Error>,
) -> Finding {
    let Some(policy) = policy.filter(|policy| policy.needs_witnesses()) else {
        return Finding::none("no witness is asked for");
    };
    match open(policy) {
        Err(error) => Finding::Failed(error.to_string()),
        Ok(signed) if policy.is_quorum(&signed.cosigned) => {
            Finding::Good(format!("{} witnesses signed, which is a quorum", signed.cosigned.len()))
        }
        Ok(signed) => Finding::Failed(format!("{} witnesses signed, which is no quorum", signed.cosigned.len())),
    }
}
