//! Statements for tests: two made by hand, and generated ones of every shape.

use live_jury_proof::merkle::Tree;
use live_jury_proof::row::Stratum;
use live_jury_proof::statement::{
    AppealOf, Audit, Beacon, Called, Cohort, Counts, Draw, LossFound, Lost, Outcome, PanelRule, PanelSum, Raid,
    Recused, Rule, SealedBy, StatedOption, Statement, Sums, TwoSided, Why,
};
use proptest::prelude::*;

fn option(id: &str, abstains: bool) -> StatedOption {
    StatedOption { id: id.to_owned(), abstains }
}

/// A case with rules by side: 41 buyers and merchants of 100 ballots.
pub fn plain_statement() -> Statement {
    let sums = Sums {
        counts: vec![60, 30, 10],
        sides: Some([20, 20]),
        side: Some([vec![12, 8, 1], vec![11, 9, 0]]),
        ..Sums::default()
    };
    Statement {
        case: [1; 16],
        room: "live-42".to_owned(),
        brief: [2; 32],
        recused: None,
        opened_ms: 1_795_358_533_556,
        sealed_ms: 1_795_358_833_556,
        sealed_by: SealedBy::Moderator,
        extended_s: 30,
        epoch: 1,
        lost: None,
        audit: Audit { lines: 3, hash: [3; 32] },
        key: [4; 8],
        options: vec![option("buyer", false), option("merchant", false), option("none", true)],
        rule: Rule {
            quorum: 30,
            threshold: 5_000,
            band: 1_500,
            balanced: true,
            sides: Some(TwoSided { min_per_side: 20, threshold: 5_000 }),
            panel: None,
            raid: Raid::Hang,
        },
        draw: None,
        beacon: None,
        called: vec![],
        outcome: Outcome::Hung(Some(Why::SidesUnknown)),
        ballots: 100,
        sums: Some(sums),
        seals: Tree { size: 100, root: [5; 32] },
        rows: Some(Tree { size: 1, root: [6; 32] }),
        appeal_of: None,
    }
}

/// A case with a panel and every line that goes with one.
pub fn panel_statement() -> Statement {
    let called = |stratum, called| Called { stratum, seats: 15, called, last_ticket: 0x0123_4567_89ab_cdef };
    let panel = |stratum, counted, counts| PanelSum { stratum, counted, counts };
    let cohort = |e| Some(Cohort { counts: vec![30, 10, 1], e });
    let sums = Sums {
        counts: vec![60, 30, 10],
        panel: vec![panel(Stratum::Buyer, 12, Some(vec![8, 4, 0])), panel(Stratum::Merchant, 4, None)],
        present: cohort(-12),
        older: cohort(731),
        informed: Some(vec![5, 5, 0]),
        reasons: vec![(1, vec![3, 2, 0]), (4, vec![0, 0, 6])],
        ..Sums::default()
    };
    let plain = plain_statement();
    let panel = Some(PanelRule { seats: [15, 15, 0], call: 2 });
    Statement {
        recused: Some(Recused { count: 2, hash: [7; 32] }),
        rule: Rule { balanced: false, sides: None, band: 0, panel, raid: Raid::Show, ..plain.rule },
        draw: Some(Draw { commitment: [8; 32], nonce: [9; 32] }),
        beacon: Some(Beacon { chain: [10; 32], round: 77, signature: Some(vec![11; 48]) }),
        called: vec![called(Stratum::Buyer, 30), called(Stratum::Merchant, 29)],
        outcome: Outcome::Decided(0),
        sums: Some(sums),
        appeal_of: Some(AppealOf { case: [12; 16], index: 6 }),
        ..plain
    }
}

/// Counts of a group that are within those of all.
fn part_of(all: &[u64], share: u64) -> Counts {
    all.iter().map(|count| (u128::from(*count) * u128::from(share) / 100) as u64).collect()
}

fn rule() -> impl Strategy<Value = Rule> {
    let sides = prop::option::of((5_u64..=1_000_000, 0_u32..10_000));
    let seats = prop::array::uniform3(prop_oneof![Just(0_u64), 7_u64..=101]);
    let panel = prop::option::of((seats.prop_filter("a seat", |seats| seats.iter().any(|n| *n > 0)), 1_u64..=4));
    let raid = prop_oneof![Just(Raid::Off), Just(Raid::Show), Just(Raid::Hang)];
    let band = prop_oneof![Just(0), 1_u32..=10_000];
    (1_u64..2_000_000, 0_u32..10_000, band, any::<bool>(), sides, panel, raid).prop_map(
        |(quorum, threshold, band, balanced, sides, panel, raid)| Rule {
            quorum,
            threshold,
            band,
            balanced,
            sides: sides.map(|(min_per_side, threshold)| TwoSided { min_per_side, threshold }),
            panel: panel.map(|(seats, call)| PanelRule { seats, call }),
            raid: if panel.is_some() && raid == Raid::Hang { Raid::Show } else { raid },
        },
    )
}

