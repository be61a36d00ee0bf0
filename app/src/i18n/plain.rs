//! Formats numbers, shares and dates without `Intl`, for unit tests outside a browser; it never reaches a reader.

use super::Format;

pub(super) fn format(_: &str, format: Format, value: f64) -> String {
    match format {
        Format::Number => value.to_string(),
        Format::Percent => format!("{:.0}%", value * 100.0),
        Format::DateTime => format!("date and time {value}"),
        Format::Time => format!("time {value}"),
    }
}

pub(super) fn plural_category(_: &str, count: u64) -> &'static str {
    if count == 1 { "one" } else { "other" }
}
