//! docs/trust.md, compared with the table of signals: each row of the page is one of the code.

use super::{Effect, Form, SIGNALS, Signal};

const PAGE: &str = include_str!("../../../docs/trust.md");
const HEADING: &str = "| id | what | form | ± | half-life | prior | κ | weight | source |";

fn row(signal: &Signal) -> String {
    let name = |value: serde_json::Value| value.as_str().unwrap().to_owned();
    let (form, source) =
        (name(serde_json::to_value(signal.form).unwrap()), name(serde_json::to_value(signal.source).unwrap()));
    let sign = if signal.effect == Effect::Good { '+' } else { '−' };
    let is_state = signal.form == Form::State;
    let of_counts = |text: String| if is_state { "–".to_owned() } else { text };
    format!(
        "| {} | {} | {form} | {sign} | {} | {} | {} | {} | {source} |",
        signal.name,
        signal.what,
        of_counts(signal.half_life_days.to_string()),
        signal.prior,
        of_counts(signal.kappa.to_string()),
        signal.weight,
    )
}

#[test]
fn the_page_shows_every_signal_as_the_code_has_it() {
    let shown: Vec<&str> =
        PAGE.lines().skip_while(|line| *line != HEADING).skip(2).take_while(|line| line.starts_with('|')).collect();
    let expected: Vec<String> = SIGNALS.iter().map(row).collect();
    assert_eq!(shown, expected, "left: docs/trust.md; right: trust/src/signal/table.rs");
}