/// Fills a statement with the lines that its rules ask for.
fn filled(mut s: Statement, shares: [u64; 4], called: bool) -> Statement {
    let counts = s.sums.take().map(|sums| sums.counts).unwrap_or_default();
    let part = |share: u64| part_of(&counts, share);
    let size = |counts: &[u64]| counts.iter().sum::<u64>();
    s.ballots = size(&counts);
    let mut sums = Sums { counts: counts.clone(), ..Sums::default() };
    if let Some(panel) = &s.rule.panel {
        s.draw = Some(Draw { commitment: [8; 32], nonce: [9; 32] });
        for stratum in Stratum::ALL.into_iter().filter(|stratum| called && panel.seats_of(*stratum) > 0) {
            let (seats, part) = (panel.seats_of(stratum), part(shares[0] / 10));
            let counted = if (5..=seats).contains(&size(&part)) { size(&part) } else { 4 };
            s.called.push(Called { stratum, seats, called: seats * panel.call, last_ticket: shares[1] });
            sums.panel.push(PanelSum { stratum, counted, counts: (counted >= 5).then_some(part) });
        }
    } else if s.rule.sides.is_some() || s.rule.balanced || s.rule.band > 0 {
        let side = [part(shares[0] / 2), part(shares[1] / 2)];
        let sides = [s.deciding(&side[0]), s.deciding(&side[1])];
        let by_side = s.rule.sides.is_some() || s.rule.balanced;
        sums.side = (by_side && sides.iter().all(|side| *side >= 5)).then_some(side);
        sums.sides = Some(sides);
    }
    let (cohort, all) = (part(shares[2]), s.deciding(&counts));
    let own = s.deciding(&cohort);
    if s.rule.raid != Raid::Off && own >= 30 && all - own >= 30 {
        let e = shares[3] as i64 - 50;
        sums.present = Some(Cohort { counts: cohort.clone(), e });
        sums.older = Some(Cohort { counts: cohort, e: -e });
    }
    let group = part(shares[3]);
    if size(&group) >= 5 && s.ballots - size(&group) >= 5 {
        sums.informed = Some(group.clone());
        sums.reasons = vec![(2, group)];
    }
    s.seals.size = s.ballots;
    let is_void = s.outcome.is_void();
    s.rows = (!is_void).then_some(Tree { size: s.ballots.div_ceil(256), root: [6; 32] });
    s.sums = (!is_void).then_some(sums);
    s
}

/// Statements of every shape.
pub fn statement() -> impl Strategy<Value = Statement> {
    let outcome = prop_oneof![
        (0_usize..2).prop_map(Outcome::Decided),
        Just(Outcome::Hung(None)),
        prop::sample::select(&Why::HUNG[..]).prop_map(|why| Outcome::Hung(Some(why))),
        Just(Outcome::NoQuorum(None)),
        prop::sample::select(&Why::NO_QUORUM[..]).prop_map(|why| Outcome::NoQuorum(Some(why))),
        Just(Outcome::VoidByModerator),
        Just(Outcome::TallyLost),
    ];
    let counts = prop::collection::vec(prop_oneof![0_u64..40, 0_u64..2_000_000], 2..=5);
    let found = prop_oneof![Just(None), Just(Some(LossFound::Late)), Just(Some(LossFound::Gone))];
    let lost = prop::option::of((any::<u64>(), 0_u32..=10_000, found));
    let appeal = prop::option::of((any::<[u8; 16]>(), any::<u64>()));
    let head = (any::<[u8; 16]>(), "[A-Za-z0-9_-]{1,64}", any::<u64>(), 1_u64.., any::<bool>());
    (head, rule(), outcome, counts, lost, appeal, prop::array::uniform4(0_u64..=100)).prop_map(
        |((case, room, time, epoch, called), rule, outcome, counts, lost, appeal, shares)| {
            let options = (0..counts.len()).map(|n| option(&format!("option_{n}"), n >= 2 && time % 2 == 0)).collect();
            let by = [SealedBy::Deadline, SealedBy::Moderator, SealedBy::Settled][(time % 3) as usize];
            let lost = lost.map(|(ballots, share, found)| Lost { ballots, share, found });
            // A moderator also ends the wait for a tally that is missing from a case sealed in another way.
            let waits = lost.is_some_and(|lost| lost.found.is_some()) && time % 2 == 0;
            let sealed_by = if outcome == Outcome::VoidByModerator && !waits { SealedBy::Void } else { by };
            let appeal_of = appeal.map(|(case, index)| AppealOf { case, index });
            let recused = (time % 5 == 0).then_some(Recused { count: epoch, hash: [7; 32] });
            let sums = Some(Sums { counts, ..Sums::default() });
            let plain = plain_statement();
            let own =
                Statement { case, room, opened_ms: time, epoch, rule, outcome, options, lost, appeal_of, ..plain };
            filled(Statement { sealed_by, recused, sums, ..own }, shares, called)
        },
    )
}
