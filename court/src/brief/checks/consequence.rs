//! The limits of what follows from a verdict: policy, option that upholds, and remedy. It knows no list of policies.

use live_jury_protocol::limits::{POLICY_ID_BYTES_MAX, REMEDY_DUE_H_MAX, REMEDY_DUE_H_MIN};
use live_jury_protocol::{NewCase, RemedyKind};

use crate::FieldError;

/// Checks the fields that say what follows from a verdict.
pub(super) fn check(new: &NewCase) -> Result<(), FieldError> {
    check_upholding(new)?;
    check_remedy(new)?;
    new.policy.as_deref().map_or(Ok(()), |policy| check_policy(new, policy))
}

fn check_upholding(new: &NewCase) -> Result<(), FieldError> {
    let mut first = None;
    for (index, option) in new.options.iter().enumerate().filter(|(_, option)| option.upholds) {
        let field = format!("options[{index}].upholds");
        if option.abstain {
            return Err(FieldError::new(field, "goes with an option that does not abstain"));
        }
        if let Some(first) = first {
            return Err(FieldError::new(field, format!("is set for options[{first}] already")));
        }
        first = Some(index);
    }
    Ok(())
}

fn check_remedy(new: &NewCase) -> Result<(), FieldError> {
    let without_remedy = new.remedy.as_deref().is_none_or(str::is_empty);
    if new.remedy_kind == Some(RemedyKind::Unknown) {
        return Err(FieldError::new("remedy_kind", "must be refund, replacement, freight, correction or other"));
    }
    if new.remedy_kind.is_some() && without_remedy {
        return Err(FieldError::new("remedy_kind", "needs a remedy"));
    }
    match new.remedy_due_h {
        Some(_) if without_remedy => Err(FieldError::new("remedy_due_h", "needs a remedy")),
        Some(due_h) if !(REMEDY_DUE_H_MIN..=REMEDY_DUE_H_MAX).contains(&due_h) => {
            Err(FieldError::new("remedy_due_h", format!("must be {REMEDY_DUE_H_MIN} to {REMEDY_DUE_H_MAX}")))
        }
        _ => Ok(()),
    }
}

fn check_policy(new: &NewCase, policy: &str) -> Result<(), FieldError> {
    let fits = (1..=POLICY_ID_BYTES_MAX).contains(&policy.len())
        && policy.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !fits {
        return Err(FieldError::new("policy", format!("must be 1 to {POLICY_ID_BYTES_MAX} of a-z 0-9 _")));
    }
    if new.subject.merchant.is_none() && new.subject.host.is_none() {
        return Err(FieldError::new("policy", "needs subject.merchant or subject.host"));
    }
    if new.options.iter().any(|option| option.upholds) {
        Ok(())
    } else {
        Err(FieldError::new("policy", "needs an option that upholds the complaint"))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// The field that a case with these changes is refused for.
    fn refused(change: Value) -> Option<String> {
        let mut case = json!({
            "title": "Is it silk?", "duration_s": 60, "subject": {"merchant": "shop"}, "remedy": "Refund",
            "options": [{"id": "buyer", "label": "Buyer", "upholds": true}, {"id": "merchant", "label": "Merchant"}]
        });
        json_merge(&mut case, change);
        check(&serde_json::from_value(case).unwrap()).err().map(|error| error.field)
    }

    fn json_merge(case: &mut Value, change: Value) {
        for (name, value) in change.as_object().unwrap() {
            case[name] = value.clone();
        }
    }

    fn options(upholds: [bool; 3]) -> Value {
        let option = |index: usize| {
            let (id, abstain) = (format!("o{index}"), index == 2);
            json!({"id": id, "label": "x", "abstain": abstain, "upholds": upholds[index]})
        };
        json!([option(0), option(1), option(2)])
    }

    #[test]
    fn a_policy_needs_a_party_and_an_option_that_upholds() {
        assert_eq!(refused(json!({"policy": "not_as_described"})), None);
        assert_eq!(refused(json!({"policy": "abuse", "subject": {"host": "ann"}})), None);
        assert_eq!(refused(json!({"policy": "abuse", "subject": {"product": "p"}})), Some("policy".into()));
        let nobody = options([false; 3]);
        assert_eq!(refused(json!({"policy": "abuse", "options": nobody})), Some("policy".into()));
        for no_id in ["", "Abuse", "a b", &"x".repeat(41)] {
            assert_eq!(refused(json!({"policy": no_id})), Some("policy".into()), "{no_id}");
        }
    }

    #[test]
    fn one_option_upholds_at_most_and_none_that_abstains() {
        assert_eq!(refused(json!({"options": options([false, true, false])})), None);
        assert_eq!(refused(json!({"options": options([true, true, false])})), Some("options[1].upholds".into()));
        assert_eq!(refused(json!({"options": options([false, false, true])})), Some("options[2].upholds".into()));
    }

    #[test]
    fn a_remedy_has_a_kind_and_a_time_within_limits() {
        assert_eq!(refused(json!({"remedy_kind": "refund", "remedy_due_h": 720})), None);
        assert_eq!(refused(json!({"remedy_kind": "revenge"})), Some("remedy_kind".into()));
        for due_h in [0, 721] {
            assert_eq!(refused(json!({"remedy_due_h": due_h})), Some("remedy_due_h".into()));
        }
        assert_eq!(refused(json!({"remedy": null, "remedy_due_h": 72})), Some("remedy_due_h".into()));
        assert_eq!(refused(json!({"remedy": "", "remedy_kind": "other"})), Some("remedy_kind".into()));
    }
}
