//! The case that a bucket becomes: the template of its policy, the count and the moments in the stream. It has no words
//! of a reporter: a moderator picks what may be shown.

use std::collections::BTreeMap;

use live_jury_protocol::template::{AGAINST_COMPLAINT, FOR_COMPLAINT, Template};
use live_jury_protocol::{CaseOption, Evidence, EvidenceKind, NewCase, OTHER_KIND, Party, Statements, Subject};
use live_jury_trust::policy::Policy;

use super::LANG_CHINESE;
use crate::ledger::{Bucket, ReportShown};

/// The most moments that a draft names: more would hide what matters.
const MOMENTS_MAX: usize = 3;
/// Reports of moments so near each other are about the same, in milliseconds.
const MOMENT_MS: u64 = 10_000;
/// The time that a case without a template stays open, in seconds: as long as those of most templates.
const DURATION_S: u64 = 180;

/// A moment in the stream, in milliseconds from its start, and the number of reports of it.
type Moment = (u64, usize);

/// The moments that most reports are about, in the order of the stream.
pub(super) fn moments(reports: &[ReportShown]) -> Vec<Moment> {
    let mut by_moment: BTreeMap<u64, Vec<u64>> = BTreeMap::new();
    for at_ms in reports.iter().filter_map(|report| report.stream_at_ms) {
        by_moment.entry(at_ms / MOMENT_MS).or_default().push(at_ms);
    }
    let mut moments: Vec<Moment> =
        by_moment.into_values().filter_map(|times| Some((*times.iter().min()?, times.len()))).collect();
    moments.sort_by_key(|(at_ms, reports)| (std::cmp::Reverse(*reports), *at_ms));
    moments.truncate(MOMENTS_MAX);
    moments.sort_unstable();
    moments
}

/// The case of a bucket. It has a policy only if viewers judge that one.
pub(super) fn case(bucket: &Bucket, policy: Option<&Policy>, moments: &[Moment]) -> NewCase {
    let words = Words::of(&bucket.lang);
    let template = policy.and_then(|policy| Template::of(&policy.kind));
    let mut case = template.map_or_else(|| without_template(&words, policy), |one| one.case(&bucket.lang));
    case.summary = format!("{} {}", case.summary, (words.reported_by)(bucket.sums.reporters)).trim().to_owned();
    // A buyer and a merchant write their own statements.
    case.statements = Statements::default();
    case.subject = Subject {
        merchant: bucket.merchant.clone(),
        host: bucket.host.clone(),
        product: bucket.product.clone(),
        order: None,
    };
    case.evidence = moments.iter().map(|moment| evidence(&words, *moment)).collect();
    if let Some(policy) = policy {
        case.rules.quorum = case.rules.quorum.max(policy.min_ballots);
    }
    let judged = policy.filter(|policy| policy.jury);
    case.policy = judged.map(|policy| policy.id.clone());
    for option in &mut case.options {
        option.upholds = judged.is_some() && option.id.as_str() == FOR_COMPLAINT;
    }
    case
}

fn evidence(words: &Words, (stream_at_ms, reports): Moment) -> Evidence {
    Evidence {
        text: Some((words.moment)(reports as u64)),
        stream_at_ms: Some(stream_at_ms),
        ..Evidence::empty(EvidenceKind::Text, Party::Platform)
    }
}

/// A case of a kind that has no template: the question is whether the policy was broken.
fn without_template(words: &Words, policy: Option<&Policy>) -> NewCase {
    let title = policy.map_or("", |policy| if words.chinese { &policy.title.zh_cn } else { &policy.title.en });
    let kind = policy.map_or(OTHER_KIND, |policy| &policy.kind);
    let options = CaseOption::of_question((FOR_COMPLAINT, words.yes), (AGAINST_COMPLAINT, words.no), words.cannot_tell);
    NewCase { duration_s: Some(DURATION_S), ..NewCase::bare(kind, &(words.question)(title), options) }
}

