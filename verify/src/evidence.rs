//! Files that a reader has fetched, compared with the evidence that the brief names. Nothing is fetched here: a URL may
//! show something else to each reader, or later.

use std::collections::BTreeSet;

use live_jury_proof::text::hex;

use crate::report::Finding;
use crate::{Case, EvidenceFile};

/// Checks that each file is one of the brief's pieces of evidence. The brief is in the statement by its hash.
pub(crate) fn check(case: &Case, files: &[EvidenceFile]) -> Finding {
    let Some(brief) = &case.brief else {
        return match case.is_erased() {
            true => Finding::unchecked("the brief was erased, so nothing names the evidence"),
            false => Finding::failed("there is no brief that names the evidence"),
        };
    };
    let evidence = brief["evidence"].as_array().map(Vec::as_slice).unwrap_or_default();
    let named: BTreeSet<String> =
        evidence.iter().filter_map(|piece| piece["sha256"].as_str()).map(str::to_ascii_lowercase).collect();
    if named.is_empty() {
        return Finding::none("the brief names no evidence by its SHA-256");
    }
    let mut given = BTreeSet::new();
    for EvidenceFile { name, sha256 } in files {
        let hash = hex(sha256);
        match named.get(&hash) {
            Some(found) => given.insert(found),
            None => return Finding::Failed(format!("{name} is none of the evidence: its SHA-256 is {hash}")),
        };
    }
    Finding::Good(format!("{} of {} pieces that the brief names by their SHA-256", given.len(), named.len()))
}
