//! The program of the page on which anybody checks saved files. It exports `check_files`, and never starts by itself.

use live_jury_check::Files;
use wasm_bindgen::prelude::wasm_bindgen;

/// Takes fewer bytes of the program than the standard library's allocator.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Checks a bundle, a receipt and the stream of seals; a missing one is empty. Returns a line for each step.
#[wasm_bindgen]
#[must_use]
pub fn check_files(bundle: &[u8], keys: &str, receipt: &[u8], seals: &[u8]) -> String {
    live_jury_check::check_files(&Files { bundle, keys, receipt, seals })
}

fn main() {}
