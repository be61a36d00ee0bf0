//! Known answers of figures: a made-up period, its intervals, and what is absent.

use std::collections::BTreeSet;

use super::dsa::{PARTS, Period, parts};
use super::*;
use crate::policy::TrustFile;

/// The days of the made-up period, in which 2,600 refusals a day are 500,000 but for 800.
const DAYS: u64 = 192;

/// A platform's period at a thousandth of its size.
fn made_up() -> Counts {
    let participants = (0..DAYS).map(|day| Participants { day, viewers: 450 }).collect();
    Counts {
        intercepted: Some(InterceptedCounts { listings: 62_440, confirmed: 100, overturned: 4, before_sale: 62_000 }),
        bans: BanCounts { bans: 210, parties: 209, measures: 900, overturned: 3 },
        reporting: ReportingCounts { reporters: 9_104, sessions: 1_000_000 },
        refusals: Some(RefusalCounts { refused: 500, overturned: 2 }),
        participants,
        covered_orders: Some(5_000_000),
        with_badge: Count::new(100_000.0, 6_000.0),
        without_badge: Count::new(100_000.0, 5_000.0),
        after_sales: SurveyCounts { asked: Some(4_000.0), answered: 2_000.0, yes: 1_900.0 },
        claims: Some(ClaimCounts { claims: 20_000, escalated: 3_500, covered_completed: 5_000_000 }),
        jury: JuryCounts { cases: 40, decided: 30, hung: 10, median_ballots: Some(61.5), median_ms: Some(360_000.0) },
        appeals: AppealCounts { filed: 8, overturned: 3, confirmed: 4, median_ms: Some(5_400_000.0) },
        rules: vec![RuleCounts { name: "identity".into(), hits: 600, confirmed: 490, overturned: 10 }],
        ..Counts::default()
    }
}

fn of<'f>(figures: &'f [Figure], id: &str) -> &'f Figure {
    figures.iter().find(|figure| figure.id() == id).unwrap_or_else(|| panic!("{id} is absent"))
}

#[test]
fn a_made_up_period_has_the_figures_that_it_was_made_of() {
    let figures = figures(&made_up(), DAYS);
    for (id, value) in [
        ("intercepted", 62_440.0),
        ("banned", 210.0),
        ("report_rate", 91.04),
        ("reregistration", 500.0),
        ("reregistration_a_day", 2.604_167),
        ("participants_a_day", 450.0),
        ("covered_orders", 5_000_000.0),
        ("willingness", 0.2),
        ("satisfaction", 0.95),
        ("satisfaction.answered", 0.5),
        ("intervention", 0.000_7),
        ("intervention.of_claims", 0.175),
        ("jury.hung", 0.25),
        ("jury.ballots", 61.5),
        ("jury.minutes", 6.0),
        ("appeals.hours", 1.5),
        ("machine.hits.identity", 600.0),
        ("machine.precision.identity", 0.98),
    ] {
        assert_eq!(of(&figures, id).value, value, "{id}");
    }
    assert_eq!(of(&figures, "participants_a_day").note, None, "the census ran on every day");
    let earlier = Earlier { value: 100.0, version: 1 };
    assert_eq!(change(of(&figures, "report_rate").value, 1, Some(earlier)), (Some(100.0), Some(-0.0896)));
}

#[test]
fn shares_have_the_intervals_of_their_samples() {
    let figures = figures(&made_up(), DAYS);
    let (low, high) = of(&figures, "satisfaction").interval.unwrap();
    // By hand: (0.95 + 0.0009604 ± 1.96·√(0.00002375 + 0.00000024)) / 1.0019208.
    assert!((low - 0.939_556).abs() < 1e-5 && (high - 0.958_718).abs() < 1e-5, "{low} {high}");
    let (low, high) = of(&figures, "willingness").interval.unwrap();
    assert!(low > 0.13 && low < 0.2 && high > 0.2 && high < 0.28, "{low} {high}");
}

#[test]
fn what_is_not_known_is_absent_and_never_0() {
    let ids: Vec<String> = figures(&Counts::default(), DAYS).iter().map(Figure::id).collect();
    let own = ["banned", "banned.parties", "banned.measures", "banned.overturned"];
    assert_eq!(ids, [&own[..], &["jury", "appeals", "appeals.overturned"]].concat());
    let no_badge = Counts { without_badge: Count::default(), ..made_up() };
    assert!(figures(&no_badge, DAYS).iter().all(|figure| figure.id() != "willingness"));
    let nobody = Counts { without_badge: Count::new(9.0, 0.0), ..made_up() };
    assert!(figures(&nobody, DAYS).iter().all(|figure| figure.id() != "willingness"), "nothing is a part of 0");
}

