//! Whether the platform's file allows a case's policy. It rules nothing.

use live_jury_court::FieldError;
use live_jury_protocol::NewCase;
use live_jury_trust::policy::{FallsOn, TrustFile};

/// Checks the policy that a case names: viewers judge it, and a party that it falls on is named.
///
/// # Errors
/// The field that does not fit.
pub(super) fn check(file: &TrustFile, new: &NewCase) -> Result<(), FieldError> {
    let Some(id) = &new.policy else { return Ok(()) };
    let policy = file.policy(id).ok_or_else(|| FieldError::new("policy", "is none of the platform's policies"))?;
    if !policy.jury {
        return Err(FieldError::new("policy", "is not judged by viewers"));
    }
    let (merchant, host) = (new.subject.merchant.as_deref(), new.subject.host.as_deref());
    if policy.bearers(merchant, host).is_empty() {
        let field = if policy.falls_on == FallsOn::Host { "subject.host" } else { "subject.merchant" };
        return Err(FieldError::new(field, "is needed: violations of the policy fall on it"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn refused(policy: &str, subject: Value) -> Option<String> {
        let new = json!({ "title": "t", "options": [], "policy": policy, "subject": subject });
        let new = serde_json::from_value(new).unwrap();
        check(&TrustFile::builtin(), &new).err().map(|error| error.field)
    }

    #[test]
    fn a_case_names_a_policy_that_viewers_judge_and_its_bearer() {
        assert_eq!(refused("not_as_described", json!({ "merchant": "m" })), None);
        assert_eq!(refused("price_fraud", json!({ "host": "h" })), None);
        assert_eq!(refused("abuse", json!({ "merchant": "m" })).as_deref(), Some("subject.host"));
        assert_eq!(refused("promise_breach", json!({ "host": "h" })).as_deref(), Some("subject.merchant"));
        assert_eq!(refused("counterfeit", json!({ "merchant": "m" })).as_deref(), Some("policy"));
        assert_eq!(refused("no_such", json!({ "merchant": "m" })).as_deref(), Some("policy"));
    }
}
