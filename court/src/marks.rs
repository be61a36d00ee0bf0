//! The marks of a ballot: one byte that says what the jury's cohorts are made of. It never says how the juror voted.

use live_jury_protocol::Side;

use crate::{Case, Juror};

/// Seconds of a day.
const SECONDS_PER_DAY: u64 = 24 * 60 * 60;
/// Age in days from which an account is no longer the youngest.
const DAYS_YOUNG: u64 = 30;
/// Age in days from which an account is among the oldest.
const DAYS_OLD: u64 = 365;

const PRESENT: u8 = 0b0000_0001;
const AGE_SHIFT: u32 = 1;
const AGE_BITS: u8 = 0b11;
const READ_SHIFT: u32 = 3;
const READ_BITS: u8 = 0b11;
const REASON_SHIFT: u32 = 5;

/// The remarks of a juror's client about a ballot. They count in no verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// The statements that the juror has read: bit 0 for the buyer's, bit 1 for the merchant's.
    pub read: Option<u8>,
    /// The number of the chosen reason, from 1.
    pub reason: Option<u8>,
}

/// The marks of one ballot. They are made when the ballot is admitted.
///
/// | bits | meaning |
/// | --- | --- |
/// | 0 | the juror's socket had joined before the case opened |
/// | 1–2 | the account's age, as [`AccountAge`] |
/// | 3–4 | the buyer's and the merchant's statement were read, as the widget says |
/// | 5–7 | the number of the reason that the juror chose, from 1; 0 for none |
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Marks(u8);

/// The age of a juror's account when the ballot was cast.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccountAge {
    /// The token does not name it.
    #[default]
    Unknown,
    /// Under 30 days.
    Days,
    /// Under 365 days.
    Months,
    /// 365 days or more.
    Years,
}

impl AccountAge {
    /// The age at `now_ms` of an account that was created at `since_s`. Both are Unix times.
    #[must_use]
    pub fn at(since_s: Option<u64>, now_ms: u64) -> Self {
        let Some(since_s) = since_s else { return Self::Unknown };
        match (now_ms / 1_000).saturating_sub(since_s) / SECONDS_PER_DAY {
            0..DAYS_YOUNG => Self::Days,
            DAYS_YOUNG..DAYS_OLD => Self::Months,
            _ => Self::Years,
        }
    }
}

impl Marks {
    /// The marks of a ballot. `read` has bit 0 for the buyer's statement and bit 1 for the merchant's. Only the lowest
    /// bits of `read` and `reason` count: they come from a client, and no ballot is refused for them.
    #[must_use]
    pub const fn new(present: bool, age: AccountAge, read: u8, reason: u8) -> Self {
        let age = (age as u8) << AGE_SHIFT;
        let read = (read & READ_BITS) << READ_SHIFT;
        Self((present as u8) | age | read | (reason << REASON_SHIFT))
    }

    /// The marks of a ballot that is admitted at `now_ms`, cast over a socket that joined at `joined_at_ms`. Both are
    /// times of the tally store's clock. Remarks out of their range count as none.
    #[must_use]
    pub fn of(case: &Case, juror: &Juror, joined_at_ms: u64, remarks: Remarks, now_ms: u64) -> Self {
        let present = case.state.opened().is_some_and(|open| joined_at_ms < open.opened_at_ms);
        let read = remarks.read.filter(|read| *read <= READ_BITS).unwrap_or(0);
        Self::new(present, AccountAge::at(juror.since_s, now_ms), read, reason_of(case, remarks).unwrap_or(0))
    }

    /// The marks that a store or a log holds.
    #[must_use]
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte)
    }

    /// The byte that stores and logs hold.
    #[must_use]
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// Whether the juror's socket had joined before the case opened.
    #[must_use]
    pub const fn is_present(self) -> bool {
        self.0 & PRESENT != 0
    }

    /// The account's age.
    #[must_use]
    pub const fn age(self) -> AccountAge {
        match (self.0 >> AGE_SHIFT) & AGE_BITS {
            0 => AccountAge::Unknown,
            1 => AccountAge::Days,
            2 => AccountAge::Months,
            _ => AccountAge::Years,
        }
    }

    /// Whether the account is known to be 30 days old or older.
    #[must_use]
    pub const fn is_older(self) -> bool {
        matches!(self.age(), AccountAge::Months | AccountAge::Years)
    }

    /// Whether the juror read this side's statement, as the widget says.
    #[must_use]
    pub const fn has_read(self, side: Side) -> bool {
        let bit = match side {
            Side::Buyer => 0b01,
            Side::Merchant => 0b10,
        };
        (self.0 >> READ_SHIFT) & bit != 0
    }

    /// Whether the juror read both statements, as the widget says.
    #[must_use]
    pub const fn is_informed(self) -> bool {
        self.has_read(Side::Buyer) && self.has_read(Side::Merchant)
    }

    /// The number of the reason that the juror chose, from 1; none if the juror chose none.
    #[must_use]
    pub const fn reason(self) -> Option<u8> {
        match self.0 >> REASON_SHIFT {
            0 => None,
            reason => Some(reason),
        }
    }
}

