//! A case on the wire, as a moderator writes it and as everybody reads it; it never checks a limit.

use serde::{Deserialize, Serialize};

use crate::id::{CaseId, OptionId, RoomId};
use crate::limits::QUORUM_DEFAULT;
#[cfg(feature = "details")]
use crate::panel::Draw;
use crate::panel::Panel;
#[cfg(feature = "details")]
use crate::policy::AskedStep;
use crate::rules::Reason;
#[cfg(feature = "details")]
use crate::rules::{Raid, TwoSided};
#[cfg(feature = "details")]
use crate::threshold::Band;
use crate::threshold::Threshold;
use crate::verdict::Verdict;

/// A case as it is read. Only moderators see `recused`, and drafts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Case {
    /// The case's id.
    pub id: CaseId,
    /// The room whose viewers judge the case.
    pub room: RoomId,
    /// The kind of complaint: `false_advertising`, `counterfeit`, `not_as_described`, `after_sales`, `host_conduct` or
    /// a kind of the platform's own.
    pub kind: String,
    /// The question before the jury.
    pub title: String,
    /// The facts in brief.
    pub summary: String,
    /// The merchant, host, product and order concerned.
    #[cfg(feature = "details")]
    pub subject: Subject,
    /// The statements of both sides. A docket leaves them out for ended cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statements: Option<Statements>,
    /// The evidence. A docket leaves it out for ended cases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Vec<Evidence>>,
    /// The options to vote for, in the order shown.
    pub options: Vec<CaseOption>,
    /// The rules of the vote.
    pub rules: Rules,
    /// The remedy that applies if the jury decides.
    pub remedy: Option<String>,
    /// The policy that the subject broke if the complaint is upheld.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The kind of the remedy.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy_kind: Option<RemedyKind>,
    /// The time within which the remedy is due after the verdict, in hours. None means 72.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy_due_h: Option<u32>,
    /// The state.
    pub state: CaseState,
    /// The version. It grows with every change, and `If-Match` compares it.
    pub version: u64,
    /// The epoch. It grows each time the tally store loses its data; 0 before the case is opened.
    pub epoch: u64,
    /// The time that the case stays open, in seconds, if the moderator gave one.
    #[cfg(feature = "details")]
    pub duration_s: Option<u64>,
    /// The time of creation, in Unix milliseconds.
    #[cfg(feature = "details")]
    pub created_at_ms: u64,
    /// The time of opening, in Unix milliseconds.
    pub opened_at_ms: Option<u64>,
    /// The closing time, in Unix milliseconds. A draft has one only if the moderator fixed it.
    pub closes_at_ms: Option<u64>,
    /// The sum of all extensions, in seconds.
    pub extended_s: u64,
    /// The number of viewer ids that may not judge the case.
    #[serde(default)]
    pub recused_count: u64,
    /// The number of this case among those on the same subject: one more than were decided or void at its opening. 0
    /// before the case is opened.
    #[serde(default)]
    pub attempt: u64,
    /// The case whose verdict this one is an appeal against; left out of other cases.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appeal_of: Option<CaseId>,
    /// The step that a moderator asked for and another one must ask for, too. Only moderators see it.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked: Option<AskedStep>,
    /// The draw of the panel; left out of a case without one.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub draw: Option<Draw>,
    /// The party that closed the case.
    pub closed_by: Option<ClosedBy>,
    /// Whether the case takes no more ballots and waits for a tally that its store has lost. The result may come later.
    #[serde(default, skip_serializing_if = "is_false")]
    pub tally_missing: bool,
    /// The result, once there is one.
    pub verdict: Option<Verdict>,
}