#[test]
fn days_without_a_census_are_told() {
    let figures = figures(&made_up(), DAYS + 8);
    let figure = of(&figures, "participants_a_day");
    assert_eq!(figure.value, 450.0, "a day that is not known counts as none");
    assert_eq!(figure.note.as_ref().unwrap().0, "The census ran on 192 of 200 days.");
}

#[test]
fn ten_tenths_make_nine_deciles() {
    let tenth = |place: u32| Decile { low: 300.0 + 40.0 * f64::from(place), exposure: 0.8 + 0.05 * f64::from(place) };
    let known = |tenths: u32| Counts { deciles: (0..tenths).map(tenth).collect(), ..Counts::default() };
    let made = figures(&known(10), 1);
    assert_eq!(of(&made, "index.decile.1").value, 340.0);
    assert_eq!(of(&made, "index.decile.9").value, 660.0);
    assert_eq!(of(&made, "index.exposure.10").value, 1.25);
    assert_eq!(made.iter().filter(|figure| figure.definition.group() == "index").count(), 19);
    assert!(figures(&known(9), 1).iter().all(|figure| figure.definition.group() != "index"), "fewer than ten shops");
}

#[test]
fn a_change_is_told_within_one_version_alone() {
    let earlier = |value, version| Some(Earlier { value, version });
    assert_eq!(change(90.0, 1, earlier(100.0, 1)), (Some(100.0), Some(-0.1)));
    assert_eq!(change(90.0, 2, earlier(100.0, 1)), (None, None));
    assert_eq!(change(90.0, 1, earlier(0.0, 1)), (Some(0.0), None));
    assert_eq!(change(90.0, 1, None), (None, None));
}

#[test]
fn every_definition_has_words_in_both_languages_and_an_id_of_its_own() {
    let ids: BTreeSet<&str> = DEFINITIONS.iter().map(|one| one.id).collect();
    assert_eq!(ids.len(), DEFINITIONS.len());
    for one in DEFINITIONS {
        for text in [one.name, one.text] {
            assert!(!text.en.is_empty() && text.en.is_ascii(), "{}", one.id);
            assert!(!text.zh.is_empty() && !text.zh.is_ascii(), "{}", one.id);
        }
        assert!(one.version >= 1 && DEFINITIONS.iter().any(|other| other.group() == one.group()));
    }
}

#[test]
fn figures_come_in_the_order_of_the_report() {
    let order: Vec<&str> = figures(&made_up(), DAYS).iter().map(|figure| figure.definition.group()).collect();
    let mut groups = order.clone();
    groups.dedup();
    assert_eq!(
        groups,
        [
            "intercepted",
            "banned",
            "report_rate",
            "reregistration",
            "reregistration_a_day",
            "participants_a_day",
            "covered_orders",
            "willingness",
            "satisfaction",
            "intervention",
            "jury",
            "appeals",
            "machine"
        ]
    );
}

#[test]
fn a_report_has_eleven_parts_with_headings_of_their_width() {
    let mut counts = made_up();
    counts.reports = vec![PolicyReports { policy: "false_advertising".into(), reports: 7 }];
    counts.measures = vec![MeasureGroup {
        category: "STATEMENT_CATEGORY_SCAMS_AND_FRAUD".into(),
        measure: "suspend".into(),
        automated: "AUTOMATED_DECISION_PARTIALLY".into(),
        measures: 5,
        overturned: 1,
    }];
    let period = Period { from: "2026-01-01", to: "2026-07-11", published: "2026-07-12", preceding: None, days: DAYS };
    let parts = parts(&counts, &TrustFile::builtin(), period);
    assert_eq!(parts.len(), PARTS.len());
    for (name, rows) in PARTS.iter().zip(&parts) {
        assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{name}");
    }
    let part = |name: &str| &parts[PARTS.iter().position(|one| *one == name).unwrap()];
    assert_eq!(part("notices")[1], ["STATEMENT_CATEGORY_CONSUMER_INFORMATION", "false_advertising", "7"]);
    for empty in ["member_states_orders", "own_initiative_illegal", "human_resources", "AMAR"] {
        assert_eq!(part(empty).len(), 1, "{empty} is for the platform to fill in");
    }
    assert!(part("appeals_and_recidivism").iter().any(|row| *row == ["suspensions_of_accounts", "5"]));
    assert_eq!(part("automated_means")[1][..5], ["identity", "600", "490", "10", "0.9800"]);
}
