//! A simulation of juries in which buyers and merchants favour their own side. It prints what each rule of a case costs
//! in hung cases and what it prevents, with fixed seeds, and reads no real case.
//!
//! `cargo run --release -p live-jury-court --example fairness` prints the tables of docs/fairness.md.

use std::fmt::Write;

use live_jury_court::{Loss, PanelSums, SideSums, Stratum, Sums, judge};
use live_jury_protocol::{Band, NewCase, Outcome, Rules, TwoSided};

/// The simulated cases of each row. More cost more time: these take some ten seconds. A share of 2.5 % is then within
/// 0.07 % of the true one in 95 of 100 runs.
const CASES: u32 = 200_000;
/// The band of the preset *fair*, in ten-thousandths.
const BAND_PARTS: u32 = 1_500;

/// The jurors who vote, by side.
#[derive(Clone, Copy, Debug)]
struct Jury {
    buyers: u64,
    merchants: u64,
}

/// A case as the simulation draws it.
#[derive(Clone, Copy, Debug)]
struct World {
    /// The jurors.
    jury: Jury,
    /// Both parameters of the symmetric Beta distribution of a case's merit.
    beta: f64,
    /// The difference between the chances of a buyer and a merchant to vote for the buyer.
    bias: f64,
}

/// A way to decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    /// The largest share wins.
    Plain,
    /// `hold_when_balanced`.
    Hold,
    /// `bias_band`.
    Band,
    /// `two_sided`.
    TwoSided,
    /// Both sides weigh the same, which no case can ask for.
    Weighted,
    /// The jury is a drawn panel.
    Panel,
}

impl Method {
    const fn name(self) -> &'static str {
        match self {
            Method::Plain => "plain",
            Method::Hold => "`hold_when_balanced`",
            Method::Band => "`bias_band` 0.15",
            Method::TwoSided => "`two_sided`",
            Method::Weighted => "weighted 50 : 50",
            Method::Panel => "panel",
        }
    }

    /// The option that wins: 0 is the buyer's.
    fn winner(self, votes: &Votes) -> Option<usize> {
        let mut rules = Rules { quorum: 1, ..Rules::default() };
        match self {
            Method::Plain | Method::Panel => {}
            Method::Hold => rules.hold_when_balanced = true,
            Method::Band => rules.bias_band = Band::from_parts(BAND_PARTS).unwrap_or_default(),
            Method::TwoSided => rules.two_sided = Some(TwoSided::default()),
            Method::Weighted => return votes.weighted(),
        }
        let panel = (self == Method::Panel).then(|| votes.panel());
        let case = case(rules);
        let verdict = judge(&case, &votes.sums(), panel.as_ref(), &Loss::default(), 0);
        match verdict.outcome {
            Outcome::Decided => case.options.iter().position(|option| Some(&option.id) == verdict.option.as_ref()),
            _ => None,
        }
    }
}

fn case(rules: Rules) -> NewCase {
    let option = |id: &str| live_jury_protocol::CaseOption {
        id: id.parse().unwrap_or_else(|_| unreachable!("{id} is an id")),
        label: id.to_owned(),
        abstain: false,
        upholds: false,
    };
    NewCase { rules, ..NewCase::bare("", "", vec![option("buyer"), option("merchant")]) }
}

/// The votes of a jury: for the buyer, of so many, by side.
#[derive(Clone, Copy, Debug, Default)]
struct Votes {
    buyers: [u64; 2],
    merchants: [u64; 2],
}

impl Votes {
    /// The votes of one case, and the votes of the same jurors if nobody favoured a side.
    fn draw(random: &mut fastrand::Rng, world: &World) -> [Self; 2] {
        let merit = merit(random, world.beta);
        let (mut biased, mut unbiased) = (Self::default(), Self::default());
        for juror in 0..world.jury.buyers + world.jury.merchants {
            let (is_buyer, opinion) = (juror < world.jury.buyers, random.f64());
            let favour = if is_buyer { world.bias / 2.0 } else { -world.bias / 2.0 };
            let add = |votes: &mut Self, chance: f64| {
                let side = if is_buyer { &mut votes.buyers } else { &mut votes.merchants };
                side[usize::from(opinion >= chance)] += 1;
            };
            add(&mut biased, merit + favour);
            add(&mut unbiased, merit);
        }
        [biased, unbiased]
    }

    fn sums(&self) -> Sums {
        let side = |votes: [u64; 2]| SideSums { deciding: votes.iter().sum(), counts: votes.to_vec() };
        let counts = [0, 1].map(|option| self.buyers[option] + self.merchants[option]);
        Sums { buyers: side(self.buyers), merchants: side(self.merchants), ..Sums::of_counts(&counts) }
    }

