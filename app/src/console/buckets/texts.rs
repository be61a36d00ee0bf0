//! The texts of the queue of reports, in each language. It decides nothing.

use crate::i18n::Lang;

/// The texts of the queue of reports.
pub struct ReportTexts {
    pub title: &'static str,
    pub reporters: fn(count: u64) -> String,
    pub weight: fn(score: f64) -> String,
    pub proven: fn(count: u64) -> String,
    pub burst: &'static str,
    pub not_judged: &'static str,
    pub what_they_say: &'static str,
    pub no_words: &'static str,
    pub order: &'static str,
    pub new_account: &'static str,
    pub draft: &'static str,
    pub close: &'static str,
    pub why: &'static str,
    pub why_hint: &'static str,
    pub close_unfounded: &'static str,
}

impl Lang {
    /// The texts of the queue of reports.
    #[must_use]
    pub const fn reports(self) -> &'static ReportTexts {
        match self {
            Self::En => &EN,
            Self::ZhCn => &ZH_CN,
        }
    }
}

const EN: ReportTexts = ReportTexts {
    title: "Reports by viewers",
    reporters: |count| if count == 1 { "1 viewer".to_owned() } else { format!("{count} viewers") },
    weight: |score| format!("weight {score:.1}"),
    proven: |count| if count == 1 { "1 proven order".to_owned() } else { format!("{count} proven orders") },
    burst: "came as a burst",
    not_judged: "no jury judges this policy",
    what_they_say: "What they say",
    no_words: "No words.",
    order: "proven order",
    new_account: "account under 7 days",
    draft: "Draft a case",
    close: "Close…",
    why: "Why are the reports unfounded?",
    why_hint: "20 characters or more. Unfounded reports count against their reporters.",
    close_unfounded: "Close as unfounded",
};

const ZH_CN: ReportTexts = ReportTexts {
    title: "观众举报",
    reporters: |count| format!("{count} 名观众"),
    weight: |score| format!("权重 {score:.1}"),
    proven: |count| format!("{count} 笔已核实订单"),
    burst: "短时间集中举报",
    not_judged: "此规则不由评审裁决",
    what_they_say: "举报内容",
    no_words: "未填写说明。",
    order: "订单已核实",
    new_account: "注册不足 7 天",
    draft: "起草案件",
    close: "关闭…",
    why: "为何举报不成立？",
    why_hint: "至少 20 个字。不成立的举报会降低举报人的权重。",
    close_unfounded: "以不成立关闭",
};
