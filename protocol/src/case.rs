//! A case on the wire: what a moderator writes, and what everybody reads.

use serde::{Deserialize, Serialize};

use crate::id::{CaseId, OptionId, RoomId};
use crate::limits::QUORUM_DEFAULT;
use crate::threshold::Threshold;
use crate::verdict::Verdict;

/// A case as it is read. `recused` and drafts reach moderators only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Case {
    /// The id.
    pub id: CaseId,
    /// The room it is judged in.
    pub room: RoomId,
    /// What it is about: `false_advertising`, `counterfeit`, `not_as_described`, `after_sales`, `host_conduct`, …
    pub kind: String,
    /// The question before the jury.
    pub title: String,
    /// The facts in short.
    pub summary: String,
    /// Whom and what it concerns.
    pub subject: Subject,
    /// Both sides; left out of a docket's ended cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statements: Option<Statements>,
    /// What there is to see; left out of a docket's ended cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Vec<Evidence>>,
    /// What a juror may choose, in the order shown.
    pub options: Vec<CaseOption>,
    /// How it is judged.
    pub rules: Rules,
    /// What follows if the leading option wins.
    pub remedy: Option<String>,
    /// Where it stands.
    pub state: CaseState,
    /// Grows with every change; for `If-Match`.
    pub version: u64,
    /// Grows when the tally store lost its data; 0 before the case is opened.
    pub epoch: u64,
    /// How long it is to be open, in seconds, where that was given.
    pub duration_s: Option<u64>,
    /// When it was created, in Unix milliseconds.
    pub created_at_ms: u64,
    /// When it was opened.
    pub opened_at_ms: Option<u64>,
    /// When it closes, or, of a draft with a fixed end, will.
    pub closes_at_ms: Option<u64>,
    /// By how much it was extended in all, in seconds.
    pub extended_s: u64,
    /// Who closed it.
    pub closed_by: Option<ClosedBy>,
    /// The result, once there is one.
    pub verdict: Option<Verdict>,
}

/// A case as a moderator writes it. Only `title`, `options` and one of `duration_s` and `closes_at_ms` are needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewCase {
    /// The question before the jury.
    pub title: String,
    /// What it is about.
    #[serde(default = "other_kind")]
    pub kind: String,
    /// The facts in short.
    #[serde(default)]
    pub summary: String,
    /// Whom and what it concerns.
    #[serde(default)]
    pub subject: Subject,
    /// Both sides.
    #[serde(default)]
    pub statements: Statements,
    /// What there is to see.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// What a juror may choose: two to five, at least two that do not abstain.
    pub options: Vec<CaseOption>,
    /// How it is judged.
    #[serde(default)]
    pub rules: Rules,
    /// What follows if the leading option wins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// How long it is to be open, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<u64>,
    /// When it is to close, in Unix milliseconds: instead of `duration_s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at_ms: Option<u64>,
    /// Whether to open it at once.
    #[serde(default, skip_serializing_if = "is_false")]
    pub open: bool,
}

fn other_kind() -> String {
    "other".to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// References of the platform to whom and what a case concerns.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Subject {
    /// The merchant.
    pub merchant: Option<String>,
    /// The host.
    pub host: Option<String>,
    /// The product.
    pub product: Option<String>,
    /// The order.
    pub order: Option<String>,
}

/// What both sides say.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Statements {
    /// The buyer's side.
    pub buyer: String,
    /// The merchant's side.
    pub merchant: String,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    /// What it is.
    #[serde(rename = "type")]
    pub kind: EvidenceKind,
    /// Where it is, `https:`; needed for all but `text`.
    #[serde(default)]
    pub url: Option<String>,
    /// The text; needed for `text`.
    #[serde(default)]
    pub text: Option<String>,
    /// What is to be seen in it.
    #[serde(default)]
    pub caption: Option<String>,
    /// Who brought it.
    pub by: Party,
    /// Where in the stream it happened, in milliseconds from its start.
    #[serde(default)]
    pub stream_at_ms: Option<u64>,
}

/// What a piece of evidence is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// A picture.
    Image,
    /// A clip.
    Video,
    /// A page elsewhere.
    Link,
    /// Words, such as a chat record.
    Text,
}

/// Who brought a piece of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The buyer.
    Buyer,
    /// The merchant.
    Merchant,
    /// The platform.
    Platform,
}

/// Which side of the market a juror trades on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// Buys.
    Buyer,
    /// Sells.
    Merchant,
}

impl Side {
    /// The side's name on the wire.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Side::Buyer => "buyer",
            Side::Merchant => "merchant",
        }
    }
}

impl std::str::FromStr for Side {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "buyer" => Ok(Side::Buyer),
            "merchant" => Ok(Side::Merchant),
            _ => Err("side must be buyer or merchant"),
        }
    }
}

/// What a juror may choose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseOption {
    /// The id, unique in its case.
    pub id: OptionId,
    /// What the juror reads.
    pub label: String,
    /// Whether it counts towards the quorum only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub abstain: bool,
}

/// How a case is judged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Rules {
    /// Ballots needed for a verdict, abstentions among them.
    pub quorum: u64,
    /// The share of non-abstaining ballots that the winner must pass.
    pub threshold: Threshold,
    /// When a juror sees counts.
    pub reveal: Reveal,
    /// Whether a juror may change the ballot; needs [`Reveal::AfterClose`].
    pub allow_change: bool,
    /// Age an account needs, in days.
    pub min_account_age_days: u32,
    /// Viewer ids that may not judge this case; left out for all but moderators.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recused: Option<Vec<String>>,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            quorum: QUORUM_DEFAULT,
            threshold: Threshold::HALF,
            reveal: Reveal::AfterVote,
            allow_change: false,
            min_account_age_days: 0,
            recused: None,
        }
    }
}

/// When a juror sees counts while a case is open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reveal {
    /// Always.
    Live,
    /// Once the own ballot is acknowledged.
    #[default]
    AfterVote,
    /// Not before the case is decided.
    AfterClose,
}

/// Where a case stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// Written, not shown.
    Draft,
    /// Takes ballots.
    Open,
    /// Takes no more ballots; the verdict is on its way.
    Sealed,
    /// Has a verdict.
    Decided,
    /// Will have none.
    Void,
}

impl CaseState {
    /// All states.
    pub const ALL: [CaseState; 5] =
        [CaseState::Draft, CaseState::Open, CaseState::Sealed, CaseState::Decided, CaseState::Void];

    /// The state's name on the wire and in the docket.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            CaseState::Draft => "draft",
            CaseState::Open => "open",
            CaseState::Sealed => "sealed",
            CaseState::Decided => "decided",
            CaseState::Void => "void",
        }
    }
}

impl std::str::FromStr for CaseState {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        CaseState::ALL
            .into_iter()
            .find(|state| state.as_str() == text)
            .ok_or("state must be draft, open, sealed, decided or void")
    }
}

/// Who closed a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// It closed by itself.
    Deadline,
    /// A moderator closed it, or voided it.
    Moderator,
}

impl ClosedBy {
    /// The name on the wire and in the stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ClosedBy::Deadline => "deadline",
            ClosedBy::Moderator => "moderator",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_needs_little() {
        let new: NewCase = serde_json::from_str(
            r#"{"title":"Is it?","options":[{"id":"a","label":"A"},{"id":"b","label":"B"}],"duration_s":60}"#,
        )
        .unwrap();
        assert_eq!(new.rules, Rules::default());
        assert_eq!(new.kind, "other");
        assert!(!new.open);
    }
}