    fn panel(&self) -> PanelSums {
        let stratum = |votes: [u64; 2]| {
            let seats = votes.iter().sum();
            Stratum { seats, counted: seats, counts: votes.to_vec() }
        };
        PanelSums { buyer: stratum(self.buyers), merchant: stratum(self.merchants), ..PanelSums::default() }
    }

    /// The option with the larger mean of both sides' shares.
    fn weighted(&self) -> Option<usize> {
        let of = |votes: [u64; 2]| votes.iter().sum::<u64>();
        let weight =
            |option: usize| self.buyers[option] * of(self.merchants) + self.merchants[option] * of(self.buyers);
        match weight(0).cmp(&weight(1)) {
            std::cmp::Ordering::Greater => Some(0),
            std::cmp::Ordering::Less => Some(1),
            std::cmp::Ordering::Equal => None,
        }
    }
}

/// A case's merit: the chance that an unbiased juror votes for the buyer, from the symmetric Beta distribution. It is
/// Jöhnk's method.
fn merit(random: &mut fastrand::Rng, beta: f64) -> f64 {
    loop {
        let (x, y) = (random.f64().powf(1.0 / beta), random.f64().powf(1.0 / beta));
        if x + y > 0.0 && x + y <= 1.0 {
            return x / (x + y);
        }
    }
}

/// The shares of the cases of a row, in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Shares {
    /// Decided, and the same jurors without bias decide the other.
    wrong: f64,
    /// Not decided.
    hung: f64,
}

/// Judges the same cases by several methods.
fn simulate(world: &World, methods: &[Method], cases: u32, seed: u64) -> Vec<Shares> {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut counts = vec![(0_u32, 0_u32); methods.len()];
    for _ in 0..cases {
        let [biased, unbiased] = Votes::draw(&mut random, world);
        let fair = Method::Plain.winner(&unbiased);
        for (method, (wrong, hung)) in methods.iter().zip(&mut counts) {
            match (method.winner(&biased), fair) {
                (None, _) => *hung += 1,
                (Some(won), Some(fair)) if won != fair => *wrong += 1,
                _ => {}
            }
        }
    }
    let percent = |count: u32| 100.0 * f64::from(count) / f64::from(cases);
    counts.into_iter().map(|(wrong, hung)| Shares { wrong: percent(wrong), hung: percent(hung) }).collect()
}

/// The juries of the first table, with the methods that judge them and the bias of their jurors.
fn juries() -> Vec<(Jury, f64, Vec<Method>)> {
    let (large, small) = (Jury { buyers: 800, merchants: 200 }, Jury { buyers: 24, merchants: 6 });
    let panel = Jury { buyers: 15, merchants: 15 };
    vec![
        (large, 0.1, vec![Method::Plain, Method::Hold, Method::Band, Method::TwoSided]),
        (small, 0.1, vec![Method::Plain, Method::Hold, Method::Band, Method::Weighted]),
        (panel, 0.1, vec![Method::Panel]),
        (panel, 0.005, vec![Method::Panel]),
    ]
}

/// The first table: each jury, by each of its methods.
fn rows(cases: u32) -> Vec<(Jury, f64, Method, Shares)> {
    let mut rows = Vec::new();
    for (seed, (jury, bias, methods)) in (1..).zip(juries()) {
        let shares = simulate(&World { jury, beta: 0.8, bias }, &methods, cases, seed);
        rows.extend(methods.into_iter().zip(shares).map(|(method, shares)| (jury, bias, method, shares)));
    }
    rows
}

/// The second table: the band under other distributions of merit, in juries of 200 and of 1,000.
fn band_rows(cases: u32) -> Vec<(Jury, f64, Shares)> {
    let juries = [Jury { buyers: 160, merchants: 40 }, Jury { buyers: 800, merchants: 200 }];
    let worlds = juries.into_iter().flat_map(|jury| [0.4, 0.8, 2.0].map(|beta| World { jury, beta, bias: 0.1 }));
    let row = |(seed, world): (u64, World)| (world.jury, world.beta, simulate(&world, &[Method::Band], cases, seed)[0]);
    (101..).zip(worlds).map(row).collect()
}