/// The words of a draft besides its template, in one language.
struct Words {
    chinese: bool,
    question: fn(&str) -> String,
    reported_by: fn(u64) -> String,
    moment: fn(u64) -> String,
    yes: &'static str,
    no: &'static str,
    cannot_tell: &'static str,
}

impl Words {
    fn of(lang: &str) -> Self {
        if lang == LANG_CHINESE { Self::chinese() } else { Self::english() }
    }

    fn english() -> Self {
        Self {
            chinese: false,
            question: |title| format!("Does this break the rule “{title}”?"),
            reported_by: |count| match count {
                1 => "One viewer reported it.".to_owned(),
                count => format!("{count} viewers reported it."),
            },
            moment: |count| match count {
                1 => "A viewer reported this moment.".to_owned(),
                count => format!("{count} viewers reported this moment."),
            },
            yes: "Yes, it does",
            no: "No, it does not",
            cannot_tell: "Cannot tell",
        }
    }

    fn chinese() -> Self {
        Self {
            chinese: true,
            question: |title| format!("是否违反“{title}”规则？"),
            reported_by: |count| format!("{count} 名观众举报。"),
            moment: |count| format!("{count} 名观众举报了这一刻。"),
            yes: "是，违反",
            no: "否，没有违反",
            cannot_tell: "无法判断",
        }
    }
}

#[cfg(test)]
mod tests {
    use live_jury_court::{Brief, EvidenceUrlPolicy};
    use live_jury_trust::policy::TrustFile;
    use live_jury_trust::report::Sums;
    use uuid::Uuid;

    use super::*;
    use crate::ledger::{BucketState, Credit};

    fn bucket(policy: &str, lang: &str) -> Bucket {
        Bucket {
            id: Uuid::now_v7(),
            room: "live-1".parse().unwrap(),
            party: live_jury_trust::Party::merchant("shop"),
            policy: policy.to_owned(),
            merchant: Some("shop".to_owned()),
            host: Some("ann".to_owned()),
            product: Some("p1".to_owned()),
            lang: lang.to_owned(),
            state: BucketState::Open,
            case: None,
            opened: false,
            credit: Credit::None,
            version: 1,
            reports: 9,
            sums: Sums { reporters: 9, ..Sums::default() },
            first_ms: 0,
            last_ms: 0,
            words: None,
        }
    }

    #[test]
    fn each_reportable_policy_has_a_draft_that_can_be_opened() {
        let file = TrustFile::builtin();
        for policy in file.policies.iter().filter(|policy| policy.reportable) {
            for lang in ["en", LANG_CHINESE] {
                let case = case(&bucket(&policy.id, lang), Some(policy), &[(734_000, 2)]);
                assert_eq!(case.kind, policy.kind);
                assert!(case.rules.quorum >= policy.min_ballots, "{}", policy.id);
                assert!(case.summary.contains('9'), "{}", case.summary);
                assert_eq!((case.statements.buyer.as_str(), case.evidence.len()), ("", 1));
                assert_eq!(case.policy.as_deref(), policy.jury.then_some(policy.id.as_str()));
                assert_eq!(case.options.iter().filter(|option| option.upholds).count(), usize::from(policy.jury));
                assert_eq!(case.title.is_ascii(), lang == "en" && Template::of(&policy.kind).is_some());
                Brief::new(case, EvidenceUrlPolicy::Https).unwrap();
            }
        }
    }

    #[test]
    fn the_moments_of_most_reports_are_named_in_the_order_of_the_stream() {
        let report = |stream_at_ms| ReportShown {
            text: Some("words".to_owned()),
            stream_at_ms,
            proven: false,
            new_account: false,
            at_ms: 0,
        };
        let times = [Some(95_000), None, Some(12_000), Some(11_000), Some(95_500), Some(50_000), Some(70_000)];
        assert_eq!(moments(&times.map(report)), [(11_000, 2), (50_000, 1), (95_000, 2)]);
    }
}
