//! `applications`: how well tokens alone find the same people again, on records with known answers. It needs neither a
//! server nor a store.

mod febrl;
mod link;

use std::collections::BTreeSet;
use std::path::PathBuf;

use anyhow::{Context, Result, ensure};
use clap::Args;

use self::febrl::{Record, read};
use self::link::{Linked, link};
use crate::report::Outcome;

/// `applications`
#[derive(Args, Clone, Debug)]
pub struct Applications {
    /// Folder with the two files of FEBRL 4, as tools/trust-data.sh prints it
    #[arg(long)]
    febrl: PathBuf,
}

/// The records of each file.
const RECORDS: usize = 5_000;
/// The fields of the three runs: what a form asks for, the same with the address, and all.
const FEW: [&str; 5] = ["given_name", "surname", "date_of_birth", "street_number", "postcode"];
const ADDRESS: [&str; 2] = ["address_1", "suburb"];
const REST: [&str; 3] = ["address_2", "state", "soc_sec_id"];
/// The number that a person alone has.
const NUMBER: &str = "soc_sec_id";
/// The least F1 of the three runs. With the first fields, Splink 5.0.0 has 0.9931.
const F1_MIN: [f64; 3] = [0.9935, 0.9985, 0.9995];
/// The least share of the banned that are found without a number, while no other applicant is taken for one.
const RECALL_MIN: f64 = 0.995;

impl Applications {
    /// Links both files, and compares the pairs with the known ones.
    ///
    /// # Errors
    /// A file is missing or another one, or a bar is missed.
    pub fn run(&self) -> Result<Outcome> {
        let known = read(&self.febrl.join("dataset4a.csv")).context("--febrl: run tools/trust-data.sh")?;
        let applicants = read(&self.febrl.join("dataset4b.csv")).context("--febrl: run tools/trust-data.sh")?;
        ensure!(known.len() == RECORDS && applicants.len() == RECORDS, "FEBRL 4 has {RECORDS} records a file");
        let mut outcome = Outcome::new("applications", "tokens");
        let mut missed = Vec::new();
        let mut fields: Vec<&str> = FEW.to_vec();
        for (n, (more, f1_min)) in [&[][..], &ADDRESS[..], &REST[..]].into_iter().zip(F1_MIN).enumerate() {
            fields.extend(more);
            let linked = link(&known, &applicants, &fields);
            let best = best(&linked, RECORDS);
            outcome.add(&format!("F1, {} fields", fields.len()), 100.0 * best.f1, "%");
            outcome.add(&format!("pairs found, {} fields", fields.len()), best.found as f64, "");
            outcome.add(&format!("wrong pairs, {} fields", fields.len()), best.wrong as f64, "");
            if best.f1 < f1_min {
                missed.push(format!("F1 of run {n} is {:.4}, below {f1_min}", best.f1));
            }
        }
        fields.retain(|field| *field != NUMBER);
        let banned: Vec<Record> = known.iter().step_by(2).cloned().collect();
        let recall = recall_without_a_mistake(&link(&banned, &applicants, &fields), banned.len());
        outcome.add("half banned, no number: found, none wrong", 100.0 * recall, "%");
        if recall < RECALL_MIN {
            missed.push(format!("{recall:.4} of the banned are found, below {RECALL_MIN}"));
        }
        print!("{}", outcome.table());
        ensure!(missed.is_empty(), "{}", missed.join("; "));
        Ok(outcome)
    }
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
