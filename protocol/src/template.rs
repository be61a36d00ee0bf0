//! Ready-made cases for each kind, in both languages: texts and rules. Moderators begin with one, and so do drafts from
//! reports.

use crate::case::{CaseOption, NewCase};
use crate::dispute::{RemedyKind, Statements};
use crate::rules::{Reveal, Rules};
use crate::threshold::Threshold;

/// The id of the option for the complaint.
pub const FOR_COMPLAINT: &str = "buyer";
/// The id of the option against the complaint.
pub const AGAINST_COMPLAINT: &str = "merchant";
/// The tag of Simplified Chinese; every other language gets English.
const CHINESE: &str = "zh-CN";

/// A kind of case with rules that suit it.
#[derive(Debug)]
pub struct Template {
    /// The kind on the wire.
    pub kind: &'static str,
    /// The policy that is broken if the buyer is right; none for a kind that no jury judges.
    policy: Option<&'static str>,
    remedy_kind: RemedyKind,
    duration_s: u64,
    quorum: u64,
    /// In parts of [`crate::limits::THRESHOLD_SCALE`].
    threshold: u32,
    reveal: Reveal,
    allow_change: bool,
    min_account_age_days: u32,
    en: Wording,
    zh_cn: Wording,
}

/// A template's texts in one language.
#[derive(Debug)]
struct Wording {
    title: &'static str,
    summary: &'static str,
    buyer: &'static str,
    merchant: &'static str,
    for_buyer: &'static str,
    for_merchant: &'static str,
    abstain: &'static str,
    remedy: &'static str,
}

impl Template {
    /// The template of a kind, if there is one.
    #[must_use]
    pub fn of(kind: &str) -> Option<&'static Self> {
        TEMPLATES.iter().find(|template| template.kind == kind)
    }

    /// The template's title in a language.
    #[must_use]
    pub fn title(&self, tag: &str) -> &'static str {
        self.wording(tag).title
    }

    /// A case of this template in a language. With a merchant or a host it can be opened as it is.
    #[must_use]
    pub fn case(&self, tag: &str) -> NewCase {
        let words = self.wording(tag);
        let options = CaseOption::of_question(
            (FOR_COMPLAINT, words.for_buyer),
            (AGAINST_COMPLAINT, words.for_merchant),
            words.abstain,
        );
        NewCase {
            summary: words.summary.to_owned(),
            statements: Statements { buyer: words.buyer.to_owned(), merchant: words.merchant.to_owned() },
            rules: Rules {
                quorum: self.quorum,
                threshold: Threshold::from_parts(self.threshold).unwrap_or(Threshold::HALF),
                reveal: self.reveal,
                allow_change: self.allow_change,
                min_account_age_days: self.min_account_age_days,
                ..Rules::default()
            },
            remedy: Some(words.remedy.to_owned()),
            policy: self.policy.map(str::to_owned),
            remedy_kind: Some(self.remedy_kind),
            duration_s: Some(self.duration_s),
            ..NewCase::bare(self.kind, words.title, options)
        }
    }

    fn wording(&self, tag: &str) -> &Wording {
        if tag == CHINESE { &self.zh_cn } else { &self.en }
    }
}

