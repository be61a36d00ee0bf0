//! Applications of those who want to sell. Only a request has values; no answer repeats one.

use std::collections::BTreeMap;

use serde::de::{Error, IgnoredAny};
use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use super::{NewListingImage, TrustParty};
use crate::case::is_false;

/// The body of `POST /trust/applications`. `Debug` shows no value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewApplication {
    /// The id that the merchant has on the platform from its application on.
    pub id: String,
    /// The category of its goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The values by field: 1 to 5 of at most 256 bytes each.
    #[serde(deserialize_with = "lists")]
    pub fields: BTreeMap<String, Vec<String>>,
    /// The shop's logo. It is compared as PDQ, from quality 50 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<NewListingImage>,
}

/// The body of `POST /trust/parties/{kind}/{id}/identity`. `Debug` shows no value.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IdentityFields {
    /// The values by field: 1 to 5 of at most 256 bytes each.
    #[serde(deserialize_with = "lists")]
    pub fields: BTreeMap<String, Vec<String>>,
    /// The shop's logo. It is compared as PDQ, from quality 50 on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logo: Option<NewListingImage>,
}

impl std::fmt::Debug for NewApplication {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("NewApplication").field("id", &self.id).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for IdentityFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.fields.keys()).finish()
    }
}

/// Reads lists of texts. Its errors show no value, unlike those of serde.
fn lists<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<String, Vec<String>>, D::Error> {
    let given: BTreeMap<String, Text> = BTreeMap::deserialize(from).map_err(|_| D::Error::custom(LISTS))?;
    let list = |(name, text): (String, Text)| match text {
        Text::List(values) => Ok((name, values)),
        Text::Other(IgnoredAny) => Err(D::Error::custom(LISTS)),
    };
    given.into_iter().map(list).collect()
}

const LISTS: &str = "must have a list of texts for each field";

/// A list of texts, or something else.
#[derive(Deserialize)]
#[serde(untagged)]
enum Text {
    List(Vec<String>),
    Other(IgnoredAny),
}

/// A group in which an application meets another party. It names nobody and has no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationReason {
    /// `self`, `reach`, `money`, `kit`, `place` or `shop`.
    pub group: String,
    /// The reason in words.
    pub text: String,
    /// The time at which the other party was closed, in Unix milliseconds; left out of applications that meet others
    /// of the week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at_ms: Option<u64>,
}

/// The outcome of an application. The same request gets the same answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApplicationAnswer {
    /// The application.
    pub application: Uuid,
    /// `pass`, `hold` or `refuse`.
    pub outcome: String,
    /// `refuse` where a person decides whether to refuse it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
    /// The weight of what it has in common with the party that it meets, in bits.
    pub weight: f64,
    /// The weight from which it may be one of somebody who comes back.
    pub threshold: f64,
    /// The groups in which values are equal.
    pub groups: Vec<String>,
    /// The reasons, one a group.
    pub reasons: Vec<ApplicationReason>,
    /// The measure of a refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Uuid>,
}

/// The outcome of a further look at a party's identity. A hit closes nothing: a person looks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IdentityAnswer {
    /// `pass`, or `hold` where a person looks.
    pub outcome: String,
    /// The weight of what it has in common with the party that it meets, in bits.
    pub weight: f64,
    /// The weight from which it may be one of somebody who comes back.
    pub threshold: f64,
    /// The groups in which values are equal.
    pub groups: Vec<String>,
    /// The reasons, one a group.
    pub reasons: Vec<ApplicationReason>,
}

/// An application, as the applicant and those who decide on it read it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Application {
    /// The application.
    pub application: Uuid,
    /// The version. It grows with every step, and `If-Match` compares it.
    pub version: u64,
    /// The applicant, or the party at whose identity the platform looked again.
    pub party: TrustParty,
    /// Whether it is such a later look at a party that sells already. It is never a refusal.
    #[serde(default, skip_serializing_if = "is_false")]
    pub again: bool,
    /// The category of its goods.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// The time, in Unix milliseconds.
    pub at_ms: u64,
    /// `passed`, `held`, `probation` or `refused`.
    pub state: String,
    /// The first outcome.
    pub outcome: String,
    /// `refuse` where refusal is proposed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposed: Option<String>,
    /// The weight, in bits.
    pub weight: f64,
    /// The threshold, in bits.
    pub threshold: f64,
    /// The groups in which values are equal.
    pub groups: Vec<String>,
    /// The reasons.
    pub reasons: Vec<ApplicationReason>,
    /// The last measure that it led to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub measure: Option<Uuid>,
    /// The time at which a hold becomes probation, or at which a probation ends, in Unix milliseconds; left out where a
    /// person must decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_ms: Option<u64>,
    /// The time of the last decision, in Unix milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at_ms: Option<u64>,
    /// The words of the moderator who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// The `sub` of the moderator who decided; left out for the applicant itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
}

/// The body of `POST /trust/applications/{id}/decide`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DecideApplication {
    /// `release`, `probation` or `refuse`.
    pub decision: String,
    /// The words: 20 to 2,000 characters.
    pub words: String,
}

/// The probabilities by which applications are weighed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct IdentityWeights {
    /// The first moment of the day whose night estimated them, in Unix milliseconds; left out where the table holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_at_ms: Option<u64>,
    /// The fields, in the table's order.
    pub fields: Vec<FieldWeights>,
}

/// The probabilities of one field: of equal, close and different values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldWeights {
    /// The field.
    pub field: String,
    /// The group.
    pub group: String,
    /// The probabilities for one who comes back.
    pub m: Vec<f64>,
    /// The least probabilities for strangers.
    pub u: Vec<f64>,
    /// The weight of each level, in bits; null for a level that the field does not have.
    pub bits: Vec<Option<f64>>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_about_fields_shows_no_value() {
        let read = |fields: &str| serde_json::from_str::<NewApplication>(&format!(r#"{{"id":"m","fields":{fields}}}"#));
        assert_eq!(read(r#"{"phone":["+1"]}"#).unwrap().fields["phone"], ["+1"]);
        for fields in [r#"{"phone":"secret"}"#, r#"{"phone":["ok",7654321]}"#, r#"{"phone":7654321}"#, r#""secret""#] {
            let error = read(fields).unwrap_err().to_string();
            assert!(error.contains(LISTS) && !error.contains("secret") && !error.contains("7654321"), "{error}");
        }
        let shown = format!("{:?}", read(r#"{"phone":["secret"]}"#).unwrap());
        assert!(!shown.contains("secret"), "{shown}");
    }
}
