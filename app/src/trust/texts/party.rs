//! The texts about a party's standing, violations, measures and appeals, in each language. It decides nothing.

mod en;
mod zh_cn;

use crate::dom::{LiveText, live_text};
use crate::i18n::Lang;
use crate::pages::Texts;

/// The texts about a party. Functions take values that are known only at run time.
pub struct PartyTexts {
    pub standing: &'static str,
    pub points_total: fn(points: u32) -> String,
    pub points_end: fn(points: u32, date: &str) -> String,
    pub tier: fn(kind: &str, tier: &str) -> Option<&'static str>,
    pub names_nobody: &'static str,

    pub measures: &'static str,
    pub measure: fn(kind: &str, until: &str) -> Option<String>,
    pub measure_since: fn(date: &str, points: u32) -> String,
    pub account_ends: fn(date: &str) -> String,
    pub lifted: fn(reason: &str) -> &'static str,
    pub is_over: &'static str,
    pub statement: &'static str,
    pub earlier: &'static str,

    pub violations: &'static str,
    pub no_violations: &'static str,
    pub violation: fn(points: u32, title: &str, clause: &str, who: &str, date: &str) -> String,
    pub proposed: fn(points: u32, title: &str, clause: &str) -> String,
    pub void: fn(title: &str, clause: &str, reason: &str) -> String,
    pub source: fn(source: &str) -> Option<&'static str>,
    pub facts: &'static str,
    pub moderators_words: &'static str,
    pub holds_back: &'static str,
    pub expired: &'static str,

    pub drafts: &'static str,
    pub draft: fn(title: Option<&str>) -> String,
    pub draft_product: &'static str,
    pub draft_side: &'static str,
    pub draft_send: &'static str,
    pub draft_given: &'static str,

    pub appeals: &'static str,
    pub no_appeals: &'static str,
    pub appeal_free: fn(jury_until: Option<&str>, until: &str) -> String,
    pub appeal: &'static str,
    pub appeal_once: &'static str,
    pub appeal_text: &'static str,
    pub appeal_evidence: &'static str,
    pub appeal_evidence_hint: &'static str,
    pub file_appeal: &'static str,
    pub appeal_against: fn(title: &str) -> String,
    pub appeal_state: fn(state: &str) -> Option<&'static str>,
    pub appeal_due: fn(state: &str, date: &str, left: &str) -> String,
    pub review_reason: fn(reason: &str) -> Option<&'static str>,
    pub withdraw_appeal: &'static str,
    pub withdraw_appeal_effect: &'static str,
    pub left: fn(lang: Lang, left_ms: i64) -> String,

    pub confirm: &'static str,
    pub confirm_effect: fn(points: u32, date: &str) -> String,
    pub dismiss: &'static str,
    pub dismiss_effect: &'static str,
    pub withdraw: &'static str,
    pub withdraw_effect: &'static str,
    pub uphold: &'static str,
    pub uphold_effect: &'static str,
    pub overturn: &'static str,
    pub overturn_effect: &'static str,
    pub ban_title: &'static str,
    pub ban: &'static str,
    pub ban_effect: &'static str,
    pub ban_for: &'static str,
    pub unban: &'static str,
    pub unban_effect: &'static str,

    pub unfounded: &'static str,
    pub release: &'static str,
    pub ask_jury: &'static str,
    pub on_probation: &'static str,
    pub refuse: &'static str,
    pub grant: &'static str,
    pub deny: &'static str,

    pub words: &'static str,
    pub words_hint: &'static str,
    pub do_it: &'static str,
    pub problem: fn(code: &str) -> Option<&'static str>,
}

impl Lang {
    /// The texts about a party.
    #[must_use]
    pub const fn party(self) -> &'static PartyTexts {
        match self {
            Self::En => &en::PARTY,
            Self::ZhCn => &zh_cn::PARTY,
        }
    }
}

/// One text about a party, as a child of an element.
pub fn party(texts: Texts, pick: fn(&'static PartyTexts) -> &'static str) -> LiveText {
    live_text(move || pick(texts.lang().party()))
}
