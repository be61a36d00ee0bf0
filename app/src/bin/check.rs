//! The program with which a viewer's device checks a recorded case. It exports `check`, and never starts by itself.

// Without the start of the standard library, which would be linked for its standard streams.
#![cfg_attr(target_arch = "wasm32", no_main)]

use wasm_bindgen::prelude::wasm_bindgen;

/// Takes fewer bytes of the program than the standard library's allocator.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

/// Checks a case, and returns a line for each step. See [`live_jury_check::check`].
#[wasm_bindgen]
#[must_use]
pub fn check(statement: &str, proof: &str, brief: &str, request: &str) -> String {
    live_jury_check::check(statement, proof, brief, request)
}

#[cfg(not(target_arch = "wasm32"))]
fn main() {}
