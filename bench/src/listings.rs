//! `listings`: how many squatted names and copied photos the screening finds, and how fast it is. It needs neither a
//! server nor a store.

mod names;
mod photos;
mod speed;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;

use crate::bars::Figures;
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

impl Listings {
    /// Squats names, changes photos, and times both.
    ///
    /// # Errors
    /// A file is missing or another one, or a bar is missed.
    pub fn run(&self) -> Result<Outcome> {
        let mut figures = Figures::new("listings", "screening");
        let names = names::read(&self.names)?;
        names::run(&names, &mut figures)?;
        photos::run(&self.photos, &mut figures)?;
        speed::run(&names, &mut figures);
        figures.end()
    }
}
