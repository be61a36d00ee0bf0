//! The order in which candidates are shown: by relevance and exposure, with slots for explorers. An explorer is a shop
//! so new that little is known of it. The order is no recommender: the platform gives the relevance.

use sha2::{Digest, Sha256};

/// Limits the candidates of a request, and its slots. A page of a feed has fewer.
pub const CANDIDATES_MAX: usize = 500;
/// Every twentieth slot goes to an explorer: 5 % of the impressions.
const EXPLORER_EVERY: usize = 20;

/// A shop that may be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The merchant's id.
    pub merchant: String,
    /// How well it fits the viewer, by the platform: a finite number, 0 or more.
    pub relevance: f64,
    /// The exposure.
    pub m: f64,
    /// Whether an explorer's slot may show it.
    pub explore: bool,
}

/// A filled slot.
#[derive(Clone, Debug, PartialEq)]
pub struct Placed {
    /// The merchant's id.
    pub merchant: String,
    /// Whether it was drawn as an explorer.
    pub explore: bool,
}

/// Fills at most `slots` slots. A candidate without exposure is left out. The same arguments give the same order.
#[must_use]
pub fn rank(mut candidates: Vec<Candidate>, slots: usize, seed: &str) -> Vec<Placed> {
    candidates.retain(|candidate| candidate.m > 0.0);
    let score = |candidate: &Candidate| candidate.relevance * candidate.m;
    candidates.sort_by(|a, b| score(b).total_cmp(&score(a)).then_with(|| a.merchant.cmp(&b.merchant)));
    let mut placed = Vec::with_capacity(slots.min(candidates.len()));
    for slot in 1..=slots {
        let explorer = if slot % EXPLORER_EVERY == 0 { draw(&candidates, seed, slot) } else { None };
        let next = explorer.unwrap_or(0);
        if next >= candidates.len() {
            break;
        }
        placed.push(Placed { merchant: candidates.remove(next).merchant, explore: explorer.is_some() });
    }
    placed
}

/// The place of an explorer among those not placed yet, drawn in proportion to relevance. Explorers without any
/// relevance are drawn alike.
fn draw(candidates: &[Candidate], seed: &str, slot: usize) -> Option<usize> {
    let mut explorers: Vec<usize> = (0..candidates.len()).filter(|place| candidates[*place].explore).collect();
    // By id: the exposure must not move the draw.
    explorers.sort_by(|a, b| candidates[*a].merchant.cmp(&candidates[*b].merchant));
    let relevance = |place: &usize| candidates[*place].relevance;
    let sum: f64 = explorers.iter().map(relevance).sum();
    let weight = |place: &usize| if sum > 0.0 { relevance(place) } else { 1.0 };
    let mut left = chance(seed, slot) * explorers.iter().map(weight).sum::<f64>();
    for place in &explorers {
        left -= weight(place);
        if left < 0.0 {
            return Some(*place);
        }
    }
    explorers.last().copied()
}

/// A number from 0 to 1, 1 excluded: the first 53 bits of SHA-256(seed ‖ slot), the slot as four bytes, highest first.
fn chance(seed: &str, slot: usize) -> f64 {
    let digest = Sha256::new().chain_update(seed).chain_update((slot as u32).to_be_bytes()).finalize();
    let first = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    (first >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidate(merchant: &str, relevance: f64, m: f64) -> Candidate {
        Candidate { merchant: merchant.into(), relevance, m, explore: false }
    }

    fn merchants(placed: &[Placed]) -> Vec<&str> {
        placed.iter().map(|placed| placed.merchant.as_str()).collect()
    }

    /// 30 shops of falling relevance, and three explorers without much of it.
    fn page() -> Vec<Candidate> {
        let known = (0..30).map(|place| candidate(&format!("known{place:02}"), 100.0 - f64::from(place), 1.0));
        let new = [("new_a", 0.1), ("new_b", 0.2), ("new_c", 0.7)]
            .map(|(merchant, relevance)| Candidate { explore: true, ..candidate(merchant, relevance, 1.0) });
        known.chain(new).collect()
    }

    #[test]
    fn relevance_and_exposure_count_alike_and_ties_go_by_id() {
        let candidates = vec![
            candidate("c", 1.0, 1.2),
            candidate("b", 2.0, 0.6),
            candidate("a", 1.0, 1.3),
            candidate("d", 9.0, 0.0),
        ];
        assert_eq!(merchants(&rank(candidates, 10, "")), ["a", "b", "c"]);
    }

    #[test]
    fn every_twentieth_slot_shows_an_explorer_who_has_none_yet() {
        let placed = rank(page(), 500, "seed");
        let drawn: Vec<usize> =
            placed.iter().enumerate().filter(|(_, placed)| placed.explore).map(|(place, _)| place + 1).collect();
        assert_eq!(drawn, [20]);
        assert_eq!(placed.len(), 33, "all of them, once");
        assert!(placed[19].merchant.starts_with("new") && placed[20].merchant == "known19");
        assert_eq!(rank(page(), 500, "seed"), placed, "the same seed draws the same");
        assert_eq!(rank(page(), 19, "seed"), placed[..19]);
    }

    #[test]
    fn explorers_are_drawn_by_relevance() {
        let mut drawn = [0_u32; 3];
        for seed in 0..1_000 {
            let placed = rank(page(), 20, &format!("viewer {seed}"));
            let explorer = ["new_a", "new_b", "new_c"].iter().position(|name| *name == placed[19].merchant).unwrap();
            drawn[explorer] += 1;
        }
        // Three spreads of a thousand draws: 28, 38, 43.
        for (count, expected, three_sd) in [(drawn[0], 100, 28), (drawn[1], 200, 38), (drawn[2], 700, 43)] {
            assert!(count.abs_diff(expected) <= three_sd, "{drawn:?}");
        }
    }

    #[test]
    fn the_draw_is_the_documented_hash() {
        // printf 'seed\0\0\0\024' | sha256sum begins with this.
        let digest = Sha256::digest([b"seed".as_slice(), &[0, 0, 0, 20]].concat());
        let first = u64::from_be_bytes(digest[..8].try_into().unwrap());
        assert!((chance("seed", 20) - first as f64 / 2_f64.powi(64)).abs() < 1e-15);
        assert_ne!(chance("seed", 20), chance("seed", 40));
    }

    #[test]
    fn a_slot_without_an_explorer_goes_to_the_next_candidate() {
        let known: Vec<_> = page().into_iter().filter(|candidate| !candidate.explore).collect();
        let placed = rank(known, 25, "seed");
        assert_eq!(placed[19], Placed { merchant: "known19".into(), explore: false });
    }
}