/// The third table: how often, in percent, the verdict is that of 1,000 regulars of whom 62 % are for the buyer, if so
/// many come late of whom 3 % are. The last row is of a panel of 31 that is drawn from the regulars.
fn late_rows(cases: u32) -> Vec<(&'static str, f64)> {
    let mut random = fastrand::Rng::with_seed(201);
    let mut share = |regulars: u32, late: u32| {
        let mut right = 0_u32;
        for _ in 0..cases {
            let mut votes = |jurors: u32, chance: f64| (0..jurors).filter(|_| random.f64() < chance).count() as u64;
            let yes = votes(regulars, 0.62) + votes(late, 0.03);
            let all = u64::from(regulars + late);
            let votes = Votes { buyers: [yes, all - yes], merchants: [0, 0] };
            right += u32::from(Method::Plain.winner(&votes) == Some(0));
        }
        100.0 * f64::from(right) / f64::from(cases)
    };
    vec![
        ("1,000 regulars, 200 late, open vote", share(1_000, 200)),
        ("1,000 regulars, 300 late, open vote", share(1_000, 300)),
        ("1,000 regulars, 500 late, open vote", share(1_000, 500)),
        ("1,000 regulars, any number late, panel of 31", share(31, 0)),
    ]
}

/// All three tables, as the document has them.
fn report(cases: u32) -> Result<String, std::fmt::Error> {
    let mut text = String::from("| jury | bias | rule | wrong | hung |\n| --- | --- | --- | --- | --- |\n");
    for (Jury { buyers, merchants }, bias, method, Shares { wrong, hung }) in rows(cases) {
        let name = method.name();
        writeln!(text, "| {buyers} + {merchants} | {bias} | {name} | {wrong:.2} % | {hung:.1} % |")?;
    }
    text.push_str("\n| jury | merit | wrong | hung |\n| --- | --- | --- | --- |\n");
    for (Jury { buyers, merchants }, beta, Shares { wrong, hung }) in band_rows(cases) {
        writeln!(text, "| {buyers} + {merchants} | Beta({beta}, {beta}) | {wrong:.2} % | {hung:.1} % |")?;
    }
    text.push_str("\n| who votes | right |\n| --- | --- |\n");
    for (name, right) in late_rows(cases) {
        writeln!(text, "| {name} | {right:.0} % |")?;
    }
    Ok(text)
}

fn main() -> Result<(), std::fmt::Error> {
    println!("{}", report(CASES)?);
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

    use super::*;

    /// Fewer than the document has, as tests run without optimisation.
    const TEST_CASES: u32 = 8_000;

    #[test]
    fn the_rules_prevent_and_cost_what_is_known() {
        let known = [
            (Method::Plain, 2.5, 0.1),
            (Method::Hold, 0.5, 2.7),
            (Method::Band, 0.0, 8.2),
            (Method::TwoSided, 0.0, 9.4),
            (Method::Plain, 1.2, 2.8),
            (Method::Hold, 0.7, 7.1),
            (Method::Band, 0.4, 8.6),
            (Method::Weighted, 3.5, 1.8),
            (Method::Panel, 0.7, 2.9),
            (Method::Panel, 0.01, 2.9),
        ];
        let rows = rows(TEST_CASES);
        assert_eq!(rows.len(), known.len());
        for ((jury, _, method, shares), (of, wrong, hung)) in rows.into_iter().zip(known) {
            assert_eq!(method, of);
            let is_near = (shares.wrong - wrong).abs() <= 0.3 && (shares.hung - hung).abs() <= 1.0;
            assert!(is_near, "{jury:?}, {}: {shares:?}, and known are {wrong} and {hung}", method.name());
        }
    }

    #[test]
    fn the_band_keeps_large_juries_right_under_other_merits() {
        for (jury, beta, Shares { wrong, hung }) in band_rows(2_000) {
            assert!(wrong <= 0.2 && hung <= 15.0, "{jury:?}, Beta({beta}): {wrong} % wrong, {hung} % hung");
        }
    }

    #[test]
    fn late_jurors_turn_an_open_vote_and_not_a_panel() {
        for ((name, right), known) in late_rows(2_000).into_iter().zip([95.0, 9.0, 0.0, 91.0]) {
            assert!((right - known).abs() <= 2.0, "{name}: {right} %, and {known} % is known");
        }
    }

    #[test]
    fn the_document_has_tables_of_this_form() {
        let document = include_str!("../../docs/fairness.md");
        let report = report(1).unwrap();
        // The figures are of many cases; what each row is about does not change.
        let subject =
            |line: &str| line.split(" | ").take_while(|cell| !cell.contains('%')).collect::<Vec<_>>().join("|");
        let lines = report.lines().filter(|line| line.ends_with("% |"));
        for line in lines {
            let found = document.lines().filter(|other| other.ends_with("% |") && subject(other) == subject(line));
            assert_eq!(found.count(), 1, "{line}");
        }
    }
}
