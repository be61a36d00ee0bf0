//! The texts about remedies that a party owes, in each language. It decides nothing.

use crate::dom::{LiveText, live_text};
use crate::i18n::{Lang, isolated};
use crate::pages::Texts;

/// The texts about remedies that a party owes. Functions take values that are known only at run time.
pub struct OwedTexts {
    pub title: &'static str,
    pub hint: &'static str,
    pub due: fn(date: &str, remedy: &str, left: &str) -> String,
    pub late: fn(date: &str, remedy: &str) -> String,
}

impl Lang {
    /// The texts about remedies that a party owes.
    #[must_use]
    pub const fn owed(self) -> &'static OwedTexts {
        match self {
            Self::En => &EN,
            Self::ZhCn => &ZH_CN,
        }
    }
}

/// One text about owed remedies, as a child of an element.
pub fn owed(texts: Texts, pick: fn(&'static OwedTexts) -> &'static str) -> LiveText {
    live_text(move || pick(texts.lang().owed()))
}

const EN: OwedTexts = OwedTexts {
    title: "Remedies owed",
    hint: "Verdicts ordered these. The platform reports each one that is given, and it then leaves this list.",
    due: |date, remedy, left| format!("Due by {date}: {} ({left}).", isolated(remedy)),
    late: |date, remedy| format!("Not done by {date}: {}. The platform knows. It can still be done.", isolated(remedy)),
};

const ZH_CN: OwedTexts = OwedTexts {
    title: "待完成的处理",
    hint: "以下处理由裁决产生。平台报告完成后即从此处移除。",
    due: |date, remedy, left| format!("应于 {date} 前完成：{}（{left}）。", isolated(remedy)),
    late: |date, remedy| format!("{date} 前未完成：{}。已通知平台，仍可补办。", isolated(remedy)),
};
