//! Ties the server to the front end that it embeds: it is built again when `dist/` changes.

use std::{fs, io};

/// Where the front end is built, seen from this crate.
const DIST: &str = "../dist";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={DIST}");
    // An absent folder would count as changed at every build, and could not be resolved to the path that is read.
    fs::create_dir_all(DIST)
}
