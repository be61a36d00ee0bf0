//! What many runs came to, from the lines that they left: medians and spreads side by side, as Markdown; it measures nothing.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::provenance::Origin;
use crate::report::{Outcome, Row, figure, median};
use crate::target::Subject;

/// `report`
#[derive(Args, Clone, Debug)]
pub struct Report {
    /// Files of figures, a line of JSON a run
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Commits whose runs are told [default: the one at which each was measured last]
    #[arg(long)]
    commit: Vec<String>,
}

/// A run, and where its figures come from.
type Run<'a> = (&'a Outcome, &'a Origin);

/// Runs of one command, on whatever.
#[derive(Debug)]
struct Table<'a> {
    command: &'a str,
    columns: Vec<Column<'a>>,
}

/// Its runs on one subject at one commit, in the order in which they were made.
#[derive(Debug)]
struct Column<'a> {
    subject: &'a str,
    commit: &'a str,
    runs: Vec<Run<'a>>,
}

impl Report {
    /// The tables.
    ///
    /// # Errors
    /// A file cannot be read, or has a line that is no run.
    pub fn run(&self) -> Result<String> {
        let mut all = Vec::new();
        for file in &self.files {
            let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            for line in text.lines() {
                all.push(serde_json::from_str(line).with_context(|| format!("{}: no run: {line}", file.display()))?);
            }
        }
        Ok(told(&all, &self.commit))
    }
}

/// Figures from before it was noted where they come from are left out.
fn told(all: &[Outcome], commits: &[String]) -> String {
    let known = all.iter().filter_map(|run| Some((run, run.origin.as_ref()?)));
    let runs: Vec<Run<'_>> =
        known.filter(|(_, origin)| commits.is_empty() || commits.contains(&origin.commit)).collect();
    let mut text = String::from(
        "Median (least – most) of the runs; × is Live Jury's figure to this one, the median of the runs made in turns.\n",
    );
    let tables = tables(&runs);
    tables.iter().for_each(|table| text.push_str(&table.told()));
    let runs = tables.iter().flat_map(|table| &table.columns).flat_map(|column| &column.runs);
    let versions: BTreeSet<String> =
        runs.flat_map(|(_, origin)| &origin.versions).map(|(name, version)| format!("{name} {version}")).collect();
    text.push_str(&format!("\n{}.\n", Vec::from_iter(versions).join(", ")));
    text
}

fn tables<'a>(runs: &[Run<'a>]) -> Vec<Table<'a>> {
    let mut tables: Vec<Table<'a>> = Vec::new();
    for (run, origin) in runs {
        let (command, subject, commit) = (origin.command.as_str(), run.subject.as_str(), origin.commit.as_str());
        let table = place(&mut tables, |table| table.command == command, || Table { command, columns: Vec::new() });
        let new = || Column { subject, commit, runs: Vec::new() };
        let column = place(&mut table.columns, |one| one.subject == subject, new);
        if column.commit != commit {
            *column = new();
        }
        column.runs.push((run, origin));
    }
    tables
}

/// The one that `is` it, added at the end if there is none.
fn place<T>(all: &mut Vec<T>, is: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> &mut T {
    let at = all.iter().position(is).unwrap_or_else(|| {
        all.push(new());
        all.len() - 1
    });
    &mut all[at]
}

impl Table<'_> {
    fn told(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.subject).collect();
        let commits: Vec<&str> = self.columns.iter().map(|column| column.commit).collect();
        let runs: Vec<String> = self.columns.iter().map(|column| column.runs.len().to_string()).collect();
        let mut text = format!(
            "\n### `{}`\n\n| | {} |\n| --- |{}\n",
            self.command,
            names.join(" | "),
            " --- |".repeat(names.len())
        );
        text.push_str(&format!("| commit | {} |\n| runs | {} |\n", commits.join(" | "), runs.join(" | ")));
        let mut rows: Vec<&Row> = Vec::new();
        for row in self.columns.iter().flat_map(|column| &column.runs).flat_map(|(run, _)| &run.rows) {
            if !rows.iter().any(|known| is_same(known, row)) {
                rows.push(row);
            }
        }
        let own = self.columns.iter().find(|column| column.subject == Subject::LiveJury.name());
        for row in rows {
            let own = own.map(|own| own.values(row)).unwrap_or_default();
            let cells: Vec<String> = self.columns.iter().map(|column| cell(&column.values(row), row, &own)).collect();
            let unit = if row.unit.is_empty() { String::new() } else { format!(", {}", row.unit) };
            text.push_str(&format!("| {}{unit} | {} |\n", row.what, cells.join(" | ")));
        }
        text
    }
}

impl Column<'_> {
    fn values(&self, row: &Row) -> Vec<f64> {
        let rows = self.runs.iter().flat_map(|(run, _)| &run.rows);
        rows.filter(|known| is_same(known, row)).map(|known| known.value).collect()
    }
}

fn is_same(one: &Row, other: &Row) -> bool {
    one.what == other.what && one.unit == other.unit
}

fn cell(values: &[f64], row: &Row, own: &[f64]) -> String {
    let Some(middle) = median(values) else { return String::new() };
    let mut text = figure(middle);
    if values.len() > 1 {
        let (least, most) =
            values.iter().fold((f64::MAX, f64::MIN), |(low, high), value| (low.min(*value), high.max(*value)));
        text.push_str(&format!(" ({} – {})", figure(least), figure(most)));
    }
    // The machine's speed moves between two turns more than within one.
    let ratios: Vec<f64> =
        own.iter().zip(values).filter(|(_, value)| **value != 0.0).map(|(own, value)| own / value).collect();
    if let Some(ratio) = median(&ratios).filter(|_| own != values && has_ratio(row)) {
        text.push_str(&format!(" {ratio:.2} ×"));
    }
    text
}

/// Counts and shares are told side by side, and say nothing by each other.
fn has_ratio(row: &Row) -> bool {
    !row.unit.is_empty() && !row.unit.starts_with('%')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn run(subject: &str, commit: &str, per_s: f64) -> Outcome {
        let mut outcome = Outcome::new("rate", subject);
        outcome.add("ballots acknowledged", per_s, "/s");
        outcome.add("casts sent again", 0.0, "");
        let versions = BTreeMap::from([("kernel".to_owned(), "6.1".to_owned())]);
        outcome.origin =
            Some(Origin { command: "rate --for-s 4".to_owned(), commit: commit.to_owned(), unix_s: 1, versions });
        outcome
    }

    #[test]
    fn runs_of_the_last_commits_stand_side_by_side() {
        let runs = [
            run("live-jury", "old", 1.0),
            run("live-jury", "new", 40_000.0),
            run("ws", "new", 20_000.0),
            run("live-jury", "new", 60_000.0),
            run("ws", "new", 20_000.0),
            run("live-jury", "new", 44_000.0),
            run("ws", "new", 22_000.0),
        ];
        let text = told(&runs, &[]);
        assert!(
            text.contains("### `rate --for-s 4`\n\n| | live-jury | ws |\n| --- | --- | --- |\n| commit | new | new |\n| runs | 3 | 3 |\n"),
            "{text}"
        );
        let row = "| ballots acknowledged, /s | 44,000 (40,000 – 60,000) | 20,000 (20,000 – 22,000) 2.00 × |\n";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("| casts sent again | 0 (0 – 0) | 0 (0 – 0) |\n"), "{text}");
        assert!(text.ends_with("\nkernel 6.1.\n"), "{text}");
        assert!(told(&runs, &["old".to_owned()]).contains("| ballots acknowledged, /s | 1 |\n"));
    }
}
