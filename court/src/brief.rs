//! The [`Brief`]: the part of a case that a moderator writes.

#[cfg(feature = "brief")]
mod checks;

use std::ops::Deref;

use live_jury_protocol::NewCase;
#[cfg(test)]
use live_jury_protocol::Rules;
use live_jury_protocol::limits::{DURATION_S_MAX, DURATION_S_MIN, PANEL_DURATION_S_MIN};

#[cfg(feature = "brief")]
pub use self::checks::{
    EvidenceUrlPolicy, check_evidence_url, check_needed_text, check_subject, check_text, check_void_reason, check_words,
};
use crate::FieldError;

/// A case's text and rules. It dereferences to the [`NewCase`] that it holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Brief(NewCase);

impl Deref for Brief {
    type Target = NewCase;

    fn deref(&self) -> &NewCase {
        &self.0
    }
}

/// The shortest time that this case is open, in seconds. The draw of a panel takes a part of it.
fn duration_s_min(case: &NewCase) -> u64 {
    if case.rules.panel.is_some() { PANEL_DURATION_S_MIN } else { DURATION_S_MIN }
}

impl Brief {
    /// The brief that a moderator wrote, if it is within every limit.
    ///
    /// # Errors
    /// The first field that is beyond a limit.
    #[cfg(feature = "brief")]
    pub fn new(new: NewCase, policy: EvidenceUrlPolicy) -> Result<Self, FieldError> {
        checks::check(&new, policy)?;
        Ok(Self(new))
    }

    /// The brief of an appeal against the verdict of a stored case. Only what differs from that case is checked: its
    /// panel and its time. The rest was within the limits when it was written, and its jurors read it as it is.
    ///
    /// # Errors
    /// The first field of these that is beyond a limit.
    #[cfg(feature = "brief")]
    pub fn of_appeal(new: NewCase) -> Result<Self, FieldError> {
        checks::check_appeal(&new)?;
        Ok(Self(new))
    }

    /// The brief of a stored case. Its limits were checked when it was written, and may have changed since.
    #[must_use]
    pub fn stored(new: NewCase) -> Self {
        Self(new)
    }

    /// The index of the option with this id.
    #[must_use]
    pub fn option_index(&self, id: &str) -> Option<u8> {
        self.options.iter().position(|option| option.id.as_str() == id).and_then(|index| u8::try_from(index).ok())
    }

    /// When a case with this brief would close if it were opened at `now_ms`.
    ///
    /// # Errors
    /// Its fixed end is too near or too far.
    pub fn would_close_at_ms(&self, now_ms: u64) -> Result<u64, FieldError> {
        let Some(closes_at_ms) = self.0.closes_at_ms else {
            return Ok(now_ms + self.duration_s.unwrap_or(DURATION_S_MIN) * 1_000);
        };
        let open_for_ms = closes_at_ms.saturating_sub(now_ms);
        let shortest_s = duration_s_min(&self.0);
        if (shortest_s * 1_000..=DURATION_S_MAX * 1_000).contains(&open_for_ms) {
            Ok(closes_at_ms)
        } else {
            Err(FieldError::new(
                "closes_at_ms",
                format!("must be {shortest_s} to {DURATION_S_MAX} s after the opening"),
            ))
        }
    }

    #[cfg(test)]
    pub(crate) fn with_rules(self, change: impl FnOnce(&mut Rules)) -> Self {
        let mut new = self.0;
        change(&mut new.rules);
        Self(new)
    }
}
