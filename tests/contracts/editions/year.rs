//! A made-up year of a platform at a thousandth of its size: the report gives the figures that the year was made of.

use std::sync::Arc;

use live_jury_protocol::trust::{Figure, Report};
use live_jury_server::trust::{Days, Trust};
use live_jury_trust::DAY_MS;
use live_jury_trust::figure::sketch::Sketch;
use live_jury_trust::policy::TrustFile;

use super::{Fixture, NOW_MS, SetClock, key};

/// The first day of the year, in days since 1970-01-01, and its length.
const FIRST: u64 = 20_454;
const DAYS: u64 = 365;
/// A moment in the year.
const AT_MS: u64 = (FIRST + 100) * DAY_MS;

on_each_dialect! {
    a_made_up_year_has_the_figures_that_it_was_made_of
}

impl Fixture {
    /// The id of row `n`, as SQL computes it, after those of earlier rows.
    fn id_of_row(&self, after: u64) -> String {
        if self.is_sqlite() {
            format!("CAST(printf('%016d', n + {after}) AS BLOB)")
        } else {
            format!("CAST(lpad(to_hex(n + {after}), 32, '0') AS uuid)")
        }
    }

    /// Inserts `rows` rows at once, whose values may name `n`, the number of the row.
    async fn fill(&self, table: &str, columns: &str, values: &str, rows: u64) {
        let numbers =
            format!("WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {rows})");
        let insert = format!("INSERT INTO {table} ({columns}) {numbers} SELECT {values} FROM numbers;");
        self.execute(insert).await;
    }
}

fn value(report: &Report, id: &str) -> f64 {
    figure(report, id).value
}

fn figure<'r>(report: &'r Report, id: &str) -> &'r Figure {
    report.figures.iter().find(|figure| figure.id == id).unwrap_or_else(|| panic!("{id} is absent"))
}

async fn a_made_up_year_has_the_figures_that_it_was_made_of(fixture: Fixture) {
    let id = fixture.id_of_row(0);
    let digest = fixture.bytes("00");
    // 62.44 million listings.
    let columns = "id, version, screening, step, merchant, title, description, category, price_minor, currency, \
        images, digest, outcome, model, at_ms, before_sale, state, stopped_ms";
    let values = format!(
        "'p', n, {id}, 1, 'm', 't', 'd', 'c', 1, 'CNY', '[]', {digest}, 'block', '1', {AT_MS}, 1, 'blocked', {AT_MS}"
    );
    fixture.fill("trust_listing", columns, &values, 62_440).await;
    // 210,000 bans; and 2,600 refusals a day, which are 949,000 a year.
    let columns = "id, kind, party, measure, act, points, from_ms";
    let ban = format!("{id}, 'merchant', 'm', 'ban', NULL, 48, {AT_MS}");
    fixture.fill("trust_measure", columns, &ban, 210).await;
    let refusal = format!("{}, 'merchant', 'm', 'suspend', 'refuse', 0, {AT_MS}", fixture.id_of_row(1_000));
    fixture.fill("trust_measure", columns, &refusal, 949).await;
    // 8.96 % fewer reports than in the year before.
    let year_before = (FIRST + 100 - DAYS, 1_000_000, 10_000);
    for (day, sessions, reporters) in [year_before, (FIRST + 100, 1_000_000, 9_104)] {
        fixture
            .execute(format!(
                "INSERT INTO trust_daily (day, name, shard, n, k) VALUES ({day}, 'sessions', 0, {sessions}, 0), \
                 ({day}, 'reporting', 3, {reporters}, 0);"
            ))
            .await;
    }
    // Nearly five billion covered orders, of which 0.07 % of disputes came to the platform.
    let rows = [
        "INSERT INTO trust_promise (merchant, kind, from_ms, limits) VALUES ('m', 'free_return', 1, '{}');".to_owned(),
        format!("INSERT INTO trust_cover (category, day, covered, granted) VALUES ('a', {}, 5000000, 0);", FIRST + 9),
        format!(
            "INSERT INTO trust_tally (merchant, signal, day, n, k) \
             VALUES ('m', 'completed', {0}, 6000000, 5000000), ('m', 'p09', {0}, 2000, 1900);",
            FIRST + 364
        ),
        format!(
            "INSERT INTO trust_badge (day, arm, n, k) \
             VALUES ({FIRST}, 'with', 100000, 6100), ({FIRST}, 'without', 100000, 5000);"
        ),
    ];
    fixture.execute(rows.concat()).await;
    let columns = "id, version, claim, merchant, order_id, placed_ms, buyer, kind, about, amount_minor, currency, \
        reason, evidence, from_ms, limits, opened_ms, state, escalated_ms";
    let values = format!(
        "{id}, 1, 'c' || n, 'm', 'o' || n, 1, 'b', 'free_return', 'other', 1, 'CNY', 'r', '[]', 1, '{{}}', {AT_MS}, \
         'escalated', {AT_MS}"
    );
    fixture.fill("trust_claim", columns, &values, 3_500).await;
    // 450,000 viewers a day.
    for day in FIRST..FIRST + DAYS {
        let mut sketch = Sketch::default();
        let number = u32::try_from(day).unwrap();
        (0..450).for_each(|viewer| sketch.add(key().day_mark(&format!("u_{viewer}"), number)));
        fixture.ledger.merge_sketch(day, &sketch).await.unwrap();
    }

    let clock = Arc::new(SetClock(NOW_MS.into()));
    let trust = Trust::without_keys(fixture.ledger.clone(), Arc::new(TrustFile::builtin()), clock);
    let days = |from: &str, to: &str| Days::parse(from, to).unwrap();
    trust.publish(days("2025-01-01", "2025-12-31"), "2025", "mia", None).await.unwrap();
    let report = trust.publish(days("2026-01-01", "2026-12-31"), "2026", "mia", None).await.unwrap().report;
    for (id, expected) in [
        ("intercepted", 62_440.0),
        ("banned", 210.0),
        ("reregistration_a_day", 2.6),
        ("covered_orders", 5_000_000.0),
        ("willingness", 0.22),
        ("satisfaction", 0.95),
        ("intervention", 0.000_7),
    ] {
        assert_eq!(value(&report, id), expected, "{id}");
    }
    assert_eq!(figure(&report, "report_rate").change, Some(-0.0896));
    let judged = value(&report, "participants_a_day");
    assert!((judged - 450.0).abs() < 1.0, "{judged}");
}
