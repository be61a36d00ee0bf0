//! `applications`: how well tokens alone find the same people again, on records with known answers. It needs neither a
//! server nor a store.

mod evasion;
mod febrl;
mod link;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};

use self::evasion::Evasion;
use self::febrl::{Record, read};
use self::link::{Linked, link};
use crate::bars::{Bar, Figures};
use crate::report::Outcome;

/// `applications`
#[derive(Args, Clone, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Applications {
    #[command(subcommand)]
    kind: Option<Kind>,
    /// Folder with the two files of FEBRL 4, as tools/trust-data.sh prints it
    #[arg(long)]
    febrl: Option<PathBuf>,
}

/// Another bench of applications.
#[derive(Subcommand, Clone, Debug)]
enum Kind {
    /// Banned people apply again, with other papers and other things, among honest ones
    Evasion(Evasion),
}

/// The records of each file.
const RECORDS: usize = 5_000;
/// The fields of the three runs: what a form asks for, the same with the address, and all.
const FEW: [&str; 5] = ["given_name", "surname", "date_of_birth", "street_number", "postcode"];
const ADDRESS: [&str; 2] = ["address_1", "suburb"];
const REST: [&str; 3] = ["address_2", "state", "soc_sec_id"];
/// The number that a person alone has.
const NUMBER: &str = "soc_sec_id";
/// The least F1 of the three runs, in percent. With the first fields, Splink 5.0.0 has 99.31.
const F1_MIN: [f64; 3] = [99.35, 99.85, 99.95];
/// The least share of the banned that are found without a number, while no other applicant is taken for one.
const RECALL_MIN: f64 = 99.5;

impl Applications {
    /// Links both files, and compares the pairs with the known ones; or lets banned people apply again.
    ///
    /// # Errors
    /// A file is missing or another one, or a bar is missed.
    pub fn run(&self) -> Result<Outcome> {
        match (&self.kind, &self.febrl) {
            (Some(Kind::Evasion(evasion)), _) => evasion.run(),
            (None, Some(folder)) => febrl(folder),
            (None, None) => anyhow::bail!("--febrl: run tools/trust-data.sh"),
        }
    }
}

fn febrl(folder: &Path) -> Result<Outcome> {
    let known = read(&folder.join("dataset4a.csv")).context("--febrl: run tools/trust-data.sh")?;
    let applicants = read(&folder.join("dataset4b.csv")).context("--febrl: run tools/trust-data.sh")?;
    ensure!(known.len() == RECORDS && applicants.len() == RECORDS, "FEBRL 4 has {RECORDS} records a file");
    let mut figures = Figures::new("applications", "tokens");
    let mut fields: Vec<&str> = FEW.to_vec();
    for (more, f1_min) in [&[][..], &ADDRESS[..], &REST[..]].into_iter().zip(F1_MIN) {
        fields.extend(more);
        let linked = link(&known, &applicants, &fields);
        let best = best(&linked, RECORDS);
        figures.add(&format!("F1, {} fields", fields.len()), 100.0 * best.f1, "%", Bar::Least(f1_min));
        figures.outcome.add(&format!("pairs found, {} fields", fields.len()), best.found as f64, "");
        figures.outcome.add(&format!("wrong pairs, {} fields", fields.len()), best.wrong as f64, "");
    }
    fields.retain(|field| *field != NUMBER);
    let banned: Vec<Record> = known.iter().step_by(2).cloned().collect();
    let recall = recall_without_a_mistake(&link(&banned, &applicants, &fields), banned.len());
    let what = "half banned, no number: found, none wrong";
    figures.add(what, 100.0 * recall, "%", Bar::Least(RECALL_MIN));
    figures.end()
}

/// The pairs above the best threshold.
struct Best {
    f1: f64,
    found: usize,
    wrong: usize,
}

/// The threshold with the best F1, as the compared programs are measured.
fn best(linked: &[Linked], same: usize) -> Best {
    let mut best = Best { f1: 0.0, found: 0, wrong: 0 };
    let (mut found, mut wrong) = (0, 0);
    for pair in linked {
        if pair.same {
            found += 1
        } else {
            wrong += 1
        }
        let f1 = 2.0 * found as f64 / (found + wrong + same) as f64;
        if f1 > best.f1 {
            best = Best { f1, found, wrong };
        }
    }
    best
}

/// The share of the banned that are found above every pair of two people.
fn recall_without_a_mistake(linked: &[Linked], banned: usize) -> f64 {
    let found: BTreeSet<usize> = linked.iter().take_while(|pair| pair.same).map(|pair| pair.known).collect();
    found.len() as f64 / banned as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_threshold_trades_what_is_missed_for_what_is_wrong() {
        let pair = |same, known| Linked { weight: 0.0, same, known };
        let linked = [pair(true, 0), pair(true, 1), pair(false, 5), pair(true, 2), pair(false, 6), pair(false, 7)];
        let best = best(&linked, 4);
        assert_eq!((best.found, best.wrong), (3, 1));
        assert!((best.f1 - 0.75).abs() < 1e-12);
        assert_eq!(recall_without_a_mistake(&linked, 4), 0.5);
    }
}
