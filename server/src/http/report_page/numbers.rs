//! Numbers as the page shows them.

use live_jury_protocol::trust::Figure;

/// A value with its unit's form.
pub(super) fn value(figure: &Figure, number: f64) -> String {
    match figure.unit.as_str() {
        "share" => percent(number),
        "change" => signed_percent(number),
        "count" | "a_day" => grouped(number, if number.fract() == 0.0 { 0 } else { 1 }),
        "points" => grouped(number, 0),
        "factor" => grouped(number, 3),
        "per_10000" => grouped(number, 2),
        _ => grouped(number, 1),
    }
}

/// A share in percent, with as many decimals as a small one needs.
pub(super) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    let decimals = if percent.abs() < 1.0 { 3 } else { 1 };
    let text = format!("{percent:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}\u{a0}%")
}

/// A change in percent, with its sign.
pub(super) fn signed_percent(change: f64) -> String {
    let sign = if change < 0.0 { "\u{2212}" } else { "+" };
    format!("{sign}{:.2}\u{a0}%", change.abs() * 100.0)
}

/// A number with its thousands apart.
pub(super) fn grouped(number: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", number.abs());
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let mut shown = String::new();
    for (place, digit) in whole.chars().enumerate() {
        if place > 0 && (whole.len() - place).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    if let Some(fraction) = fraction {
        shown.push('.');
        shown.push_str(fraction);
    }
    let is_zero = shown.chars().all(|sign| "0.,".contains(sign));
    if number < 0.0 && !is_zero { format!("\u{2212}{shown}") } else { shown }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_form_that_people_read() {
        assert_eq!(grouped(62_440.0, 0), "62,440");
        assert_eq!(grouped(5_000_000.0, 0), "5,000,000");
        assert_eq!((grouped(999.0, 0), grouped(2_604.17, 1)), ("999".to_owned(), "2,604.2".to_owned()));
        assert_eq!((grouped(-1_234.5, 1), grouped(-0.01, 1)), ("−1,234.5".to_owned(), "0.0".to_owned()));
        assert_eq!((percent(0.95), percent(0.000_7)), ("95\u{a0}%".to_owned(), "0.07\u{a0}%".to_owned()));
        assert_eq!((percent(1.0), percent(0.0)), ("100\u{a0}%".to_owned(), "0\u{a0}%".to_owned()));
        assert_eq!(signed_percent(-0.0896), "−8.96\u{a0}%");
        assert_eq!(signed_percent(0.2), "+20.00\u{a0}%");
    }
}
