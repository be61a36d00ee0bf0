//! The viewer's texts in one language: reading the file that the build wrote, and choosing and filling a text. The
//! texts themselves are in `app/texts/`.

use std::cell::RefCell;

use live_jury_protocol::{Outcome, Party, Refusal, TALLY_LOST, Why};

use super::{Format, intl, isolated};
use crate::socket::Failure;

// `TextKey`, `TEXT_COUNT`, and a function for each text with placeholders. The build writes them from `app/texts/`.
include!(concat!(env!("OUT_DIR"), "/viewer_texts.rs"));

/// The viewer's texts in one language. A text without placeholders has a [`TextKey`], each other one a function.
/// Functions take raw numbers and write them in the language's form, which also chooses the plural.
#[derive(Debug, PartialEq, Eq)]
pub struct ViewerTexts {
    tag: &'static str,
    lines: [&'static str; TEXT_COUNT],
}

thread_local! {
    /// The languages read so far. A text lives as long as the page, so each language is read once.
    static LANGUAGES: RefCell<Vec<&'static ViewerTexts>> = RefCell::default();
}

impl ViewerTexts {
    /// Reads a language's file, as the build wrote it. `None` for the file of another build.
    #[must_use]
    pub fn read(file: String) -> Option<&'static Self> {
        LANGUAGES.with_borrow_mut(|languages| {
            let tag = file.split('\n').next();
            if let Some(known) = languages.iter().find(|known| Some(known.tag) == tag) {
                return Some(*known);
            }
            let mut parts = Box::leak(file.into_boxed_str()).split('\n');
            let tag = parts.next()?;
            let mut lines = [""; TEXT_COUNT];
            for line in &mut lines {
                *line = parts.next()?;
            }
            if parts.next().is_some() {
                return None;
            }
            let texts: &'static Self = Box::leak(Box::new(Self { tag, lines }));
            languages.push(texts);
            Some(texts)
        })
    }

