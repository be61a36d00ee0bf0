//! The texts about the clock of a remedy, for moderators and hosts, in each language. It decides nothing.

use crate::i18n::Lang;

/// The texts about the clock of a remedy. Functions take the time.
#[expect(missing_docs, reason = "the name and the English text tell it")]
pub struct RemedyTexts {
    pub owed: fn(due: &str) -> String,
    pub done: fn(done: &str) -> String,
    pub late: fn(due: &str) -> String,
    pub waived: &'static str,
}

impl Lang {
    /// The texts about the clock of a remedy.
    #[must_use]
    pub const fn remedy(self) -> &'static RemedyTexts {
        match self {
            Self::En => &EN,
            Self::ZhCn => &ZH_CN,
        }
    }
}

const EN: RemedyTexts = RemedyTexts {
    owed: |due| format!("Remedy owed until {due}."),
    done: |done| format!("Remedy given {done}."),
    late: |due| format!("Remedy not given by {due}; the platform was told."),
    waived: "Remedy waived: an appeal took the verdict back.",
};

const ZH_CN: RemedyTexts = RemedyTexts {
    owed: |due| format!("处理应于 {due} 前完成。"),
    done: |done| format!("处理已于 {done} 完成。"),
    late: |due| format!("处理未在 {due} 前完成，已通知平台。"),
    waived: "处理已免除：申诉推翻了原裁定。",
};
