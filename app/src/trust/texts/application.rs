//! The texts about applications, in each language. It decides nothing.

use crate::dom::{LiveText, live_text};
use crate::i18n::Lang;
use crate::pages::Texts;

/// The texts about applications. Functions take values that are known only at run time.
pub struct ApplicationTexts {
    pub waiting: &'static str,
    pub none_waits: &'static str,
    pub category: fn(category: &str) -> String,
    pub applied: fn(date: &str) -> String,
    pub looked_again: fn(date: &str) -> String,
    pub group: fn(group: &str) -> Option<&'static str>,
    /// It takes the names of groups, and the date on which the other party was closed.
    pub reason: fn(groups: &[&str], closed: Option<&str>) -> String,
    pub weight: fn(weight: &str, threshold: &str) -> String,
    pub weight_hint: &'static str,
    pub due: fn(date: &str, left: &str) -> String,
    pub no_clock: &'static str,
    pub refusal_proposed: &'static str,
    pub release_effect: &'static str,
    pub release_again_effect: &'static str,
    pub probation_effect: &'static str,
    pub refuse_effect: &'static str,

    pub own: &'static str,
    pub a_person_looks: &'static str,
    pub own_due: fn(date: &str) -> String,
    pub own_state: fn(state: &str, date: &str) -> Option<String>,
    pub own_letter: &'static str,
}

impl Lang {
    /// The texts about applications.
    #[must_use]
    pub const fn application(self) -> &'static ApplicationTexts {
        match self {
            Self::En => &EN,
            Self::ZhCn => &ZH_CN,
        }
    }
}

