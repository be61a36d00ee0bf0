//! Parses and formats typed durations, shares and times. It never checks a limit.

use live_jury_protocol::Threshold;

/// The unit of a typed duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DurationUnit {
    /// Seconds.
    Seconds,
    /// Minutes.
    Minutes,
    /// Hours.
    Hours,
}

impl DurationUnit {
    /// All units, the smallest first.
    pub const ALL: [DurationUnit; 3] = [DurationUnit::Seconds, DurationUnit::Minutes, DurationUnit::Hours];

    /// The unit in seconds.
    #[must_use]
    pub const fn in_seconds(self) -> u64 {
        match self {
            DurationUnit::Seconds => 1,
            DurationUnit::Minutes => 60,
            DurationUnit::Hours => 60 * 60,
        }
    }

    /// The unit's value in the form's list.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            DurationUnit::Seconds => "s",
            DurationUnit::Minutes => "min",
            DurationUnit::Hours => "h",
        }
    }

    /// A duration in the largest unit that divides it.
    #[must_use]
    pub fn split(duration_s: u64) -> (String, Self) {
        let fits = |unit: &Self| duration_s >= unit.in_seconds() && duration_s.is_multiple_of(unit.in_seconds());
        let unit = Self::ALL.into_iter().rev().find(fits).unwrap_or(Self::Seconds);
        ((duration_s / unit.in_seconds()).to_string(), unit)
    }

    /// `text` in this unit, as seconds; `None` if it is no number.
    #[must_use]
    pub fn seconds(self, text: &str) -> Option<u64> {
        text.trim().parse::<u64>().ok()?.checked_mul(self.in_seconds())
    }
}

/// A share in percent, with the decimals that it needs.
#[must_use]
pub fn show_share(share: Threshold) -> String {
    let (whole, rest) = (share.parts() / 100, share.parts() % 100);
    match rest {
        0 => whole.to_string(),
        _ => format!("{whole}.{rest:02}").trim_end_matches('0').to_owned(),
    }
}

/// A share typed in percent; `None` if it is none.
#[must_use]
pub fn read_share(text: &str) -> Option<Threshold> {
    let percent = text.trim().trim_end_matches(['%', '％']).trim_end().parse::<f64>().ok()?;
    Threshold::try_from(percent / 100.0).ok()
}

/// A point in the stream as `h:mm:ss`, or `m:ss` within the first hour.
#[must_use]
pub fn show_stream_time(at_ms: u64) -> String {
    let at_s = at_ms / 1_000;
    let (hours, minutes, seconds) = (at_s / 3_600, at_s / 60 % 60, at_s % 60);
    if hours == 0 { format!("{minutes}:{seconds:02}") } else { format!("{hours}:{minutes:02}:{seconds:02}") }
}

/// A point in the stream typed as `h:mm:ss`, `m:ss` or seconds, as milliseconds; `None` if it is none.
#[must_use]
pub fn read_stream_time(text: &str) -> Option<u64> {
    let parts: Vec<u64> = text.trim().split([':', '：']).map(|part| part.parse().ok()).collect::<Option<_>>()?;
    if parts.len() > 3 {
        return None;
    }
    parts.iter().try_fold(0u64, |sum, part| sum.checked_mul(60)?.checked_add(*part))?.checked_mul(1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_shown_in_its_largest_unit() {
        for (duration_s, shown) in [(45, ("45", "s")), (90, ("90", "s")), (180, ("3", "min")), (7_200, ("2", "h"))] {
            let (text, unit) = DurationUnit::split(duration_s);
            assert_eq!((text.as_str(), unit.as_str()), shown);
            assert_eq!(unit.seconds(&text), Some(duration_s));
        }
        assert_eq!(DurationUnit::Hours.seconds("18446744073709551615"), None);
    }

    #[test]
    fn a_share_keeps_two_decimals_of_a_percent() {
        for (typed, parts) in [("50", 5_000), ("66.67", 6_667), ("66.7 %", 6_670), ("0", 0)] {
            assert_eq!(read_share(typed).unwrap().parts(), parts);
        }
        assert_eq!(show_share(read_share("66.70").unwrap()), "66.7");
        for typed in ["", "100", "-1", "half", "33.333"] {
            assert!(read_share(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn a_shown_point_in_the_stream_parses_back() {
        for (typed, at_ms) in [("12:14", 734_000), ("1:02:03", 3_723_000), ("75", 75_000)] {
            assert_eq!(read_stream_time(typed), Some(at_ms));
            assert_eq!(read_stream_time(&show_stream_time(at_ms)), Some(at_ms));
        }
        for typed in ["", "1:2:3:4", "a:b", "-1"] {
            assert_eq!(read_stream_time(typed), None, "{typed}");
        }
    }
}
