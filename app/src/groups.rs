//! Derives the published groups of voters behind a verdict, with the counts of each; it never draws, and never decides.

use live_jury_protocol::{Case, Cohort, CohortBallots, Counts, Details};

use crate::shares::{Row, rows};

/// A group of voters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Group {
    /// The buyers.
    Buyers,
    /// The merchants.
    Merchants,
    /// Those who were there before the opening.
    Present,
    /// Those who came after the opening.
    Late,
    /// The accounts known to be 30 days old.
    Older,
    /// All other accounts.
    Newer,
    /// Those who read both statements, as their widgets say.
    Informed,
    /// Those who gave the reason with this label.
    Reason(String),
}

/// A group with its counts.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRow {
    /// The group.
    pub group: Group,
    /// A row for each option, in their order.
    pub options: Vec<Row>,
}

/// Two cohorts that voted differently: by more than chance, and by enough to matter.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Difference {
    /// The pair.
    pub pair: Cohort,
    /// The share of the first option that does not abstain, in the pair's first cohort and in the rest.
    pub shares: [f64; 2],
}

fn details(case: &Case) -> Option<&Details> {
    case.verdict.as_ref()?.details.as_deref()
}

/// The groups that were published with the verdict, in the order shown.
#[must_use]
pub fn groups(case: &Case) -> Vec<GroupRow> {
    let Some(details) = details(case) else { return Vec::new() };
    let mut all = Vec::new();
    let mut push = |group, counts: Option<&Counts>| all.push(GroupRow { group, options: rows(case, counts) });
    if let Some(sides) = &details.sides {
        push(Group::Buyers, sides.buyer.counts.as_ref());
        push(Group::Merchants, sides.merchant.counts.as_ref());
    }
    let cohorts = details.cohorts.as_ref();
    let pairs = [
        (Group::Present, Group::Late, cohorts.and_then(|cohorts| cohorts.present.as_ref())),
        (Group::Older, Group::Newer, cohorts.and_then(|cohorts| cohorts.older.as_ref())),
    ];
    for (first, other, cohort) in pairs {
        if let Some(cohort) = cohort {
            push(first, Some(&cohort.counts));
            push(other, rest(case, cohort).as_ref());
        }
    }
    if let Some(informed) = &details.informed {
        push(Group::Informed, Some(informed));
    }
    for (id, counts) in &details.reasons {
        let reason = case.rules.reasons.iter().find(|reason| reason.id == *id);
        let label = reason.map_or_else(|| id.to_string(), |reason| reason.label.clone());
        push(Group::Reason(label), Some(counts));
    }
    all
}

/// The difference between cohorts that the verdict tells of.
#[must_use]
pub fn difference(case: &Case) -> Option<Difference> {
    let cohorts = details(case)?.cohorts.as_ref()?;
    let pair = cohorts.raised?;
    let cohort = match pair {
        Cohort::Present => cohorts.present.as_ref(),
        Cohort::Older => cohorts.older.as_ref(),
        Cohort::Unknown => None,
    }?;
    let share = |counts: &Counts| rows(case, Some(counts)).into_iter().find_map(|row| row.share);
    Some(Difference { pair, shares: [share(&cohort.counts)?, share(&rest(case, cohort)?)?] })
}

/// The counts of all who are not in a cohort.
fn rest(case: &Case, cohort: &CohortBallots) -> Option<Counts> {
    let all = case.verdict.as_ref()?.counts.as_ref()?;
    let of_rest = |(id, votes): (&_, &u64)| {
        (Clone::clone(id), votes.saturating_sub(cohort.counts.get(id).copied().unwrap_or_default()))
    };
    Some(all.iter().map(of_rest).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::i18n::Lang;

    fn case(details: serde_json::Value) -> Case {
        serde_json::from_value(json!({
            "id": "01890a5d-ac96-774b-bcce-b302099a8057", "room": "r", "kind": "other", "title": "t", "summary": "",
            "subject": {}, "rules": {"reasons": [{"id": "label", "label": "The label"}]}, "state": "decided",
            "version": 5, "epoch": 1, "created_at_ms": 0, "extended_s": 0, "closed_by": "deadline",
            "options": [{"id": "buyer", "label": "Yes"}, {"id": "merchant", "label": "No"},
                        {"id": "skip", "label": "?", "abstain": true}],
            "verdict": {"outcome": "decided", "option": "buyer", "reason": null, "ballots": 203, "decided_at_ms": 7,
                        "counts": {"buyer": 130, "merchant": 70, "skip": 3}, "details": details},
        }))
        .unwrap()
    }

    fn figures(case: &Case) -> Vec<(Group, Vec<String>)> {
        let figures = |row: GroupRow| (row.group, row.options.iter().map(|row| row.figures(Lang::En)).collect());
        groups(case).into_iter().map(figures).collect()
    }

    #[test]
    fn a_cohort_stands_beside_all_others() {
        let case =
            case(json!({"cohorts": {"present": {"counts": {"buyer": 61, "merchant": 39, "skip": 1}, "e": 400}}}));
        let expected = [
            (Group::Present, ["61% · 61", "39% · 39", "1"].map(str::to_owned).to_vec()),
            (Group::Late, ["69% · 69", "31% · 31", "2"].map(str::to_owned).to_vec()),
        ];
        assert_eq!(figures(&case), expected);
        assert_eq!(difference(&case), None, "the difference is not raised");
    }

    #[test]
    fn a_raised_difference_names_the_pair_and_both_shares() {
        let cohort = json!({"counts": {"buyer": 122, "merchant": 78, "skip": 0}, "e": 400});
        let mut raised = case(json!({"cohorts": {"older": cohort, "raised": "older"}}));
        raised.verdict.as_mut().unwrap().counts =
            Some([("buyer", 134), ("merchant", 166)].map(|(id, votes)| (id.parse().unwrap(), votes)).into());
        assert_eq!(difference(&raised), Some(Difference { pair: Cohort::Older, shares: [0.61, 0.12] }));
        let later = case(json!({"cohorts": {"raised": "later"}}));
        assert_eq!(difference(&later), None, "a pair of a later version");
    }

    #[test]
    fn a_side_of_too_few_shows_no_counts() {
        let sides =
            json!({"buyer": {"deciding": 4}, "merchant": {"deciding": 9, "counts": {"buyer": 2, "merchant": 7}}});
        let expected = [
            (Group::Buyers, ["–", "–", "–"].map(str::to_owned).to_vec()),
            (Group::Merchants, ["22% · 2", "78% · 7", "0"].map(str::to_owned).to_vec()),
        ];
        assert_eq!(figures(&case(json!({"sides": sides}))), expected);
    }

    #[test]
    fn a_reason_is_called_by_its_label() {
        let counts = json!({"buyer": 5, "merchant": 0});
        let case = case(json!({"informed": counts, "reasons": {"gone": counts, "label": counts}}));
        let groups: Vec<_> = groups(&case).into_iter().map(|row| row.group).collect();
        assert_eq!(groups, [Group::Informed, Group::Reason("gone".to_owned()), Group::Reason("The label".to_owned())]);
    }

    #[test]
    fn a_verdict_without_details_has_no_groups() {
        assert_eq!(figures(&case(serde_json::Value::Null)), []);
    }
}
