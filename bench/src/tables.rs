//! Tables of recorded runs: medians and spreads side by side, as Markdown; it measures nothing.

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result};
use clap::Args;

use crate::provenance::Provenance;
use crate::report::{Outcome, Row, figure};
use crate::stats::median;
use crate::target::Target;

/// `report`
#[derive(Args, Clone, Debug)]
pub struct Report {
    /// Files of figures, with a line of JSON for each run
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Commits whose runs are shown [default: of each target, the last measured one]
    #[arg(long)]
    commit: Vec<String>,
}

/// A run and its provenance.
type Run<'a> = (&'a Outcome, &'a Provenance);

/// Runs of one command, on all targets.
#[derive(Debug)]
struct Table<'a> {
    command: &'a str,
    columns: Vec<Column<'a>>,
}

/// The runs on one target at one commit, in the order of time.
#[derive(Debug)]
struct Column<'a> {
    target: &'a str,
    commit: &'a str,
    runs: Vec<Run<'a>>,
}

impl Report {
    /// Renders the tables.
    ///
    /// # Errors
    /// A file cannot be read, or one of its lines is not a run.
    pub fn run(&self) -> Result<String> {
        let mut all = Vec::new();
        for file in &self.files {
            let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
            for line in text.lines() {
                all.push(serde_json::from_str(line).with_context(|| format!("{}: not a run: {line}", file.display()))?);
            }
        }
        Ok(render(&all, &self.commit))
    }
}

/// Renders the tables of these commits, or of all. Runs without provenance are left out.
fn render(all: &[Outcome], commits: &[String]) -> String {
    let known = all.iter().filter_map(|run| Some((run, run.provenance.as_ref()?)));
    let runs: Vec<Run<'_>> =
        known.filter(|(_, provenance)| commits.is_empty() || commits.contains(&provenance.commit)).collect();
    let mut text = String::from(
        "Median (least – most) of the runs; × is Live Jury's figure to this one, the median of the runs in turns.\n",
    );
    let tables = tables(&runs);
    tables.iter().for_each(|table| text.push_str(&table.render()));
    let runs = tables.iter().flat_map(|table| &table.columns).flat_map(|column| &column.runs);
    let versions: BTreeSet<String> = runs
        .flat_map(|(_, provenance)| &provenance.versions)
        .map(|(name, version)| format!("{name} {version}"))
        .collect();
    text.push_str(&format!("\n{}.\n", Vec::from_iter(versions).join(", ")));
    text
}

fn tables<'a>(runs: &[Run<'a>]) -> Vec<Table<'a>> {
    let mut tables: Vec<Table<'a>> = Vec::new();
    for (run, provenance) in runs {
        let (command, target, commit) = (provenance.command.as_str(), run.target.as_str(), provenance.commit.as_str());
        let table =
            find_or_push(&mut tables, |table| table.command == command, || Table { command, columns: Vec::new() });
        let new = || Column { target, commit, runs: Vec::new() };
        let column = find_or_push(&mut table.columns, |one| one.target == target, new);
        if column.commit != commit {
            *column = new();
        }
        column.runs.push((run, provenance));
    }
    tables
}

/// The element for which `is` holds; a new one is appended if there is none.
fn find_or_push<T>(all: &mut Vec<T>, is: impl Fn(&T) -> bool, new: impl FnOnce() -> T) -> &mut T {
    let at = all.iter().position(is).unwrap_or_else(|| {
        all.push(new());
        all.len() - 1
    });
    &mut all[at]
}

impl Table<'_> {
    fn render(&self) -> String {
        let names: Vec<&str> = self.columns.iter().map(|column| column.target).collect();
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
        let own = self.columns.iter().find(|column| column.target == Target::LiveJury.name());
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
    // Ratios are taken within a turn: the machine's speed changes more between two turns.
    let ratios: Vec<f64> =
        own.iter().zip(values).filter(|(_, value)| **value != 0.0).map(|(own, value)| own / value).collect();
    if let Some(ratio) = median(&ratios).filter(|_| own != values && has_ratio(row)) {
        text.push_str(&format!(" {ratio:.2} ×"));
    }
    text
}

/// Whether a ratio to Live Jury's figure means something: not for counts and shares.
fn has_ratio(row: &Row) -> bool {
    !row.unit.is_empty() && !row.unit.starts_with('%')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn run(target: &str, commit: &str, per_s: f64) -> Outcome {
        let mut outcome = Outcome::new("rate", target);
        outcome.add("ballots acknowledged", per_s, "/s");
        outcome.add("casts sent again", 0.0, "");
        let versions = BTreeMap::from([("kernel".to_owned(), "6.1".to_owned())]);
        outcome.provenance =
            Some(Provenance { command: "rate --for-s 4".to_owned(), commit: commit.to_owned(), unix_s: 1, versions });
        outcome
    }

    #[test]
    fn runs_of_the_last_commits_are_side_by_side() {
        let runs = [
            run("live-jury", "old", 1.0),
            run("live-jury", "new", 40_000.0),
            run("ws", "new", 20_000.0),
            run("live-jury", "new", 60_000.0),
            run("ws", "new", 20_000.0),
            run("live-jury", "new", 44_000.0),
            run("ws", "new", 22_000.0),
        ];
        let text = render(&runs, &[]);
        assert!(
            text.contains(
                "### `rate --for-s 4`\n\n| | live-jury | ws |\n| --- | --- | --- |\n| commit | new | new |\n\
                 | runs | 3 | 3 |\n"
            ),
            "{text}"
        );
        let row = "| ballots acknowledged, /s | 44,000 (40,000 – 60,000) | 20,000 (20,000 – 22,000) 2.00 × |\n";
        assert!(text.contains(row), "{text}");
        assert!(text.contains("| casts sent again | 0 (0 – 0) | 0 (0 – 0) |\n"), "{text}");
        assert!(text.ends_with("\nkernel 6.1.\n"), "{text}");
        assert!(render(&runs, &["old".to_owned()]).contains("| ballots acknowledged, /s | 1 |\n"));
    }
}
