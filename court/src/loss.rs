//! Losses of a case's tally: what is known of them, and how much of the jury must vote again; it knows no store.

use std::fmt;
use std::str::FromStr;

use live_jury_protocol::limits::THRESHOLD_SCALE;
use serde::{Deserialize, Serialize};

/// The decimals of a share.
const SHARE_DECIMALS: usize = 4;

/// The share of the ballots before a loss that must be cast again before the jury decides, in parts of ten thousand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LossShare(u32);

/// A text that is no share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be 0 to 1, with at most four decimals")]
pub struct LossShareError;

impl LossShare {
    /// Whether so many ballots reach this share of those before the loss.
    #[must_use]
    pub fn is_reached(self, ballots: u64, ballots_before: u64) -> bool {
        u128::from(ballots) * u128::from(THRESHOLD_SCALE) >= u128::from(ballots_before) * u128::from(self.0)
    }

    /// The share in parts of ten thousand.
    #[must_use]
    pub const fn parts(self) -> u32 {
        self.0
    }
}

impl Default for LossShare {
    /// Three quarters: most of those who voted decide again, and some may have left.
    fn default() -> Self {
        Self(THRESHOLD_SCALE / 4 * 3)
    }
}

impl FromStr for LossShare {
    type Err = LossShareError;

    fn from_str(text: &str) -> Result<Self, LossShareError> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let is_number = |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        if !is_number(whole) || !is_number(decimals) || decimals.len() > SHARE_DECIMALS {
            return Err(LossShareError);
        }
        match format!("{whole}{decimals:0<SHARE_DECIMALS$}").parse() {
            Ok(parts) if parts <= THRESHOLD_SCALE => Ok(Self(parts)),
            _ => Err(LossShareError),
        }
    }
}

impl fmt::Display for LossShare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (whole, decimals) = (self.0 / THRESHOLD_SCALE, self.0 % THRESHOLD_SCALE);
        let decimals = format!("{decimals:0>SHARE_DECIMALS$}");
        match decimals.trim_end_matches('0') {
            "" => write!(f, "{whole}"),
            decimals => write!(f, "{whole}.{decimals}"),
        }
    }
}

/// The losses of a case's tally.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The share of the ballots before a loss that the jury must reach again. It is filed at the opening, so that all
    /// nodes decide alike.
    pub share: LossShare,
    /// The most ballots that the case is known to have had before a loss; none if nothing was lost.
    pub ballots_before: Option<u64>,
    /// The time of the last new epoch by the tally store's clock.
    pub reopened_at_ms: Option<u64>,
    /// The wait for a tally that is missing, from its beginning to the record.
    pub missing: Option<Missing>,
}

/// The wait of a case for a tally that its store has lost. Nobody can cast again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// The time at which the loss was found, by the tally store's clock.
    pub since_ms: u64,
    /// The reason for which nobody can cast again.
    pub found: LossFound,
}

/// The moment at which a loss was found that no new epoch answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LossFound {
    /// Long after the deadline of a case that nobody had sealed.
    Late,
    /// After the seal.
    Gone,
}

impl LossFound {
    /// The name in the audit trail.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            LossFound::Late => "late",
            LossFound::Gone => "gone",
        }
    }
}

impl Loss {
    /// The losses of a case that opens with this share.
    #[must_use]
    pub fn none(share: LossShare) -> Self {
        Self { share, ..Self::default() }
    }

    /// Notes a further loss. The loss with the most ballots counts.
    pub fn add(&mut self, ballots_before: u64) {
        self.ballots_before = Some(self.ballots_before.unwrap_or(0).max(ballots_before));
    }

    /// Whether too few of those who had voted before the loss have voted again.
    #[must_use]
    pub fn leaves_too_few(&self, ballots: u64) -> bool {
        self.ballots_before.is_some_and(|before| !self.share.is_reached(ballots, before))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_written_with_up_to_four_decimals() {
        for (text, parts) in [("0.75", 7_500), ("0", 0), ("1", 10_000), ("0.0001", 1), ("0.6667", 6_667)] {
            let share: LossShare = text.parse().unwrap();
            assert_eq!((share.parts(), share.to_string().as_str()), (parts, text));
        }
        assert_eq!("1.0000".parse(), Ok(LossShare(10_000)));
        assert_eq!(LossShare::default().to_string(), "0.75");
        for wrong in ["", "75", "1.0001", "0.12345", "-0.5", ".5", "0.", "0.7 ", "3/4", "99999999999"] {
            assert_eq!(wrong.parse::<LossShare>(), Err(LossShareError), "{wrong:?}");
        }
    }

    #[test]
    fn several_losses_keep_the_most_ballots() {
        let mut loss = Loss::none(LossShare::default());
        assert!(!loss.leaves_too_few(0), "nothing was lost");
        for (before, most) in [(40, 40), (60, 60), (3, 60)] {
            loss.add(before);
            assert_eq!(loss.ballots_before, Some(most));
        }
        assert!(loss.leaves_too_few(44) && !loss.leaves_too_few(45));
    }
}
