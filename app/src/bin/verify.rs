//! The program of the page on which anybody checks saved files. It exports `check_files`, and never starts by itself.

use live_jury_check::Files;
use wasm_bindgen::prelude::wasm_bindgen;

/// Checks a bundle, a receipt and the stream of seals; a missing one is empty. Returns a line for each step.
#[wasm_bindgen]
#[must_use]
pub fn check_files(bundle: &[u8], keys: &str, receipt: &[u8], seals: &[u8]) -> String {
    live_jury_check::check_files(&Files { bundle, keys, receipt, seals })
}

fn main() {}
