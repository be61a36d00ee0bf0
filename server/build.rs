//! Builds the server again when the front end that it embeds changes.

use std::{fs, io};

/// The folder of the built front end, relative to this crate.
const DIST: &str = "../dist";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={DIST}");
    // A missing folder would count as changed at every build, and its path could not be resolved.
    fs::create_dir_all(DIST)
}
