//! Receipts, looked up among the seals.

use live_jury_proof::Hash;
use live_jury_proof::note::VerifierKey;
use live_jury_proof::receipt::Receipt;

use crate::report::Finding;
use crate::{Case, Known};

/// Checks each receipt. The first one that fails is reported.
pub(crate) fn check(case: &Case, known: &Known, seals: Option<&[Hash]>) -> Finding {
    let Some(policy) = &known.policy else {
        return Finding::unchecked("no key was given: nobody vouches for the receipts");
    };
    let Some(seals) = seals else {
        return Finding::unchecked("no seals were given: neither the opening nor the stream is there");
    };
    let mut told = Vec::new();
    for bytes in &known.receipts {
        match look_up(case, bytes, policy.logs(), seals) {
            Ok(text) => told.push(text),
            Err(text) => return Finding::failed(text),
        }
    }
    Finding::Good(told.join(", "))
}

fn look_up(case: &Case, bytes: &[u8], logs: &[VerifierKey], seals: &[Hash]) -> Result<&'static str, &'static str> {
    let receipt = Receipt::parse(bytes).map_err(|error| error.0)?;
    if logs.iter().all(|log| receipt.verify(log).is_err()) {
        return Err("no log of the policy signed the receipt");
    }
    if receipt.head.case != case.statement.case {
        return Err("the receipt is of another case");
    }
    if receipt.head.epoch < case.statement.epoch {
        return Ok("of a lost epoch");
    }
    if receipt.head.epoch > case.statement.epoch {
        return Err("the receipt is of a later epoch than the statement");
    }
    if seals.binary_search(&receipt.seal).is_ok() {
        return Ok("in the verdict");
    }
    // Nobody signs the receipt's own flag, and the brief is in the log.
    let changes = case.brief.as_ref().is_some_and(|brief| brief["rules"]["allow_change"] == true);
    if changes { Ok("replaced: allowed") } else { Err("the ballot was taken and is not in the verdict") }
}
