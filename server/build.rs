//! Ties the server to the front end that it embeds: builds that embed are built again when `dist/` changes.

use std::{env, fs, io};

/// Where the front end is built, seen from this crate.
const DIST: &str = "../dist";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed=build.rs");
    // A build with debug assertions reads the folder when it runs, so it need not be built again for it.
    if env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_none() {
        println!("cargo::rerun-if-changed={DIST}");
    }
    // An absent folder would count as changed at every build, and could not be resolved to the path that is read.
    fs::create_dir_all(DIST)
}
