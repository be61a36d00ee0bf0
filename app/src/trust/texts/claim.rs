//! The texts about claims and promises, in each language. It decides nothing.

use crate::dom::{LiveText, live_text};
use crate::i18n::{Lang, isolated};
use crate::pages::Texts;

/// The texts about claims and promises. Functions take values that are known only at run time.
pub struct ClaimTexts {
    pub waiting: &'static str,
    pub none_waits: &'static str,
    pub kind: fn(kind: &str) -> Option<&'static str>,
    pub about: fn(about: &str) -> Option<&'static str>,
    /// It takes the amount and the order.
    pub concerns: fn(amount: &str, order: &str) -> String,
    pub state: fn(state: &str) -> Option<&'static str>,
    pub buyer_says: &'static str,
    pub shop_says: &'static str,
    pub due: fn(date: &str, left: &str) -> String,
    pub grant_effect: &'static str,
    pub deny_effect: &'static str,

    pub own: &'static str,
    pub none_own: &'static str,
    pub answer_by: fn(date: &str, left: &str) -> String,
    pub fulfil_by: fn(date: &str, left: &str) -> String,
    pub own_grant_effect: &'static str,
    pub own_refuse_effect: &'static str,
    pub own_words: &'static str,
    pub own_words_hint: &'static str,
    pub own_grant: &'static str,
    pub own_refuse: &'static str,
    pub past: &'static str,

    pub promises: &'static str,
    pub none_promised: &'static str,
    pub promise_state: fn(state: &str, date: &str) -> Option<String>,
    pub limit: fn(name: &str, value: &str) -> Option<String>,
}

impl Lang {
    /// The texts about claims and promises.
    #[must_use]
    pub const fn claim(self) -> &'static ClaimTexts {
        match self {
            Self::En => &EN,
            Self::ZhCn => &ZH_CN,
        }
    }
}

