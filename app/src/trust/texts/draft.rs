//! The texts about drafts made from reports, in each language. It decides nothing.

use crate::dom::{LiveText, live_text};
use crate::i18n::Lang;
use crate::pages::Texts;

/// The texts about drafts made from reports.
pub struct DraftTexts {
    pub waiting: &'static str,
    pub none_waits: &'static str,
    pub unnamed: &'static str,
    pub has_side: &'static str,
    pub no_side: &'static str,
    pub in_console: &'static str,
    pub in_console_hint: &'static str,
}

impl Lang {
    /// The texts about drafts made from reports.
    #[must_use]
    pub const fn draft(self) -> &'static DraftTexts {
        match self {
            Self::En => &EN,
            Self::ZhCn => &ZH_CN,
        }
    }
}

/// One text about drafts, as a child of an element.
pub fn draft(texts: Texts, pick: fn(&'static DraftTexts) -> &'static str) -> LiveText {
    live_text(move || pick(texts.lang().draft()))
}

const EN: DraftTexts = DraftTexts {
    waiting: "Drafts from reports",
    none_waits: "No draft waits in the rooms of your console.",
    unnamed: "A draft",
    has_side: "The shop has given its side.",
    no_side: "The shop has not given its side yet.",
    in_console: "Open in the console",
    in_console_hint: "The console shows the draft filled in. You choose there what jurors may see, and open or discard \
                      it.",
};

const ZH_CN: DraftTexts = DraftTexts {
    waiting: "举报形成的草稿",
    none_waits: "控制台所列直播间没有待处理的草稿。",
    unnamed: "草稿",
    has_side: "店铺已提交陈述。",
    no_side: "店铺尚未提交陈述。",
    in_console: "在控制台打开",
    in_console_hint: "控制台中草稿内容已填好。在那里选择可展示的证据，开启或丢弃。",
};