/// The number of the reason that the juror chose, if the case offers it.
fn reason_of(case: &Case, remarks: Remarks) -> Option<u8> {
    remarks.reason.filter(|reason| (1..=case.brief.rules.reasons.len()).contains(&usize::from(*reason)))
}

#[cfg(test)]
mod tests {
    use live_jury_protocol::{Reason, Role};

    use super::*;
    use crate::case::tests::{NOW_MS, open_case};

    fn juror(since_s: Option<u64>) -> Juror {
        Juror { sub: "ann".into(), role: Role::Viewer, anonymous: false, side: None, since_s, level: 0 }
    }

    #[test]
    fn a_socket_was_present_if_it_joined_before_the_opening() {
        let case = open_case();
        let opened_at_ms = case.state.opened().unwrap().opened_at_ms;
        let marks = |joined_at_ms| Marks::of(&case, &juror(None), joined_at_ms, Remarks::default(), NOW_MS);
        assert!(marks(opened_at_ms - 1).is_present());
        assert!(!marks(opened_at_ms).is_present() && !marks(opened_at_ms + 1).is_present());
    }

    #[test]
    fn remarks_out_of_their_range_count_as_none() {
        let case = open_case();
        let of = |read, reason| Marks::of(&case, &juror(None), NOW_MS, Remarks { read, reason }, NOW_MS).byte();
        assert_eq!([None, Some(0), Some(4), Some(7), Some(255)].map(|read| of(read, None)), [0; 5]);
        assert_eq!([1, 2, 3].map(|read| of(Some(read), None)), [8, 16, 24]);
        assert!((0..=255).all(|reason| of(None, Some(reason)) == 0), "the case offers no reasons");
    }

    #[test]
    fn a_reason_is_one_of_the_case() {
        let mut case = open_case();
        let reason = |id: &str| Reason { id: id.parse().unwrap(), label: id.to_owned() };
        case.brief = case.brief.with_rules(|rules| rules.reasons = vec![reason("fake"), reason("late")]);
        let of = |reason| {
            let remarks = Remarks { read: None, reason: Some(reason) };
            Marks::of(&case, &juror(None), NOW_MS, remarks, NOW_MS).reason()
        };
        assert_eq!([0, 1, 2, 3, 255].map(of), [None, Some(1), Some(2), None, None]);
    }

    #[test]
    fn an_account_has_its_age_of_the_cast() {
        let (case, since_s) = (open_case(), NOW_MS / 1_000);
        let age = |days: u64| {
            let now_ms = NOW_MS + days * SECONDS_PER_DAY * 1_000;
            Marks::of(&case, &juror(Some(since_s)), NOW_MS, Remarks::default(), now_ms).age()
        };
        assert_eq!([age(29), age(30), age(365)], [AccountAge::Days, AccountAge::Months, AccountAge::Years]);
    }

    #[test]
    fn each_mark_has_bits_of_its_own() {
        for present in [false, true] {
            for age in [AccountAge::Unknown, AccountAge::Days, AccountAge::Months, AccountAge::Years] {
                for read in 0..4 {
                    for reason in 0..7 {
                        let marks = Marks::from_byte(Marks::new(present, age, read, reason).byte());
                        assert_eq!(marks.is_present(), present);
                        assert_eq!(marks.age(), age);
                        assert_eq!(marks.has_read(Side::Buyer), read & 1 != 0);
                        assert_eq!(marks.has_read(Side::Merchant), read & 2 != 0);
                        assert_eq!(marks.is_informed(), read == 3);
                        assert_eq!(marks.reason().unwrap_or(0), reason);
                    }
                }
            }
        }
        assert_eq!(Marks::new(true, AccountAge::Unknown, 1, 0).byte(), 9);
        assert_eq!(Marks::new(true, AccountAge::Unknown, 3, 0).byte(), 25);
    }

    #[test]
    fn an_account_ages_at_30_and_at_365_days() {
        let age = |days: u64| AccountAge::at(Some(0), days * SECONDS_PER_DAY * 1_000);
        assert_eq!(AccountAge::at(None, u64::MAX), AccountAge::Unknown);
        assert_eq!([age(0), age(29), age(30), age(364), age(365)].map(|age| age as u8), [1, 1, 2, 2, 3]);
        assert_eq!(AccountAge::at(Some(9), 0), AccountAge::Days);
        assert!(Marks::new(false, age(30), 0, 0).is_older() && !Marks::new(false, age(29), 0, 0).is_older());
    }
}