/// A case as a moderator writes it. It needs `title`, `options`, and either `duration_s` or `closes_at_ms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewCase {
    /// The question before the jury.
    pub title: String,
    /// The kind of complaint.
    #[serde(default = "other_kind")]
    pub kind: String,
    /// The facts in brief.
    #[serde(default)]
    pub summary: String,
    /// The merchant, host, product and order concerned.
    #[serde(default)]
    pub subject: Subject,
    /// The statements of both sides.
    #[serde(default)]
    pub statements: Statements,
    /// The evidence.
    #[serde(default)]
    pub evidence: Vec<Evidence>,
    /// The options to vote for: two to five, of which at least two do not abstain.
    pub options: Vec<CaseOption>,
    /// The rules of the vote.
    #[serde(default)]
    pub rules: Rules,
    /// The remedy that applies if the jury decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy: Option<String>,
    /// The policy that the subject broke if the complaint is upheld. It needs a merchant or a host in the subject,
    /// and an option that upholds.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<String>,
    /// The kind of the remedy.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy_kind: Option<RemedyKind>,
    /// The time within which the remedy is due after the verdict, in hours. None means 72.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remedy_due_h: Option<u32>,
    /// The time that the case stays open, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<u64>,
    /// The closing time, in Unix milliseconds; an alternative to `duration_s`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closes_at_ms: Option<u64>,
    /// Whether the case opens on creation.
    #[serde(default, skip_serializing_if = "is_false")]
    pub open: bool,
}

#[cfg(feature = "details")]
impl NewCase {
    /// Whether something follows from its verdict that a program without policies would leave out.
    #[must_use]
    pub fn has_consequence(&self) -> bool {
        self.policy.is_some()
            || self.remedy_kind.is_some()
            || self.remedy_due_h.is_some()
            || self.options.iter().any(|option| option.upholds)
    }
}

fn other_kind() -> String {
    "other".to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// A kind of remedy.
#[cfg(feature = "details")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum RemedyKind {
    /// Money back.
    Refund,
    /// Other goods.
    Replacement,
    /// The postage of a return.
    Freight,
    /// A correction in the stream.
    Correction,
    /// What the remedy's words say.
    Other,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

/// The platform's references to the parties and goods of a case.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Subject {
    /// The merchant's id.
    pub merchant: Option<String>,
    /// The host's id.
    pub host: Option<String>,
    /// The product's id.
    pub product: Option<String>,
    /// The order's id.
    pub order: Option<String>,
}

/// The statements of both sides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Statements {
    /// The buyer's statement.
    pub buyer: String,
    /// The merchant's statement.
    pub merchant: String,
}

/// A piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Evidence {
    /// The medium.
    #[serde(rename = "type")]
    pub kind: EvidenceKind,
    /// The address, `https:`. Every kind but `text` needs one.
    #[serde(default)]
    pub url: Option<String>,
    /// The SHA-256 of the file behind the address, as 64 hexadecimal digits. The server and the widget fetch nothing:
    /// whoever looks at the file later can tell whether it is the one that the jury was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The text. Kind `text` needs one.
    #[serde(default)]
    pub text: Option<String>,
    /// A description of the content.
    #[serde(default)]
    pub caption: Option<String>,
    /// The party that submitted it.
    pub by: Party,
    /// The moment in the stream that it shows, in milliseconds from the start.
    #[serde(default)]
    pub stream_at_ms: Option<u64>,
}

/// The medium of a piece of evidence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EvidenceKind {
    /// A picture.
    Image,
    /// A video clip.
    Video,
    /// A page elsewhere.
    Link,
    /// A text, such as a chat record.
    Text,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

/// The party that submitted a piece of evidence.
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
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

/// An option to vote for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CaseOption {
    /// The id, unique within the case.
    pub id: OptionId,
    /// The label that jurors read.
    pub label: String,
    /// Whether a vote for it counts towards the quorum only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub abstain: bool,
    /// Whether its win means that the complaint against the subject is right. At most one option upholds, and none that
    /// abstains.
    #[cfg(feature = "details")]
    #[serde(default, skip_serializing_if = "is_false")]
    pub upholds: bool,
}

