//! `listings`: how many squatted names and copied photos the screening finds, and how fast it is. It needs neither a
//! server nor a store.

mod names;
mod photos;
mod speed;

use std::path::PathBuf;

use anyhow::{Result, ensure};
use clap::Args;

use crate::report::Outcome;

/// `listings`
#[derive(Args, Clone, Debug)]
pub struct Listings {
    /// Folder of the package name-suggestion-index, as `tools/trust-data.sh names` prints it
    #[arg(long)]
    names: PathBuf,
    /// Folder with the photos of scikit-image, as `tools/trust-data.sh photos` prints it
    #[arg(long)]
    photos: PathBuf,
}

/// A figure's bar. A figure beyond it fails the run.
enum Bar {
    /// At least so much.
    Least(f64),
    /// At most so much.
    Most(f64),
}

/// The figures of a run with those that miss their bars.
struct Figures {
    outcome: Outcome,
    missed: Vec<String>,
}

impl Figures {
    fn add(&mut self, what: &str, value: f64, unit: &str, bar: Bar) {
        self.outcome.add(what, value, unit);
        let missed = match bar {
            Bar::Least(least) if value < least => format!("below {least}"),
            Bar::Most(most) if value > most => format!("above {most}"),
            Bar::Least(_) | Bar::Most(_) => return,
        };
        self.missed.push(format!("{what} is {value}, {missed}"));
    }
}

impl Listings {
    /// Squats names, changes photos, and times both.
    ///
    /// # Errors
    /// A file is missing or another one, or a bar is missed.
    pub fn run(&self) -> Result<Outcome> {
        let mut figures = Figures { outcome: Outcome::new("listings", "screening"), missed: Vec::new() };
        let names = names::read(&self.names)?;
        names::run(&names, &mut figures)?;
        photos::run(&self.photos, &mut figures)?;
        speed::run(&names, &mut figures);
        print!("{}", figures.outcome.table());
        ensure!(figures.missed.is_empty(), "{}", figures.missed.join("; "));
        Ok(figures.outcome)
    }
}
