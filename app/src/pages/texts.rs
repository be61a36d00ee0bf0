//! The list of texts for console, host view and overlay, in addition to the widget's. It holds no text itself.

mod en;
mod standing;
mod zh_cn;

pub use standing::StandingTexts;

use live_jury_protocol::{Refusal, Role};

use crate::i18n::Lang;
use crate::socket::Failure;

impl Lang {
    /// The texts of console, host view and overlay.
    #[must_use]
    pub const fn pages(self) -> &'static PageTexts {
        match self {
            Self::En => &en::PAGES,
            Self::ZhCn => &zh_cn::PAGES,
        }
    }
}

/// The texts of console, host view and overlay. Functions take values that are known only at run time.
#[expect(missing_docs, reason = "the name and the English text texts it")]
pub struct PageTexts {
    pub console: &'static str,
    pub host_view: &'static str,
    pub language: &'static str,
    pub theme: &'static str,
    pub theme_auto: &'static str,
    pub theme_light: &'static str,
    pub theme_dark: &'static str,
    pub connected: &'static str,
    pub try_again: &'static str,
    pub read_more: &'static str,
    pub close_dialog: &'static str,
    pub cancel: &'static str,

    pub token_missing: &'static str,
    pub token_unreadable: &'static str,
    pub token_wrong_role: &'static str,
    pub token_wrong_room: &'static str,
    pub token_ended: &'static str,
    pub token_ends_soon: &'static str,
    pub token_ending: fn(clock: &str) -> String,
    pub token_advice: fn(role: &str) -> String,
    pub token_stays: &'static str,
    pub role: fn(role: Role) -> &'static str,
    pub failure: fn(failure: &Failure) -> &'static str,
    pub problem: fn(code: &str) -> Option<&'static str>,
    /// The rule of a field, for languages other than the server's.
    pub field_rule: fn(field: &str) -> Option<String>,
    pub refused: fn(detail: &str, status: u16) -> String,
    pub unreachable: &'static str,
    pub unreadable: &'static str,

    pub rooms: &'static str,
    pub all_rooms: &'static str,
    pub add_room: &'static str,
    pub room_form: &'static str,
    pub remove_room: fn(room: &str) -> String,
    pub show_room: &'static str,
    pub no_rooms: &'static str,

    pub running: &'static str,
    pub nothing_running: &'static str,
    pub open_state: &'static str,
    pub turnout: &'static str,
    pub came_again: fn(lang: Lang, ballots: u64, before: u64) -> String,
    pub counts_blind: &'static str,
    pub counts_few: &'static str,
    pub quorum_met: &'static str,
    pub of_quorum: fn(lang: Lang, ballots: u64, quorum: u64) -> String,
    pub threshold_mark: fn(percent: f64) -> String,
    pub closes_at: fn(lang: Lang, at_ms: u64) -> String,
    pub ballot_rate: fn(lang: Lang, now: u64, peak: u64) -> String,
    pub duration_short: fn(lang: Lang, seconds: u64) -> String,
    pub extend: &'static str,
    pub close: &'static str,
    pub void: &'static str,
    pub close_question: &'static str,
    pub close_now: &'static str,
    pub keep_open: &'static str,
    pub void_reason: &'static str,
    pub void_hint: &'static str,
    pub void_now: &'static str,
    pub voiding: &'static str,
    pub undo: &'static str,
    pub voiding_in: fn(left_s: u64) -> String,
    pub asked: fn(by: &str, step: &str) -> String,
    pub asked_left: fn(clock: &str) -> String,
    pub confirm: &'static str,
    pub changed: &'static str,
    pub changed_by: fn(by: &str, action: &str, at: &str) -> String,
    pub action: fn(action: &str) -> Option<&'static str>,

    pub live_figures: &'static str,
    pub viewers: &'static str,
    pub nodes: &'static str,
    pub ballots_per_s: &'static str,
    pub refusals: &'static str,
    pub no_refusals: &'static str,
    pub refusal: fn(reason: Refusal) -> &'static str,

    pub drafts: &'static str,
    pub no_drafts: &'static str,
    pub open: &'static str,
    pub edit: &'static str,
    pub discard: &'static str,
    pub discarding: &'static str,
    pub discarding_in: fn(left_s: u64) -> String,
    pub past: &'static str,
    pub no_past: &'static str,
    pub search: &'static str,
    pub filter: &'static str,
    pub all_outcomes: &'static str,
    pub case_record: &'static str,
    pub decided_for: fn(outcome: &str, label: &str) -> String,
    pub put_away: &'static str,
    pub download_ballots: &'static str,
    pub audit: &'static str,

