//! A policy: a rule that can be broken, and what it costs. The file of policies is checked here and read elsewhere.

mod check;
mod file;

use serde::{Deserialize, Serialize};

use live_jury_protocol::Threshold;

pub use check::{JURY_POINTS_MAX, POLICIES_MAX, POLICY_POINTS_MAX, PolicyError};
pub use file::{BUILTIN, Category, PromiseProgramme, TrustFile};

use crate::signal::SignalId;
use crate::{Party, PartyKind};

/// The ballots that a verdict needs for a violation, if the policy names no number.
const MIN_BALLOTS_DEFAULT: u64 = 30;
/// The share that a verdict needs for a violation, if the policy names none, in parts of a threshold.
const MIN_SHARE_DEFAULT: Threshold = match Threshold::from_parts(6_000) {
    Ok(share) => share,
    Err(_) => Threshold::HALF,
};
/// The factors of a first and of further repeats, if the policy names none.
const REPEAT_DEFAULT: [Factor; 2] = [Factor(150), Factor(200)];

/// The policies that end an account at once; for others it ends 30 days after the ban.
const BANNED_AT_ONCE: [&str; 4] = ["counterfeit", "prohibited_goods", "evasion", "forged_evidence"];
/// The signals that count violations of a policy.
const COUNTED_BY: [(&str, SignalId); 9] = [
    ("counterfeit", SignalId::Q04),
    ("look_alike_brand", SignalId::Q10),
    ("false_shipment", SignalId::S05),
    ("off_platform", SignalId::S15),
    ("false_advertising", SignalId::H03),
    ("abuse", SignalId::H04),
    ("price_fraud", SignalId::H05),
    ("staged_drama", SignalId::H06),
    ("fake_reviews", SignalId::X09),
];

/// A rule that can be broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// The id: lower-case letters, digits and `_`.
    pub id: String,
    /// The name that people read.
    pub title: Title,
    /// The clause of the platform's terms.
    pub clause: String,
    /// The address of the clause.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clause_url: Option<String>,
    /// The points of a violation.
    pub points: u32,
    /// The factors of a party's first and of its later repeats within 180 days, rounded up.
    #[serde(default = "repeat_default")]
    pub repeat: [Factor; 2],
    /// Whether viewers judge it.
    pub jury: bool,
    /// Whether viewers may report it.
    pub reportable: bool,
    /// The party that a violation falls on.
    pub falls_on: FallsOn,
    /// The deciding ballots below which a verdict only proposes a violation.
    #[serde(default = "min_ballots_default")]
    pub min_ballots: u64,
    /// The share of deciding ballots below which a verdict only proposes a violation.
    #[serde(default = "min_share_default")]
    pub min_share: Threshold,
    /// The kind of the case that a report becomes: the template of a draft.
    pub kind: String,
    /// The category of the statement of reasons, by the EU's transparency database.
    pub category: String,
    /// Its keywords, by the same database.
    #[serde(default)]
    pub keywords: Vec<String>,
}

/// The fields of a policy, and those of its title. A stored policy may have further ones, of a later program.
const FIELDS: [&str; 14] = [
    "id",
    "title",
    "clause",
    "clause_url",
    "points",
    "repeat",
    "jury",
    "reportable",
    "falls_on",
    "min_ballots",
    "min_share",
    "kind",
    "category",
    "keywords",
];
const TITLE_FIELDS: [&str; 2] = ["en", "zh-CN"];

impl Policy {
    /// Reads a policy that a ledger has stored. Fields that only a later program knows are left out: the file is
    /// strict, so that a misspelt field stops the start, and a stored policy is not.
    ///
    /// # Errors
    /// It is no policy.
    pub fn from_stored(text: &str) -> Result<Self, serde_json::Error> {
        let mut value: serde_json::Map<String, serde_json::Value> = serde_json::from_str(text)?;
        value.retain(|name, _| FIELDS.contains(&name.as_str()));
        if let Some(serde_json::Value::Object(title)) = value.get_mut("title") {
            title.retain(|name, _| TITLE_FIELDS.contains(&name.as_str()));
        }
        serde_json::from_value(serde_json::Value::Object(value))
    }
}

const fn repeat_default() -> [Factor; 2] {
    REPEAT_DEFAULT
}

const fn min_ballots_default() -> u64 {
    MIN_BALLOTS_DEFAULT
}

const fn min_share_default() -> Threshold {
    MIN_SHARE_DEFAULT
}

impl Policy {
    /// The parties that a violation falls on, among those named.
    #[must_use]
    pub fn bearers(&self, merchant: Option<&str>, host: Option<&str>) -> Vec<Party> {
        let merchant = merchant.filter(|_| self.falls_on.includes(PartyKind::Merchant)).map(Party::merchant);
        let host = host.filter(|_| self.falls_on.includes(PartyKind::Host)).map(Party::host);
        merchant.into_iter().chain(host).collect()
    }

    /// The points of a violation after so many earlier ones of the same policy and party within 180 days.
    #[must_use]
    pub fn points_after(&self, earlier: usize) -> u32 {
        points_after(self.points, self.repeat, earlier)
    }

