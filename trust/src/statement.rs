//! A statement of reasons: one for each measure, with the field names of the EU's transparency database. It names no
//! reporter and no buyer.

pub mod listing;

use serde::Serialize;

use crate::exposure::Gate;
use crate::identity::decide::Entry;
use crate::policy::Policy;

/// Limits the ground, in characters, as the database does.
const GROUND_CHARS_MAX: usize = 500;
/// Limits the explanation, in characters, as the database does.
const EXPLANATION_CHARS_MAX: usize = 2_000;
/// Limits the facts, in characters, as the database does.
pub const FACTS_CHARS_MAX: usize = 5_000;

/// The content that a measure is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// Goods.
    Product,
    /// A live room.
    Live,
}

/// The way in which the platform learnt of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// Viewers reported it.
    Reports,
    /// The owner of a brand gave notice.
    BrandOwner,
    /// The platform, or an authority, looked itself.
    Own,
}

/// The hand that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decider {
    /// A jury, or a person's words.
    People,
    /// Points that people gave led to a measure by a fixed rule.
    Ladder,
    /// A machine alone.
    Machine,
}

impl Decider {
    const fn name(self) -> &'static str {
        match self {
            Self::People => "AUTOMATED_DECISION_NOT_AUTOMATED",
            Self::Ladder => "AUTOMATED_DECISION_PARTIALLY",
            Self::Machine => "AUTOMATED_DECISION_FULLY",
        }
    }
}

/// All that a statement is made of.
#[derive(Clone, Copy, Debug)]
pub struct Grounds<'a> {
    /// The measure's id.
    pub id: &'a str,
    /// The measure.
    pub measure: Gate,
    /// The measure at the entry, if it is one.
    pub entry: Option<Entry>,
    /// The policy of the violation that led to it, or that the applicant evades.
    pub policy: &'a Policy,
    /// The facts, without words of reporters and without buyers.
    pub facts: &'a str,
    /// The points that led to it.
    pub points: u32,
    /// The content.
    pub content: Content,
    /// The notice.
    pub notice: Notice,
    /// The decider.
    pub decider: Decider,
    /// The time of what it is about, in Unix milliseconds.
    pub content_ms: u64,
    /// The first moment, in Unix milliseconds.
    pub from_ms: u64,
    /// The end, in Unix milliseconds; none for a ban.
    pub until_ms: Option<u64>,
}

/// A statement of reasons.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the database documents its fields")]
pub struct Statement {
    pub puid: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub decision_visibility: Vec<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_provision: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_account: Option<&'static str>,
    pub decision_ground: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub decision_ground_reference_url: Option<String>,
    pub incompatible_content_ground: String,
    pub incompatible_content_explanation: String,
    pub content_type: Vec<&'static str>,
    pub category: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub category_specification: Vec<String>,
    pub decision_facts: String,
    pub content_date: String,
    pub application_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date_visibility_restriction: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date_service_restriction: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date_account_restriction: Option<String>,
    pub source_type: &'static str,
    pub automated_detection: &'static str,
    pub automated_decision: &'static str,
    /// The text that people read. It is no field of the database.
    pub text: String,
}

impl Statement {
    /// The statement of a measure.
    #[must_use]
    pub fn of(grounds: &Grounds<'_>) -> Self {
        let decision = grounds.entry.map_or_else(|| Decision::of(grounds.measure), Decision::of_entry);
        let until = grounds.until_ms.map(date);
        let policy = grounds.policy;
        let ground = format!("{}, clause {}", policy.title.en, policy.clause);
        let explanation = match grounds.entry {
            None => format!(
                "The facts break clause {} of the platform's terms, {}. With them the party has {} points of the last \
                 180 days.",
                policy.clause, policy.title.en, grounds.points
            ),
            Some(_) => format!(
                "Clause {} of the platform's terms, {}, forbids a party that was closed to come back as another one.",
                policy.clause, policy.title.en
            ),
        };
        Self {
            puid: grounds.id.to_owned(),
            decision_visibility: decision.visibility.into_iter().collect(),
            decision_provision: decision.provision,
            decision_account: decision.account,
            decision_ground: "DECISION_GROUND_INCOMPATIBLE_CONTENT",
            decision_ground_reference_url: policy.clause_url.clone(),
            incompatible_content_ground: cut(&ground, GROUND_CHARS_MAX),
            incompatible_content_explanation: cut(&explanation, EXPLANATION_CHARS_MAX),
            content_type: vec![match grounds.content {
                Content::Product => "CONTENT_TYPE_PRODUCT",
                Content::Live => "CONTENT_TYPE_VIDEO",
            }],
            category: policy.category.clone(),
            category_specification: policy.keywords.clone(),
            decision_facts: cut(grounds.facts, FACTS_CHARS_MAX),
            content_date: date(grounds.content_ms),
            application_date: date(grounds.from_ms),
            end_date_visibility_restriction: until.clone().filter(|_| decision.visibility.is_some()),
            end_date_service_restriction: until.clone().filter(|_| decision.provision.is_some()),
            end_date_account_restriction: until.filter(|_| decision.account.is_some()),
            source_type: match grounds.notice {
                Notice::Reports => "SOURCE_TYPE_OTHER_NOTIFICATION",
                Notice::BrandOwner => "SOURCE_ARTICLE_16",
                Notice::Own => "SOURCE_VOLUNTARY",
            },
            automated_detection: "No",
            automated_decision: grounds.decider.name(),
            text: text(grounds, &decision),
        }
    }
}

