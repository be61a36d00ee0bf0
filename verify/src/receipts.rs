//! Receipts, as bytes or as the text that a browser saves, looked up among the seals.

use live_jury_proof::note::VerifierKey;
use live_jury_proof::policy::Policy;
use live_jury_proof::receipt::Receipt;
use live_jury_proof::text::from_base64;
use live_jury_proof::{Error, Hash};

use crate::Case;
use crate::report::Finding;

/// Checks each receipt. The first one that fails is reported.
pub(crate) fn check(case: &Case, policy: Option<&Policy>, receipts: &[Receipt], seals: Option<&[Hash]>) -> Finding {
    let Some(policy) = policy else {
        return Finding::unchecked("no key was given: nobody vouches for the receipts");
    };
    let Some(seals) = seals else {
        return Finding::unchecked("no seals were given: neither the opening nor the stream is there");
    };
    let mut told = Vec::new();
    for receipt in receipts {
        match look_up(case, receipt, policy.logs(), seals) {
            Ok(text) => told.push(text),
            Err(text) => return Finding::failed(text),
        }
    }
    Finding::Good(told.join(", "))
}

/// Reads a receipt: its bytes, or their base64 with or without line ends around it.
///
/// # Errors
/// They are no receipt.
pub(crate) fn parse(bytes: &[u8]) -> Result<Receipt, Error> {
    let text = std::str::from_utf8(bytes).ok().and_then(|text| from_base64(text.trim_ascii()));
    Receipt::parse(text.as_deref().unwrap_or(bytes))
}

fn look_up(case: &Case, receipt: &Receipt, logs: &[VerifierKey], seals: &[Hash]) -> Result<&'static str, &'static str> {
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