/// One text about claims, as a child of an element.
pub fn claim(texts: Texts, pick: fn(&'static ClaimTexts) -> &'static str) -> LiveText {
    live_text(move || pick(texts.lang().claim()))
}

const EN: ClaimTexts = ClaimTexts {
    waiting: "Claims",
    none_waits: "No claim waits for a moderator.",
    kind: |kind| {
        Some(match kind {
            "refund_without_return" => "Refund without return",
            "free_return" => "Free return",
            "ship_within" => "Shipped in the promised time",
            "authentic" => "Genuine, or a multiple back",
            _ => return None,
        })
    },
    about: |about| {
        Some(match about {
            "quality" => "It is about quality.",
            "batch" => "It is about a batch or a label.",
            "other" => "",
            _ => return None,
        })
    },
    concerns: |amount, order| format!("{amount}, order {}.", isolated(order)),
    state: |state| {
        Some(match state {
            "open" => "Waits for the shop's answer",
            "granted" => "Granted",
            "refused" => "Refused by the shop; the buyer may escalate",
            "escalated" => "Escalated",
            "in_court" => "Before a jury",
            "in_review" => "With a moderator",
            "denied" => "Denied",
            "closed" => "Closed: the buyer did not escalate",
            "fulfilled" => "Fulfilled",
            "breached" => "Not fulfilled in time",
            "fulfilled_by_platform" => "The platform paid",
            "withdrawn" => "Withdrawn by the buyer",
            _ => return None,
        })
    },
    buyer_says: "The buyer says",
    shop_says: "The shop says",
    due: |date, left| format!("Due by {date} ({left}). Nothing is decided by silence."),
    grant_effect: "The shop owes what it promised, within 72 hours; after that it is a breach, and the platform pays. \
                   Its refusal counts as overturned. Buyer and shop read your reasons.",
    deny_effect: "The claim ends, and the buyer gets nothing from the promise. Buyer and shop read your reasons.",

    own: "Claims",
    none_own: "No claim waits for you.",
    answer_by: |date, left| format!("Answer by {date}, or it is granted ({left})."),
    fulfil_by: |date, left| format!("Fulfil it by {date}, or it is a breach ({left})."),
    own_grant_effect: "You owe what you promised, within 72 hours.",
    own_refuse_effect: "The buyer reads your reasons and may escalate for 7 days, to a jury or a moderator. A refusal \
                        that is overturned counts against you.",
    own_words: "Your side",
    own_words_hint: "A refusal needs 20 characters or more. A grant needs none.",
    own_grant: "Grant it",
    own_refuse: "Refuse it",
    past: "Earlier",

    promises: "Promises",
    none_promised: "No promise to buyers is made. A promise is yours to make, and raises exposure by 0.05.",
    promise_state: |state, date| {
        Some(match state {
            "applied" => format!("Applied since {date}: it does not cover orders yet."),
            "active" => format!("Active since {date}."),
            "suspended" => format!("Suspended since {date}: new orders are not covered."),
            "ended" => format!("Ends on {date}. Orders placed before stay covered."),
            _ => return None,
        })
    },
    limit: |name, value| {
        Some(match name {
            "max_minor" => format!("Up to {value}."),
            "hours" => format!("Within {value} hours."),
            "multiple" => format!("{value} times the price."),
            _ => return None,
        })
    },
};

const ZH_CN: ClaimTexts = ClaimTexts {
    waiting: "索赔",
    none_waits: "没有等待管理员的索赔。",
    kind: |kind| {
        Some(match kind {
            "refund_without_return" => "仅退款",
            "free_return" => "退货包运费",
            "ship_within" => "限时发货",
            "authentic" => "假一赔多",
            _ => return None,
        })
    },
    about: |about| {
        Some(match about {
            "quality" => "涉及质量。",
            "batch" => "涉及批次或标签。",
            "other" => "",
            _ => return None,
        })
    },
    concerns: |amount, order| format!("{amount}，订单 {}。", isolated(order)),
    state: |state| {
        Some(match state {
            "open" => "等待店铺答复",
            "granted" => "已同意",
            "refused" => "店铺已拒绝，买家可升级",
            "escalated" => "已升级",
            "in_court" => "评审中",
            "in_review" => "管理员审理中",
            "denied" => "未予支持",
            "closed" => "已关闭：买家未升级",
            "fulfilled" => "已履行",
            "breached" => "逾期未履行",
            "fulfilled_by_platform" => "平台已赔付",
            "withdrawn" => "买家已撤回",
            _ => return None,
        })
    },
    buyer_says: "买家陈述",
    shop_says: "店铺答复",
    due: |date, left| format!("应于 {date} 前裁决（{left}）。逾期不会自动裁决。"),
    grant_effect: "店铺应在 72 小时内履行承诺，逾期即违约，由平台赔付。其拒绝计为被推翻。买卖双方可见你的理由。",
    deny_effect: "索赔结束，买家不能据此承诺获得赔付。买卖双方可见你的理由。",

    own: "索赔",
    none_own: "没有等待答复的索赔。",
    answer_by: |date, left| format!("{date} 前未答复即通过（{left}）。"),
    fulfil_by: |date, left| format!("应于 {date} 前履行，否则计为违约（{left}）。"),
    own_grant_effect: "贵店应在 72 小时内履行承诺。",
    own_refuse_effect: "买家可见你的理由，并可在 7 天内升级至评审团或管理员。被推翻的拒绝会计入贵店指标。",
    own_words: "贵店陈述",
    own_words_hint: "拒绝须写明理由，至少 20 字；同意则不必。",
    own_grant: "同意",
    own_refuse: "拒绝",
    past: "历史",

    promises: "承诺",
    none_promised: "尚未作出买家承诺。承诺由贵店自愿作出，生效后曝光系数加 0.05。",
    promise_state: |state, date| {
        Some(match state {
            "applied" => format!("{date} 申请：尚不保障订单。"),
            "active" => format!("{date} 起生效。"),
            "suspended" => format!("{date} 起暂停：新订单不受保障。"),
            "ended" => format!("{date} 终止。此前的订单仍受保障。"),
            _ => return None,
        })
    },
    limit: |name, value| {
        Some(match name {
            "max_minor" => format!("上限 {value}。"),
            "hours" => format!("{value} 小时内。"),
            "multiple" => format!("价格的 {value} 倍。"),
            _ => return None,
        })
    },
};