/// The effect of most measures on content.
const DEMOTED: Option<&str> = Some("DECISION_VISIBILITY_CONTENT_DEMOTED");

/// A measure in the words of the database and of people.
struct Decision {
    visibility: Option<&'static str>,
    provision: Option<&'static str>,
    account: Option<&'static str>,
    effect: &'static str,
}

impl Decision {
    const fn of_entry(entry: Entry) -> Self {
        match entry {
            Entry::Probation => Self {
                visibility: DEMOTED,
                provision: Some("DECISION_PROVISION_PARTIAL_SUSPENSION"),
                account: None,
                effect: "Each listing is reviewed first, and exposure is at most 1",
            },
            Entry::Refuse => Self {
                visibility: None,
                provision: Some("DECISION_PROVISION_TOTAL_SUSPENSION"),
                account: None,
                effect: "The application is refused",
            },
        }
    }

    const fn of(measure: Gate) -> Self {
        match measure {
            Gate::NoBoost => {
                Self { visibility: DEMOTED, provision: None, account: None, effect: "Exposure is at most 1" }
            }
            Gate::Limit => Self {
                visibility: DEMOTED,
                provision: Some("DECISION_PROVISION_PARTIAL_SUSPENSION"),
                account: None,
                effect: "Exposure is at most 0.85, and nothing new is listed",
            },
            Gate::Suspend => Self {
                visibility: None,
                provision: Some("DECISION_PROVISION_TOTAL_SUSPENSION"),
                account: Some("DECISION_ACCOUNT_SUSPENDED"),
                effect: "Nothing is shown",
            },
            Gate::Ban => Self {
                visibility: None,
                provision: Some("DECISION_PROVISION_TOTAL_TERMINATION"),
                account: Some("DECISION_ACCOUNT_TERMINATED"),
                effect: "All listings are removed and the account ends",
            },
        }
    }
}

/// The text that people read: the measure with its end, the reason with its clause, the facts, and the appeal.
fn text(grounds: &Grounds<'_>, decision: &Decision) -> String {
    let until = grounds.until_ms.map_or_else(|| "until it is lifted".to_owned(), |ms| format!("until {}", date(ms)));
    let (points, jury) = match grounds.entry {
        None => (
            format!(", and {} points of the last 180 days", grounds.points),
            "the first 72 hours after a verdict to a second jury, later to another moderator",
        ),
        Some(_) => (String::new(), "another moderator decides"),
    };
    format!(
        "{} from {} {until}. Reason: {}, clause {}{points}. Facts: {} You may appeal within 180 days, free of charge: \
         {jury}. If the appeal is won, all is as if it had never been. You may also go to court.",
        decision.effect,
        date(grounds.from_ms),
        grounds.policy.title.en,
        grounds.policy.clause,
        cut(grounds.facts, FACTS_CHARS_MAX),
    )
}

fn cut(text: &str, chars_max: usize) -> String {
    text.chars().take(chars_max).collect()
}

/// The UTC date of a time, as YYYY-MM-DD, by the civil calendar of Howard Hinnant's `civil_from_days`.
#[must_use]
pub fn date(ms: u64) -> String {
    /// The days from 0000-03-01 to 1970-01-01.
    const EPOCH_DAYS: u64 = 719_468;
    const ERA_DAYS: u64 = 146_097;
    let days = ms / crate::DAY_MS + EPOCH_DAYS;
    let (era, of_era) = (days / ERA_DAYS, days % ERA_DAYS);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months count from March, so that the leap day ends the year.
    let month_from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests;