    /// The language's tag, for `lang=` and `Intl`.
    #[must_use]
    pub const fn tag(&self) -> &'static str {
        self.tag
    }

    /// The text of a key.
    #[must_use]
    pub const fn get(&self, key: TextKey) -> &'static str {
        self.lines[key as usize]
    }

    /// The reason of a failed connection, with advice.
    #[must_use]
    pub const fn failure(&self, failure: &Failure) -> &'static str {
        self.get(match failure {
            Failure::NoToken(_) => TextKey::FailureNoToken,
            Failure::TokenRejected => TextKey::FailureTokenRejected,
            Failure::TokenTooLong => TextKey::FailureTokenTooLong,
            Failure::NotAllowed => TextKey::FailureNotAllowed,
            Failure::Replaced => TextKey::FailureReplaced,
            Failure::Ended => TextKey::FailureEnded,
            Failure::Protocol => TextKey::FailureProtocol,
            Failure::BadAddress(_) => TextKey::FailureBadAddress,
        })
    }

    /// The party that submitted a piece of evidence.
    #[must_use]
    pub const fn evidence_by(&self, by: Party) -> &'static str {
        self.get(match by {
            Party::Buyer => TextKey::EvidenceByBuyer,
            Party::Merchant => TextKey::EvidenceByMerchant,
            Party::Platform => TextKey::EvidenceByPlatform,
            Party::Unknown => TextKey::EvidenceByUnknown,
        })
    }

    /// The reason why a vote did not count.
    #[must_use]
    pub const fn refusal(&self, reason: Refusal) -> &'static str {
        self.get(match reason {
            Refusal::UnknownCase => TextKey::RefusalUnknownCase,
            Refusal::NotAJuror => TextKey::RefusalNotAJuror,
            Refusal::Anonymous => TextKey::RefusalAnonymous,
            Refusal::NotOpen => TextKey::RefusalNotOpen,
            Refusal::Closed => TextKey::RefusalClosed,
            Refusal::UnknownOption => TextKey::RefusalUnknownOption,
            Refusal::Recused => TextKey::RefusalRecused,
            Refusal::AccountTooNew => TextKey::RefusalAccountTooNew,
            Refusal::AlreadyVoted => TextKey::RefusalAlreadyVoted,
            Refusal::Busy => TextKey::RefusalBusy,
            Refusal::Unavailable => TextKey::RefusalUnavailable,
            Refusal::Unknown => TextKey::RefusalUnknown,
        })
    }

    /// The outcome of a case.
    #[must_use]
    pub const fn outcome(&self, outcome: Outcome) -> &'static str {
        self.get(match outcome {
            Outcome::Decided => TextKey::OutcomeDecided,
            Outcome::Hung => TextKey::OutcomeHung,
            Outcome::NoQuorum => TextKey::OutcomeNoQuorum,
            Outcome::Void => TextKey::OutcomeVoid,
            Outcome::Unknown => TextKey::OutcomeUnknown,
        })
    }

    /// The reason why a case has no winner; none if it has one.
    #[must_use]
    pub fn outcome_hint(&self, outcome: Outcome, threshold: f64, quorum: u64) -> Option<String> {
        match outcome {
            Outcome::Decided | Outcome::Unknown => None,
            Outcome::Hung => Some(self.hint_hung(threshold)),
            Outcome::NoQuorum => Some(self.hint_no_quorum(quorum)),
            Outcome::Void => Some(self.get(TextKey::HintVoid).to_owned()),
        }
    }

    /// The rule that kept a jury from a decision; none for a rule of a later version.
    #[must_use]
    pub const fn why(&self, why: Why) -> Option<&'static str> {
        Some(self.get(match why {
            Why::SidesUnknown => TextKey::WhySidesUnknown,
            Why::SidesShort => TextKey::WhySidesShort,
            Why::SidesDisagree => TextKey::WhySidesDisagree,
            Why::NotBalanced => TextKey::WhyNotBalanced,
            Why::ThinMargin => TextKey::WhyThinMargin,
            Why::LateCohort => TextKey::WhyLateCohort,
            Why::PanelShort => TextKey::WhyPanelShort,
            // No draw of this version waits for a beacon.
            Why::NoBeacon | Why::Unknown => return None,
        }))
    }

    /// The reason why a case is void. A moderator's reason is shown as it was written.
    #[must_use]
    pub fn void_reason(&self, reason: Option<&str>) -> String {
        let known = match reason {
            Some(TALLY_LOST) => self.get(TextKey::VoidTallyLost),
            Some(reason) => reason,
            None => self.get(TextKey::VoidNoReason),
        };
        known.to_owned()
    }

    /// The kind of a case; none for a kind of the platform's own.
    #[must_use]
    pub fn kind(&self, kind: &str) -> Option<&'static str> {
        Some(self.get(match kind {
            "false_advertising" => TextKey::KindFalseAdvertising,
            "counterfeit" => TextKey::KindCounterfeit,
            "not_as_described" => TextKey::KindNotAsDescribed,
            "after_sales" => TextKey::KindAfterSales,
            "host_conduct" => TextKey::KindHostConduct,
            _ => return None,
        }))
    }

    /// The votes that a result needs, or that enough are in.
    #[must_use]
    pub fn quorum(&self, ballots: u64, quorum: u64) -> String {
        match quorum.checked_sub(ballots) {
            None | Some(0) => self.quorum_met(quorum),
            Some(missing) => self.quorum_missing(missing),
        }
    }

    /// The votes of an option, with their share if it has one.
    #[must_use]
    pub fn option_result(&self, votes: u64, share: Option<f64>) -> String {
        share.map_or_else(|| self.option_votes(votes), |share| self.option_share(share, votes))
    }

    /// The extension of a case, in minutes if they are whole.
    #[must_use]
    pub fn extended_by(&self, seconds: u64) -> String {
        if seconds >= 60 && seconds.is_multiple_of(60) {
            self.extended_min(seconds / 60)
        } else {
            self.extended_s(seconds)
        }
    }

    /// A moment as date and time.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "times stay far below 2^53")]
    pub fn date_time(&self, unix_ms: u64) -> String {
        intl::format(self.tag, Format::DateTime, unix_ms as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "times stay far below 2^53")]
    fn time(&self, unix_ms: u64) -> String {
        intl::format(self.tag, Format::Time, unix_ms as f64)
    }

    #[expect(clippy::cast_precision_loss, reason = "counts stay far below 2^53")]
    fn number(&self, count: u64) -> String {
        intl::format(self.tag, Format::Number, count as f64)
    }

    fn percent(&self, share: f64) -> String {
        intl::format(self.tag, Format::Percent, share)
    }

    /// Fills the plural form for a count. The line holds the form `other`, then pairs of a category and its form.
    fn plural(&self, line: usize, count: u64, values: &[&str]) -> String {
        let category = intl::plural_category(self.tag, count);
        let mut parts = self.lines[line].split('\t');
        let mut form = parts.next().unwrap_or_default();
        while let (Some(name), Some(text)) = (parts.next(), parts.next()) {
            if name == category {
                form = text;
            }
        }
        fill(form, values)
    }
}

/// Replaces each placeholder, a digit in braces, by the value at that place.
fn fill(line: &str, values: &[&str]) -> String {
    let mut pieces = line.split('{');
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        // The build writes digits of existing places only.
        let at = usize::from(piece.as_bytes().first().copied().unwrap_or_default().wrapping_sub(b'0'));
        text.push_str(values.get(at).copied().unwrap_or_default());
        text.push_str(piece.get(2..).unwrap_or_default());
    }
    text
}

#[cfg(test)]
mod tests;
