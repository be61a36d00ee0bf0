//! The list of texts for the trust desk and the merchant's page, in addition to those of all pages. It holds no text.

mod application;
mod claim;
mod draft;
mod en;
mod listing;
mod owed;
mod party;
mod zh_cn;

pub use application::application;
pub use claim::claim;
pub use draft::draft;
pub use listing::listing;
pub use owed::owed;
pub use party::{PartyTexts, party};

use crate::dom::{LiveText, live_text};
use crate::i18n::Lang;
use crate::pages::Texts;

/// The texts of the trust desk and the merchant's page. Functions take values that are known only at run time.
pub struct TrustTexts {
    pub desk: &'static str,
    pub my_shop: &'static str,
    pub loading: &'static str,
    pub read_again: &'static str,
    pub back: &'static str,

    pub index: &'static str,
    pub index_yours: fn(index: &str) -> String,
    pub index_theirs: fn(index: &str) -> String,
    pub between: fn(low: &str, high: &str) -> String,
    pub evidence: fn(evidence: &str) -> &'static str,
    pub not_known: &'static str,
    pub scale: fn(index: &str, low: &str, high: &str) -> String,

    pub exposure: &'static str,
    pub shown: fn(m: f64) -> String,
    pub step: fn(step: &str) -> Option<&'static str>,
    pub step_index: fn(low: f64, high: f64) -> String,
    pub step_promise: [&'static str; 2],
    pub step_range: [&'static str; 2],
    pub step_daily_fall: [&'static str; 2],
    pub step_turn: fn(signals: &[String], changed: bool) -> String,
    pub step_measure: [&'static str; 2],

    pub moved_most: &'static str,
    pub nothing_moved: &'static str,
    pub would_help: &'static str,
    pub would_add: fn(points: &str) -> String,
    pub nothing_below: &'static str,
    pub all_signals: &'static str,
    pub all_signals_hint: &'static str,
    pub dimension: fn(id: &str) -> Option<&'static str>,
    pub share: fn(hits: &str, trials: &str, share: &str, typical: &str) -> String,
    pub per_unit: fn(events: &str, rate: &str, typical: &str) -> String,
    pub state: fn(state: &str, typical: &str) -> String,
    pub not_counted: fn(typical: &str) -> String,
    pub points_of: fn(points: &str, most: &str) -> String,
    pub half_life: fn(days: u32) -> String,
    pub more_is: fn(good: bool) -> &'static str,

    pub host_signals: &'static str,
    pub host_signals_hint: &'static str,

    pub look_up: &'static str,
    pub party_kind: &'static str,
    pub shop: &'static str,
    pub host: &'static str,
    pub party_id: &'static str,
    pub look_up_hint: &'static str,
    pub show: &'static str,
    pub party: fn(kind: &str, id: &str) -> String,

    pub appeals_waiting: &'static str,
    pub no_appeals_waiting: &'static str,
    pub proposed: &'static str,
    pub no_proposed: &'static str,
    pub bans: &'static str,
    pub no_bans: &'static str,
    pub and_more: fn(lang: Lang, count: usize) -> String,
    pub waits_since: fn(date: &str) -> String,
    pub of_case: fn(room: &str) -> String,

    pub keys: &'static str,
    pub keys_on: &'static str,
    pub key_next: &'static str,
    pub key_before: &'static str,
    pub key_letter: &'static str,
    pub key_send: &'static str,
    pub key_leave: &'static str,

    pub reports: &'static str,
    pub no_reports: &'static str,
    pub report_counts: fn(lang: Lang, reporters: u64, proven: u64) -> String,
    pub reports_since: fn(date: &str, room: &str) -> String,
    pub burst: &'static str,
    pub what_they_say: &'static str,
    pub in_stream: fn(clock: &str) -> String,
    pub proven_order: &'static str,
    pub new_account: &'static str,
    pub draft_effect: &'static str,
    pub file_draft: &'static str,
    pub close_reports_effect: &'static str,

    pub webhooks: &'static str,
    pub webhooks_fine: &'static str,
    pub webhook_failed: fn(lang: Lang, failed: u64, waiting: u64) -> String,
    pub webhook_stopped: fn(at: &str) -> String,
    pub replay_after: &'static str,
    pub replay_hint: &'static str,
    pub replay: &'static str,
    pub replayed: &'static str,
}

impl Lang {
    /// The texts of the trust desk and the merchant's page.
    #[must_use]
    pub const fn trust(self) -> &'static TrustTexts {
        match self {
            Self::En => &en::TRUST,
            Self::ZhCn => &zh_cn::TRUST,
        }
    }
}

/// One text, as a child of an element.
pub fn live(texts: Texts, pick: fn(&'static TrustTexts) -> &'static str) -> LiveText {
    live_text(move || pick(texts.lang().trust()))
}
