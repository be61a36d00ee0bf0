//! Figures with bars: each is shown beside its bar, and a figure beyond it fails the run.

use anyhow::{Result, ensure};

use crate::report::{Outcome, figure};

/// A figure's bar.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bar {
    /// At least so much.
    Least(f64),
    /// At most so much.
    Most(f64),
}

impl Bar {
    fn holds(self, value: f64) -> bool {
        match self {
            Self::Least(least) => value >= least,
            Self::Most(most) => value <= most,
        }
    }

    /// The bar in words, such as `at least 96`.
    fn words(self) -> String {
        match self {
            Self::Least(least) => format!("at least {least}"),
            Self::Most(most) => format!("at most {most}"),
        }
    }
}

/// The figures of a run with their bars.
pub(crate) struct Figures {
    /// The figures.
    pub outcome: Outcome,
    /// The bars, each with the place of its figure.
    bars: Vec<(usize, Bar)>,
}

impl Figures {
    pub(crate) fn new(scenario: &str, target: &str) -> Self {
        Self { outcome: Outcome::new(scenario, target), bars: Vec::new() }
    }

    /// Adds a figure with a bar.
    pub(crate) fn add(&mut self, what: &str, value: f64, unit: &str, bar: Bar) {
        self.bars.push((self.outcome.rows.len(), bar));
        self.outcome.add(what, value, unit);
    }

    /// The figures as text, with each bar in the line of its figure.
    pub(crate) fn table(&self) -> String {
        let table = self.outcome.table();
        let mut lines = table.lines().map(str::to_owned).collect::<Vec<_>>();
        for (place, bar) in &self.bars {
            let held = if bar.holds(self.outcome.rows[*place].value) { "held" } else { "NOT HELD" };
            // The first line names the scenario.
            lines[place + 1].push_str(&format!("  bar: {}: {held}", bar.words()));
        }
        lines.join("\n") + "\n"
    }

    /// Prints the figures, and fails if one misses its bar.
    ///
    /// # Errors
    /// A figure misses its bar.
    pub(crate) fn end(self) -> Result<Outcome> {
        print!("{}", self.table());
        let of = |(place, bar): &(usize, Bar)| {
            let row = &self.outcome.rows[*place];
            (!bar.holds(row.value)).then(|| format!("{} is {}, not {}", row.what, figure(row.value), bar.words()))
        };
        let missed: Vec<String> = self.bars.iter().filter_map(of).collect();
        ensure!(missed.is_empty(), "{}", missed.join("; "));
        Ok(self.outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bar_is_beside_its_figure_and_a_missed_one_fails() {
        let mut figures = Figures::new("names", "screening");
        figures.add("found", 99.0, "%", Bar::Least(98.5));
        figures.outcome.add("names", 2_000.0, "");
        figures.add("held", 0.5, "%", Bar::Most(0.4));
        let table = figures.table();
        let lines: Vec<&str> = table.lines().collect();
        assert!(lines[1].ends_with("99 %  bar: at least 98.5: held"), "{table}");
        assert!(!lines[2].contains("bar"), "{table}");
        assert!(lines[3].ends_with("0.50 %  bar: at most 0.4: NOT HELD"), "{table}");
        assert_eq!(figures.end().unwrap_err().to_string(), "held is 0.50, not at most 0.4");
    }
}
