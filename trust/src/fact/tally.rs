//! A tally: a platform's own sum of a signal for a merchant and a day. A later one for the same replaces it.

use super::fields::Fields;
use super::{Code, Refusal, check_time};
use crate::DAY_MS;
use crate::counter::Count;
use crate::policy::TrustFile;
use crate::signal::{Form, SignalId};

/// The name of the tally of completed orders, which is no signal: n orders, k of them covered by a promise.
const COMPLETED: &str = "completed";
/// Noon of a tally's day, in milliseconds: its facts are of this time.
const NOON_MS: u64 = DAY_MS / 2;

/// A day's sum.
#[derive(Clone, Debug, PartialEq)]
pub struct Tally {
    /// The signal; none for completed orders.
    pub signal: Option<SignalId>,
    /// The merchant.
    pub merchant: String,
    /// The day, in days since 1970-01-01.
    pub day: u64,
    /// The counts.
    pub count: Count,
}

impl Tally {
    pub(super) fn parse(fields: &mut Fields, file: &TrustFile, now_ms: u64) -> Result<Self, Refusal> {
        let name = fields.text("tally")?;
        let signal = match name.as_str() {
            COMPLETED => None,
            name => Some(SignalId::from_name(name).ok_or_else(|| Refusal::at(Code::UnknownSignal, "tally"))?),
        };
        if signal.is_some_and(|signal| !file.is_tallied(signal)) {
            return Err(Refusal::at(Code::MixedSources, "tally"));
        }
        let merchant = fields.id("merchant")?;
        let day = day(fields, now_ms)?;
        let [n, k] = ["n", "k"].map(|name| count(fields, name));
        let (n, k) = (n?, k?);
        // Orders are counted one by one. A fraction would be rounded at each replacement, and leave a remainder.
        for (name, number) in [("n", n), ("k", k)] {
            if signal.is_none() && number.fract() != 0.0 {
                return Err(Refusal::at(Code::BadCount, name));
            }
        }
        let is_rate = signal.is_none_or(|signal| signal.signal().form == Form::Rate);
        if is_rate && k > n {
            return Err(Refusal::at(Code::BadCount, "k"));
        }
        Ok(Self { signal, merchant, day, count: Count::new(n, k) })
    }

    /// The time at which its counts stand, in Unix milliseconds.
    #[must_use]
    pub const fn at_ms(&self) -> u64 {
        self.day * DAY_MS + NOON_MS
    }
}

/// The day of a sum. The day that has begun may be told, and no later one.
pub(super) fn day(fields: &mut Fields, now_ms: u64) -> Result<u64, Refusal> {
    let day = day_of(&fields.text("day")?).ok_or_else(|| Refusal::at(Code::InvalidField, "day"))?;
    check_time("day", (day * DAY_MS + NOON_MS).min(now_ms.max(day * DAY_MS)), now_ms)?;
    Ok(day)
}

/// A number from 0 to the greatest count of a day.
pub(super) fn count(fields: &mut Fields, name: &'static str) -> Result<f64, Refusal> {
    fields.number(name).map_err(|refusal| match refusal.code {
        Code::InvalidField => Refusal::at(Code::BadCount, name),
        _ => refusal,
    })
}

/// The number of a day that is written as YYYY-MM-DD, by Howard Hinnant's `days_from_civil`.
#[must_use]
pub fn day_of(text: &str) -> Option<u64> {
    let is_form = text.len() == 10
        && text.bytes().enumerate().all(|(place, byte)| match place {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !is_form {
        return None;
    }
    let [year, month, day] = [&text[..4], &text[5..7], &text[8..]].map(|part| part.parse::<u64>().unwrap_or(0));
    let is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let days_of_month = match month {
        2 => 28 + u64::from(is_leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return None,
    };
    if !(1970..=9999).contains(&year) || !(1..=days_of_month).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let (era, of_era) = (year / 400, year % 400);
    let of_year = (153 * month + 2) / 5 + day - 1;
    (era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year).checked_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_that_of_the_civil_calendar() {
        for (text, day) in [("1970-01-01", 0), ("2000-02-29", 11_016), ("2026-01-01", 20_454), ("2100-03-01", 47_541)] {
            assert_eq!(day_of(text), Some(day), "{text}");
        }
        for no_day in ["2026-02-29", "2026-13-01", "2026-00-10", "2026-04-31", "1969-12-31", "2026-1-1", "2026/01/01"] {
            assert_eq!(day_of(no_day), None, "{no_day}");
        }
        assert_eq!(day_of("２０２６-0"), None, "letters of several bytes");
    }
}