    /// The signal that counts its violations, if one does.
    #[must_use]
    pub fn signal(&self) -> Option<SignalId> {
        COUNTED_BY.iter().find(|(id, _)| *id == self.id).map(|(_, signal)| *signal)
    }

    /// Whether a ban for it ends the account at once.
    #[must_use]
    pub fn bans_at_once(&self) -> bool {
        BANNED_AT_ONCE.contains(&self.id.as_str())
    }
}

/// Points with the factor of a repeat, rounded up.
pub(crate) fn points_after(points: u32, repeat: [Factor; 2], earlier: usize) -> u32 {
    match earlier {
        0 => points,
        1 => repeat[0].times(points),
        _ => repeat[1].times(points),
    }
}

/// A name in two languages.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Title {
    /// English.
    pub en: String,
    /// Simplified Chinese.
    #[serde(rename = "zh-CN")]
    pub zh_cn: String,
}

/// The party that a violation falls on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FallsOn {
    /// The merchant.
    Merchant,
    /// The host.
    Host,
    /// A violation for each of them that the case names.
    Both,
}

impl FallsOn {
    /// The name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Merchant => "merchant",
            Self::Host => "host",
            Self::Both => "both",
        }
    }

    const fn includes(self, kind: PartyKind) -> bool {
        matches!((self, kind), (Self::Both, _) | (Self::Merchant, PartyKind::Merchant) | (Self::Host, PartyKind::Host))
    }
}

/// A factor of points in hundredths, so that rounding up is exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Factor(u32);

impl Factor {
    /// The largest factor, in hundredths: ten times. More than that is another policy.
    const HUNDREDTHS_MAX: f64 = 1_000.0;

    /// The product, rounded up.
    #[must_use]
    pub const fn times(self, points: u32) -> u32 {
        (points.saturating_mul(self.0)).div_ceil(100)
    }
}

impl TryFrom<f64> for Factor {
    type Error = &'static str;

    fn try_from(factor: f64) -> Result<Self, Self::Error> {
        let hundredths = (factor * 100.0).round();
        let is_exact = (factor * 100.0 - hundredths).abs() < 1e-6;
        if is_exact && (100.0..=Self::HUNDREDTHS_MAX).contains(&hundredths) {
            Ok(Self(hundredths as u32))
        } else {
            Err("a factor of repeats must be from 1 to 10, with at most two decimals")
        }
    }
}

impl From<Factor> for f64 {
    fn from(factor: Factor) -> Self {
        Self::from(factor.0) / 100.0
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A built-in policy.
    pub(crate) fn builtin(id: &str) -> Policy {
        TrustFile::builtin().policy(id).unwrap_or_else(|| panic!("no policy {id}")).clone()
    }

    #[test]
    fn a_stored_policy_of_a_later_program_is_read() {
        for policy in &TrustFile::builtin().policies {
            let mut stored = serde_json::to_value(policy).unwrap();
            let fields: Vec<&String> = stored.as_object().unwrap().keys().collect();
            assert!(fields.iter().all(|name| FIELDS.contains(&name.as_str())), "{fields:?}");
            assert_eq!(Policy::from_stored(&stored.to_string()).unwrap(), *policy);
            stored["severity"] = "high".into();
            stored["title"]["fr"] = "Contrefaçon".into();
            assert_eq!(Policy::from_stored(&stored.to_string()).unwrap(), *policy);
            assert!(serde_json::from_value::<Policy>(stored).is_err(), "the file is strict");
        }
        assert!(Policy::from_stored(r#"{"id":"x"}"#).is_err() && Policy::from_stored("[]").is_err());
    }

    #[test]
    fn a_repeat_costs_more_rounded_up() {
        let points = |id: &str| [0, 1, 2, 9].map(|earlier| builtin(id).points_after(earlier));
        assert_eq!(points("not_as_described"), [3, 5, 6, 6]);
        assert_eq!(points("false_advertising"), [6, 9, 12, 12]);
        assert_eq!(points("counterfeit"), [24, 48, 48, 48]);
        assert_eq!(Factor::try_from(1.1).unwrap().times(10), 11, "no float makes it 12");
        assert!(Factor::try_from(0.5).is_err() && Factor::try_from(1.005).is_err() && Factor::try_from(11.0).is_err());
    }

    #[test]
    fn a_violation_falls_on_the_named_parties_of_its_policy() {
        let bearers = |id: &str| builtin(id).bearers(Some("shop"), Some("ann"));
        assert_eq!(bearers("price_fraud"), [Party::merchant("shop"), Party::host("ann")]);
        assert_eq!(bearers("abuse"), [Party::host("ann")]);
        assert_eq!(bearers("promise_breach"), [Party::merchant("shop")]);
        assert_eq!(builtin("abuse").bearers(Some("shop"), None), []);
    }

    #[test]
    fn a_policy_that_a_signal_counts_is_built_in() {
        for (id, signal) in COUNTED_BY {
            assert_eq!(builtin(id).signal(), Some(signal));
        }
        assert_eq!(builtin("promise_breach").signal(), None);
        for id in BANNED_AT_ONCE {
            assert!(builtin(id).bans_at_once());
        }
    }
}
