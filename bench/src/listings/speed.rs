//! The time of each check on one core, at lists of a large platform.

use std::hint::black_box;

use live_jury_trust::listing::terms::{Term, Terms};
use live_jury_trust::pdq::bank::{Bank, Image, Mark};
use live_jury_trust::pdq::{Hash, Luma};
use serde_json::json;

use super::names::brands;
use crate::bars::{Bar, Figures};
use crate::clock::{now_us, seconds};

/// The lists of a large platform, and what is timed against them.
const BRANDS: usize = 20_000;
const TERMS: usize = 10_000;
const TEXTS: usize = 40_000;
/// The hashes of the bank: 83,000 pictures in 12 variants.
const HASHES: usize = 1_000_000;
const VARIANTS: usize = 12;
const SCANS: usize = 100;
/// The side of the timed picture, and how often it is hashed.
const SIDE: usize = 640;
const PICTURES: usize = 20;
/// The bars.
const TEXTS_MIN: f64 = 20_000.0;
const PDQ_MS_MAX: f64 = 5.0;
const SCAN_MS_MAX: f64 = 4.0;

pub(super) fn run(names: &[String], figures: &mut Figures) {
    let mut rng = fastrand::Rng::with_seed(2);
    let more: Vec<String> = (names.len()..BRANDS).map(|_| word(&mut rng, 6..12)).collect();
    let brands = brands(names.iter().take(BRANDS).chain(&more));
    let term = |n: usize, rng: &mut fastrand::Rng| {
        let text = if n.is_multiple_of(2) { word(rng, 5..10) } else { chinese(rng, 2..4) };
        Some((n.to_string(), Term::parse(&json!({ "kind": "prohibited", "text": text, "then": "review" })).ok()?))
    };
    let terms = Terms::new((0..TERMS).filter_map(|n| term(n, &mut rng)).collect());
    let texts: Vec<String> = (0..TEXTS).map(|n| title(n, names, &mut rng)).collect();
    let begun = now_us();
    let found: usize = texts.iter().map(|text| terms.find(text).len() + brands.in_title(text).len()).sum();
    let took = seconds(begun, now_us());
    figures.add("titles a second", TEXTS as f64 / took, "/s", Bar::Least(TEXTS_MIN));
    figures.outcome.add("hits in titles", found as f64, "");
    let points = (0..SIDE * SIDE).map(|_| rng.f32() * 255.0).collect();
    if let Some(picture) = Luma::new(SIDE, points) {
        let begun = now_us();
        for _ in 0..PICTURES {
            black_box(black_box(&picture).pdq());
        }
        let took = seconds(begun, now_us());
        figures.add("PDQ of 640 points a side", 1_000.0 * took / PICTURES as f64, "ms", Bar::Most(PDQ_MS_MAX));
    }
    let mut hash = || Hash(std::array::from_fn(|_| rng.u64(..)));
    let image = |pdq| Image { mark: Mark::Copy, brand: None, merchant: None, pdq };
    let entries =
        (0..HASHES / VARIANTS).map(|n| (n.to_string(), image((0..VARIANTS).map(|_| hash().to_string()).collect())));
    let bank = Bank::new(entries.collect());
    let queries: Vec<Hash> = (0..SCANS).map(|_| hash()).collect();
    let begun = now_us();
    let found = queries.iter().filter(|query| bank.find(query, |_| false).is_some()).count();
    let took = seconds(begun, now_us());
    figures.add("a scan of a million hashes", 1_000.0 * took / SCANS as f64, "ms", Bar::Most(SCAN_MS_MAX));
    figures.add("random hashes taken for known ones", found as f64, "", Bar::Most(0.0));
}

fn word(rng: &mut fastrand::Rng, letters: std::ops::Range<usize>) -> String {
    (0..rng.usize(letters)).map(|_| rng.lowercase()).collect()
}

/// Characters among the commonest two thousand by their place.
fn chinese(rng: &mut fastrand::Rng, signs: std::ops::Range<usize>) -> String {
    (0..rng.usize(signs)).map(|_| rng.char('\u{4e00}'..'\u{5600}')).collect()
}

/// A title of about forty signs; every third one is Chinese.
fn title(n: usize, names: &[String], rng: &mut fastrand::Rng) -> String {
    let brand = &names[rng.usize(..names.len())];
    match n % 3 {
        0 => format!("{brand} {}", chinese(rng, 12..24)),
        _ => format!("{brand} {} {} {} {}", word(rng, 3..9), word(rng, 3..9), word(rng, 3..9), rng.u16(..)),
    }
}