/// The templates, the most frequent kind first.
pub static TEMPLATES: [Template; 5] = [
    Template {
        kind: "false_advertising",
        policy: Some("false_advertising"),
        remedy_kind: RemedyKind::Refund,
        duration_s: 180,
        quorum: 30,
        threshold: 5_000,
        reveal: Reveal::AfterVote,
        allow_change: false,
        min_account_age_days: 0,
        en: Wording {
            title: "Was the product advertised misleadingly?",
            summary: "A buyer says that what was claimed in the stream is not true of the product.",
            buyer: "What was said in the stream made me buy. The product I received does not do or contain what was \
                    claimed.",
            merchant: "The product was described as it is. What was said in the stream agrees with the product page.",
            for_buyer: "Yes, it misleads",
            for_merchant: "No, it is fair",
            abstain: "Cannot tell",
            remedy: "Refund without return, and a correction in the stream",
        },
        zh_cn: Wording {
            title: "主播的宣传是否误导消费者？",
            summary: "买家认为直播间的宣传与商品实际情况不符。",
            buyer: "我是听了直播间的介绍才下单的，收到的商品并不具备所宣传的功效或成分。",
            merchant: "商品如实介绍，直播间的说法与商品详情页一致。",
            for_buyer: "是，存在误导",
            for_merchant: "否，宣传属实",
            abstain: "无法判断",
            remedy: "仅退款不退货，并在直播间更正",
        },
    },
    Template {
        kind: "not_as_described",
        policy: Some("not_as_described"),
        remedy_kind: RemedyKind::Refund,
        duration_s: 180,
        quorum: 30,
        threshold: 5_000,
        reveal: Reveal::AfterVote,
        allow_change: false,
        min_account_age_days: 0,
        en: Wording {
            title: "Does the product differ from its description?",
            summary: "A buyer says that the product received differs from what was shown and described.",
            buyer: "The product differs from the description in a way that matters to me. The pictures show it.",
            merchant: "What was sent is what was ordered. Small differences are within what the product page says.",
            for_buyer: "Yes, it differs",
            for_merchant: "No, it is as described",
            abstain: "Cannot tell",
            remedy: "Return and refund; the merchant pays the postage",
        },
        zh_cn: Wording {
            title: "收到的商品是否与描述不符？",
            summary: "买家认为收到的商品与展示和描述不一致。",
            buyer: "商品与描述有明显差别，影响使用，照片可以证明。",
            merchant: "发出的就是所订购的商品，细微差异在详情页说明的范围之内。",
            for_buyer: "是，与描述不符",
            for_merchant: "否，与描述一致",
            abstain: "无法判断",
            remedy: "退货退款，运费由商家承担",
        },
    },
    Template {
        kind: "counterfeit",
        policy: None,
        remedy_kind: RemedyKind::Refund,
        duration_s: 300,
        quorum: 50,
        threshold: 6_000,
        reveal: Reveal::AfterVote,
        allow_change: false,
        min_account_age_days: 7,
        en: Wording {
            title: "Is the product a counterfeit?",
            summary: "A buyer says that the branded product received is not genuine.",
            buyer: "Label, workmanship and packaging differ from the genuine product. I compared them side by side.",
            merchant: "The product comes from an authorised source. The proof of purchase was given to the platform.",
            for_buyer: "Yes, counterfeit",
            for_merchant: "No, genuine",
            abstain: "Cannot tell",
            remedy: "Refund, and three times the price as compensation",
        },
        zh_cn: Wording {
            title: "该商品是否为假货？",
            summary: "买家认为收到的品牌商品不是正品。",
            buyer: "标签、做工和包装都与正品不同，我做了逐一对比。",
            merchant: "商品来自授权渠道，进货凭证已提交平台。",
            for_buyer: "是，属于假货",
            for_merchant: "否，是正品",
            abstain: "无法判断",
            remedy: "退款，并按假一赔三赔付",
        },
    },
    Template {
        kind: "after_sales",
        policy: Some("promise_breach"),
        remedy_kind: RemedyKind::Other,
        duration_s: 180,
        quorum: 30,
        threshold: 5_000,
        reveal: Reveal::AfterVote,
        allow_change: false,
        min_account_age_days: 0,
        en: Wording {
            title: "Should the merchant take the product back?",
            summary: "A buyer asked for a return, repair or exchange, and the merchant declined.",
            buyer: "I asked within the time allowed. The fault was there when it arrived.",
            merchant: "The product was used, or the request came too late. The terms on the product page apply.",
            for_buyer: "Yes, it should",
            for_merchant: "No, it need not",
            abstain: "Cannot tell",
            remedy: "Return, repair or exchange at the merchant's cost",
        },
        zh_cn: Wording {
            title: "商家是否应当受理售后？",
            summary: "买家申请退换或维修，商家拒绝。",
            buyer: "我在规定时间内提出申请，问题在收货时就存在。",
            merchant: "商品已使用或已超出期限，应按商品页面的条款处理。",
            for_buyer: "是，应当受理",
            for_merchant: "否，不必受理",
            abstain: "无法判断",
            remedy: "由商家承担费用，退货、维修或换货",
        },
    },
    Template {
        kind: "host_conduct",
        policy: Some("abuse"),
        remedy_kind: RemedyKind::Other,
        duration_s: 180,
        quorum: 50,
        threshold: 6_000,
        // The case judges a person on air, so counts stay hidden until the end and jurors may change their ballots.
        reveal: Reveal::AfterClose,
        allow_change: true,
        min_account_age_days: 0,
        en: Wording {
            title: "Did the host treat viewers unfairly?",
            summary: "A viewer complains about how the host acted in this stream.",
            buyer: "What happened in the stream was unfair to viewers. The time in the stream is given as evidence.",
            merchant: "The host acted within the rules of the platform. The scene is to be seen as a whole.",
            for_buyer: "Yes, unfair",
            for_merchant: "No, within the rules",
            abstain: "Cannot tell",
            remedy: "An apology in the stream, and a warning by the platform",
        },
        zh_cn: Wording {
            title: "主播对观众的行为是否不当？",
            summary: "观众投诉主播在本场直播中的行为。",
            buyer: "直播中发生的事情对观众不公平，证据中标明了直播时间点。",
            merchant: "主播的行为符合平台规则，应结合前后情景来看。",
            for_buyer: "是，行为不当",
            for_merchant: "否，符合规则",
            abstain: "无法判断",
            remedy: "主播在直播间道歉，平台予以警告",
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limits;

    #[test]
    fn every_template_can_be_opened_unchanged() {
        for template in &TEMPLATES {
            for tag in ["en", CHINESE] {
                let case = Template::of(template.kind).unwrap().case(tag);
                assert_eq!((case.title.as_str(), case.options.len()), (template.title(tag), 3));
                assert!(!case.title.is_empty() && case.title.chars().count() <= limits::TITLE_CHARS_MAX);
                assert_eq!(case.rules.threshold.parts(), template.threshold);
                let deciding = case.options.iter().filter(|option| !option.abstain).count();
                assert!(deciding >= limits::DECIDING_OPTIONS_MIN);
                assert!(case.options.iter().all(|option| option.label.chars().count() <= limits::LABEL_CHARS_MAX));
                let upholds = case.options.iter().find(|option| option.upholds).unwrap();
                assert_eq!((upholds.id.as_str(), upholds.abstain), (FOR_COMPLAINT, false));
                assert!(case.remedy.unwrap().chars().count() <= limits::REMEDY_CHARS_MAX);
            }
            assert_ne!(template.title("en"), template.title(CHINESE));
        }
        assert!(Template::of("other").is_none());
    }
}
