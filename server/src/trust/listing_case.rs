//! The case that a look-alike name becomes: one question, the two names, and no points of its own. A moderator of the
//! room edits and opens it.

use live_jury_court::check_subject;
use live_jury_protocol::{CaseOption, Evidence, EvidenceKind, NewCase, Party, Reveal, Rules, Subject};
use live_jury_trust::listing::form::has_chinese;
use live_jury_trust::listing::look_alike::{LOOK_ALIKE_QUORUM, look_alike};

use crate::ledger::listings::{ListingRow, NO, YES};

/// The kind of the case. It is none of the templates', whose questions are about orders.
const KIND: &str = "look_alike";
/// The time for which the case is open, in seconds. Its quorum takes longer to reach than that of a dispute.
const DURATION_S: u64 = 600;

/// The texts of the case in one language.
struct CaseTexts {
    question: &'static str,
    summary: &'static str,
    of_listing: &'static str,
    of_brand: &'static str,
    yes: &'static str,
    no: &'static str,
    abstain: &'static str,
}

const EN: CaseTexts = CaseTexts {
    question: "Would you take one for the other?",
    summary: "A shop sells goods under a name that is like the name of a brand. Compare both names as you would see \
              them while shopping.",
    of_listing: "The name on the listing",
    of_brand: "The name of the brand",
    yes: "Yes, I would mix them up",
    no: "No, I can tell them apart",
    abstain: "Cannot tell",
};

const ZH_CN: CaseTexts = CaseTexts {
    question: "你会把两者混淆吗？",
    summary: "一家店铺销售的商品名称与某品牌名称相近。请像平时购物那样比较两个名称。",
    of_listing: "商品上的名称",
    of_brand: "品牌名称",
    yes: "会混淆",
    no: "不会混淆",
    abstain: "无法判断",
};

/// The case of a listing; none if something else stops it, too.
pub(super) fn of(listing: &ListingRow) -> Option<NewCase> {
    let names = look_alike(&listing.hits)?;
    let words = if has_chinese(&listing.title) { &ZH_CN } else { &EN };
    let options = CaseOption::of_question((YES, words.yes), (NO, words.no), words.abstain);
    let product = Some(listing.id.clone()).filter(|id| check_subject("product", Some(id.as_str())).is_ok());
    Some(NewCase {
        summary: words.summary.to_owned(),
        subject: Subject { merchant: Some(listing.party.id.clone()), host: None, product, order: None },
        evidence: vec![name(names.name, words.of_listing), name(names.brand, words.of_brand)],
        rules: Rules { quorum: LOOK_ALIKE_QUORUM, reveal: Reveal::AfterClose, ..Rules::default() },
        duration_s: Some(DURATION_S),
        ..NewCase::bare(KIND, words.question, options)
    })
}

/// A name as evidence, which jurors see in letters.
fn name(text: &str, caption: &str) -> Evidence {
    Evidence {
        text: Some(text.to_owned()),
        caption: Some(caption.to_owned()),
        ..Evidence::empty(EvidenceKind::Text, Party::Platform)
    }
}

#[cfg(test)]
mod tests {
    use live_jury_court::{Brief, EvidenceUrlPolicy};
    use live_jury_trust::listing::{Check, Hit, Outcome};
    use uuid::Uuid;

    use super::*;
    use crate::ledger::listings::ListingState;

    fn listing(title: &str, id: &str) -> ListingRow {
        let hit = Hit {
            check: Check::Brand,
            list: None,
            field: Some("brand".into()),
            span: None,
            value: "5amsung".into(),
            note: "look: Samsung".into(),
            outcome: Outcome::Hold,
            shadow: false,
            policy: Some("look_alike_brand".into()),
        };
        ListingRow {
            screening: Uuid::from_u128(1),
            step: 1,
            id: id.into(),
            version: 1,
            party: live_jury_trust::Party::merchant("shop"),
            title: title.into(),
            description: String::new(),
            category: "phones".into(),
            brand: Some("5amsung".into()),
            gtin: None,
            price_minor: 1,
            currency: "CNY".into(),
            images: Vec::new(),
            digest: Vec::new(),
            outcome: Outcome::Hold,
            hits: vec![hit],
            model: "1".into(),
            at_ms: 1,
            before_sale: true,
            state: ListingState::Held,
            due_ms: Some(2),
            decision: None,
            decided_at_ms: None,
            by: None,
            words: None,
            violation: None,
            jury: None,
            appeal: None,
        }
    }

    #[test]
    fn a_look_alike_becomes_a_case_that_the_court_takes_and_that_has_no_points() {
        let case = of(&listing("A phone", "l-1")).unwrap();
        assert_eq!((case.title.as_str(), case.rules.quorum, &case.policy), (EN.question, 500, &None));
        let names: Vec<&str> = case.evidence.iter().filter_map(|one| one.text.as_deref()).collect();
        assert_eq!(names, ["5amsung", "Samsung"]);
        let options: Vec<(&str, bool, bool)> =
            case.options.iter().map(|option| (option.id.as_str(), option.upholds, option.abstain)).collect();
        assert_eq!(options, [("yes", true, false), ("no", false, false), ("abstain", false, true)]);
        assert_eq!(case.subject.product.as_deref(), Some("l-1"));
        Brief::new(case, EvidenceUrlPolicy::Https).unwrap();
        let chinese = of(&listing("手机", "l 1 ")).unwrap();
        assert_eq!((chinese.title.as_str(), &chinese.subject.product), (ZH_CN.question, &None));
        Brief::new(chinese, EvidenceUrlPolicy::Https).unwrap();
        let other = ListingRow { hits: Vec::new(), ..listing("A phone", "l-1") };
        assert!(of(&other).is_none());
    }
}
