//! The sums of a random badge: impressions of a day, and the orders that came of them. It knows no merchant.

use super::fields::Fields;
use super::tally::{count, day};
use super::{Code, Refusal};
use crate::counter::Count;

/// The name of the tally.
pub(super) const NAME: &str = "badge";

/// A day's sum of one arm. A later one for the same day and arm replaces it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Badge {
    /// The day, in days since 1970-01-01.
    pub day: u64,
    /// Whether the badge was shown.
    pub is_shown: bool,
    /// Impressions, and the orders that came of them.
    pub count: Count,
}

impl Badge {
    pub(super) fn parse(fields: &mut Fields, now_ms: u64) -> Result<Self, Refusal> {
        fields.text("tally")?;
        let day = day(fields, now_ms)?;
        let is_shown = fields.choice("arm", &["with", "without"])? == 0;
        let (n, k) = (count(fields, "n")?, count(fields, "k")?);
        if k > n {
            return Err(Refusal::at(Code::BadCount, "k"));
        }
        Ok(Self { day, is_shown, count: Count::new(n, k) })
    }
}
