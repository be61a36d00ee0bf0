//! What the audit line of an edit says: the fields that changed, and the hash of the brief that came of it.

use std::collections::BTreeSet;

use live_jury_proof::sha256;
use live_jury_proof::text::hex;
use live_jury_protocol::NewCase;
use serde_json::{Map, Value};

use super::LifecycleError;
use crate::docket::{DocketError, public_brief};

/// Names the fields whose values differ, in alphabetical order, and the SHA-256 of the public brief after the edit, as
/// a statement would name it. `note` comes first.
pub(super) fn detail(before: &NewCase, after: &NewCase, note: Option<&str>) -> Result<String, LifecycleError> {
    let mut fields = BTreeSet::new();
    name_changes(&mut fields, "", &object(before)?, &object(after)?);
    let fields = if fields.is_empty() { "none".to_owned() } else { Vec::from_iter(fields).join(", ") };
    let brief = hex(&sha256(&[public_brief(after)?.as_bytes()]));
    let note = note.map(|note| format!("{note}; ")).unwrap_or_default();
    Ok(format!("{note}fields: {fields}; brief: sha256 {brief}"))
}

fn object(brief: &NewCase) -> Result<Map<String, Value>, LifecycleError> {
    match serde_json::to_value(brief).map_err(|why| DocketError::Malformed(format!("brief: {why}")))? {
        Value::Object(fields) => Ok(fields),
        other => Err(DocketError::Malformed(format!("the brief {other} is no object")).into()),
    }
}

/// Adds the names of fields that differ. A field of an object in the brief is named with it, as `rules.quorum` is.
fn name_changes(names: &mut BTreeSet<String>, of: &str, before: &Map<String, Value>, after: &Map<String, Value>) {
    for field in before.keys().chain(after.keys()) {
        match (before.get(field), after.get(field)) {
            (before, after) if before == after => {}
            (Some(Value::Object(before)), Some(Value::Object(after))) if of.is_empty() => {
                name_changes(names, &format!("{field}."), before, after);
            }
            _ => {
                names.insert(format!("{of}{field}"));
            }
        }
    }
}
