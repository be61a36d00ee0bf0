//! What anybody may send, made up at random: frames, tokens and bodies; none of it may panic, be believed, or be
//! answered by anything but what the protocol names.
//!
//! `FUZZ_CASES` says how many each test makes up, `FUZZ_SEED` from where; a failure prints what was sent, made small.

mod bodies;
mod decoding;
mod frames;
mod mutation;
mod tokens;

use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Cases of each test where nobody says how many: some seconds.
const CASES: u32 = 300;
/// The seed where nobody names one: the tests say the same of the same program.
const SEED: u64 = 1;

/// Makes up cases; `weight` of them for each that is asked for.
fn runner(weight: u32) -> TestRunner {
    let cases = from_environment("FUZZ_CASES").unwrap_or(CASES).saturating_mul(weight);
    let seed: u64 = from_environment("FUZZ_SEED").unwrap_or(SEED);
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes))
}

fn from_environment<T: std::str::FromStr>(name: &str) -> Option<T> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is a number, and not {text}")))
}
