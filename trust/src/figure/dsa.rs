//! The eleven parts of a transparency report under Implementing Regulation (EU) 2024/2835, as rows. What only the
//! platform knows stays empty for it to fill in.

use super::{Counts, DEFINITIONS, figures};
use crate::policy::TrustFile;

/// The names of the parts, in their order.
pub const PARTS: [&str; 11] = [
    "report_identification",
    "categories_names",
    "member_states_orders",
    "notices",
    "own_initiative_illegal",
    "own_initiative_TC",
    "appeals_and_recidivism",
    "automated_means",
    "human_resources",
    "AMAR",
    "qualitative",
];
/// The category of reports under a policy that the file has no longer.
const OTHER: &str = "STATEMENT_CATEGORY_OTHER_VIOLATION_TC";

/// The rows of a part, with a heading.
pub type Rows = Vec<Vec<String>>;

/// The period that a report is about, in dates.
#[derive(Clone, Copy, Debug)]
pub struct Period<'a> {
    /// The first day.
    pub from: &'a str,
    /// The last day.
    pub to: &'a str,
    /// The day of publication.
    pub published: &'a str,
    /// The day of the preceding publication.
    pub preceding: Option<&'a str>,
    /// The number of days.
    pub days: u64,
}

/// All parts, in their order.
#[must_use]
pub fn parts(counts: &Counts, file: &TrustFile, period: Period<'_>) -> Vec<Rows> {
    vec![
        identification(period),
        categories(file),
        heading(["member_state", "authority", "category", "orders", "median_hours_to_inform"]),
        notices(counts, file),
        // Every statement here rests on the platform's policies, and none on a law.
        heading(["category", "measure", "automated_decision", "measures", "overturned"]),
        own_initiative(counts),
        appeals(counts),
        automated(counts, period.days),
        heading(["language", "staff", "qualification"]),
        heading(["member_state", "average_monthly_recipients"]),
        qualitative(),
    ]
}

fn heading<const N: usize>(names: [&str; N]) -> Rows {
    vec![names.map(str::to_owned).to_vec()]
}

fn row<const N: usize>(cells: [String; N]) -> Vec<String> {
    cells.to_vec()
}

fn identification(period: Period<'_>) -> Rows {
    let mut rows = heading(["field", "value"]);
    let fields = [
        ("service", "Live Jury"),
        ("period_begin", period.from),
        ("period_end", period.to),
        ("published", period.published),
        ("preceding_publication", period.preceding.unwrap_or_default()),
    ];
    rows.extend(fields.map(|(field, value)| row([field.to_owned(), value.to_owned()])));
    rows
}

fn categories(file: &TrustFile) -> Rows {
    let mut rows = heading(["category", "policy", "title"]);
    let mut found: Vec<Vec<String>> = file
        .policies
        .iter()
        .map(|policy| row([policy.category.clone(), policy.id.clone(), policy.title.en.clone()]))
        .collect();
    found.sort();
    rows.extend(found);
    rows
}

fn notices(counts: &Counts, file: &TrustFile) -> Rows {
    let mut rows = heading(["category", "policy", "reports"]);
    for reports in &counts.reports {
        let category = file.policy(&reports.policy).map_or_else(|| OTHER.to_owned(), |policy| policy.category.clone());
        rows.push(row([category, reports.policy.clone(), reports.reports.to_string()]));
    }
    rows
}

fn own_initiative(counts: &Counts) -> Rows {
    let mut rows = heading(["category", "measure", "automated_decision", "measures", "overturned"]);
    rows.extend(counts.measures.iter().map(|group| {
        row([
            group.category.clone(),
            group.measure.clone(),
            group.automated.clone(),
            group.measures.to_string(),
            group.overturned.to_string(),
        ])
    }));
    rows
}

fn appeals(counts: &Counts) -> Rows {
    let appeals = &counts.appeals;
    let suspensions = counts.measures.iter().filter(|group| group.measure == "suspend").map(|group| group.measures);
    let mut rows = heading(["indicator", "value"]);
    let hours = appeals.median_ms.map(|ms| format!("{:.2}", ms / super::HOUR_MS)).unwrap_or_default();
    let fields = [
        ("appeals_filed", appeals.filed.to_string()),
        ("decisions_upheld", appeals.confirmed.to_string()),
        ("decisions_reversed", appeals.overturned.to_string()),
        ("median_hours_to_decision", hours),
        ("suspensions_of_accounts", suspensions.sum::<u64>().to_string()),
        ("bans", counts.bans.bans.to_string()),
    ];
    rows.extend(fields.map(|(field, value)| row([field.to_owned(), value])));
    rows
}

fn automated(counts: &Counts, days: u64) -> Rows {
    let mut rows = heading(["rule", "hits", "confirmed", "overturned", "precision", "precision_low", "precision_high"]);
    let figures = figures(counts, days);
    for rule in &counts.rules {
        let precision = figures
            .iter()
            .find(|one| one.definition.id == "machine.precision" && one.of.as_deref() == Some(rule.name.as_str()));
        let share = |value: Option<f64>| value.map(|value| format!("{value:.4}")).unwrap_or_default();
        let interval = precision.and_then(|one| one.interval);
        rows.push(row([
            rule.name.clone(),
            rule.hits.to_string(),
            rule.confirmed.to_string(),
            rule.overturned.to_string(),
            share(precision.map(|one| one.value)),
            share(interval.map(|(low, _)| low)),
            share(interval.map(|(_, high)| high)),
        ]));
    }
    rows
}

/// The meaning of each figure, for the part in words.
fn qualitative() -> Rows {
    let mut rows = heading(["figure", "version", "definition"]);
    rows.extend(
        DEFINITIONS.iter().map(|one| row([one.id.to_owned(), one.version.to_string(), one.text.en.to_owned()])),
    );
    rows
}
