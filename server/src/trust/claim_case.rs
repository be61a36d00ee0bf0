//! The case that an escalated claim becomes: the template of its policy, both statements, both sides' evidence. A
//! moderator edits and opens it.

use live_jury_court::check_subject;
use live_jury_protocol::template::{FOR_COMPLAINT, Template};
use live_jury_protocol::{Evidence, EvidenceKind, NewCase, Party, RemedyKind, Statements, Subject, limits};
use live_jury_trust::listing::form::has_chinese;
use live_jury_trust::policy::TrustFile;
use live_jury_trust::promise::PromiseKind;

use crate::ledger::claims::ClaimRow;

/// The policy that a merchant breaks who does not keep a promise.
const POLICY: &str = "promise_breach";
const ENGLISH: &str = "en";
const CHINESE: &str = "zh-CN";

/// The case of a claim; none if the platform's file lets no viewers judge promises.
pub(super) fn of(claim: &ClaimRow, file: &TrustFile) -> Option<NewCase> {
    let policy = file.policy(POLICY).filter(|policy| policy.jury)?;
    let is_chinese = has_chinese(&claim.reason);
    let mut case = Template::of(&policy.kind)?.case(if is_chinese { CHINESE } else { ENGLISH });
    case.statements = Statements {
        buyer: claim.reason.trim().to_owned(),
        merchant: claim.answer.as_deref().unwrap_or_default().trim().to_owned(),
    };
    let order = Some(claim.order.clone()).filter(|order| check_subject("order", Some(order.as_str())).is_ok());
    case.subject = Subject { merchant: Some(claim.merchant.clone()), host: None, product: None, order };
    let link = |by: Party| move |url: &String| evidence(by, url);
    let both = claim.evidence.iter().map(link(Party::Buyer));
    case.evidence = both.chain(claim.answer_evidence.iter().map(link(Party::Merchant))).collect();
    case.evidence.truncate(limits::EVIDENCE_MAX);
    case.rules.quorum = case.rules.quorum.max(policy.min_ballots);
    case.policy = Some(policy.id.clone());
    for option in &mut case.options {
        option.upholds = option.id.as_str() == FOR_COMPLAINT;
    }
    case.remedy = Some(remedy(claim.kind, is_chinese).to_owned());
    case.remedy_kind = Some(match claim.kind {
        PromiseKind::RefundWithoutReturn => RemedyKind::Refund,
        PromiseKind::FreeReturn => RemedyKind::Freight,
        PromiseKind::ShipWithin | PromiseKind::Authentic => RemedyKind::Other,
    });
    Some(case)
}

fn evidence(by: Party, url: &str) -> Evidence {
    Evidence { url: Some(url.to_owned()), ..Evidence::empty(EvidenceKind::Link, by) }
}

/// The remedy that the merchant owes if the claim is upheld.
const fn remedy(kind: PromiseKind, is_chinese: bool) -> &'static str {
    match (kind, is_chinese) {
        (PromiseKind::RefundWithoutReturn, false) => "Refund without return, as promised",
        (PromiseKind::RefundWithoutReturn, true) => "按承诺仅退款不退货",
        (PromiseKind::FreeReturn, false) => "The merchant pays the postage of the return, as promised",
        (PromiseKind::FreeReturn, true) => "按承诺由商家承担退货运费",
        (PromiseKind::ShipWithin, false) => "What was promised for late shipment",
        (PromiseKind::ShipWithin, true) => "按承诺赔付逾期发货",
        (PromiseKind::Authentic, false) => "The promised multiple of the price",
        (PromiseKind::Authentic, true) => "按承诺倍数赔付",
    }
}

#[cfg(test)]
mod tests {
    use live_jury_court::{Brief, EvidenceUrlPolicy};
    use live_jury_trust::claim::{About, ClaimState};
    use live_jury_trust::promise::Limits;
    use uuid::Uuid;

    use super::*;

    fn claim(reason: &str) -> ClaimRow {
        ClaimRow {
            id: Uuid::from_u128(1),
            version: 3,
            claim: "c1".into(),
            merchant: "shop".into(),
            order: "o1".into(),
            placed_ms: 1,
            buyer: "hidden".into(),
            kind: PromiseKind::FreeReturn,
            about: About::Other,
            amount_minor: 990,
            currency: "CNY".into(),
            room: Some("live-42".parse().unwrap()),
            reason: reason.into(),
            evidence: vec!["https://example.com/parcel.jpg".into(); 10],
            limits: Limits::default(),
            from_ms: 1,
            opened_ms: 2,
            told_seq: None,
            state: ClaimState::Escalated,
            due_ms: None,
            granted_by: None,
            answered_ms: Some(3),
            answer: Some("The parcel was opened and used.".into()),
            answer_evidence: vec!["https://example.com/used.jpg".into()],
            escalated_ms: Some(4),
            case: None,
            review_reason: None,
            granted_ms: None,
            breached_ms: None,
            fulfilled_ms: None,
            ended_ms: None,
            by: None,
            words: None,
        }
    }

    #[test]
    fn a_claim_becomes_a_case_that_the_court_takes() {
        let case = of(&claim("The postage was not paid."), &TrustFile::builtin()).unwrap();
        assert_eq!((case.kind.as_str(), case.policy.as_deref()), ("after_sales", Some("promise_breach")));
        assert_eq!((case.subject.merchant.as_deref(), case.subject.order.as_deref()), (Some("shop"), Some("o1")));
        assert_eq!(case.statements.merchant, "The parcel was opened and used.");
        assert!(case.rules.quorum >= 30 && !format!("{case:?}").contains("hidden"));
        Brief::new(case, EvidenceUrlPolicy::Https).unwrap();
        let chinese = of(&claim("商家拒付运费"), &TrustFile::builtin()).unwrap();
        assert!(chinese.remedy.as_deref().unwrap().contains("运费"));
        Brief::new(chinese, EvidenceUrlPolicy::Https).unwrap();
        let odd = ClaimRow { order: "o1 ".into(), ..claim("late") };
        assert_eq!(of(&odd, &TrustFile::builtin()).unwrap().subject.order, None, "no subject ends with a blank");
        assert!(of(&odd, &TrustFile::default()).is_none(), "no such policy");
    }
}
