//! Formats numbers, shares and dates without `Intl`, for unit tests outside a browser; it never reaches a reader.

use super::{Format, Lang};

pub(super) fn format(_: Lang, format: Format, value: f64) -> String {
    match format {
        Format::Number => value.to_string(),
        Format::Percent => format!("{:.0}%", value * 100.0),
        Format::DateTime => format!("date and time {value}"),
        Format::Time => format!("time {value}"),
    }
}

pub(super) fn is_one(_: Lang, count: u64) -> bool {
    count == 1
}
