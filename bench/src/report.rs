//! The figures of one run, as a table for people and as JSON for machines; it measures nothing.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::provenance::Provenance;

/// A scenario's figures.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The scenario's name.
    pub scenario: String,
    /// The name of the measured target.
    #[serde(rename = "subject")]
    pub target: String,
    /// The figures, in order.
    pub rows: Vec<Row>,
    /// The provenance; missing from the oldest runs.
    #[serde(rename = "origin", default)]
    pub provenance: Option<Provenance>,
}

/// One figure.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Row {
    /// The name of the figure.
    pub what: String,
    /// The value.
    pub value: f64,
    /// The unit; empty for a count.
    pub unit: String,
}

impl Outcome {
    /// An outcome without figures.
    pub fn new(scenario: &str, target: &str) -> Self {
        Self { scenario: scenario.to_owned(), target: target.to_owned(), rows: Vec::new(), provenance: None }
    }

    /// Adds a figure.
    pub fn add(&mut self, what: &str, value: f64, unit: &str) {
        self.rows.push(Row { what: what.to_owned(), value, unit: unit.to_owned() });
    }

    /// Adds a figure, if it has a value.
    pub fn add_some(&mut self, what: &str, value: Option<f64>, unit: &str) {
        if let Some(value) = value {
            self.add(what, value, unit);
        }
    }

    /// The figures as text for people.
    pub fn table(&self) -> String {
        let wide = self.rows.iter().map(|row| row.what.chars().count()).max().unwrap_or(0);
        let mut text = format!("{} · {}\n", self.scenario, self.target);
        for Row { what, value, unit } in &self.rows {
            text.push_str(&format!("  {what:<wide$}  {:>12} {unit}\n", figure(*value)));
        }
        text
    }

    /// Appends the figures to a file, as a line of JSON.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn append_to(&self, path: &Path) -> anyhow::Result<()> {
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        writeln!(file, "{}", serde_json::to_string(self)?)?;
        Ok(())
    }
}

/// A figure as text: with two decimals below 100, without decimals from 100 on.
pub fn figure(value: f64) -> String {
    let digits = if value.abs() >= 100.0 || value.fract() == 0.0 { 0 } else { 2 };
    let text = format!("{:.digits$}", value.abs());
    let whole = text.split('.').next().unwrap_or_default().len();
    let mut grouped = String::from(if value < 0.0 { "-" } else { "" });
    for (at, digit) in text.chars().enumerate() {
        if at > 0 && at < whole && (whole - at) % 3 == 0 {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_have_two_decimals_below_a_hundred_and_none_above() {
        for (value, text) in [
            (0.0, "0"),
            (4.827, "4.83"),
            (182.6, "183"),
            (52_379.4, "52,379"),
            (1_000_000.0, "1,000,000"),
            (-1.5, "-1.50"),
        ] {
            assert_eq!(figure(value), text);
        }
    }
}
