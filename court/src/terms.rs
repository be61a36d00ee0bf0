//! The terms under which a case was opened: the room's policy then, and the case's place among those on its subject.

use live_jury_protocol::{AskedStep, NewCase, RequiredRule, RoomPolicy, Subject, limits};
use serde::{Deserialize, Serialize};

use crate::FieldError;

/// The terms under which a case was opened. A later change of the policy does not touch them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Terms {
    /// The room's policy at the opening.
    pub policy: RoomPolicy,
    /// One more than the cases on the same subject that were decided or void at the opening. A case of a program that
    /// did not count has 0.
    pub attempt: u64,
    /// The step that a moderator asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<AskedStep>,
}

impl Terms {
    /// Whether a moderator has asked for this step, and another one now asks for the same in time.
    #[must_use]
    pub fn is_seconded_by(&self, asked: &AskedStep) -> bool {
        self.asked.as_ref().is_some_and(|first| {
            first.by != asked.by
                && (first.step, first.by_s, &first.reason) == (asked.step, asked.by_s, &asked.reason)
                && asked.at_ms.saturating_sub(first.at_ms) < limits::ASKED_FOR_MS
        })
    }
}

/// Checks the limits of a policy.
///
/// # Errors
/// The first field that is beyond a limit.
pub fn check_policy(policy: &RoomPolicy) -> Result<(), FieldError> {
    if policy.min_open_s > limits::DURATION_S_MAX {
        return Err(FieldError::new("min_open_s", format!("must be {} or less", limits::DURATION_S_MAX)));
    }
    if policy.counts_from > limits::QUORUM_MAX {
        return Err(FieldError::new("counts_from", format!("must be {} or less", limits::QUORUM_MAX)));
    }
    if policy.attempts_max.is_some_and(|max| !(1..=limits::ATTEMPTS_MAX).contains(&max)) {
        return Err(FieldError::new("attempts_max", format!("must be 1 to {}", limits::ATTEMPTS_MAX)));
    }
    check_list("second_moderator", &policy.second_moderator, |step| step.as_str() != "unknown")?;
    check_list("require", &policy.require, |rule| *rule != RequiredRule::Unknown)
}

fn check_list<T: PartialEq>(field: &str, items: &[T], is_known: impl Fn(&T) -> bool) -> Result<(), FieldError> {
    for (index, item) in items.iter().enumerate() {
        let field = format!("{field}[{index}]");
        if !is_known(item) {
            return Err(FieldError::new(field, "is not known"));
        }
        if items[..index].contains(item) {
            return Err(FieldError::new(field, "is there twice"));
        }
    }
    Ok(())
}

/// Checks that a case has what a policy requires of every case.
///
/// # Errors
/// The first field that it lacks.
pub fn check_required(policy: &RoomPolicy, case: &NewCase) -> Result<(), FieldError> {
    let lacks = |field| Err(FieldError::new(field, "is required by the room's policy"));
    for rule in &policy.require {
        match rule {
            RequiredRule::Blind if !case.rules.blind => return lacks("rules.blind"),
            RequiredRule::FixedEnd if !case.rules.fixed_end => return lacks("rules.fixed_end"),
            _ => {}
        }
    }
    if policy.attempts_max.is_some() && subject_key(&case.subject).is_none() {
        return Err(FieldError::new("subject", "the room's policy requires an order, or merchant and product"));
    }
    Ok(())
}

/// The subject of a case as one text, equal for cases about the same matter: the order, else merchant and product. A
/// case with neither has none.
#[must_use]
pub fn subject_key(subject: &Subject) -> Option<String> {
    let given = |id: &Option<String>| id.clone().filter(|id| !id.is_empty());
    match (given(&subject.order), given(&subject.merchant), given(&subject.product)) {
        (Some(order), _, _) => Some(format!("order\n{order}")),
        (None, Some(merchant), Some(product)) => Some(format!("product\n{merchant}\n{product}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use live_jury_protocol::GuardedStep;
    use live_jury_protocol::limits::ASKED_FOR_MS;

    use super::*;

    fn asked(by: &str, by_s: u64, at_ms: u64) -> AskedStep {
        AskedStep { step: GuardedStep::Extend, by_s: Some(by_s), reason: None, by: by.into(), at_ms }
    }

    #[test]
    fn a_step_is_seconded_by_another_moderator_in_time() {
        let terms = Terms { asked: Some(asked("mia", 60, 1_000)), ..Terms::default() };
        assert!(terms.is_seconded_by(&asked("max", 60, 1_000 + ASKED_FOR_MS - 1)));
        assert!(!terms.is_seconded_by(&asked("max", 60, 1_000 + ASKED_FOR_MS)));
        assert!(!terms.is_seconded_by(&asked("mia", 60, 1_000)));
        assert!(!terms.is_seconded_by(&asked("max", 61, 1_000)));
        assert!(!Terms::default().is_seconded_by(&asked("max", 60, 1_000)));
    }

    #[test]
    fn a_subject_is_the_order_or_merchant_and_product() {
        let of = |merchant: &str, product: &str, order: &str| {
            let id = |id: &str| Some(id.to_owned());
            subject_key(&Subject { merchant: id(merchant), product: id(product), order: id(order), host: id("h") })
        };
        assert_eq!(of("m", "p", "o"), of("other", "", "o"));
        assert_eq!(of("m", "p", ""), of("m", "p", ""));
        assert_ne!(of("m", "p", ""), of("m", "q", ""));
        assert_eq!((of("m", "", ""), of("", "p", "")), (None, None));
    }

    #[test]
    fn a_policy_has_limits() {
        let policy = |json| serde_json::from_value::<RoomPolicy>(json).unwrap();
        for (json, field) in [
            (serde_json::json!({"min_open_s": 86_401}), "min_open_s"),
            (serde_json::json!({"attempts_max": 0}), "attempts_max"),
            (serde_json::json!({"counts_from": 1_000_000_001_u64}), "counts_from"),
            (serde_json::json!({"second_moderator": ["close", "close"]}), "second_moderator[1]"),
            (serde_json::json!({"second_moderator": ["bless"]}), "second_moderator[0]"),
            (serde_json::json!({"require": ["fair"]}), "require[0]"),
        ] {
            assert_eq!(check_policy(&policy(json)).unwrap_err().field, field);
        }
        assert_eq!(check_policy(&RoomPolicy::default()), Ok(()));
    }
}
