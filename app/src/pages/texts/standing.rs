//! The texts of practice and of appeals, in each language. It decides nothing.

use crate::i18n::Lang;

/// The texts of practice and of appeals.
#[expect(missing_docs, reason = "the name and the English text tell it")]
pub struct StandingTexts {
    pub practice: &'static str,
    pub practice_note: &'static str,
    pub level: fn(level: u8) -> &'static str,
    pub answered: fn(count: u64) -> String,
    pub choose: &'static str,
    pub answer: &'static str,
    pub right: &'static str,
    pub wrong: fn(label: &str) -> String,
    pub next: &'static str,
    pub all_done: &'static str,
    pub no_practice: &'static str,

    pub appeal: &'static str,
    pub appeal_question: &'static str,
    pub appeal_panel: fn(strata: [u64; 3]) -> String,
    pub appeal_of_vote: &'static str,
    pub appeal_excludes: &'static str,
    pub file_appeal: &'static str,
    pub appeal_filed: &'static str,
    pub is_appeal: &'static str,
    pub is_appeal_of: fn(result: &str) -> String,
}

impl Lang {
    /// The texts of practice and of appeals.
    #[must_use]
    pub const fn standing(self) -> &'static StandingTexts {
        match self {
            Self::En => &EN,
            Self::ZhCn => &ZH_CN,
        }
    }
}

const EN: StandingTexts = StandingTexts {
    practice: "Practice",
    practice_note: "These cases are made up and have a known answer. Nothing here counts in a real case, and no vote \
                    in a real case is scored.",
    level: |level| match level {
        0 => "Level 0: not passed yet",
        1 => "Level 1: practice passed",
        2 => "Level 2: practice passed, and five panels served",
        _ => "Level 3: the platform vouches for you",
    },
    answered: |count| if count == 1 { "1 case answered".to_owned() } else { format!("{count} cases answered") },
    choose: "What would you decide?",
    answer: "Answer",
    right: "Right.",
    wrong: |label| format!("Not right. The right answer: {label}"),
    next: "Next case",
    all_done: "You have answered all cases that there are.",
    no_practice: "This server has no practice cases.",

    appeal: "Appeal",
    appeal_question: "A drawn panel judges the same case again. The first verdict stays in the log.",
    appeal_panel: |[buyer, merchant, other]| {
        let strata = [(buyer, "buyers"), (merchant, "merchants"), (other, "of no known side")];
        format!("Its seats: {}.", seats(&strata, ", "))
    },
    appeal_of_vote: "Its seats: 31 buyers and 31 merchants where the sides of most voters were known, else 63 of no \
                     known side.",
    appeal_excludes: "Nobody sits who took part before. You may add to the statements, and raise the seats.",
    file_appeal: "File the draft",
    appeal_filed: "The appeal is among the drafts.",
    is_appeal: "Appeal against an earlier verdict",
    is_appeal_of: |result| format!("Appeal against an earlier verdict: {result}"),
};

const ZH_CN: StandingTexts = StandingTexts {
    practice: "练习",
    practice_note: "这些案件均为虚构，答案已知。这里的作答不计入任何真实案件，真实案件中的投票也不会被评分。",
    level: |level| match level {
        0 => "0 级：尚未通过",
        1 => "1 级：已通过练习",
        2 => "2 级：已通过练习，并参与过五次评审组",
        _ => "3 级：由平台认证",
    },
    answered: |count| format!("已答 {count} 案"),
    choose: "你会怎样裁定？",
    answer: "作答",
    right: "回答正确。",
    wrong: |label| format!("回答有误。正确答案：{label}"),
    next: "下一案",
    all_done: "所有练习案件都已作答。",
    no_practice: "此服务器没有练习案件。",

    appeal: "申诉",
    appeal_question: "由抽签产生的评审组重新评审同一案件。原裁定保留在日志中。",
    appeal_panel: |[buyer, merchant, other]| {
        let strata = [(buyer, "名买家"), (merchant, "名商家"), (other, "名身份不明者")];
        format!("席位：{}。", seats(&strata, "、"))
    },
    appeal_of_vote: "席位：若多数投票者身份已知，为 31 名买家和 31 名商家，否则为 63 名身份不明者。",
    appeal_excludes: "此前参与过的人不得入席。可以补充陈述，也可以增加席位。",
    file_appeal: "建立草稿",
    appeal_filed: "申诉已列入草稿。",
    is_appeal: "对先前裁定的申诉",
    is_appeal_of: |result| format!("对先前裁定的申诉：{result}"),
};

/// The strata that have seats, in one text.
fn seats(strata: &[(u64, &str)], separator: &str) -> String {
    let shown: Vec<String> =
        strata.iter().filter(|(seats, _)| *seats > 0).map(|(seats, name)| format!("{seats} {name}")).collect();
    shown.join(separator)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_strata_with_seats_are_named() {
        assert_eq!((EN.appeal_panel)([31, 31, 0]), "Its seats: 31 buyers, 31 merchants.");
        assert_eq!((ZH_CN.appeal_panel)([0, 0, 63]), "席位：63 名身份不明者。");
    }
}