/// One text about applications, as a child of an element.
pub fn application(texts: Texts, pick: fn(&'static ApplicationTexts) -> &'static str) -> LiveText {
    live_text(move || pick(texts.lang().application()))
}

/// Words as a sentence lists them: `one, two and three`, with a capital letter first.
fn listed(words: &[&str]) -> String {
    let text = match words {
        [] => String::new(),
        [only] => (*only).to_owned(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    };
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

const EN: ApplicationTexts = ApplicationTexts {
    waiting: "Applications",
    none_waits: "No application is held.",
    category: |category| format!("Category: {category}."),
    applied: |date| format!("Applied on {date}."),
    looked_again: |date| format!("It sells already. Its identity changed on {date}, and nothing is closed."),
    group: |group| {
        Some(match group {
            "self" => "identity",
            "reach" => "phone or email",
            "money" => "payout account",
            "kit" => "device",
            "place" => "address",
            "shop" => "name of the shop",
            _ => return None,
        })
    },
    reason: |groups, closed| {
        let (is, names) = (if groups.len() == 1 { "is" } else { "are" }, listed(groups));
        match closed {
            Some(date) => {
                let those = if groups.len() == 1 { "that" } else { "those" };
                format!("{names} {is} {those} of a shop closed on {date}.")
            }
            None => format!("{names} {is} the same as in two or more other applications of seven days."),
        }
    },
    weight: |weight, threshold| format!("Weight {weight}; from {threshold} on it may be the same people."),
    weight_hint: "Each unit of weight doubles the odds that they are the same people. It is no proof.",
    due: |date, left| format!("Becomes a probation by itself on {date} ({left})."),
    no_clock: "No clock runs: it waits until a person decides.",
    refusal_proposed: "Refusal is proposed. Strangers may share a name and a birthday.",
    release_effect: "The shop sells like any other from now on, and reads your reasons. This cannot be taken back; \
                     violations count as for any shop.",
    release_again_effect: "Nothing changes for the shop. Your reasons stay in the trail of the desk.",
    probation_effect: "For 30 days or 50 completed orders each listing is reviewed first, and exposure is at most 1. \
                       The shop reads your reasons and may appeal for 180 days.",
    refuse_effect: "The applicant does not sell. It reads your reasons and may appeal for 180 days; an appeal that is \
                    won lets it in.",

    own: "Application",
    a_person_looks: "A person looks.",
    own_due: |date| format!("Without a decision you may sell on probation from {date} on."),
    own_state: |state, date| {
        Some(match state {
            "held" => format!("Held since {date}."),
            "passed" => format!("Passed on {date}."),
            "probation" => format!("On probation since {date}: listings are reviewed first, exposure at most 1."),
            "refused" => format!("Refused on {date}."),
            _ => return None,
        })
    },
    own_letter: "The letter under Measures says why, and how to appeal.",
};

const ZH_CN: ApplicationTexts = ApplicationTexts {
    waiting: "入驻申请",
    none_waits: "没有待审核的申请。",
    category: |category| format!("类目：{category}。"),
    applied: |date| format!("申请时间：{date}。"),
    looked_again: |date| format!("该店已在经营。其身份信息于 {date} 变更，未关闭任何内容。"),
    group: |group| {
        Some(match group {
            "self" => "身份信息",
            "reach" => "电话或邮箱",
            "money" => "收款账户",
            "kit" => "设备",
            "place" => "地址",
            "shop" => "店铺名称",
            _ => return None,
        })
    },
    reason: |groups, closed| {
        let names = match groups {
            [first @ .., last] if !first.is_empty() => format!("{}和{last}", first.join("、")),
            all => all.concat(),
        };
        match closed {
            Some(date) => format!("{names}与 {date} 关闭的店铺相同。"),
            None => format!("{names}与七天内至少两份其他申请相同。"),
        }
    },
    weight: |weight, threshold| format!("权重 {weight}；达到 {threshold} 即可能为同一人。"),
    weight_hint: "权重每增加 1，同一人的可能性翻倍，但并非证明。",
    due: |date, left| format!("{date} 起自动转为观察期（{left}）。"),
    no_clock: "没有期限：等待人工决定。",
    refusal_proposed: "建议拒绝。不同的人可能同名且同日出生。",
    release_effect: "该店即刻起与其他店铺一样经营，并可见你的理由。此操作不能撤回；违规照常记分。",
    release_again_effect: "对该店没有任何影响。你的理由保存在工作台的记录中。",
    probation_effect: "30 天内或完成 50 单前，商品先审后上，曝光系数上限 1。该店可见你的理由，并可在 180 天内申诉。",
    refuse_effect: "申请人不能经营。申请人可见你的理由，并可在 180 天内申诉；申诉成立即可入驻。",

    own: "入驻申请",
    a_person_looks: "将人工审核。",
    own_due: |date| format!("如无决定，{date} 起可在观察期内经营。"),
    own_state: |state, date| {
        Some(match state {
            "held" => format!("{date} 起待审核。"),
            "passed" => format!("{date} 审核通过。"),
            "probation" => format!("{date} 起为观察期：商品先审后上，曝光系数上限 1。"),
            "refused" => format!("{date} 未通过审核。"),
            _ => return None,
        })
    },
    own_letter: "“处置措施”中的通知说明理由和申诉办法。",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_names_its_groups_and_the_day_in_one_sentence() {
        let en = |groups: &[&str], closed| (EN.reason)(groups, closed);
        let two = en(&["payout account", "device"], Some("1 May"));
        assert_eq!(two, "Payout account and device are those of a shop closed on 1 May.");
        assert_eq!(en(&["device"], Some("1 May")), "Device is that of a shop closed on 1 May.");
        let shared = en(&["payout account", "device", "address"], None);
        assert!(shared.starts_with("Payout account, device and address are the same as in two"), "{shared}");
        assert_eq!((ZH_CN.reason)(&["收款账户", "设备"], Some("5月1日")), "收款账户和设备与 5月1日 关闭的店铺相同。");
        assert_eq!((ZH_CN.reason)(&["设备"], None), "设备与七天内至少两份其他申请相同。");
    }
}