/// The rules of a vote. A program without the feature `details` reads those that a viewer needs, and must not write
/// any.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Rules {
    /// The ballots that a verdict needs, abstentions among them.
    pub quorum: u64,
    /// The share of non-abstaining ballots that the winner must exceed.
    pub threshold: Threshold,
    /// The moment from which a juror sees counts.
    pub reveal: Reveal,
    /// Whether a juror may change a ballot. It needs [`Reveal::AfterClose`], since a count that is seen can be
    /// followed.
    pub allow_change: bool,
    /// Whether nobody sees counts before the seal, moderators included. It needs [`Reveal::AfterClose`].
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "is_false")]
    pub blind: bool,
    /// Whether nobody may close or extend the case. It may still be voided.
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "is_false")]
    pub fixed_end: bool,
    /// The minimum age of a juror's account, in days.
    #[cfg(feature = "details")]
    pub min_account_age_days: u32,
    /// The viewer ids that may not judge this case. Only moderators receive them.
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recused: Option<Vec<String>>,
    /// The winner must also lead among buyers and among merchants, each counted apart.
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub two_sided: Option<TwoSided>,
    /// Whether the winner must also lead when buyers and merchants weigh the same.
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "is_false")]
    pub hold_when_balanced: bool,
    /// The favour for its own side that a group may show. A lead that an uneven mix of sides and such a favour explain
    /// decides nothing.
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "Band::is_zero")]
    pub bias_band: Band,
    /// The use of the comparison of cohorts.
    #[cfg(feature = "details")]
    #[serde(skip_serializing_if = "Raid::is_show")]
    pub raid: Raid,
    /// The drawn panel that decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub panel: Option<Panel>,
    /// The reasons of which a juror may choose one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Reason>,
}

#[cfg(feature = "details")]
impl Rules {
    /// Whether a program that knows none of the optional rules would decide, show or end the case in another way.
    #[must_use]
    pub fn has_further_rules(&self) -> bool {
        self.blind
            || self.fixed_end
            || self.two_sided.is_some()
            || self.hold_when_balanced
            || !self.bias_band.is_zero()
            || self.raid != Raid::Show
            || self.panel.is_some()
            || !self.reasons.is_empty()
    }
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            quorum: QUORUM_DEFAULT,
            threshold: Threshold::HALF,
            reveal: Reveal::AfterVote,
            allow_change: false,
            #[cfg(feature = "details")]
            blind: false,
            #[cfg(feature = "details")]
            fixed_end: false,
            #[cfg(feature = "details")]
            min_account_age_days: 0,
            #[cfg(feature = "details")]
            recused: None,
            #[cfg(feature = "details")]
            two_sided: None,
            #[cfg(feature = "details")]
            hold_when_balanced: false,
            #[cfg(feature = "details")]
            bias_band: Band::ZERO,
            #[cfg(feature = "details")]
            raid: Raid::Show,
            panel: None,
            reasons: Vec::new(),
        }
    }
}

/// The moment from which a juror sees the counts of an open case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Reveal {
    /// From the start.
    Live,
    /// From the acknowledgement of the juror's own ballot.
    #[default]
    AfterVote,
    /// From the verdict.
    AfterClose,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

/// The state of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CaseState {
    /// The case is being written and only moderators see it.
    Draft,
    /// The case accepts ballots.
    Open,
    /// The case accepts no more ballots, and its verdict is being recorded.
    Sealed,
    /// The case has a verdict.
    Decided,
    /// The case ended without a verdict.
    Void,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

impl CaseState {
    /// All known states.
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
            CaseState::Unknown => "unknown",
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

/// The party that closed a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ClosedBy {
    /// The case closed at its deadline.
    Deadline,
    /// A moderator closed or voided the case.
    Moderator,
    /// The panel's result could no longer change.
    #[cfg(feature = "details")]
    Settled,
    /// A value of a later version.
    #[serde(other)]
    #[cfg_attr(feature = "openapi", serde(skip_serializing))]
    Unknown,
}

impl ClosedBy {
    /// The party's name on the wire and in the stores.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            ClosedBy::Deadline => "deadline",
            ClosedBy::Moderator => "moderator",
            #[cfg(feature = "details")]
            ClosedBy::Settled => "settled",
            ClosedBy::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_case_needs_title_options_and_duration_only() {
        let new: NewCase = serde_json::from_str(
            r#"{"title":"Is it?","options":[{"id":"a","label":"A"},{"id":"b","label":"B"}],"duration_s":60}"#,
        )
        .unwrap();
        assert_eq!(new.rules, Rules::default());
        assert_eq!(new.kind, "other");
        assert!(!new.open);
    }
}
