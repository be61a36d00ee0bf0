//! Charts of the page, as SVG. Colours come from its stylesheet.

use std::fmt::Write;

/// The size of a chart, in its own units.
const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 96.0;
/// The part of a column's width that is left free beside it.
const GAP: f64 = 0.2;

/// A chart of columns from 0 on, with what it says in words for people who do not see it. There is none of fewer than
/// two values.
pub(super) fn columns(values: &[f64], label: &str) -> String {
    let most = values.iter().copied().fold(0.0, f64::max);
    if values.len() < 2 || most <= 0.0 {
        return String::new();
    }
    let width = WIDTH / values.len() as f64;
    let mut svg = begin(label);
    for (place, value) in values.iter().enumerate() {
        let height = HEIGHT * value.max(0.0) / most;
        let (x, y, width) = (place as f64 * width, HEIGHT - height, width * (1.0 - GAP));
        // Writing to a String does not fail.
        let _ = write!(svg, r#"<rect x="{x:.2}" y="{y:.2}" width="{width:.2}" height="{height:.2}"/>"#);
    }
    svg.push_str("</svg>");
    svg
}

fn begin(label: &str) -> String {
    format!(
        r#"<svg class="chart" role="img" aria-label="{}" viewBox="0 0 {WIDTH} {HEIGHT}" preserveAspectRatio="none">"#,
        super::html::escaped(label)
    )
}
