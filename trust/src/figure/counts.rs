//! The plain counts of a period that figures are made of. A store fills them in; what it cannot know stays out.

use crate::counter::Count;

/// The counts of a period.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    /// Listings; none where nothing was screened.
    pub intercepted: Option<InterceptedCounts>,
    /// Bans and other measures.
    pub bans: BanCounts,
    /// Reports by viewers.
    pub reporting: ReportingCounts,
    /// Refused applications; none where nobody applied.
    pub refusals: Option<RefusalCounts>,
    /// The viewers with a ballot, of each day on which the census ran.
    pub participants: Vec<Participants>,
    /// Orders with a promise in force at placing; none where no promise was ever in force.
    pub covered_orders: Option<u64>,
    /// Impressions and orders with the badge.
    pub with_badge: Count,
    /// The same without it.
    pub without_badge: Count,
    /// Surveys about after-sales service.
    pub after_sales: SurveyCounts,
    /// Claims on promises; none where there was none.
    pub claims: Option<ClaimCounts>,
    /// Tenths of the shops, those with the lowest index first.
    pub deciles: Vec<Decile>,
    /// Shops that began.
    pub newcomers: NewcomerCounts,
    /// The chance that a shop with an upheld claim had a lower index before than one without.
    pub auc: Option<f64>,
    /// Cases of juries.
    pub jury: JuryCounts,
    /// Appeals of parties.
    pub appeals: AppealCounts,
    /// The rules of the machine.
    pub rules: Vec<RuleCounts>,
    /// Measures by category, restriction and decider.
    pub measures: Vec<MeasureGroup>,
    /// Reports by policy.
    pub reports: Vec<PolicyReports>,
}

/// Listing versions that were held or blocked before anything else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InterceptedCounts {
    /// All of them.
    pub listings: u64,
    /// Those that a person confirmed.
    pub confirmed: u64,
    /// Those that were released.
    pub overturned: u64,
    /// Those whose product had no order yet.
    pub before_sale: u64,
}

/// Measures that came into force.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BanCounts {
    /// The bans.
    pub bans: u64,
    /// The parties that were banned.
    pub parties: u64,
    /// All measures.
    pub measures: u64,
    /// The measures that an appeal overturned.
    pub overturned: u64,
}

/// Reports by viewers, and sessions in which they could report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportingCounts {
    /// Pairs of a viewer and a session with a report.
    pub reporters: u64,
    /// Sessions of ten seconds or more in rooms that showed a product.
    pub sessions: u64,
}

/// Applications of those who want to sell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RefusalCounts {
    /// Those refused, at once or after a hold.
    pub refused: u64,
    /// Those of them that an appeal let in.
    pub overturned: u64,
}

/// A day of the census.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Participants {
    /// The day, in days since 1970-01-01.
    pub day: u64,
    /// The viewers, estimated.
    pub viewers: u64,
}

/// Surveys. Sums of a platform may be fractions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SurveyCounts {
    /// Those asked; none where the platform sends sums of answers alone.
    pub asked: Option<f64>,
    /// Those who answered.
    pub answered: f64,
    /// Those who were satisfied.
    pub yes: f64,
}

/// Claims on promises.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClaimCounts {
    /// All claims.
    pub claims: u64,
    /// Those that came to the platform or to a jury.
    pub escalated: u64,
    /// Completed orders with a promise in force at placing.
    pub covered_completed: u64,
}

/// A tenth of the shops.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Decile {
    /// The lowest index in it.
    pub low: f64,
    /// The mean exposure in it.
    pub exposure: f64,
}

/// Shops, and those that began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NewcomerCounts {
    /// All shops.
    pub shops: u64,
    /// Those with fewer than 50 completed orders.
    pub newcomers: u64,
}

/// Recorded cases that are not void.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct JuryCounts {
    /// All of them.
    pub cases: u64,
    /// Those in which an option won.
    pub decided: u64,
    /// Those in which none did, with enough ballots.
    pub hung: u64,
    /// The median number of ballots.
    pub median_ballots: Option<f64>,
    /// The median time from the opening to the verdict, in milliseconds.
    pub median_ms: Option<f64>,
}

/// Appeals of parties.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AppealCounts {
    /// Those filed.
    pub filed: u64,
    /// Those of them that were won.
    pub overturned: u64,
    /// Those of them that were lost.
    pub confirmed: u64,
    /// The median time to a decision, in milliseconds.
    pub median_ms: Option<f64>,
}

/// A rule of the machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleCounts {
    /// The name.
    pub name: String,
    /// The listings that it stopped or held.
    pub hits: u64,
    /// Those that people confirmed.
    pub confirmed: u64,
    /// Those that people took back.
    pub overturned: u64,
}

/// Measures of one kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MeasureGroup {
    /// The category of their statements.
    pub category: String,
    /// The measure.
    pub measure: String,
    /// The decider, as statements name it.
    pub automated: String,
    /// The number.
    pub measures: u64,
    /// Those that an appeal overturned.
    pub overturned: u64,
}

/// Reports under one policy.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyReports {
    /// The policy.
    pub policy: String,
    /// The reports.
    pub reports: u64,
}
