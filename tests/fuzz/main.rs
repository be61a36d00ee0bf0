//! Generated input: frames, tokens and bodies never cause a panic, a wrong trust, or an answer outside the protocol.
//!
//! `FUZZ_CASES` sets the number of cases for each test and `FUZZ_SEED` the seed. A failure prints its input in minimal
//! form.

mod bodies;
mod decoding;
mod frames;
mod mutation;
mod tokens;

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Cases of each test by default, which take some seconds.
const CASES: u32 = 300;
/// The default seed. It is fixed, so that the same program always gives the same result.
const SEED: u64 = 1;

/// A runner of `weight` times the requested number of cases.
fn runner(weight: u32) -> TestRunner {
    let cases = from_environment("FUZZ_CASES").unwrap_or(CASES).saturating_mul(weight);
    let seed: u64 = from_environment("FUZZ_SEED").unwrap_or(SEED);
    // Shown for a failing test only.
    println!("FUZZ_CASES={} FUZZ_SEED={seed}", cases / weight);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

fn from_environment<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, and not {text}")))
}