    pub new_case: &'static str,
    pub edit_draft: &'static str,
    pub start_from: &'static str,
    pub back_to_room: &'static str,
    pub leave_question: &'static str,
    pub leave: &'static str,
    pub stay: &'static str,
    pub title: &'static str,
    pub summary: &'static str,
    pub statements: &'static str,
    pub buyer_says: &'static str,
    pub merchant_says: &'static str,
    pub remedy: &'static str,
    pub options: &'static str,
    pub option_label: &'static str,
    pub option_abstain: &'static str,
    pub add_option: &'static str,
    pub remove_option: &'static str,
    pub duration: &'static str,
    pub duration_open: &'static str,
    pub unit: &'static str,
    pub seconds: &'static str,
    pub minutes: &'static str,
    pub hours: &'static str,
    pub evidence: &'static str,
    pub add_evidence: &'static str,
    pub remove_evidence: &'static str,
    pub evidence_kind: &'static str,
    pub evidence_image: &'static str,
    pub evidence_video: &'static str,
    pub evidence_link: &'static str,
    pub evidence_text: &'static str,
    pub evidence_by: &'static str,
    pub buyer: &'static str,
    pub merchant: &'static str,
    pub platform: &'static str,
    pub stream_at: &'static str,
    pub evidence_words: &'static str,
    pub evidence_url: &'static str,
    pub evidence_sha256: &'static str,
    pub evidence_sha256_hint: &'static str,
    pub evidence_caption: &'static str,
    pub rules: &'static str,
    pub quorum: &'static str,
    pub quorum_hint: &'static str,
    pub threshold: &'static str,
    pub threshold_hint: &'static str,
    pub reveal: &'static str,
    pub reveal_after_vote: &'static str,
    pub reveal_after_close: &'static str,
    pub reveal_live: &'static str,
    pub allow_change: &'static str,
    pub allow_change_hint: &'static str,
    pub presets: &'static str,
    pub preset_standard: &'static str,
    pub preset_fair: &'static str,
    pub preset_strict: &'static str,
    pub preset_needs_sides: fn(lang: Lang, share: Option<f64>) -> String,
    pub rule_band: fn(lang: Lang, band: f64) -> String,
    pub rule_balanced: &'static str,
    pub rule_two_sided: fn(lang: Lang, threshold: f64, per_side: u64) -> String,
    pub rule_raid_hang: &'static str,
    pub rule_raid_off: &'static str,
    pub rule_reasons: fn(lang: Lang, count: u64) -> String,
    pub blind: &'static str,
    pub blind_hint: &'static str,
    pub fixed_end: &'static str,
    pub fixed_end_hint: &'static str,
    pub jurors: &'static str,
    pub account_age: &'static str,
    pub account_age_hint: &'static str,
    pub recused: &'static str,
    pub recused_hint: &'static str,
    pub subject: &'static str,
    pub host: &'static str,
    pub product: &'static str,
    pub order: &'static str,
    pub kind: &'static str,
    pub fault_number: &'static str,
    pub fault_share: &'static str,
    pub fault_time: &'static str,
    pub look_at_field: &'static str,
    pub save_draft: &'static str,
    pub open_now: &'static str,
    pub sending: &'static str,
    pub draft_changed: &'static str,
    pub draft_changed_by: fn(by: &str, action: &str, at: &str) -> String,
    pub take_theirs: &'static str,
    pub keep_mine: &'static str,
    pub preview: &'static str,

    pub shortcuts: &'static str,
    pub shortcuts_on: &'static str,
    pub key_new: &'static str,
    pub key_room: &'static str,
    pub key_all_rooms: &'static str,
    pub key_search: &'static str,
    pub key_open: &'static str,
    pub key_save: &'static str,
    pub key_leave: &'static str,
    pub key_help: &'static str,

    pub latest_verdict: &'static str,
    pub nothing_against_you: &'static str,
    pub vote_now: &'static str,
}

#[cfg(test)]
mod tests {
    use live_jury_protocol::AuditAction;

    use super::*;

    #[test]
    fn every_step_of_the_audit_trail_has_words_in_each_language() {
        for lang in Lang::ALL {
            for action in AuditAction::ALL {
                assert!((lang.pages().action)(&action).is_some(), "{} in {}", action.as_str(), lang.tag());
            }
        }
    }
}
