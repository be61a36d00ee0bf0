//! The statement of a listing that does not go live. It names no picture's owner and no other shop.

use super::{Decider, EXPLANATION_CHARS_MAX, FACTS_CHARS_MAX, GROUND_CHARS_MAX, Statement, cut, date};
use crate::policy::Policy;

/// The step that keeps a listing from buyers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// A person looks before it goes live.
    Hold,
    /// It does not go live.
    Block,
    /// A person found that it breaks a policy.
    Remove,
}

/// All that the statement of a listing is made of.
#[derive(Clone, Copy, Debug)]
pub struct ListingGrounds<'a> {
    /// The id of the screening, or of the violation.
    pub id: &'a str,
    /// The step.
    pub stop: Stop,
    /// The policy that it breaks, or seems to break.
    pub policy: &'a Policy,
    /// The facts.
    pub facts: &'a str,
    /// The decider.
    pub decider: Decider,
    /// The time at which the listing came, in Unix milliseconds.
    pub content_ms: u64,
    /// The time of the step, in Unix milliseconds.
    pub from_ms: u64,
}

impl Statement {
    /// The statement of a listing.
    #[must_use]
    pub fn of_listing(grounds: &ListingGrounds<'_>) -> Self {
        let policy = grounds.policy;
        let (visibility, effect, verb, next) = match grounds.stop {
            Stop::Hold => (
                "DECISION_VISIBILITY_CONTENT_DISABLED",
                "The listing is held",
                "may break",
                "A person decides within 24 hours whether it goes live. You may appeal within 180 days, free of \
                 charge: a moderator decides.",
            ),
            Stop::Block => (
                "DECISION_VISIBILITY_CONTENT_REMOVED",
                "The listing does not go live",
                "may break",
                "A person looks at it within 24 hours. You may appeal within 180 days, free of charge: a moderator \
                 decides.",
            ),
            Stop::Remove => (
                "DECISION_VISIBILITY_CONTENT_REMOVED",
                "The listing is removed",
                "breaks",
                "You may appeal within 180 days, free of charge: another moderator decides.",
            ),
        };
        let ground = format!("{}, clause {}", policy.title.en, policy.clause);
        let explanation =
            format!("The listing {verb} clause {} of the platform's terms, {}.", policy.clause, policy.title.en);
        let facts = cut(grounds.facts, FACTS_CHARS_MAX);
        Self {
            puid: grounds.id.to_owned(),
            decision_visibility: vec![visibility],
            decision_provision: None,
            decision_account: None,
            decision_ground: "DECISION_GROUND_INCOMPATIBLE_CONTENT",
            decision_ground_reference_url: policy.clause_url.clone(),
            incompatible_content_ground: cut(&ground, GROUND_CHARS_MAX),
            incompatible_content_explanation: cut(&explanation, EXPLANATION_CHARS_MAX),
            content_type: vec!["CONTENT_TYPE_PRODUCT"],
            category: policy.category.clone(),
            category_specification: policy.keywords.clone(),
            content_date: date(grounds.content_ms),
            application_date: date(grounds.from_ms),
            end_date_visibility_restriction: None,
            end_date_service_restriction: None,
            end_date_account_restriction: None,
            source_type: "SOURCE_VOLUNTARY",
            automated_detection: "Yes",
            automated_decision: grounds.decider.name(),
            text: format!(
                "{effect} from {}. Reason: {ground}. Facts: {facts} {next} You may also go to court.",
                date(grounds.from_ms)
            ),
            decision_facts: facts,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::counter::LANDMARK_MS;
    use crate::policy::tests::builtin;

    #[test]
    fn a_stopped_listing_has_its_visibility_and_its_next_step() {
        let policy = builtin("counterfeit");
        for (stop, decider, visibility, decision, words) in [
            (Stop::Hold, Decider::Machine, "DISABLED", "AUTOMATED_DECISION_FULLY", "within 24 hours"),
            (Stop::Block, Decider::Machine, "REMOVED", "AUTOMATED_DECISION_FULLY", "does not go live"),
            (Stop::Remove, Decider::People, "REMOVED", "AUTOMATED_DECISION_NOT_AUTOMATED", "You may appeal"),
        ] {
            let facts = "The picture is one of a known counterfeit.";
            let (content_ms, from_ms) = (LANDMARK_MS, LANDMARK_MS + crate::DAY_MS);
            let grounds = ListingGrounds { id: "s1", stop, policy: &policy, facts, decider, content_ms, from_ms };
            let found = Statement::of_listing(&grounds);
            assert_eq!(found.decision_visibility, [format!("DECISION_VISIBILITY_CONTENT_{visibility}")]);
            assert_eq!((found.automated_detection, found.automated_decision), ("Yes", decision));
            assert!(found.text.contains(words) && found.text.contains(facts), "{}", found.text);
            assert_eq!((found.content_date.as_str(), found.application_date.as_str()), ("2026-01-01", "2026-01-02"));
        }
    }
}
